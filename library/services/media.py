"""One media item: what is said of it, and that it was used."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from library.models import Creator, MediaItem
from library.services.tags import get_tags, normal_tag_names
from promura_site import events
from promura_site.errors import DomainError
from promura_site.models import User

_CHANGEABLE = {
    "name",
    "description",
    "alt_text",
    "rating",
    "not_before",
    "until",
    "taken_at",
}


def update_media(
    item_id: UUID,
    *,
    actor: User | None,
    changes: Mapping[str, Any],
    tags: Iterable[str] | None = None,
    creators: Iterable[Creator] | None = None,
) -> MediaItem:
    """Change what is said of an item; `tags` and `creators` replace those it has."""
    if unknown := changes.keys() - _CHANGEABLE:
        raise ValueError(f"not changeable: {sorted(unknown)}")
    names = None if tags is None else normal_tag_names(tags)
    with transaction.atomic():
        wanted = None if names is None else get_tags(names)
        item = lock_present(item_id)
        changed = [name for name in changes if getattr(item, name) != changes[name]]
        for name in changed:
            setattr(item, name, changes[name])
        _check_embargo(item)
        if changed:
            item.save(update_fields=changed)
        if wanted is not None and _set_differs(item.tags, wanted):
            item.tags.set(wanted)
            changed.append("tags")
        if creators is not None and _set_differs(
            item.creators, creators := [*creators]
        ):
            item.creators.set(creators)
            changed.append("models")
        if changed:
            _tell("media.changed", item, actor, f"changed {item.name}", fields=changed)
    return item


def note_use(item_id: UUID, *, actor: User | None, now: datetime) -> MediaItem:
    """Count one use; many at the same time are all counted."""
    with transaction.atomic():
        counted = MediaItem.objects.present().filter(pk=item_id)
        if not counted.update(used_count=F("used_count") + 1, last_used=now):
            raise not_there(item_id)
        item = MediaItem.objects.get(pk=item_id)
        _tell("media.used", item, actor, f"used {item.name}")
    return item


def count_uses(ids: Iterable[UUID], *, now: datetime) -> None:
    """Count that these items have been published; part of the caller's transaction."""
    MediaItem.objects.filter(pk__in=list(ids)).update(
        used_count=F("used_count") + 1, last_used=now
    )


def lock_present(item_id: UUID) -> MediaItem:
    """Return the item with its row locked; raise 404, or 409 if it is in the trash."""
    item = (
        MediaItem.objects.select_for_update()
        .filter(pk=item_id, purged_at=None, trashed_at=None)
        .first()
    )
    if item is None:
        raise not_there(item_id)
    return item


def not_there(item_id: UUID) -> DomainError:
    """Say why an item cannot be worked with: unknown, or in the trash."""
    if MediaItem.objects.trashed().filter(pk=item_id).exists():
        return DomainError(
            "media_trashed", "This item lies in the trash; restore it first.", 409
        )
    return DomainError("not_found", "There is no such item in the library.", 404)


def _check_embargo(item: MediaItem) -> None:
    if item.not_before and item.until and item.until <= item.not_before:
        sentence = "Must be later than not_before."
        raise DomainError("invalid", f"until: {sentence}", errors={"until": [sentence]})


def _set_differs(related: Any, wanted: Iterable[Any]) -> bool:
    return set(related.values_list("pk", flat=True)) != {one.pk for one in wanted}


def _tell(
    action: str,
    item: MediaItem,
    actor: User | None,
    message: str,
    fields: Iterable[str] = (),
) -> None:
    events.emit(
        action,
        actor=actor,
        kind="media",
        ids=[item.pk],
        message=message,
        data={"fields": list(fields)} if fields else None,
    )
