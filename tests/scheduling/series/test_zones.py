"""Series on each model's own clocks: a new zone, and an end between two of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from library.models import Creator
from library.services.creators import update_creator
from scheduling.models import Post, Publication, SeriesModel
from scheduling.publishing.moves import move
from scheduling.series.making import make_occurrences
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
