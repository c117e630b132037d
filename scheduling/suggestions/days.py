"""Suggest when to post on one day: the best of its hours that are free."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from library.models import Creator
from promura_site.zones import exists, to_utc
from scheduling.suggestions.advice import (
    Choice,
    Suggestion,
    describe,
    is_ahead,
    planned_times,
    ranked,
)
from scheduling.suggestions.evidence import Rung, best_rung


@dataclass(frozen=True)
class Outlook:
    """What is to be expected of a model's week, read once for any number of days."""

    creator: Creator
    rung: Rung
    slots: tuple[int, ...]

    @classmethod
    def of(cls, creator: Creator, now: datetime) -> "Outlook":
        """Read what is known of a model, or of whoever is asked in its place."""
        rung = best_rung(creator, now)
        return cls(creator, rung, tuple(ranked(rung)))

    def best_times_on(
        self, day: date, count: int, *, now: datetime, taken: Iterable[datetime]
    ) -> list[Suggestion]:
        """Return the best free hours of a day of the model's clocks, best first.

        Near the times in `taken` nothing is free.
        """
        choice = Choice(count, sorted(taken))
        for slot, at in self._hours(day):
            if is_ahead(at, now) and choice.is_free(at):
                choice.take(slot, at)
        return describe(choice.made, self.rung, self.creator.timezone)

    def told(self, at: datetime) -> Suggestion | None:
        """Return what is to be expected of a time, if it is one that is offered."""
        local = at.astimezone(ZoneInfo(self.creator.timezone))
        slot = local.weekday() * 24 + local.hour
        if slot not in self.slots or local.minute or local.second:
            return None
        (found,) = describe([(slot, at)], self.rung, self.creator.timezone)
        return found

    def _hours(self, day: date) -> Iterator[tuple[int, datetime]]:
        """Yield the slots of a day, the best first, with their beginnings in UTC."""
        clocks = ZoneInfo(self.creator.timezone)
        for slot in self.slots:
            weekday, hour = divmod(slot, 24)
            wall = datetime.combine(day, time(hour))
            if weekday == day.weekday() and exists(wall, clocks):
                yield slot, to_utc(wall, clocks)


def best_times_on(
    creator: Creator,
    day: date,
    count: int,
    *,
    now: datetime,
    taken: Iterable[datetime] | None = None,
) -> list[Suggestion]:
    """Return the best free hours of one day of the model's own clocks, best first.

    Free is what is not near a planned post; with `taken`, not near those times. Who
    asks for many days makes one Outlook.
    """
    if taken is None:
        begin, end = day_limits(day, creator.timezone)
        taken = planned_times(creator, begin, end)
    return Outlook.of(creator, now).best_times_on(day, count, now=now, taken=taken)


def day_limits(day: date, zone: str) -> tuple[datetime, datetime]:
    """Return in UTC when a day of a zone begins and when the next one does."""
    place = ZoneInfo(zone)
    begin = datetime.combine(day, time(), place)
    end = datetime.combine(day + timedelta(days=1), time(), place)
    return begin.astimezone(UTC), end.astimezone(UTC)
