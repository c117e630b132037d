"""Suggested times are free, apart, real on the clock, and from whoever knows."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.models import Publication, SlotStatistic
from scheduling.suggestions import evidence, slots, words
from scheduling.suggestions.advice import (
    DEFAULT_SLOTS,
    Suggestion,
    occurrences,
    planned_times,
    suggest,
)
from scheduling.suggestions.insights import heatmap, insights
from tests.factories import ChannelFactory
from tests.scheduling.history import NOW, history, model_in, publication

DAY = timedelta(days=1)
TWO_WEEKS = timedelta(days=14)
# Wednesday 19:00 does well, Sunday 04:00 badly.
RHYTHM = {2 * 24 + 19: 300, 24 + 12: 100, 4 * 24 + 9: 90, 6 * 24 + 4: 20}


def asked(creator, count=5, *, now=NOW, zone="UTC") -> list[Suggestion]:
    return suggest(creator, count, now=now, zone=zone)


def bases(found):
    return {one.basis for one in found}


# Whose posts are asked


@pytest.mark.django_db
def test_a_model_with_ten_posts_is_asked_itself():
    channel = model_in("UTC")
    history(channel, RHYTHM)
    found = asked(channel.creator)
    assert bases(found) <= {"slot", "model"}
    best = found[0]
    assert (best.basis, best.sample_size) == ("slot", 12)
    assert best.at == datetime(2026, 6, 3, 19, tzinfo=UTC)
    assert best.lift > 0.1
    assert best.low < best.lift < best.high
    assert best.confidence > 90
    assert best.avg_engagement > 100
    assert best.success_rate == 100.0
    assert best.reason == "Wednesday evening - high engagement (12 posts)"


@pytest.mark.django_db
def test_nine_posts_are_too_few_and_ten_are_enough():
    channel = model_in("UTC")
    history(channel, {40: 10}, weeks=9)
    assert bases(asked(channel.creator)) == {"default"}
    history(channel, {41: 10}, weeks=1)
    assert "default" not in bases(asked(channel.creator))


@pytest.mark.django_db
def test_a_new_model_learns_from_the_agencys_others():
    history(model_in("UTC"), RHYTHM)
    newcomer = model_in("Asia/Tokyo")
    history(newcomer, {40: 3}, weeks=2)
    best, *_ = found = asked(newcomer.creator, zone="Asia/Tokyo")
    assert bases(found) == {"agency"}
    # An hour of the week is a wall-clock hour wherever the model is.
    assert best.local == datetime(2026, 6, 3, 19)
    assert best.at == datetime(2026, 6, 3, 10, tzinfo=UTC)
    assert best.reason.endswith("high engagement for the agency's models (12 posts)")
    assert best.avg_engagement < 10  # the hour is the agency's, the level her own


@pytest.mark.django_db
def test_demo_and_real_models_do_not_learn_from_each_other():
    history(model_in("UTC", creator__is_demo=True), RHYTHM)
    assert bases(asked(None)) == {"agency"}
    newcomer = model_in("UTC")
    assert bases(asked(newcomer.creator)) == {"default"}
    assert bases(asked(None)) == {"default"}
    demo_newcomer = model_in("UTC", creator__is_demo=True)
    assert bases(asked(demo_newcomer.creator)) == {"agency"}


@pytest.mark.django_db
def test_what_the_agency_knows_is_never_stale():
    channel = model_in("UTC")
    posts = history(channel, RHYTHM)
    assert evidence.of_agency(is_demo=False).total_posts == 48
    history(model_in("UTC"), {3: 1}, weeks=1)
    assert evidence.of_agency(is_demo=False).total_posts == 49
    Publication.objects.filter(pk=posts[0].pk).update(engagement=7)
    before = evidence.of_agency(is_demo=False).engagement.sum()
    slots.enter(posts[0], NOW)
    assert evidence.of_agency(is_demo=False).engagement.sum() == before - 300 + 7


@pytest.mark.django_db
def test_without_history_common_times_are_offered_at_even_odds():
    found = asked(model_in("UTC").creator, 7)
    assert len({one.local.weekday() for one in found}) == 7
    for one in found:
        assert (one.basis, one.confidence, one.sample_size) == ("default", 50, 0)
        assert (one.avg_engagement, one.lift, one.success_rate) == (0.0, 0.0, 100.0)
        assert one.low < 0 < one.high
        assert "a popular time" in one.reason
        assert "no posts yet" in one.reason


def test_the_common_times_are_distinct_and_two_hours_apart():
    ordered = sorted(DEFAULT_SLOTS)
    assert len(set(ordered)) == 56
    gaps = [b - a for a, b in pairwise([*ordered, ordered[0] + 168])]
    assert min(gaps) == 2


@pytest.mark.django_db
def test_failures_lower_the_success_rate_of_their_hour_only_a_little():
    channel = model_in("UTC")
    history(channel, RHYTHM)
    SlotStatistic.objects.filter(slot=67).update(failed=3)
    best = asked(channel.creator)[0]
    overall = 48 / 51
    assert best.success_rate == round(100 * (12 + 10 * overall) / 25, 1)


# Free times


@pytest.mark.django_db
@pytest.mark.parametrize("with_history", [True, False])
@pytest.mark.parametrize("count", [1, 5, 50])
def test_as_many_as_asked_for_apart_and_within_two_weeks(with_history, count):
    channel = model_in("Europe/Berlin")
    if with_history:
        history(channel, RHYTHM)
    found = asked(channel.creator, count, zone="Europe/Berlin")
    assert len(found) == count
    times = sorted(one.at for one in found)
    assert all(b - a >= timedelta(hours=2) for a, b in pairwise(times))
    assert times[0] > NOW
    assert times[-1] <= NOW + TWO_WEEKS
    for one in found:
        berlin = one.at.astimezone(ZoneInfo("Europe/Berlin"))
        assert berlin.replace(tzinfo=None) == one.local
        assert one.local.minute == 0


@pytest.mark.django_db
def test_the_best_come_first():
    channel = model_in("UTC")
    history(channel, RHYTHM)
    lifts = [one.lift for one in asked(channel.creator, 20)]
    assert lifts[0] == max(lifts) > lifts[-1]


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["draft", "scheduled", "leased", "retry", "ready"])
def test_a_planned_time_is_not_offered(state):
    channel = model_in("UTC")
    history(channel, RHYTHM)
    best = asked(channel.creator)[0].at
    publication(channel, best + timedelta(minutes=20), state=state)
    again = asked(channel.creator, 50)
    assert best not in {one.at for one in again}
    assert again[0].at == best + timedelta(days=7)


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["cancelled", "failed", "missed"])
def test_what_will_not_appear_takes_no_time(state):
    channel = model_in("UTC")
    best = asked(channel.creator)[0].at
    publication(channel, best, state=state)
    assert asked(channel.creator)[0].at == best


@pytest.mark.django_db
def test_another_channel_takes_the_models_time_and_another_model_does_not():
    channel = model_in("UTC")
    best = asked(channel.creator)[0].at
    publication(model_in("UTC"), best, state="scheduled")
    assert asked(channel.creator)[0].at == best
    other = ChannelFactory(creator=channel.creator, platform="x")
    publication(other, best, state="scheduled")
    assert asked(channel.creator)[0].at != best


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="another way of explaining")
def test_planned_times_are_looked_up_by_the_models_own_channels():
    channel = model_in("UTC")
    with CaptureQueriesContext(connection) as asking:
        planned_times(channel.creator, NOW, NOW + TWO_WEEKS)
    (query,) = asking.captured_queries
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
        assert any("publication_plan" in step for *_, step in cursor.fetchall())


@pytest.mark.django_db
def test_within_the_hour_the_same_sums_are_compared_once():
    channel = model_in("UTC")
    history(channel, RHYTHM)
    first = evidence.best_rung(channel.creator, NOW)
    later = evidence.best_rung(channel.creator, NOW + timedelta(minutes=30))
    assert later.effects is first.effects
    slots.enter(publication(channel, NOW - 9 * DAY, 500), NOW)
    learned = evidence.best_rung(channel.creator, NOW + timedelta(minutes=30))
    assert learned.effects.effect.tolist() != first.effects.effect.tolist()
    tomorrow = evidence.best_rung(channel.creator, NOW + DAY)
    assert tomorrow.effects.sd.max() > learned.effects.sd.max()


@pytest.mark.django_db
def test_two_full_weeks_push_suggestions_beyond_them():
    channel = model_in("UTC")
    hour = NOW.replace(minute=0)
    for hours in range(14 * 24 + 2):
        publication(channel, hour + timedelta(hours=hours), state="scheduled")
    found = asked(channel.creator, 50)
    assert len(found) == 50
    assert min(one.at for one in found) > NOW + TWO_WEEKS


@pytest.mark.django_db
def test_a_time_that_begins_right_now_is_too_soon():
    channel = model_in("UTC")
    tuesday = datetime(2026, 6, 2, 18, 50, tzinfo=UTC)
    found = asked(channel.creator, 50, now=tuesday)
    assert min(one.at for one in found) >= tuesday + timedelta(minutes=15)


@pytest.mark.django_db
def test_times_are_told_in_another_zone_on_request():
    channel = model_in("Europe/Berlin")
    ours = asked(channel.creator, zone="Europe/Berlin")
    theirs = asked(channel.creator, zone="Asia/Kathmandu")
    assert [one.at for one in ours] == [one.at for one in theirs]
    assert theirs[0].local - ours[0].local == timedelta(hours=3, minutes=45)
    assert theirs[0].timezone == "Asia/Kathmandu"


# Changes of the clocks


def walls(slot, now, zone, horizon=TWO_WEEKS):
    clocks = ZoneInfo(zone)
    found = occurrences(slot, datetime.fromisoformat(now), horizon, clocks)
    return [at.astimezone(clocks).isoformat() for at in found]


@pytest.mark.parametrize(
    ("zone", "slot", "now", "expected"),
    [
        # Berlin, 29 March 2026: 02:00 does not happen, so only the week after.
        (
            "Europe/Berlin",
            6 * 24 + 2,
            "2026-03-25T12:00:00Z",
            ["2026-04-05T02:00:00+02:00"],
        ),
        (
            "Europe/Berlin",
            6 * 24 + 3,
            "2026-03-25T12:00:00Z",
            ["2026-03-29T03:00:00+02:00", "2026-04-05T03:00:00+02:00"],
        ),
        # Berlin, 25 October 2026: 02:00 happens twice, the first in summer time.
        (
            "Europe/Berlin",
            6 * 24 + 2,
            "2026-10-21T12:00:00Z",
            ["2026-10-25T02:00:00+02:00", "2026-11-01T02:00:00+01:00"],
        ),
        # Between the two: the first has passed.
        (
            "Europe/Berlin",
            6 * 24 + 2,
            "2026-10-25T00:30:00Z",
            ["2026-11-01T02:00:00+01:00"],
        ),
        # Lord Howe, 4 October 2026: 02:00 becomes 02:30.
        (
            "Australia/Lord_Howe",
            6 * 24 + 2,
            "2026-09-30T12:00:00Z",
            ["2026-10-11T02:00:00+11:00"],
        ),
        # Lord Howe, 5 April 2026: 02:00 becomes 01:30; 01:00 happens once.
        (
            "Australia/Lord_Howe",
            6 * 24 + 1,
            "2026-04-01T12:00:00Z",
            ["2026-04-05T01:00:00+11:00", "2026-04-12T01:00:00+10:30"],
        ),
        # New York, 8 March 2026
        (
            "America/New_York",
            6 * 24 + 2,
            "2026-03-04T12:00:00Z",
            ["2026-03-15T02:00:00-04:00"],
        ),
    ],
)
def test_skipped_hours_are_left_out_and_doubled_ones_mean_the_first(
    zone, slot, now, expected
):
    assert walls(slot, now, zone) == expected


@given(
    st.integers(0, 167),
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(
        ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns"]
    ),
)
@settings(deadline=None, max_examples=200)
def test_occurrences_are_ahead_within_the_horizon_and_in_their_slot(slot, now, zone):
    clocks = ZoneInfo(zone)
    found = list(occurrences(slot, now, TWO_WEEKS, clocks))
    assert 1 <= len(found) <= 2
    for at in found:
        assert now < at <= now + TWO_WEEKS
        local = at.astimezone(clocks)
        assert local.weekday() * 24 + local.hour == slot
        assert local.minute == local.second == 0


# Words


@pytest.mark.parametrize(
    ("hour", "part"),
    [
        (0, "Monday night"),
        (4, "Monday night"),
        (5, "Monday morning"),
        (11, "Monday morning"),
        (12, "Monday afternoon"),
        (17, "Monday evening"),
        (22, "Monday night"),
    ],
)
def test_parts_of_the_day(hour, part):
    assert words.day_part(datetime(2026, 6, 1, hour)) == part


@pytest.mark.parametrize(
    ("basis", "lift", "confidence", "posts", "said"),
    [
        ("slot", 0.2, 90, 23, "high engagement (23 posts)"),
        ("slot", 0.2, 70, 23, "good engagement (23 posts)"),
        ("slot", 0.05, 70, 1, "good engagement (1 post)"),
        ("slot", 0.05, 55, 4, "average engagement (4 posts)"),
        ("slot", -0.2, 5, 1234, "lower engagement (1,234 posts)"),
        ("model", 0.2, 90, 0, "high engagement at similar times (no posts yet)"),
    ],
)
def test_reasons_say_how_good_and_how_sure(basis, lift, confidence, posts, said):
    monday = datetime(2026, 6, 1, 10)
    assert words.reason(monday, basis, lift, confidence, posts) == (
        f"Monday morning - {said}"
    )


@pytest.mark.parametrize(
    ("hour", "said"),
    [(0, "12:00 AM"), (9, "09:00 AM"), (12, "12:00 PM"), (23, "11:00 PM")],
)
def test_clock_times_have_two_halves(hour, said):
    assert words.clock(datetime(2026, 6, 1, hour)) == said


# Insights and the heatmap


@pytest.mark.django_db
def test_insights_name_the_best_day_and_hour_with_their_plain_means():
    channel = model_in("UTC")
    history(channel, RHYTHM)
    found = insights(channel.creator, NOW)
    assert found.total_posts == 48
    assert found.day == (2, 300)
    assert found.hour == (19, 300)


@pytest.mark.django_db
def test_one_viral_post_does_not_make_the_best_day():
    channel = model_in("UTC")
    usual = {2 * 24 + 19: 150, 24 + 12: 90, 4 * 24 + 9: 90}
    for luck in (0.4, 1, 1.6):
        history(channel, {slot: luck * each for slot, each in usual.items()})
    history(channel, {5 * 24 + 3: 1_000_000}, weeks=1)
    found = insights(channel.creator, NOW)
    assert found.day == (2, pytest.approx(150))
    assert found.hour == (19, pytest.approx(150))


@pytest.mark.django_db
def test_only_days_and_hours_with_posts_can_be_the_best():
    channel = model_in("UTC")
    history(channel, {0: 10, 30: 5})
    found = insights(channel.creator, NOW)
    assert found.day[0] in {0, 1}
    assert found.hour[0] in {0, 6}


@pytest.mark.django_db
def test_nine_posts_give_no_insights():
    channel = model_in("UTC")
    history(channel, {0: 10}, weeks=9)
    found = insights(channel.creator, NOW)
    assert (found.total_posts, found.day, found.hour) == (9, None, None)


@pytest.mark.django_db
def test_insights_of_the_agency_are_those_of_all_models():
    for zone in ("UTC", "UTC"):
        history(model_in(zone), RHYTHM)
    history(model_in("UTC", creator__is_demo=True), {5: 9999})
    found = insights(None, NOW)
    assert (found.total_posts, found.day) == (96, (2, 300))


@pytest.mark.django_db
def test_the_heatmap_is_the_week():
    channel = model_in("UTC")
    history(channel, RHYTHM)
    found = heatmap(channel.creator, NOW)
    assert (found.basis, found.total_posts) == ("model", 48)
    assert [len(day) for day in found.cells] == [24] * 7
    best, worst = found.cells[2][19], found.cells[6][4]
    assert best.lift > 0 > worst.lift
    assert (best.sample_size, best.few) == (12, False)
    assert best.low < best.lift < best.high
    untried = found.cells[0][0]
    assert (untried.sample_size, untried.few) == (0, True)
    assert (1 + untried.high) / (1 + untried.low) > (1 + best.high) / (1 + best.low)


@pytest.mark.django_db
def test_the_heatmap_of_nothing_claims_nothing():
    found = heatmap(None, NOW)
    assert (found.basis, found.total_posts) == ("default", 0)
    assert {cell.lift for day in found.cells for cell in day} == {0.0}
