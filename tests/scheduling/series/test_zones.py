"""Series on clocks that change: kept hours, a new zone, an end between two clocks."""

from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from library.models import Creator
from library.services.creators import update_creator
from promura_site.zones import exists
from scheduling.models import Post, Publication, SeriesModel
from scheduling.publishing.moves import move
from scheduling.series.making import make_occurrences
from scheduling.series.recipe import due_at
from scheduling.series.recurrence import RuleError, build
from scheduling.series.services import end_series, reopen_series
from scheduling.services.posts import reschedule_post
from scheduling.states import recompute
from tests.factories import UserFactory
from tests.scheduling.series.beginning import (
    NOW,
    a_model,
    a_series,
    a_template,
    due,
    occurrences,
)

pytestmark = pytest.mark.django_db

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
)
# So close to the clocks' changes that most examples meet one.
changes = st.sampled_from(
    [datetime(2027, *day) for day in ((3, 14), (3, 28), (4, 4), (10, 3), (10, 31))]
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(ZONES),
    changes,
    st.integers(0, 48 * 60),
    st.sampled_from(("FREQ=HOURLY", "FREQ=HOURLY;INTERVAL=5", "daily", "weekly")),
    st.sets(st.times(), max_size=2),
)
def test_every_occurrence_keeps_its_hour_and_no_instant_comes_twice(
    name: str, change: datetime, minutes: int, pattern: str, times: set[time]
) -> None:
    zone, start = ZoneInfo(name), change - timedelta(minutes=minutes)
    try:
        rule = build(pattern, start, times=times, count=80)
    except RuleError:
        return
    found = {wall: due_at(rule, wall, zone) for wall in islice(rule, 80)}
    for wall, at in found.items():
        if at is None:
            assert not exists(wall, zone)
            continue
        local = at.astimezone(zone).replace(tzinfo=None, fold=0)
        late = local - wall
        assert timedelta() <= late <= timedelta(hours=1)
        assert not late or not exists(wall, zone)
    instants = [at for at in found.values() if at]
    assert all(one < other for one, other in pairwise(instants))


def test_in_a_models_new_zone_what_is_planned_keeps_its_hour(
    django_capture_on_commit_callbacks: Any,
) -> None:
    lea, mia = a_model(), a_model()
    actor = UserFactory()
    series = a_series(a_template(lea, mia), timezone="model", count=4)
    fixed = a_series(a_template(lea), count=2)
    moved, sent = Post.objects.filter(series=series).order_by("occurrence")[1:3]
    reschedule_post(
        moved.pk, actor=actor, now=NOW, schedule_time=datetime(2026, 1, 7, 17, 30)
    )
    sent.publications.update(state=Publication.State.PUBLISHED)
    with django_capture_on_commit_callbacks(execute=True):
        update_creator(lea, actor=actor, timezone="America/New_York")
    assert due(series, lea.channels.get()) == [
        "2026-01-06 14:00",
        "2026-01-07 22:30",
        "2026-01-08 08:00",
        "2026-01-09 14:00",
    ]
    assert due(series, mia.channels.get())[0] == "2026-01-06 08:00"
    assert due(fixed) == ["2026-01-06 08:00", "2026-01-07 08:00"]
    moved.refresh_from_db()
    assert f"{moved.publish_at:%H:%M}" == "16:30"
    for row in Publication.objects.filter(post=moved, channel__creator=lea):
        assert row.next_attempt_at == row.publish_at
        assert row.late_after == row.publish_at + timedelta(hours=1)


def test_a_zone_that_was_not_followed_is_followed_before_more_is_made() -> None:
    lea = a_model()
    series = a_series(a_template(lea), timezone="model")
    Creator.objects.update(timezone="Asia/Tokyo")
    make_occurrences(NOW + timedelta(days=2))
    assert {at[-5:] for at in due(series)} == {"00:00"}
    assert len(occurrences(series)) == 62
    assert SeriesModel.objects.get().timezone == "Asia/Tokyo"


def test_what_was_cancelled_with_its_series_comes_back_in_the_models_new_zone(
    django_capture_on_commit_callbacks: Any,
) -> None:
    lea = a_model()
    actor = UserFactory()
    series = a_series(a_template(lea), timezone="model", count=3)
    end_series(series.pk, actor=actor, now=NOW)
    with django_capture_on_commit_callbacks(execute=True):
        update_creator(lea, actor=actor, timezone="America/New_York")
    reopen_series(series.pk, actor=actor, now=NOW)
    assert [at[-5:] for at in due(series)] == ["14:00"] * 3
    for row in Publication.objects.filter(post__series=series):
        assert row.state == Publication.State.SCHEDULED
        assert row.next_attempt_at == row.publish_at
        assert f"{row.publish_at:%H:%M}" == "14:00"


def test_what_is_out_on_some_clocks_only_does_not_go_out_on_the_others() -> None:
    sydney, angeles = a_model("Australia/Sydney"), a_model("America/Los_Angeles")
    series = a_series(a_template(sydney, angeles), timezone="model", count=2)
    first = Post.objects.filter(series=series).order_by("occurrence")[0]
    out = first.publications.get(channel__creator=sydney)
    move(out, Publication.State.PUBLISHED)
    recompute(first)
    between = datetime(2026, 1, 6, 12, tzinfo=UTC)
    ended = end_series(series.pk, actor=UserFactory(), now=between)
    assert (ended.changed, ended.kept) == (2, 0)
    assert due(series, angeles.channels.get())[0] == "2026-01-06 17:00"
    states = first.publications.order_by("publish_at").values_list("state", flat=True)
    assert list(states) == [Publication.State.PUBLISHED, Publication.State.CANCELLED]
    again = reopen_series(series.pk, actor=UserFactory(), now=between)
    assert again.changed == 2
    assert list(states.all())[1] == Publication.State.SCHEDULED
