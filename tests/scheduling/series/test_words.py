"""Series in words, and what a person may not expect of one."""

from datetime import datetime, time
from typing import Any

import pytest

from library.models import Creator
from scheduling.models import Series
from scheduling.series.recurrence import build
from scheduling.series.words import end_in_words, in_words, notes

MONDAY = datetime(2026, 11, 2, 9)


def described(pattern: str, start: datetime = MONDAY, **asked: Any) -> str:
    best = asked.pop("best", False)
    rule = build(pattern, start, hourless=best, **{"endless": True} | asked)
    series = Series(pattern=pattern, timezone="Europe/Berlin", best_hour=best)
    return in_words(series, rule)


def told(
    pattern: str, start: datetime = MONDAY, here: datetime = MONDAY, **asked: Any
) -> list[str]:
    zone = asked.pop("zone", "Europe/Berlin")
    series = Series(pattern=pattern, timezone=zone)
    rule = build(pattern, start, **asked)
    models = [Creator(timezone="America/New_York")]
    return notes(series, rule, models, here)


@pytest.mark.parametrize(
    ("pattern", "asked", "words"),
    [
        ("daily", {}, "Daily at 09:00"),
        ("weekly", {}, "Weekly on Monday at 09:00"),
        ("biweekly", {"best": True},
         "Every 2 weeks on Monday at each model's best hour"),
        ("daily", {"times": [time(8), time(12), time(18, 30)]},
         "Daily at 08:00, 12:00 and 18:30"),
        ("monthly", {}, "Monthly on the 2nd at 09:00"),
        ("monthly", {"start": datetime(2026, 12, 31, 9)},
         "Monthly on the 31st or the last day at 09:00"),
        ("FREQ=WEEKLY;BYDAY=MO,TH", {}, "Weekly on Mon, Thu at 09:00"),
        ("weekly EXDATE:20261109", {}, "Weekly on Monday at 09:00, but for 1 date"),
        ("FREQ=HOURLY", {}, "Hourly"),
        ("FREQ=DAILY;BYHOUR=8,20", {}, "Custom rule"),
    ],
)  # fmt: skip
def test_a_series_is_said_in_words(
    pattern: str, asked: dict[str, Any], words: str
) -> None:
    assert described(pattern, **asked) == words


def test_its_end_is_said_in_words() -> None:
    assert end_in_words(build("daily", MONDAY, count=1)) == "once"
    assert end_in_words(build("daily", MONDAY, count=3)) == "3 times"
    until = build("daily", MONDAY, until=datetime(2026, 12, 31, 23, 59))
    assert end_in_words(until) == "until 31 December 2026"
    assert (
        end_in_words(build("daily", MONDAY, endless=True)) == "until somebody ends it"
    )


def test_nothing_is_told_of_what_comes_as_expected() -> None:
    assert told("daily", count=3) == []


def test_it_is_told_what_becomes_of_short_months() -> None:
    last = datetime(2027, 1, 31, 9)
    assert told("monthly", last, here=last, count=3) == [
        "Months without a 31st have it on their last day."
    ]
    assert told("FREQ=MONTHLY", last, here=last, count=3) == [
        "Months without a 31st are left out; the pattern monthly takes their last day."
    ]


def test_it_is_told_when_it_begins_and_what_has_passed() -> None:
    assert told("FREQ=WEEKLY;BYDAY=TH", count=3) == [
        "The first post is on Thursday, 5 November 2026, at 09:00."
    ]
    later = datetime(2026, 11, 4, 12)
    assert told("daily", here=later, count=9) == [
        "What has passed already is left out: 3 posts."
    ]


def test_hours_that_the_clocks_skip_are_told_on_the_clocks_that_count() -> None:
    start = datetime(2026, 3, 28, 2, 30)
    assert told("daily", start, here=start, count=3) == [
        "On 29 March 2026 there is no 02:30 in Europe/Berlin; it goes out at 03:30."
    ]
    assert told("daily", start, here=start, count=3, zone="model") == []
    hourly = datetime(2026, 3, 29)
    assert told("FREQ=HOURLY", hourly, here=hourly, count=5) == [
        "On 29 March 2026 there is no 02:00 in Europe/Berlin; "
        "the next post stands for it."
    ]
