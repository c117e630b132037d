"""Posts of series: made ahead, once, late, on every clock, never in a burst."""

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, connections
from django.utils import timezone

from library.models import Creator
from promura_site import events
from promura_site.events import Event
from scheduling.models import (
    Channel,
    Notice,
    Post,
    Publication,
    Series,
)
from scheduling.notices.wiring import look
from scheduling.publishing.publisher import Publisher
from scheduling.series import making
from scheduling.series.making import AHEAD, make_batch, make_occurrences
from tests.factories import ChannelFactory
from tests.scheduling.series.beginning import (
    NOW,
    a_model,
    a_series,
    a_template,
    due,
    occurrences,
)

pytestmark = pytest.mark.django_db

HOURLY = "FREQ=HOURLY"


@pytest.fixture
def told() -> Iterator[list[Event]]:
    heard: list[Event] = []

    def hear(sender: object, event: Event, **kwargs: Any) -> None:
        heard.append(event)

    events.happened.connect(hear, weak=False, dispatch_uid="test.series")
    yield heard
    events.happened.disconnect(dispatch_uid="test.series")


def test_sixty_days_are_there_at_once_and_each_later_day_once_it_is_near() -> None:
    series = a_series(a_template(a_model()))
    assert len(occurrences(series)) == 60
    make_occurrences(NOW + timedelta(hours=5))
    assert len(occurrences(series)) == 60
    make_occurrences(NOW + timedelta(days=3))
    found = occurrences(series)
    assert len(found) == len(set(found)) == 63
    assert found[0] == "2026-01-06T09:00"
    assert found[-1] == "2026-03-09T09:00"


def test_a_run_with_nothing_to_do_asks_two_questions(
    django_assert_num_queries: Any,
) -> None:
    a_series(a_template(a_model()))
    with django_assert_num_queries(2):
        make_occurrences(NOW + timedelta(hours=1))


def test_many_are_made_in_batches_and_none_is_left_out() -> None:
    series = a_series(a_template(a_model(), schedule_pattern=HOURLY))
    assert len(occurrences(series)) == 100
    make_occurrences(NOW)
    first = datetime(2026, 1, 6, 9)
    wanted = [first + timedelta(hours=hours) for hours in range(1_443)]
    found = occurrences(series)
    assert found == [f"{one:%Y-%m-%dT%H:%M}" for one in wanted[: len(found)]]
    assert len(found) == 60 * 24 - 21


def test_a_post_is_made_for_all_models_of_what_the_series_kept() -> None:
    lea, mia = a_model(), a_model()
    ChannelFactory(creator=mia)
    template = a_template(lea, mia, content="Good morning")
    series = a_series(template, count=2)
    template.content = "Good night"
    template.save()
    Series.objects.update(made_until="2026-01-06T09:01", count=3, exhausted=False)
    make_occurrences(NOW)
    posts = Post.objects.filter(series=series).order_by("occurrence")
    assert {post.content for post in posts} == {"Good morning"}
    assert [post.publications.count() for post in posts] == [3, 3, 3]
    assert {post.state for post in posts} == {Post.State.SCHEDULED}
    assert Series.objects.get().exhausted


def test_making_twice_makes_nothing_twice_even_when_it_is_forgotten_where() -> None:
    series = a_series(a_template(a_model()), count=5)
    Series.objects.update(made_until="", exhausted=False)
    batch = make_batch(series.pk, NOW)
    assert batch.made == 0
    assert len(occurrences(series)) == 5


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_time_make_each_occurrence_once() -> None:
    series = a_series(a_template(a_model(), a_model(), schedule_pattern=HOURLY))
    both = threading.Barrier(2)

    def work() -> None:
        both.wait()
        make_occurrences(NOW)
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = occurrences(series)
    assert len(found) == len(set(found)) == 1_419
    assert Publication.objects.count() == 2 * 1_419


def test_what_is_made_too_late_is_missed_at_once_and_never_sent(
    told: list[Event],
) -> None:
    # Every three hours, the last one 90 minutes ago, none within the hour of grace.
    now = timezone.now().replace(second=0, microsecond=0)
    series = a_series(
        a_template(a_model(), schedule_pattern="FREQ=HOURLY;INTERVAL=3"),
        now=now - timedelta(days=20),
        start=now.replace(tzinfo=None) - timedelta(days=20, minutes=90),
        timezone="UTC",
    )
    # A hundred posts are there; then nobody ran anything until now.
    assert len(occurrences(series)) == 100
    make_occurrences(now)
    publisher = Publisher()
    for _ in range(30):
        publisher.run_once()
    posts = Post.objects.filter(series=series)
    assert not posts.filter(state=Post.State.COMPLETED).exists()
    late = posts.filter(publish_at__lt=now - timedelta(hours=1))
    assert late.count() == 160
    assert set(late.values_list("state", flat=True)) == {Post.State.MISSED}
    missed = Publication.objects.filter(state=Publication.State.MISSED)
    assert missed.count() == late.count()
    assert not missed.filter(next_attempt_at__isnull=False).exists()
    told_of = sum(one.count for one in told if one.action == "publication.missed")
    assert told_of == late.count()


def test_of_a_longer_silence_only_the_last_sixty_days_are_missed() -> None:
    series = a_series(a_template(a_model()))
    later = NOW + timedelta(days=300)
    make_occurrences(later)
    late = Post.objects.filter(series=series, state=Post.State.MISSED)
    first = late.order_by("occurrence").first()
    assert first is not None
    assert first.publish_at is not None
    assert later - AHEAD <= first.publish_at < later - AHEAD + timedelta(days=1)
    assert late.count() == 60


@pytest.mark.parametrize(
    ("zone", "start", "days", "expected"),
    [
        # Both changes of the clocks lie within two months of each start.
        ("Europe/Berlin", "2026-03-27T09:00", 5, {"08:00", "07:00"}),
        ("Europe/Berlin", "2026-10-23T09:00", 5, {"07:00", "08:00"}),
        ("America/New_York", "2026-03-06T09:00", 5, {"14:00", "13:00"}),
        ("America/New_York", "2026-10-30T09:00", 5, {"13:00", "14:00"}),
        ("Australia/Lord_Howe", "2026-04-03T09:00", 5, {"22:00", "22:30"}),
        ("Australia/Lord_Howe", "2026-10-02T09:00", 5, {"22:30", "22:00"}),
        ("Asia/Kathmandu", "2026-03-27T09:00", 5, {"03:15"}),
    ],
)
def test_nine_stays_nine_across_the_changes_of_the_clocks(
    zone: str, start: str, days: int, expected: set[str]
) -> None:
    model = a_model(zone)
    begin = datetime.fromisoformat(start)
    now = begin.replace(tzinfo=UTC) - timedelta(days=2)
    asked = {"start": begin, "count": days, "now": now}
    fixed = a_series(a_template(model), timezone=zone, **asked)
    own = a_series(a_template(model), timezone="model", **asked)
    assert {at[-5:] for at in due(fixed)} == expected
    assert due(own) == due(fixed)
    for post in Post.objects.all():
        assert post.publish_at is not None
        local = post.publish_at.astimezone(ZoneInfo(zone))
        assert f"{local:%Y-%m-%dT%H:%M}" == post.occurrence


@pytest.mark.parametrize(
    ("zone", "start", "expected"),
    [
        ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29 01:30"),
        ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25 00:30"),
        ("America/New_York", "2026-03-08T02:30", "2026-03-08 07:30"),
        ("America/New_York", "2026-11-01T01:30", "2026-11-01 05:30"),
        # Half an hour is skipped: 02:15 becomes 02:45.
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03 15:45"),
        # And half an hour comes twice: the first one is meant.
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04 14:45"),
    ],
)
def test_an_hour_that_is_not_there_moves_on_and_one_that_comes_twice_is_the_first(
    zone: str, start: str, expected: str
) -> None:
    begin = datetime.fromisoformat(start)
    now = begin.replace(tzinfo=UTC) - timedelta(days=3)
    series = a_series(
        a_template(a_model(zone)), timezone=zone, start=begin, count=2, now=now
    )
    assert due(series)[0] == expected


@pytest.mark.parametrize("clocks", ["zone", "model"])
@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", "2026-03-29"),
        ("Europe/Berlin", "2026-10-25"),
        ("America/New_York", "2026-03-08"),
        ("America/New_York", "2026-11-01"),
        ("Australia/Lord_Howe", "2026-04-05"),
        ("Australia/Lord_Howe", "2026-10-04"),
        ("Asia/Kathmandu", "2026-03-29"),
    ],
)
def test_an_hourly_series_never_has_two_posts_at_one_instant(
    zone: str, day: str, clocks: str
) -> None:
    begin = datetime.fromisoformat(day) - timedelta(hours=3)
    series = a_series(
        a_template(a_model(zone), schedule_pattern=HOURLY),
        timezone=zone if clocks == "zone" else "model",
        start=begin,
        count=30,
        now=begin.replace(tzinfo=UTC) - timedelta(days=3),
    )
    times = due(series)
    assert len(times) == len(set(times)) >= 29
    found = occurrences(series)
    assert len(found) == len(set(found))


def test_where_only_one_models_clocks_skip_the_other_keeps_all() -> None:
    berlin, tokyo = a_model("Europe/Berlin"), a_model("Asia/Tokyo")
    series = a_series(
        a_template(berlin, tokyo, schedule_pattern=HOURLY),
        timezone="model",
        start=datetime(2026, 3, 29),
        count=6,
        now=datetime(2026, 3, 27, tzinfo=UTC),
    )
    assert len(due(series, tokyo.channels.get())) == 6
    skipped = due(series, berlin.channels.get())
    assert len(skipped) == len(set(skipped)) == 5


def test_without_a_channel_a_series_waits_says_so_and_goes_on_by_itself(
    told: list[Event],
) -> None:
    lea, mia = a_model(), a_model()
    series = a_series(a_template(lea, mia))
    Channel.objects.filter(creator=mia).update(is_active=False)
    make_occurrences(NOW + timedelta(days=2))
    series.refresh_from_db()
    assert not series.problem
    latest = Post.objects.filter(series=series).order_by("-occurrence")[0]
    assert [one.channel.creator for one in latest.publications.all()] == [lea]
    Creator.objects.filter(pk=lea.pk).update(is_active=False)
    make_occurrences(NOW + timedelta(days=4))
    make_occurrences(NOW + timedelta(days=4, hours=1))
    series.refresh_from_db()
    assert series.problem == making.NO_CHANNEL
    look(NOW + timedelta(days=4, hours=1))
    notice = Notice.objects.open().get(kind=Notice.Kind.SERIES)
    assert notice.text == making.NO_CHANNEL
    assert notice.link == f"/series?series={series.pk}"
    assert len(occurrences(series)) == 62
    assert [one.action for one in told].count("series.held_up") == 1
    Creator.objects.filter(pk=lea.pk).update(is_active=True)
    make_occurrences(NOW + timedelta(days=4, hours=2))
    series.refresh_from_db()
    assert not series.problem
    assert len(occurrences(series)) == 64
    assert "series.goes_on" in {one.action for one in told}
    look(NOW + timedelta(days=4, hours=2))
    assert not Notice.objects.open().filter(kind=Notice.Kind.SERIES).exists()


def test_a_broken_series_never_keeps_another_from_going_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = a_series(a_template(a_model()))
    sound = a_series(a_template(a_model()))
    Series.objects.filter(pk=broken.pk).update(rule="RRULE:FREQ=NEVER")
    with caplog.at_level(logging.CRITICAL, logger="scheduling.series.making"):
        make_occurrences(NOW + timedelta(days=2))
    broken.refresh_from_db()
    assert broken.problem == making.BROKEN
    assert len(occurrences(sound)) == 62
    Series.objects.filter(pk=broken.pk).update(rule="RRULE:FREQ=DAILY")
    make_occurrences(NOW + timedelta(days=2))
    broken.refresh_from_db()
    assert not broken.problem
    assert len(occurrences(broken)) == 62


def test_series_that_are_held_up_take_nobodys_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held_up = a_series(a_template(a_model()))
    sound = a_series(a_template(a_model()))
    Series.objects.filter(pk=held_up.pk).update(
        problem=making.NO_CHANNEL, made_until="2026-01-01T00:00"
    )
    monkeypatch.setattr(making, "MOST_SERIES", 1)
    make_occurrences(NOW + timedelta(days=2))
    assert len(occurrences(sound)) == 62


def test_best_is_a_free_hour_of_each_day_on_the_models_own_clocks() -> None:
    lea, tokyo = a_model(), a_model("Asia/Tokyo")
    series = a_series(a_template(lea, tokyo), times="best", count=5)
    again = a_series(a_template(lea), times="best", count=5)
    assert series.timezone == "model"
    for model in (lea, tokyo):
        zone, channel = ZoneInfo(model.timezone), model.channels.get()
        rows = Publication.objects.filter(channel=channel, post__series=series)
        days = [one.publish_at.astimezone(zone).date().day for one in rows]
        assert sorted(days) == [6, 7, 8, 9, 10]
    taken = Publication.objects.filter(channel__creator=lea).order_by("publish_at")
    times = list(taken.values_list("publish_at", flat=True))
    assert len(times) == 10
    assert min(later - one for one, later in pairwise(times)) >= timedelta(hours=1)
    assert len(occurrences(again)) == 5
    followed = Post.objects.filter(series=series)
    assert {one.suggestion_taken for one in followed} == {True}
    assert {len(one.suggestions_offered) for one in followed} <= {1, 2}


def test_an_hourly_series_on_three_channels_is_made_in_a_few_statements() -> None:
    lea = a_model()
    ChannelFactory(creator=lea)
    ChannelFactory(creator=lea)
    series = a_series(a_template(lea, schedule_pattern=HOURLY))
    with connection.execute_wrapper(_counted) as _:
        before = _count[0]
        make_batch(series.pk, NOW)
        assert _count[0] - before < 40


_count = [0]


def _counted(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    _count[0] += 1
    return execute(sql, params, many, context)
