"""A series in words: how it comes round, how long, and what is worth knowing of it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from library.models import Creator
from promura_site.zones import exists, to_utc
from scheduling.models import Series
from scheduling.models.moments import EACH_MODELS_OWN
from scheduling.series.recipe import due_at
from scheduling.series.recurrence import Rule, is_monthly
from templates_app import patterns

_SHORTEST_MONTH = 28
# So many occurrences are looked through for hours that the clocks skip.
_LOOKED_AT = 500
_MOST_GAPS = 3


def in_words(series: Series, rule: Rule) -> str:
    """Say how a series comes round, such as Weekly on Monday at 09:00."""
    said, but, dates = patterns.in_words(series.pattern).partition(", but for ")
    return f"{said}{_day(series.pattern, rule)}{_hours(series, rule)}{but}{dates}"


def end_in_words(rule: Rule) -> str:
    """Say how long a series goes on."""
    if rule.until is not None:
        return f"until {_date(rule.until)}"
    if rule.count is not None:
        return "once" if rule.count == 1 else f"{rule.count} times"
    return "until somebody ends it"


def notes(
    series: Series, rule: Rule, creators: Iterable[Creator], here: datetime
) -> list[str]:
    """Return what a person may not expect of a series, in sentences."""
    return [
        *_about_months(series.pattern, rule),
        *_about_the_beginning(rule, here),
        *_about_clocks(series, rule, creators, here),
        *_about_the_end(series, rule),
    ]


def _about_months(pattern: str, rule: Rule) -> Iterator[str]:
    if rule.start.day <= _SHORTEST_MONTH or rule.parts["FREQ"] != "MONTHLY":
        return
    day = ordinal(rule.start.day)
    if is_monthly(pattern):
        yield f"Months without a {day} have it on their last day."
    elif not any(name.startswith("BY") for name in rule.parts):
        yield (
            f"Months without a {day} are left out; the pattern monthly takes their "
            "last day."
        )


def _about_the_beginning(rule: Rule, here: datetime) -> Iterator[str]:
    if passed := sum(1 for _ in takewhile(lambda one: one < here, rule)):
        yield "What has passed already is left out: " + (
            "1 post." if passed == 1 else f"{passed:,} posts."
        )
    first = next(rule.since(here), None)
    if first and not passed and first != rule.start:
        yield f"The first post is on {first:%A}, {_date(first)}, at {first:%H:%M}."


def _about_clocks(
    series: Series, rule: Rule, creators: Iterable[Creator], here: datetime
) -> Iterator[str]:
    """Say which of the next occurrences fall into an hour that clocks skip."""
    own = series.timezone == EACH_MODELS_OWN
    zones = sorted({one.timezone for one in creators} if own else {series.timezone})
    walls = list(islice(rule.since(here), _LOOKED_AT))
    if series.best_hour:
        return
    said = 0
    for name in zones:
        zone = ZoneInfo(name)
        for wall in walls:
            if said < _MOST_GAPS and not exists(wall, zone):
                said += 1
                yield _skipped(rule, wall, zone)


def _skipped(rule: Rule, wall: datetime, zone: ZoneInfo) -> str:
    there = f"On {_date(wall)} there is no {wall:%H:%M} in {zone.key}"
    if due_at(rule, wall, zone) is None:
        return f"{there}; the next post stands for it."
    moved = to_utc(wall, zone).astimezone(zone)
    return f"{there}; it goes out at {moved:%H:%M}."


def _about_the_end(series: Series, rule: Rule) -> Iterator[str]:
    if series.best_hour:
        yield "The hour is chosen when a post is planned, up to 60 days ahead."
    if not rule.ends:
        yield "It goes on until somebody ends it."


def _day(pattern: str, rule: Rule) -> str:
    """Return on which day of the start's a pattern comes round."""
    if is_monthly(pattern):
        last = rule.start.day > _SHORTEST_MONTH
        return f" on the {ordinal(rule.start.day)}{' or the last day' if last else ''}"
    if rule.parts["FREQ"] == "WEEKLY" and "BYDAY" not in rule.parts:
        return f" on {rule.start:%A}"
    return ""


def _hours(series: Series, rule: Rule) -> str:
    if series.best_hour:
        return " at each model's best hour"
    if rule.times:
        return f" at {_listed([_clock(one) for one in rule.times])}"
    return "" if rule.has_own_hours else f" at {_clock(rule.start.time())}"


def ordinal(day: int) -> str:
    """Return a day of the month such as 31st."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{'th' if day in (11, 12, 13) else ending}"


def _date(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _clock(at: time) -> str:
    return f"{at:%H:%M}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
