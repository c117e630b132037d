"""The library's API."""

from library.views.bulk import BulkViewSet
from library.views.files import AvatarViewSet, FileViewSet
from library.views.media import MediaViewSet, TagViewSet, UploadViewSet

__all__ = [
    "AvatarViewSet",
    "BulkViewSet",
    "FileViewSet",
    "MediaViewSet",
    "TagViewSet",
    "UploadViewSet",
]
