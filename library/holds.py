"""Who holds media: a registry that the floors above fill, so that none is imported.

A holder registers in `AppConfig.ready()`. The library asks it before media is moved to
the trash, and to show where media is used.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from library.models import MediaItem

# Gets the media asked about (usable as a subquery: `media__in=media`) and yields, in
# one query, a pair (media id, reason) for each item that must stay. It is called in the
# transaction that trashes, after the rows have been locked. An id may come twice.
Blocking = Callable[[QuerySet[MediaItem]], Iterable[tuple[UUID, str]]]
# Yields where one item is used, the latest first, `MAX_USES` at most.
Usage = Callable[[MediaItem], Iterable["Use"]]
# Counts, in one query, the posts still to be published of each id; zeros left out.
PlannedCounts = Callable[[Sequence[UUID]], Mapping[UUID, int]]

MAX_USES = 200


@dataclass(frozen=True, slots=True)
class Use:
    """One place where an item is used; `kind` is post, series or template.

    `at` is when it is (or was) to appear, None for what has no time. `holds` tells
    whether the item cannot be moved to the trash because of it.
    """

    kind: str
    id: UUID
    title: str
    state: str = ""
    at: datetime | None = None
    holds: bool = False


@dataclass(frozen=True, slots=True)
class _Holder:
    blocking: Blocking | None
    usage: Usage | None
    planned_counts: PlannedCounts | None


_holders: dict[str, _Holder] = {}


def register(
    name: str,
    *,
    blocking: Blocking | None = None,
    usage: Usage | None = None,
    planned_counts: PlannedCounts | None = None,
) -> None:
    """Add somebody who uses media; the same name again replaces it."""
    _holders[name] = _Holder(blocking, usage, planned_counts)


def blocking(media: QuerySet[MediaItem]) -> dict[UUID, str]:
    """Return those of `media` that must stay, each with the reason in words."""
    held: dict[UUID, str] = {}
    for holder in _holders.values():
        if holder.blocking:
            for media_id, reason in holder.blocking(media):
                held.setdefault(media_id, reason)
    return held


def usage(media: MediaItem) -> list[Use]:
    """Return where one item is used, holder by holder."""
    return [
        use
        for holder in _holders.values()
        if holder.usage
        for use in holder.usage(media)
    ]


def planned_counts(ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Return for each id how many posts are still to be published with it."""
    planned: Counter[UUID] = Counter()
    for holder in _holders.values():
        if holder.planned_counts and ids:
            planned.update(holder.planned_counts(ids))
    return planned
