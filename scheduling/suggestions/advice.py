"""Suggest when to post: free times in the week's best hours, with reasons."""

from bisect import bisect, insort
from collections.abc import Iterable, Iterator, Sequence
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
    taken = planned_times(creator, now, now + FAR_HORIZON) if creator else []
    choice = Choice(count, taken)
    _choose(ranked(rung), choice, now, clocks)
    return describe(choice.made, rung, zone)


def describe(
    choices: Iterable[tuple[int, datetime]], rung: Rung, zone: str
) -> list[Suggestion]:
    """Return slots and their times with what is to be expected of them."""
    rates = fc.success_rate(
        rung.evidence.succeeded.astype(np.int64),
        (rung.evidence.succeeded + rung.evidence.failed).astype(np.int64),
        rung.evidence.success,
    )
    return [_describe(slot, at, rung, rates, zone) for slot, at in choices]


def ranked(rung: Rung) -> list[int]:
    """Return the slots to try, the best first."""
    if rung.basis == "default":
        return list(DEFAULT_SLOTS)
    return np.argsort(-rung.effects.score, kind="stable").tolist()


def planned_times(creator: Creator, begin: datetime, end: datetime) -> list[datetime]:
    """Return when planned posts take a model's times between two, sorted."""
    channels = Channel.objects.filter(creator=creator).values("pk")
    rows = Publication.objects.filter(
        channel__in=channels,
        publish_at__range=(begin - TAKEN_WITHIN, end + TAKEN_WITHIN),
    )
    # By state a database might read what all models have planned; nearly all of what
    # lies ahead of this one is planned anyway.
    times = rows.order_by().values_list("publish_at", "state")
    return sorted({at for at, state in times if at and state in PLANNED_STATES})


class Choice:
    """At most `count` slots with their times, in the order in which they were taken.

    None is near a time in `taken`, which is sorted, nor near another choice.
    """

    def __init__(self, count: int, taken: Sequence[datetime]) -> None:
        self.made: list[tuple[int, datetime]] = []
        self._count, self._taken = count, taken
        self._times: list[datetime] = []

    @property
    def is_complete(self) -> bool:
        """Tell whether there are as many as were asked for."""
        return len(self.made) >= self._count

    def is_free(self, at: datetime) -> bool:
        """Tell whether nothing is planned near a time."""
        return not _is_near(at, self._taken, TAKEN_WITHIN)

    def take(self, slot: int, at: datetime) -> None:
        """Add a slot at a free time, unless that is near another choice."""
        if not self.is_complete and not _is_near(at, self._times, APART):
            self.made.append((slot, at))
            insort(self._times, at)


def _choose(
    slots: Sequence[int], choice: Choice, now: datetime, clocks: ZoneInfo
) -> None:
    """Take slots in their order, each at its next time that is free."""
    for slot in slots:
        if choice.is_complete:
            return
        free = filter(choice.is_free, occurrences(slot, now, HORIZON, clocks))
        if (first := next(free, None)) is not None:
            choice.take(slot, first)
    for slot in slots:
        far = occurrences(slot, now, FAR_HORIZON, clocks)
        for at in filter(choice.is_free, far):
            if choice.is_complete:
                return
            choice.take(slot, at)


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
        if is_ahead(at, now) and exists(wall, clocks):
            yield at
        wall += timedelta(days=7)


def is_ahead(at: datetime, now: datetime) -> bool:
    """Tell whether there is time enough to have a post ready."""
    return at >= now + LEAD


def _is_near(at: datetime, times: Sequence[datetime], distance: timedelta) -> bool:
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
