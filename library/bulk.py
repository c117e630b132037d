"""The same for many at once: what can be done is done, the rest is given reasons.

One call is one transaction, and one `BulkOperation` that remembers what it changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from library import holds, idsets
from library.idsets import IdSet
from library.models import BulkOperation, MediaItem, MediaTag, Tag
from library.services.tags import (
    MAX_TAGS_AN_ITEM,
    existing_tags,
    get_tags,
    normal_tag_names,
)
from promura_site import events
from promura_site.errors import DomainError
from promura_site.models import User

MAX_IDS = 10_000
TagAction = Literal["add", "replace", "remove"]
TAG_ACTIONS: tuple[TagAction, ...] = ("add", "replace", "remove")

NO_UUID = "This is no media id."
UNKNOWN = "There is no such item in the library."
TRASHED = "This item is in the trash already."
TRASHED_CANNOT = "This item lies in the trash; restore it first."
TOO_MANY_TAGS = f"It would have more than {MAX_TAGS_AN_ITEM} tags."
PURGED = "This item has been deleted for good since."


@dataclass(frozen=True, slots=True)
class Refused:
    """An id as it was given, and why nothing was done to it."""

    id: Any
    reason: str


@dataclass(slots=True)
class BulkResult:
    """What one call, or one step of a job, did."""

    operation: BulkOperation
    done: list[UUID]
    refused: list[Refused] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class GivenIds:
    """The ids of a request: each once, those that are none set apart."""

    ids: tuple[UUID, ...]
    no_ids: tuple[Any, ...] = ()
    # How a client spelled an id that is not in the usual form.
    spelled: dict[UUID, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.ids) + len(self.no_ids) > MAX_IDS:
            raise DomainError(
                "too_many_ids",
                f"media_ids: At most {MAX_IDS:,} ids in one request; send several "
                "requests, or the filter that finds them.",
                413,
                errors={"media_ids": [f"At most {MAX_IDS:,} ids in one request."]},
            )


@dataclass(frozen=True, slots=True)
class Tagging:
    """What bulk-tag is to do; names as the person wrote them."""

    action: TagAction
    names: Sequence[str]

    def checked(self) -> "Tagging":
        """Return it with tidy names; raise 400 when nothing is left to do.

        Only an explicitly empty list clears all tags: a list of blanks is more likely
        a form sent too early.
        """
        names = normal_tag_names(self.names)
        if not names and (self.action != "replace" or self.names):
            sentence = "Give at least one tag."
            raise DomainError(
                "invalid", f"tags: {sentence}", errors={"tags": [sentence]}
            )
        return Tagging(self.action, names)


def delete(given: GivenIds, *, actor: User | None) -> BulkResult:
    """Move media to the trash, all but what a planned post holds."""
    with transaction.atomic():
        operation = open_operation(BulkOperation.Kind.DELETE, actor)
        result = trash_some(operation, given)
        close_operation(result)
    return result


def tag(given: GivenIds, tagging: Tagging, *, actor: User | None) -> BulkResult:
    """Add tags to media, replace theirs, or take some off."""
    tagging = tagging.checked()
    with transaction.atomic():
        operation = open_operation(BulkOperation.Kind.TAG, actor)
        result = tag_some(operation, given, tagging)
        close_operation(result, tagging)
    return result


def open_operation(
    kind: BulkOperation.Kind, actor: User | None, **fields: Any
) -> BulkOperation:
    """Begin the record of one call."""
    return BulkOperation.objects.create(kind=kind, actor=actor, **fields)


def trash_some(operation: BulkOperation, given: GivenIds) -> BulkResult:
    """Trash what may be trashed; part of the caller's transaction.

    All of an operation bears the operation's own time: undo takes back what was trashed
    by it, and not what somebody restored and trashed again since.
    """
    present, refused = _lock(given, TRASHED)
    held = holds.blocking(MediaItem.objects.filter(pk__in=IdSet(present)))
    done = [one for one in present if one not in held]
    reasons = {one: held[one] for one in present if one in held}
    idsets.record_trashed(operation, done)
    MediaItem.objects.filter(pk__in=IdSet(done)).update(trashed_at=operation.created_at)
    return BulkResult(operation, done, _in_order(given, refused | reasons))


def tag_some(operation: BulkOperation, given: GivenIds, tagging: Tagging) -> BulkResult:
    """Tag what is there; part of the caller's transaction."""
    if tagging.action == "remove":
        tags = existing_tags(tagging.names)
    else:
        tags = get_tags(tagging.names)
    keys = [one.pk for one in tags]
    present, refused = _lock(given, TRASHED_CANNOT)
    if tagging.action == "add":
        full = _overfull(present, tags)
        refused |= dict.fromkeys(full, TOO_MANY_TAGS)
        present = [one for one in present if one not in full]
    elif tagging.action == "replace":
        idsets.remove_tags(operation, present, keys, all_but=True)
    else:
        idsets.remove_tags(operation, present, keys)
    if tagging.action != "remove":
        idsets.add_missing_tags(operation, present, keys)
    return BulkResult(operation, present, _in_order(given, refused))


def close_operation(result: BulkResult, tagging: Tagging | None = None) -> None:
    """Store the counts and tell what has been done."""
    operation = result.operation
    operation.done += len(result.done)
    operation.refused += len(result.refused)
    operation.save(update_fields=["done", "refused"])
    words = f"{len(result.done)} media item{'' if len(result.done) == 1 else 's'}"
    data: dict[str, Any] = {
        "operation": str(operation.pk),
        "refused": len(result.refused),
    }
    if tagging:
        action, message = "media.bulk_tagged", f"changed the tags of {words}"
        data |= {"tags": list(tagging.names), "action": tagging.action}
        if tagging.action == "add":
            message = f"tagged {words}"
    else:
        action, message = "media.bulk_deleted", f"moved {words} to the trash"
    events.emit(
        action,
        actor=operation.actor,
        kind="media",
        ids=result.done[: events.MAX_IDS],
        count=len(result.done),
        message=message,
        data=data,
    )


def _lock(given: GivenIds, trashed: str) -> tuple[list[UUID], dict[UUID, str]]:
    """Lock what is there, in id order; return its ids and why the others are not."""
    rows = (
        MediaItem.objects.filter(pk__in=IdSet(given.ids))
        .order_by("pk")
        .select_for_update()
        .values_list("pk", "trashed_at", "purged_at")
    )
    present: list[UUID] = []
    refused = dict.fromkeys(given.ids, UNKNOWN)
    for media_id, trashed_at, purged_at in rows:
        if purged_at is not None:
            continue
        if trashed_at is not None:
            refused[media_id] = trashed
            continue
        del refused[media_id]
        present.append(media_id)
    return present, refused


def _overfull(media: Sequence[UUID], tags: Sequence[Tag]) -> set[UUID]:
    """Return the items that would have too many tags with these added."""
    kept = (
        MediaTag.objects.filter(media__in=IdSet(media))
        .exclude(tag__in=[one.pk for one in tags])
        .values("media")
        .annotate(kept=Count("pk"))
        .filter(kept__gt=MAX_TAGS_AN_ITEM - len(tags))
    )
    return set(kept.values_list("media", flat=True))


def _in_order(given: GivenIds, reasons: dict[UUID, str]) -> list[Refused]:
    """Return the refusals, first what is no id at all, in the order of the request."""
    refused = [Refused(one, NO_UUID) for one in given.no_ids]
    refused += [
        Refused(given.spelled.get(one, str(one)), reasons[one])
        for one in given.ids
        if one in reasons
    ]
    return refused
