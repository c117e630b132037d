"""Schedule patterns: words, and rules of RFC 5545 that come round."""

import time
from datetime import datetime

import pytest

from templates_app.patterns import Exceptions, PatternError, check, in_words, split


@pytest.mark.parametrize(
    "pattern",
    [
        "daily",
        "weekly",
        "biweekly",
        "monthly",
        "FREQ=WEEKLY;BYDAY=MO,TH",
        "RRULE:FREQ=WEEKLY;BYDAY=MO,TH",
        "freq=weekly;byday=mo",
        "FREQ=HOURLY;INTERVAL=6",
        "FREQ=DAILY;BYHOUR=9,18;BYMINUTE=30",
        "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=SU",
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;WKST=MO",
        "FREQ=YEARLY;BYYEARDAY=-1",
        "FREQ=DAILY;COUNT=10",
        "FREQ=DAILY;UNTIL=20271231",
        "FREQ=DAILY;UNTIL=20271231T120000Z",
        "FREQ=DAILY\nEXDATE:20271224",
        "FREQ=DAILY\r\nEXDATE:20271224\r\nEXDATE:20271225",
        "FREQ=DAILY EXDATE:20271224,20271231T090000",
        "FREQ=DAILY;EXDATE=20271224, 20271225",
        "rrule:freq=daily; exdate:20271231t090000",
        "weekly EXDATE:20271224",
    ],
)
def test_a_word_or_a_rule_is_taken(pattern: str) -> None:
    check(pattern)


@pytest.mark.parametrize(
    ("pattern", "word"),
    [
        ("sometimes", "Choose"),
        ("Weekly", "Choose"),
        ("hourly", "Choose"),
        ("RRULE:", "Choose"),
        ("INTERVAL=2", "FREQ"),
        ("FREQ=", "FREQ"),
        ("FREQ=FORTNIGHTLY", "FREQ"),
        ("FREQ=WEEKLY;", "no part"),
        ("FREQ=WEEKLY;BYEASTER=1", "no part"),
        ("FREQ=WEEKLY;FREQ=DAILY", "twice"),
        ("DTSTART:20260101T000000\nRRULE:FREQ=DAILY", "no part"),
        ("FREQ=DAILY EXDATE:", "EXDATE takes"),
        ("FREQ=DAILY EXDATE:20271224,", "EXDATE takes"),
        ("FREQ=DAILY EXDATE:20270230", "EXDATE takes"),
        ("FREQ=DAILY EXDATE:2027124", "EXDATE takes"),
        ("FREQ=DAILY EXDATE:20271224T090000Z", "EXDATE takes"),
        ("FREQ=DAILY EXDATE:20271224;COUNT=3", "EXDATE takes"),
        ("FREQ=DAILY EXDATE;TZID=Europe/Berlin:20271224", "no part"),
        ("FREQ=DAILY RDATE:20271224", "FREQ"),
        ("EXDATE:20271224\nFREQ=DAILY", "no part"),
        ("sometimes EXDATE:20271224", "Choose"),
        ("FREQ=SECONDLY", "once an hour"),
        ("FREQ=MINUTELY;INTERVAL=90", "once an hour"),
        ("FREQ=HOURLY;BYMINUTE=0,30", "one number"),
        ("FREQ=DAILY;BYSECOND=0,30", "one number"),
        ("FREQ=DAILY;BYSECOND=60", "0 to 59"),
        ("FREQ=DAILY;BYHOUR=24", "0 to 23"),
        ("FREQ=DAILY;BYHOUR=-1", "0 to 23"),
        ("FREQ=DAILY;INTERVAL=0", "1 to 999"),
        ("FREQ=DAILY;INTERVAL=1000", "1 to 999"),
        ("FREQ=DAILY;INTERVAL=99999999999999999999", "1 to 999"),
        ("FREQ=DAILY;COUNT=0", "1 to 999"),
        ("FREQ=DAILY;COUNT=²", "1 to 999"),
        ("FREQ=DAILY;BYMONTH=13", "1 to 12"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "1 to 31"),
        ("FREQ=MONTHLY;BYMONTHDAY=", "1 to 31"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY"),
        ("FREQ=WEEKLY;BYDAY=1MO", "BYDAY"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "does not go"),
        ("FREQ=MONTHLY;BYWEEKNO=1", "does not go"),
        ("FREQ=HOURLY;BYMINUTE=0;BYSETPOS=1", "does not go"),
        ("FREQ=MONTHLY;BYSETPOS=1", "another BY"),
        ("FREQ=WEEKLY;WKST=XX", "WKST"),
        ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL"),
        ("FREQ=DAILY;UNTIL=20270231", "UNTIL"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20271231", "not both"),
        ("FREQ=HOURLY;INTERVAL=2;BYHOUR=3", "contradict"),
        ("FREQ=WEEKLY;BYDAY=" + ",".join(["MO"] * 200), "500"),
    ],
)
def test_anything_else_is_refused_with_a_reason(pattern: str, word: str) -> None:
    with pytest.raises(PatternError, match=word):
        check(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=" + ",".join(map(str, range(2, 120))),
        "FREQ=MONTHLY;BYDAY=MO;BYHOUR=1;BYSETPOS="
        + ",".join(map(str, range(200, 300))),
    ],
)
def test_a_rule_that_never_matches_is_refused_in_bounded_work(pattern: str) -> None:
    started = time.process_time()
    with pytest.raises(PatternError, match="never comes round"):
        check(pattern)
    # A generous bound: dateutil alone would take minutes, or never end.
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("daily", "Daily"),
        ("biweekly", "Every 2 weeks"),
        ("monthly", "Monthly"),
        ("rrule:freq=weekly;byday=mo,th", "Weekly on Mon, Thu"),
        ("FREQ=DAILY;INTERVAL=03", "Every 3 days"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "Custom rule"),
        ("FREQ=DAILY;COUNT=3", "Custom rule"),
    ],
)
def test_a_pattern_is_said_in_words(pattern: str, words: str) -> None:
    check(pattern)
    assert in_words(pattern) == words


def test_a_pattern_is_taken_apart_into_its_rule_and_its_exceptions() -> None:
    parts, exceptions = split(
        "RRULE:FREQ=WEEKLY;BYDAY=FR\nEXDATE:20271224,20271231T090000\nEXDATE:20280107"
    )
    assert parts == {"FREQ": "WEEKLY", "BYDAY": "FR"}
    assert len(exceptions) == 3
    assert datetime(2027, 12, 24, 9) in exceptions
    assert datetime(2027, 12, 24, 18) in exceptions
    assert datetime(2027, 12, 31, 9) in exceptions
    assert datetime(2027, 12, 31, 18) not in exceptions
    assert datetime(2028, 1, 7) in exceptions


def test_a_word_is_taken_apart_as_the_rule_that_it_stands_for() -> None:
    assert split("biweekly") == ({"FREQ": "WEEKLY", "INTERVAL": "2"}, Exceptions())
    parts, exceptions = split("daily EXDATE:20271224")
    assert (parts, len(exceptions)) == ({"FREQ": "DAILY"}, 1)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("FREQ=WEEKLY;BYDAY=MO EXDATE:20271224", "Weekly on Mon, but for 1 date"),
        ("daily;EXDATE:20271224,20271225", "Daily, but for 2 dates"),
        ("FREQ=DAILY;COUNT=3\nEXDATE:20271224", "Custom rule, but for 1 date"),
    ],
)
def test_exceptions_are_said_in_words(pattern: str, words: str) -> None:
    assert in_words(pattern) == words
