"""The API of scheduling."""

from scheduling.views.channels import ChannelViewSet
from scheduling.views.creators import CreatorViewSet
from scheduling.views.posts import PostViewSet
from scheduling.views.publications import PublicationViewSet

__all__ = ["ChannelViewSet", "CreatorViewSet", "PostViewSet", "PublicationViewSet"]
