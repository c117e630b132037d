"""Suggest when to post: free times in the week's best hours, with reasons."""

from bisect import bisect, insort
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from library.models import Creator
from promura_site.zones import exists, to_utc
from scheduling.models import Channel, Publication
from scheduling.suggestions import forecast as fc
from scheduling.suggestions import words
from scheduling.suggestions.evidence import FEW_POSTS, Rung, best_rung

# Hours that commonly do well, evenings and late mornings first; each pair of a day
# and an hour comes up once, and no two are less than two hours apart.
DEFAULT_SLOTS = tuple(
    (1, 3, 6, 2, 0, 4, 5)[place % 7] * 24 + (19, 21, 11, 17, 9, 13, 15, 7)[place % 8]
    for place in range(7 * 8)
)
DEFAULT_CONFIDENCE = 50
APART = timedelta(hours=2)
# A post planned nearer than this takes the time.
TAKEN_WITHIN = timedelta(hours=1)
# Nobody has a post ready in less.
LEAD = timedelta(minutes=15)
HORIZON = timedelta(days=14)
# Looked at only when the two weeks hold fewer free times than were asked for.
FAR_HORIZON = timedelta(days=56)
PLANNED_STATES = tuple(
    state for state in Publication.HOLDING_STATES if state != Publication.State.UNKNOWN
)


@dataclass(frozen=True)
class Suggestion:
    """One time to post; `local` is wall-clock time in `timezone`.

    `confidence` is the probability, in per cent, that the hour is better than the
    average one; `lift` the expected gain as a share, `low` to `high` its 80 %
    interval; `success_rate` in per cent.
    """

    at: datetime
    local: datetime
    timezone: str
    confidence: int
    avg_engagement: float
    success_rate: float
    lift: float
    low: float
    high: float
    sample_size: int
    basis: str
    reason: str


def suggest(
    creator: Creator | None, count: int, *, now: datetime, zone: str
) -> list[Suggestion]:
    """Return `count` times, best first, told on the clocks of `zone`.

    Hours of the week are those of the model's own zone; without a model, of `zone`.
    Fewer are returned only when eight weeks are planned full.
    """
    rung = best_rung(creator, now)
    clocks = ZoneInfo(creator.timezone if creator else zone)
    taken = _planned_times(creator, now) if creator else []
    chosen = _choose(_ranked(rung), count, taken, now, clocks)
    rates = fc.success_rate(
        rung.evidence.succeeded.astype(np.int64),
        (rung.evidence.succeeded + rung.evidence.failed).astype(np.int64),
        rung.evidence.success,
    )
    return [_describe(slot, at, rung, rates, zone) for slot, at in chosen]


def _ranked(rung: Rung) -> list[int]:
    if rung.basis == "default":
        return list(DEFAULT_SLOTS)
    return np.argsort(-rung.effects.score, kind="stable").tolist()


def _planned_times(creator: Creator, now: datetime) -> list[datetime]:
    """Return when the model's planned posts are due, sorted."""
    channels = Channel.objects.filter(creator=creator).values("pk")
    planned = Publication.objects.filter(
        channel__in=channels,
        publish_at__range=(now - TAKEN_WITHIN, now + FAR_HORIZON + TAKEN_WITHIN),
        state__in=PLANNED_STATES,
    )
    times = planned.order_by().values_list("publish_at", flat=True).distinct()
    return sorted(at for at in times if at is not None)


def _choose(
    ranked: list[int],
    count: int,
    taken: list[datetime],
    now: datetime,
    clocks: ZoneInfo,
) -> list[tuple[int, datetime]]:
    """Return slots in their order, each at its next time that is free."""
    chosen: list[tuple[int, datetime]] = []
    times: list[datetime] = []

    def is_free(at: datetime) -> bool:
        return not _is_near(at, taken, TAKEN_WITHIN)

    def take(slot: int, at: datetime) -> None:
        if len(chosen) < count and not _is_near(at, times, APART):
            chosen.append((slot, at))
            insort(times, at)

    for slot in ranked:
        free = filter(is_free, occurrences(slot, now, HORIZON, clocks))
        if (first := next(free, None)) is not None:
            take(slot, first)
    if len(chosen) < count:
        for slot in ranked:
            for at in filter(is_free, occurrences(slot, now, FAR_HORIZON, clocks)):
                take(slot, at)
    return chosen


def occurrences(
    slot: int, now: datetime, horizon: timedelta, clocks: ZoneInfo
) -> Iterator[datetime]:
    """Yield in UTC when a slot begins, from a little after `now` to the horizon.

    A beginning that a change of the clocks skips is left out; of one that occurs
    twice the first is meant.
    """
    today = now.astimezone(clocks).date()
    ahead = timedelta(days=(slot // 24 - today.weekday()) % 7)
    wall = datetime.combine(today + ahead, time(slot % 24))
    while (at := to_utc(wall, clocks)) <= now + horizon:
        if at >= now + LEAD and exists(wall, clocks):
            yield at
        wall += timedelta(days=7)


def _is_near(at: datetime, times: list[datetime], distance: timedelta) -> bool:
    place = bisect(times, at)
    return any(abs(at - other) < distance for other in times[max(place - 1, 0) :][:2])


def _describe(
    slot: int, at: datetime, rung: Rung, rates: fc.Floats, zone: str
) -> Suggestion:
    found, posts = rung.effects, int(rung.evidence.posts[slot])
    own = "slot" if posts >= FEW_POSTS else "model"
    basis = own if rung.basis == "model" else rung.basis
    # Never certain, and never quite out of the question.
    confidence = min(max(round(found.confidence[slot]), 1), 99)
    local = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    expected = 0.0
    if rung.level is not None:
        of_slot = fc.expected_engagement(rung.level, found.effect[slot : slot + 1])
        expected = float(of_slot[0])
    lift = float(found.lift[slot])
    return Suggestion(
        at=at.astimezone(UTC),
        local=local,
        timezone=zone,
        confidence=DEFAULT_CONFIDENCE if basis == "default" else confidence,
        avg_engagement=round(expected, 1),
        success_rate=round(100 * float(rates[slot]), 1),
        lift=round(lift, 3),
        low=round(float(found.low[slot]), 3),
        high=round(float(found.high[slot]), 3),
        sample_size=posts,
        basis=basis,
        reason=words.reason(local, basis, lift, confidence, posts),
    )
