"""The API of scheduling."""

from scheduling.views.bulk import BulkPostViewSet
from scheduling.views.causes import CauseViewSet
from scheduling.views.channels import ChannelViewSet
from scheduling.views.control import ChannelControlViewSet, PaceViewSet, StopViewSet
from scheduling.views.creators import CreatorViewSet
from scheduling.views.handing import HandedFileViewSet, HandOverViewSet
from scheduling.views.posts import PostViewSet
from scheduling.views.previews import PreviewViewSet
from scheduling.views.publications import PublicationViewSet
from scheduling.views.roster import RosterImport

__all__ = [
    "BulkPostViewSet",
    "CauseViewSet",
    "ChannelControlViewSet",
    "ChannelViewSet",
    "CreatorViewSet",
    "HandOverViewSet",
    "HandedFileViewSet",
    "PaceViewSet",
    "PostViewSet",
    "PreviewViewSet",
    "PublicationViewSet",
    "RosterImport",
    "StopViewSet",
]
