"""The library in Django's admin; what is done here goes through the services."""

from library.admin.creators import CreatorAdmin
from library.admin.media import MediaAdmin
from library.admin.operations import BulkOperationAdmin
from library.admin.tags import TagAdmin

__all__ = ["BulkOperationAdmin", "CreatorAdmin", "MediaAdmin", "TagAdmin"]
