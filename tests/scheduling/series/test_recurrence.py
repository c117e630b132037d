"""Rules on a wall clock: what they yield, what they refuse, held against dateutil."""

from datetime import datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.series.recurrence import Rule, RuleError, build
from templates_app import patterns

MONDAY = datetime(2026, 11, 2, 9)
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def walls(rule: Rule, count: int = 6) -> list[str]:
    return [f"{moment:%Y-%m-%d %H:%M}" for moment in islice(rule, count)]


def refused(pattern: str, start: datetime = MONDAY, **asked: object) -> RuleError:
    with pytest.raises(RuleError) as caught:
        build(pattern, start, **asked)
    return caught.value


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("daily", ["2026-11-02 09:00", "2026-11-03 09:00"]),
        ("weekly", ["2026-11-02 09:00", "2026-11-09 09:00"]),
        ("biweekly", ["2026-11-02 09:00", "2026-11-16 09:00"]),
        ("monthly", ["2026-11-02 09:00", "2026-12-02 09:00"]),
        ("FREQ=WEEKLY;BYDAY=TH;BYHOUR=8,20", ["2026-11-05 08:00", "2026-11-05 20:00"]),
        (
            "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            ["2026-11-30 09:00", "2026-12-31 09:00"],
        ),
    ],
)
def test_a_pattern_comes_round_from_its_start(
    pattern: str, expected: list[str]
) -> None:
    assert walls(build(pattern, MONDAY, endless=True), 2) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (31, ["01-31", "02-28", "03-31", "04-30", "05-31"]),
        (30, ["01-30", "02-28", "03-30", "04-30", "05-30"]),
        (29, ["01-29", "02-28", "03-29", "04-29", "05-29"]),
        (28, ["01-28", "02-28", "03-28", "04-28", "05-28"]),
    ],
)
def test_monthly_takes_the_last_day_of_a_shorter_month(
    day: int, expected: list[str]
) -> None:
    rule = build("monthly", datetime(2027, 1, day, 9), count=5)
    assert [f"{moment:%m-%d}" for moment in rule] == expected


def test_times_stand_in_place_of_the_starts_from_the_start_on() -> None:
    rule = build("daily", MONDAY, times=[time(18, 30), time(8)], count=3)
    assert walls(rule) == ["2026-11-02 18:30", "2026-11-03 08:00", "2026-11-03 18:30"]


def test_an_end_of_the_rule_itself_counts_as_one() -> None:
    assert len(list(build("FREQ=DAILY;COUNT=3", MONDAY))) == 3
    rule = build("FREQ=DAILY;UNTIL=20261104", MONDAY)
    assert walls(rule)[-1] == "2026-11-04 09:00"
    assert "COUNT" not in rule.text
    assert "UNTIL" not in rule.text


def test_until_in_utc_is_told_on_the_clocks_of_the_series() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    pattern = "FREQ=DAILY;UNTIL=20261104T080000Z"
    at_nine = build(pattern, MONDAY, clocks=berlin)
    assert walls(at_nine)[-1] == "2026-11-04 09:00"
    as_it_reads = build(pattern, MONDAY)
    assert walls(as_it_reads)[-1] == "2026-11-03 09:00"


def test_exceptions_are_left_out_and_counted_all_the_same() -> None:
    day = build("FREQ=DAILY EXDATE:20261103", MONDAY, count=3)
    assert walls(day) == ["2026-11-02 09:00", "2026-11-04 09:00"]
    rule = "FREQ=DAILY;BYHOUR=9,18;COUNT=4;EXDATE=20261102T180000,20261104"
    assert walls(build(rule, MONDAY)) == [
        "2026-11-02 09:00",
        "2026-11-03 09:00",
        "2026-11-03 18:00",
    ]
    last = build("monthly EXDATE:20270228", datetime(2027, 1, 31, 9), count=3)
    assert walls(last) == ["2027-01-31 09:00", "2027-03-31 09:00"]
    assert Rule(text=last.text, start=last.start, count=3) == last


@pytest.mark.parametrize(
    ("pattern", "asked", "field"),
    [
        ("FREQ=MINUTELY", {"count": 2}, "pattern"),
        ("FREQ=HOURLY;BYMINUTE=0,30", {"count": 2}, "pattern"),
        ("FREQ=DAILY;BYSECOND=30", {"count": 2}, "pattern"),
        ("daily", {"times": [time(9), time(9, 30)], "count": 2}, "times"),
        ("daily", {"times": [time(23, 30), time(0, 10)], "count": 2}, "times"),
        ("FREQ=DAILY;BYHOUR=9", {"times": [time(9)], "count": 2}, "times"),
        ("FREQ=HOURLY", {"times": [time(9)], "count": 2}, "times"),
        ("daily", {}, "until"),
        ("daily", {"until": datetime(2026, 11, 1)}, "until"),
        ("FREQ=DAILY;UNTIL=20261101", {}, "until"),
        ("daily", {"count": 2, "until": datetime(2026, 12, 1)}, "until"),
        ("daily", {"count": 2, "endless": True}, "until"),
        ("FREQ=DAILY;COUNT=2", {"count": 2}, "until"),
        ("FREQ=HOURLY", {"until": datetime(2028, 1, 1)}, "until"),
        ("nonsense", {"count": 2}, "pattern"),
        ("FREQ=DAILY EXDATE:tomorrow", {"count": 2}, "pattern"),
        ("FREQ=DAILY;COUNT=1 EXDATE:20261102", {}, "pattern"),
    ],
)
def test_what_no_series_can_follow_is_refused(
    pattern: str, asked: dict[str, object], field: str
) -> None:
    error = refused(pattern, **asked)
    assert error.field == field
    assert str(error).endswith(".")


def test_a_rule_that_never_meets_its_start_is_refused_at_once() -> None:
    # Every Friday by interval, Mondays by name; dateutil would look for 8,000 years.
    rule = "FREQ=DAILY;INTERVAL=7;BYDAY=FR"
    assert "no post at all" in str(refused(rule, MONDAY, endless=True))


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(("HOURLY", "DAILY", "WEEKLY", "MONTHLY")))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 5))}"]
    some_days = st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True)
    if draw(st.booleans()):
        parts.append(f"BYDAY={','.join(draw(some_days))}")
    if frequency != "HOURLY" and draw(st.booleans()):
        hours = st.lists(st.integers(0, 23), min_size=1, max_size=4, unique=True)
        parts.append(f"BYHOUR={','.join(map(str, draw(hours)))}")
    if frequency in {"WEEKLY", "MONTHLY"} and len(parts) > 2 and draw(st.booleans()):
        parts.append(f"BYSETPOS={draw(st.sampled_from((1, 2, -1)))}")
    return ";".join(parts)


starts = st.datetimes(datetime(2024, 1, 1), datetime(2031, 12, 31)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)


@settings(max_examples=200, deadline=None)
@given(rules(), starts, st.integers(1, 40))
def test_a_rule_yields_what_plain_dateutil_yields_and_nothing_twice(
    text: str, start: datetime, count: int
) -> None:
    try:
        patterns.check(text)
        plain = list(islice(rrulestr(text, dtstart=start), count))
    except ValueError:
        return
    if not plain:
        return
    found = list(build(text, start, count=count))
    assert found == plain
    assert len(set(found)) == len(found)
    until = build(text, start, until=plain[-1])
    assert list(until) == plain
    middle = plain[len(plain) // 2]
    assert list(until.since(middle)) == plain[len(plain) // 2 :]
    assert until.occurs(middle)
    assert not until.occurs(middle + timedelta(minutes=1))


@settings(max_examples=100, deadline=None)
@given(
    starts,
    st.sets(st.integers(0, 23), min_size=1, max_size=5),
    st.integers(1, 30),
)
def test_times_are_the_hours_of_every_day_of_the_rule(
    start: datetime, hours: set[int], count: int
) -> None:
    rule = build("FREQ=DAILY", start, times=map(time, hours), count=count)
    by_hour = f"FREQ=DAILY;BYHOUR={','.join(map(str, sorted(hours)))};BYMINUTE=0"
    assert list(rule) == list(islice(rrulestr(by_hour, dtstart=start), count))


@settings(max_examples=100, deadline=None)
@given(
    starts,
    st.sampled_from((1, 3, 5, 7, 8, 10, 12)),
    st.integers(29, 31),
    st.integers(2, 60),
)
def test_monthly_comes_once_in_every_month(
    some: datetime, month: int, day: int, count: int
) -> None:
    start = some.replace(day=1).replace(month=month, day=day)
    found = list(build("monthly", start, count=count))
    months = [moment.year * 12 + moment.month for moment in found]
    assert months == list(range(months[0], months[0] + count))
    for moment in found:
        is_last = (moment + timedelta(days=1)).day == 1
        assert moment.day == start.day or (is_last and moment.day < start.day)
        assert moment.time() == start.time()
