"""What becomes of posts that a stop or a channel's trouble has held up.

Nothing is changed before a person has chosen how to go on; the numbers come first.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Min, Q, QuerySet, prefetch_related_objects

from promura_site.zones import to_utc
from scheduling import states
from scheduling.models import Post, Publication
from scheduling.publishing.moves import fresh_key, move
from scheduling.publishing.pace import pace_of
from scheduling.services.texts import texts_of
from scheduling.services.timing import late_after
from scheduling.services.writing import follow_offer, schedule

_P = Publication.State

SPACED, MOVED, SKIPPED, KEPT = "spaced", "moved", "skipped", "kept"
WAYS = (SPACED, MOVED, SKIPPED, KEPT)
# Between two posts on a channel of those that go out one after the other.
LEAST_GAP = timedelta(minutes=5)
# Posts that one transaction changes.
BATCH = 100
_WAITING = (_P.SCHEDULED, _P.RETRY)


@dataclass(frozen=True)
class Scope:
    """What was held up: where, for which causes, and missed since when.

    `ended` are the states that it may have come to for them.
    """

    where: Q
    causes: frozenset[str]
    since: datetime
    ended: tuple[str, ...] = (_P.MISSED,)

    def waiting(self, now: datetime) -> QuerySet[Publication]:
        """Return what should have gone out by now and still waits."""
        held = Q(next_attempt_at__lte=now) | Q(error_code__in=self.causes)
        return Publication.objects.filter(self.where, held, state__in=_WAITING)

    def missed(self) -> QuerySet[Publication]:
        """Return what was missed, or failed, because of it."""
        return Publication.objects.filter(
            self.where,
            state__in=self.ended,
            error_code__in=self.causes,
            late_after__gte=self.since,
        )

    def counts(self, now: datetime) -> dict[str, int]:
        """Return how many wait, how many it is too late for, how many come later."""
        waiting = self.waiting(now)
        late = waiting.filter(late_after__lt=now).count()
        later = Publication.objects.filter(
            self.where, state=_P.SCHEDULED, next_attempt_at__gt=now
        ).exclude(error_code__in=self.causes)
        return {
            "due": waiting.count() - late,
            "late": late + self.missed().count(),
            "upcoming": later.count(),
        }


def carry_on(scope: Scope, how: str, now: datetime) -> list[UUID]:
    """Do to what was held up what a person has chosen; return the posts' ids.

    Once begun it can be begun again: what has its new time is not held up any more.
    """
    if how == KEPT:
        return []
    held = scope.waiting(now) | scope.missed()
    rows = held.select_related("channel__creator__pace").defer("payload", "content")
    found = list(rows.order_by("publish_at", "pk"))
    times = _spaced(found, now) if how == SPACED else {}
    times = _moved(found, now) if how == MOVED else times
    keys: dict[UUID, list[UUID]] = defaultdict(list)
    for row in found:
        keys[row.post_id].append(row.pk)
    posts = sorted(keys)
    for start in range(0, len(posts), BATCH):
        batch = {post: keys[post] for post in posts[start : start + BATCH]}
        _change(batch, times, how, scope.ended)
    return posts


@transaction.atomic
def _change(
    batch: Mapping[UUID, list[UUID]],
    times: dict[UUID, datetime],
    how: str,
    ended: tuple[str, ...],
) -> None:
    """Change what each post of a batch has that was held up."""
    posts, keys = list(batch), [key for own in batch.values() for key in own]
    locked = list(Post.objects.select_for_update().filter(pk__in=posts).order_by("pk"))
    prefetch_related_objects(locked, "variants")
    texts = {post.pk: texts_of(post) for post in locked}
    rows = Publication.objects.filter(pk__in=keys, state__in=(*_WAITING, *ended))
    for row in rows.select_related("channel__creator").order_by("pk"):
        if how == SKIPPED:
            move(row, _P.SKIPPED, next_attempt_at=None)
        elif how == MOVED:
            text = texts[row.post_id].on(row.channel, times[row.pk])
            schedule(row, times[row.pk], content=text, **fresh_key(row))
        else:
            at = times[row.pk]
            move(
                row,
                _P.SCHEDULED,
                next_attempt_at=at,
                late_after=late_after(at),
                error="",
                error_code="",
            )
    if how == MOVED:
        _retime(locked)
    Post.objects.filter(pk__in=posts).update(version=F("version") + 1)
    states.recompute_all(locked)


def _retime(posts: list[Post]) -> None:
    """Say of posts when the first of what is still to come is due."""
    open_states = (*_WAITING, _P.READY)
    first = (
        Publication.objects.filter(post__in=posts, state__in=open_states)
        .order_by()
        .values_list("post_id")
        .annotate(first=Min("publish_at"))
    )
    known = {post.pk: post for post in posts}
    for post_id, at in first:
        known[post_id].publish_at = at
        follow_offer(known[post_id], [at])
    Post.objects.bulk_update(posts, ["publish_at", "suggestion_taken"])


def _spaced(rows: list[Publication], now: datetime) -> dict[UUID, datetime]:
    """Return when each goes out: the first of a channel now, the others after it."""
    last: dict[UUID, datetime] = {}
    times = {}
    for row in rows:
        creator = row.channel.creator
        gap = max(LEAST_GAP, pace_of(creator, getattr(creator, "pace", None)).spacing)
        before = last.get(row.channel_id)
        times[row.pk] = last[row.channel_id] = before + gap if before else now
    return times


def _moved(rows: list[Publication], now: datetime) -> dict[UUID, datetime]:
    """Return the next day on which each one's own wall-clock time is free."""
    channels = {row.channel_id for row in rows}
    planned = Publication.objects.filter(
        channel__in=channels, state=_P.SCHEDULED, publish_at__gt=now
    )
    taken: dict[UUID, set[datetime | None]] = defaultdict(set)
    for channel_id, at in planned.values_list("channel_id", "publish_at"):
        taken[channel_id].add(at)
    times = {}
    for row in rows:
        zone = ZoneInfo(row.channel.creator.timezone)
        wall = (row.publish_at or now).astimezone(zone).replace(tzinfo=None)
        today = now.astimezone(zone).date()
        day = today - timedelta(days=1)
        at = datetime.min.replace(tzinfo=UTC)
        while at <= now or at in taken[row.channel_id]:
            day += timedelta(days=1)
            at = to_utc(wall.replace(year=day.year, month=day.month, day=day.day), zone)
        taken[row.channel_id].add(at)
        times[row.pk] = at
    return times
