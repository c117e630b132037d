"""The queue: posts by what they need from a person, a page of each group at a time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from scheduling.models import Post, Publication
from scheduling.reasons import LATE

_P = Publication.State

ATTENTION, DUE, PLANNED, POSTED = "attention", "due", "planned", "posted"
OLDER, DRAFTS, CANCELLED = "older", "drafts", "cancelled"
# What one cause holds up, whatever its state: see causes.py.
HELD = "held"
# What is always looked at; the further ones only when asked for.
GROUPS = (ATTENTION, DUE, PLANNED, POSTED)
FURTHER_GROUPS = (OLDER, DRAFTS, CANCELLED, HELD)
# What failed longer ago is history, not work: it would bury what is urgent.
RECENT = timedelta(days=7)
PAGE = {ATTENTION: 10, POSTED: 20}
_USUAL_PAGE = 40
MAX_WORDS = 10


@dataclass(frozen=True)
class Place:
    """Where a page ends: the next one begins behind it."""

    at: datetime
    post: UUID

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.post}"

    @classmethod
    def read(cls, text: str) -> "Place":
        """Return the place that was written as text.

        Raise ValueError or OverflowError for any other text.
        """
        at, mark, post = text.partition("~")
        moment = datetime.fromisoformat(at)
        if not mark or moment.tzinfo is None:
            raise ValueError("This is no place in the queue.")
        return cls(moment.astimezone(UTC), UUID(post))


@dataclass(frozen=True)
class Wanted:
    """What the queue is narrowed to; empty: everything.

    `held` is what a cause holds up, for the group of that name.
    """

    model: str = ""
    platform: str = ""
    search: str = ""
    held: Q = field(default_factory=lambda: Q(pk__in=()))
    series: UUID | None = None

    def publications(self, condition: Q) -> QuerySet[Publication]:
        """Return the publications of a condition that are wanted."""
        rows = Publication.objects.filter(condition)
        if self.model:
            rows = rows.filter(channel__creator__slug=self.model)
        if self.platform:
            rows = rows.filter(channel__platform=self.platform)
        if self.series:
            rows = rows.filter(post__series=self.series)
        return rows

    def posts(self, rows: QuerySet[Post]) -> QuerySet[Post]:
        """Return the posts in whose text every word occurs."""
        for word in self.search.split()[:MAX_WORDS]:
            rows = rows.filter(content__icontains=word)
        return rows


@dataclass(frozen=True)
class Group:
    """One page of a group: posts' ids with their places, and whether more follow."""

    places: list[Place]
    next: Place | None
    count: int | None


def _needing_attention(now: datetime) -> Q:
    late = Q(state=_P.SCHEDULED, next_attempt_at__lte=now - LATE)
    failed = Q(state__in=(_P.FAILED, _P.MISSED), publish_at__gte=now - RECENT)
    return Q(state=_P.UNKNOWN) | failed | late


def _failed_long_ago(now: datetime) -> Q:
    return Q(state__in=(_P.FAILED, _P.MISSED), publish_at__lt=now - RECENT)


def _under_way(now: datetime) -> Q:
    busy = Q(state__in=(_P.LEASED, _P.SENDING, _P.RETRY, _P.READY, _P.CLAIMED))
    due = Q(state=_P.SCHEDULED, next_attempt_at__lte=now)
    return busy | (due & Q(next_attempt_at__gt=now - LATE))


def _to_come(now: datetime) -> Q:
    return Q(state=_P.SCHEDULED, next_attempt_at__gt=now)


_CONDITIONS: dict[str, Callable[[datetime], Q]] = {
    ATTENTION: _needing_attention,
    OLDER: _failed_long_ago,
    DUE: _under_way,
    PLANNED: _to_come,
    # Not by state: SQLite would go through all that was ever published, post by post.
    POSTED: lambda now: Q(published_at__isnull=False),
    DRAFTS: lambda now: Q(state=_P.DRAFT),
    CANCELLED: lambda now: Q(state__in=(_P.CANCELLED, _P.SKIPPED)),
}
# Drafts need not have a time; of what was cancelled, the latest is looked for.
_ORDER = {
    ATTENTION: "-publish_at",
    OLDER: "-publish_at",
    DUE: "publish_at",
    PLANNED: "publish_at",
    POSTED: "-publish_at",
    DRAFTS: "-updated_at",
    CANCELLED: "-updated_at",
    HELD: "publish_at",
}


def group(
    name: str, now: datetime, wanted: Wanted, after: Place | None = None
) -> Group:
    """Return a page of a group, behind `after`; the first one also says how many."""
    condition = wanted.held if name == HELD else _CONDITIONS[name](now)
    publications = wanted.publications(condition)
    if name == POSTED and not (wanted.model or wanted.platform or wanted.series):
        # Nearly all posts are in it: asking post by post stops after a page.
        held = publications.filter(post=OuterRef("pk"))
        rows = wanted.posts(Post.objects.filter(Exists(held)))
    else:
        rows = wanted.posts(Post.objects.filter(pk__in=publications.values("post_id")))
    counted = after is None and name != POSTED
    count = rows.count() if counted else None
    key = _ORDER[name]
    field, step = key.lstrip("-"), "lt" if key.startswith("-") else "gt"
    rows = rows.filter(**{f"{field}__isnull": False})
    if after:
        same = Q(**{field: after.at, f"id__{step}": after.post})
        # The first key stands alone as well, since that is what its index serves.
        reached = Q(**{f"{field}__{step}e": after.at})
        rows = rows.filter(reached, Q(**{f"{field}__{step}": after.at}) | same)
    last = "-id" if key.startswith("-") else "id"
    size = PAGE.get(name, _USUAL_PAGE)
    found = rows.order_by(key, last).values_list(field, "pk")[: size + 1]
    places = [Place(at, pk) for at, pk in found]
    more = len(places) > size
    return Group(places[:size], places[size - 1] if more else None, count)
