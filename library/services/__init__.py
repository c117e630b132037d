"""What a person can do in the library, one item at a time; `bulk` does it for many."""

from library.services.creators import (
    create_creator,
    creators_by_slug,
    set_avatar,
    set_creator_active,
    small_picture,
    update_creator,
)
from library.services.media import count_uses, note_use, update_media
from library.services.tags import (
    delete_tag,
    existing_tags,
    get_tags,
    normal_tag_names,
    rename_tag,
)
from library.services.trash import (
    purge_media,
    restore_many,
    restore_media,
    trash_media,
)
from library.services.uploading import (
    About,
    Batch,
    Uploaded,
    upload_batch,
    upload_media,
)

__all__ = [
    "About",
    "Batch",
    "Uploaded",
    "count_uses",
    "create_creator",
    "creators_by_slug",
    "delete_tag",
    "existing_tags",
    "get_tags",
    "normal_tag_names",
    "note_use",
    "purge_media",
    "rename_tag",
    "restore_many",
    "restore_media",
    "set_avatar",
    "set_creator_active",
    "small_picture",
    "trash_media",
    "update_creator",
    "update_media",
    "upload_batch",
    "upload_media",
]
