"""The trash: moved there, taken back, and in the end freed for good."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from library import holds, renditions
from library.idsets import IdSet
from library.models import MediaItem
from library.services.media import lock_present
from promura_site import events
from promura_site.errors import DomainError
from promura_site.models import User

KEEP_TRASH = timedelta(days=30)
PURGE_CHUNK = 200


def trash_media(item_id: UUID, *, actor: User | None, now: datetime) -> MediaItem:
    """Move an item to the trash; raise 409 while a planned post holds it."""
    with transaction.atomic():
        item = lock_present(item_id)
        held = holds.blocking(MediaItem.objects.filter(pk=item.pk))
        if item.pk in held:
            raise DomainError("media_held", held[item.pk], 409)
        item.trashed_at = now
        item.save(update_fields=["trashed_at"])
        _tell("media.trashed", [item.pk], actor, f"moved {item.name} to the trash")
    return item


def restore_media(item_id: UUID, *, actor: User | None) -> MediaItem:
    """Take an item back out of the trash."""
    with transaction.atomic():
        item = _lock_trashed(item_id)
        item.trashed_at = None
        item.save(update_fields=["trashed_at"])
        _tell("media.restored", [item.pk], actor, f"restored {item.name}")
    return item


def restore_many(ids: Sequence[UUID], *, actor: User | None) -> int:
    """Take those of the items that lie in the trash back out; return how many."""
    with transaction.atomic():
        rows = MediaItem.objects.trashed().filter(pk__in=IdSet(ids)).order_by("pk")
        found = list(rows.select_for_update().values_list("pk", flat=True))
        if found:
            MediaItem.objects.filter(pk__in=IdSet(found)).update(trashed_at=None)
            word = "item" if len(found) == 1 else "items"
            message = f"restored {len(found)} media {word}"
            _tell("media.restored", found, actor, message)
    return len(found)


def purge_media(item_id: UUID, *, actor: User | None, now: datetime) -> MediaItem:
    """Free the bytes of an item in the trash; the row stays for old posts to read."""
    with transaction.atomic():
        item = _lock_trashed(item_id)
        purge_rows([item], now=now)
        _tell("media.purged", [item.pk], actor, f"deleted {item.name} for good")
    return item


def purge_next(trash: QuerySet[MediaItem], *, actor: User | None, now: datetime) -> int:
    """Purge the next few of `trash` in one transaction; return how many these were."""
    with transaction.atomic():
        chosen = list(trash.order_by("pk").values_list("pk", flat=True)[:PURGE_CHUNK])
        items = list(
            MediaItem.objects.trashed()
            .filter(pk__in=IdSet(chosen))
            .order_by("pk")
            .select_for_update()
        )
        if items:
            purge_rows(items, now=now)
            word = "item" if len(items) == 1 else "items"
            message = f"deleted {len(items)} {word} of the trash for good"
            _tell("media.purged", [item.pk for item in items], actor, message)
    return len(items)


def purge_rows(items: Sequence[MediaItem], *, now: datetime) -> None:
    """Turn locked items into tombstones; the bytes go once that is committed."""
    names = [
        name
        for item in items
        for name in (item.file, item.thumbnail, item.preview)
        if name
    ]
    names += renditions.take_away([item.pk for item in items])
    for item in items:
        item.file = item.thumbnail = item.preview = ""
        item.purged_at = now
    MediaItem.objects.filter(pk__in=IdSet([item.pk for item in items])).update(
        file="", thumbnail="", preview="", purged_at=now
    )
    # What cannot be deleted now, the sweep of orphans finds.
    transaction.on_commit(lambda: _delete_files(names), robust=True)


def purge_expired(now: datetime) -> None:
    """Purge what has lain in the trash for its thirty days."""
    expired = MediaItem.objects.trashed().filter(trashed_at__lt=now - KEEP_TRASH)
    while purge_next(expired, actor=None, now=timezone.now()):
        pass


def _delete_files(names: Iterable[str]) -> None:
    for name in names:
        default_storage.delete(name)


def _lock_trashed(item_id: UUID) -> MediaItem:
    item = MediaItem.objects.select_for_update().filter(pk=item_id).first()
    if item is None or item.purged_at is not None:
        raise DomainError("not_found", "There is no such item in the library.", 404)
    if item.trashed_at is None:
        raise DomainError("media_not_trashed", "This item is not in the trash.", 409)
    return item


def _tell(action: str, ids: Sequence[UUID], actor: User | None, message: str) -> None:
    events.emit(action, actor=actor, kind="media", ids=ids, message=message)
