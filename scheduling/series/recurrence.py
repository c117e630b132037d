"""When a series comes round: a rule of RFC 5545 followed on a wall clock.

Nothing here knows of zones or of the database: occurrences are naive wall-clock times
in whole minutes, in their order. `templates_app/patterns.py` says which patterns are
rules at all; here an end is put to them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import dropwhile, islice, pairwise
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from templates_app import patterns

# The most that a series with an end may come to.
MAX_OCCURRENCES = 5_000
HOUR = timedelta(hours=1)
MONTHLY = "monthly"
# The Gregorian calendar comes round to the weekday in so many years.
_CYCLE = 400
_LAST_YEAR = 9999
_SHORTEST_MONTH = 28
_DAY, _TIME = "%Y%m%d", "%Y%m%dT%H%M%S"
_OWN_HOURS = ("BYHOUR", "BYMINUTE")


class RuleError(ValueError):
    """A rule that no series can follow: in which field, and why in one sentence."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Rule:
    """Occurrences from `start` on, by `text`, to an end if it has one.

    `text` is a rule without COUNT and UNTIL, with the exceptions in a line of their
    own. `times` stand in place of the start's time of day. `until` is included;
    `count` counts what an exception takes out as well, as RFC 5545 has it.
    """

    text: str
    start: datetime
    times: tuple[time, ...] = ()
    until: datetime | None = None
    count: int | None = None

    def __iter__(self) -> Iterator[datetime]:
        """Yield every occurrence, however many there are."""
        for moment in islice(self._moments(), self.count):
            if self.until is not None and moment > self.until:
                return
            if moment not in self._split[1]:
                yield moment

    def since(self, wall: datetime) -> Iterator[datetime]:
        """Yield the occurrences from a wall-clock time on."""
        return dropwhile(lambda moment: moment < wall, self)

    def occurs(self, wall: datetime) -> bool:
        """Tell whether there is an occurrence at a wall-clock time."""
        return next(self.since(wall), None) == wall

    @property
    def ends(self) -> bool:
        """Tell whether the rule ends by itself."""
        return self.until is not None or self.count is not None

    @property
    def parts(self) -> dict[str, str]:
        """Return the parts of the rule by their names."""
        return self._split[0]

    @property
    def has_own_hours(self) -> bool:
        """Tell whether the rule says itself at which hours of the day."""
        return _has_hours(self.parts)

    @cached_property
    def _split(self) -> tuple[dict[str, str], patterns.Exceptions]:
        return patterns.split(self.text)

    def _moments(self) -> Iterator[datetime]:
        """Yield what the rule itself says.

        dateutil looks for what never comes until its calendar ends, so it is let
        begin in the calendar's last cycle, where all days fall on the same weekdays.
        """
        first = datetime.combine(self.start, time()) if self.times else self.start
        ahead = _CYCLE * ((_LAST_YEAR - first.year) // _CYCLE)
        rule = rrulestr(
            _written(self.parts), dtstart=first.replace(year=first.year + ahead)
        )
        for far in rule:
            moment = far.replace(year=far.year - ahead)
            if not self.times:
                yield moment
                continue
            for at in self.times:
                timed = datetime.combine(moment, at)
                if timed >= self.start:
                    yield timed


def build(
    pattern: str,
    start: datetime,
    *,
    times: Iterable[time] = (),
    until: datetime | None = None,
    count: int | None = None,
    endless: bool = False,
    clocks: ZoneInfo | None = None,
    hourless: bool = False,
) -> Rule:
    """Return the rule that a pattern means from `start` on.

    Times in UTC that the pattern holds are told on `clocks`; without, as they read.
    Of a rule that is to be `hourless` somebody else chooses the hour of each day.
    Raise RuleError for a rule that is none, that comes round more often than hourly,
    or never, and for one that has no end, or two, without saying so.
    """
    parts, exceptions = _checked_pattern(pattern, start)
    hours = _checked_times(times)
    if _has_hours(parts) and (hours or hourless):
        raise RuleError("times", "The rule has hours of its own; leave the times out.")
    if parts.pop("BYSECOND", "0").lstrip("+0"):
        raise RuleError("pattern", "A series comes in whole minutes; leave BYSECOND.")
    said = [parts.pop(name, None) for name in ("COUNT", "UNTIL")]
    _check_ends([until, count, *said, endless or None])
    rule = Rule(
        text="\n".join(["RRULE:" + _written(parts), *_listed(exceptions)]),
        start=start.replace(second=0, microsecond=0),
        times=hours,
        until=until if said[1] is None else _last_moment(_on(clocks, said[1])),
        count=count if said[0] is None else int(said[0]),
    )
    _check_it_occurs(rule)
    return rule


def _checked_pattern(
    pattern: str, start: datetime
) -> tuple[dict[str, str], patterns.Exceptions]:
    """Return the parts of a pattern from its start on, and its exceptions."""
    try:
        patterns.check(pattern)
        parts, exceptions = patterns.split(pattern)
    except patterns.PatternError as error:
        raise RuleError("pattern", str(error)) from None
    if is_monthly(pattern) and start.day > _SHORTEST_MONTH:
        # No month is left out: in a short one it is the last day.
        days = range(_SHORTEST_MONTH, start.day + 1)
        parts |= {"BYMONTHDAY": ",".join(map(str, days)), "BYSETPOS": "-1"}
    return parts, exceptions


def _has_hours(parts: Mapping[str, str]) -> bool:
    return parts["FREQ"] == "HOURLY" or any(name in parts for name in _OWN_HOURS)


def is_monthly(pattern: str) -> bool:
    """Tell whether a pattern is the word, which leaves no month out."""
    return pattern.startswith(MONTHLY)


def _written(parts: Mapping[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _listed(exceptions: patterns.Exceptions) -> list[str]:
    """Return the line of the exceptions, if there are any."""
    days = [f"{day:{_DAY}}" for day in exceptions.days]
    times = [f"{wall:{_TIME}}" for wall in exceptions.times]
    return ["EXDATE:" + ",".join(sorted(days + times))] if exceptions else []


def _checked_times(times: Iterable[time]) -> tuple[time, ...]:
    """Return hours of the day, each once and in order."""
    found = sorted({one.replace(second=0, microsecond=0) for one in times})
    days = [datetime.combine(date.min, one) for one in found]
    days += [days[0] + timedelta(days=1)] if days else []
    if any(later - one < HOUR for one, later in pairwise(days)):
        raise RuleError("times", "Times are at least an hour apart.")
    return tuple(found)


def _check_ends(ends: Sequence[object]) -> None:
    given = sum(one is not None for one in ends)
    if given > 1:
        raise RuleError(
            "until",
            "Give one end only: until, count, the rule's own COUNT or UNTIL, or "
            "endless.",
        )
    if not given:
        raise RuleError(
            "until",
            "This would go on for ever. Say until when or how many times, or that it "
            "is endless.",
        )


def _check_it_occurs(rule: Rule) -> None:
    try:
        found = list(islice(rule, MAX_OCCURRENCES + 1 if rule.ends else 1))
    except ValueError:
        # dateutil: an hour that an interval of hours never meets.
        found = []
    if not found and rule.until and rule.until < rule.start:
        raise RuleError("until", "This ends before it begins.")
    if not found:
        raise RuleError("pattern", "By this rule there is no post at all.")
    if len(found) > MAX_OCCURRENCES:
        raise RuleError(
            "until", f"That is more than {MAX_OCCURRENCES:,} posts; end it earlier."
        )


def _on(clocks: ZoneInfo | None, text: str) -> str:
    """Return the UNTIL of a rule as the wall clock shows it."""
    if not text.endswith("Z") or clocks is None:
        return text.removesuffix("Z")
    moment = datetime.strptime(text, f"{_TIME}Z").replace(tzinfo=UTC)
    try:
        return f"{moment.astimezone(clocks):{_TIME}}"
    except OverflowError:
        raise RuleError("pattern", f"{text} is out of range.") from None


def _last_moment(text: str) -> datetime:
    """Return until when a rule goes: a date means all of the day."""
    if "T" not in text:
        return datetime.combine(datetime.strptime(text, _DAY), time(23, 59))
    return datetime.strptime(text, _TIME)
