"""One hour on each model's own clock: planned, edited, moved, across clock changes."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from scheduling.models import Channel, Post
from scheduling.services.editing import edit_post
from scheduling.services.posts import plan_post, reschedule_post
from tests.factories import ChannelFactory, CreatorFactory, UserFactory
from tests.scheduling.planning import a_post

pytestmark = pytest.mark.django_db

WINTER = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def channels() -> dict[str, Channel]:
    zones = {
        "tokyo": "Asia/Tokyo",
        "berlin": "Europe/Berlin",
        "york": "America/New_York",
    }
    return {
        slug: ChannelFactory(creator=CreatorFactory(slug=slug, timezone=zone))
        for slug, zone in zones.items()
    }


def planned(channels: dict[str, Channel], wall: str, **plan: Any) -> Post:
    return plan_post(
        actor=UserFactory(),
        now=WINTER,
        models=list(channels),
        content="Hi",
        schedule_time=datetime.fromisoformat(wall),
        timezone="model",
        **plan,
    )


def due(post: Post) -> dict[str, str]:
    rows = post.publications.values_list("channel__creator__slug", "publish_at")
    return {slug: f"{at:%m-%d %H:%M}" for slug, at in rows}


def test_the_hour_is_the_same_on_each_clock(channels: dict[str, Channel]) -> None:
    post = planned(channels, "2026-06-01T18:00")
    assert post.timezone == "model"
    assert due(post) == {
        "tokyo": "06-01 09:00",
        "berlin": "06-01 16:00",
        "york": "06-01 22:00",
    }
    assert f"{post.publish_at:%H:%M}" == "09:00"


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        # Berlin's clocks skip from 02:00 to 03:00: it becomes 03:30.
        ("2026-03-29T02:30", {"berlin": "03-29 01:30", "york": "03-29 06:30"}),
        # New York's do so three weeks earlier.
        ("2026-03-08T02:30", {"berlin": "03-08 01:30", "york": "03-08 07:30"}),
        # Berlin has 02:30 twice: the first one is meant.
        ("2026-10-25T02:30", {"berlin": "10-25 00:30", "york": "10-25 06:30"}),
        ("2026-11-01T01:30", {"berlin": "11-01 00:30", "york": "11-01 05:30"}),
    ],
)
def test_both_days_on_which_clocks_change_in_plans_edits_and_moves(
    channels: dict[str, Channel], wall: str, expected: dict[str, str]
) -> None:
    channels.pop("tokyo")
    moment = datetime.fromisoformat(wall)
    actor = UserFactory(timezone="Asia/Tokyo")
    post = planned(channels, wall)
    assert due(post) == expected
    edited = planned(channels, "2026-06-01T18:00")
    change = {"schedule_time": moment}
    edit_post(edited.pk, actor=actor, now=WINTER, version=1, changes=change)
    assert due(edited) == expected
    moved = planned(channels, "2026-06-01T18:00")
    reschedule_post(moved.pk, actor=actor, now=WINTER, schedule_time=moment)
    assert due(moved) == expected
    moved.refresh_from_db()
    assert moved.timezone == "model"


def test_a_model_who_joins_gets_the_same_hour_even_past_a_gap(
    channels: dict[str, Channel],
) -> None:
    tokyo = channels.pop("tokyo")
    post = planned(channels, "2026-03-29T02:30")
    everyone = [one.pk for one in (*channels.values(), tokyo)]
    edit_post(
        post.pk,
        actor=UserFactory(),
        now=WINTER,
        version=1,
        changes={"models": ["berlin", "york", "tokyo"], "channels": everyone},
    )
    assert due(post)["tokyo"] == "03-28 17:30"


def test_a_draft_remembers_its_clocks_until_it_is_planned(
    channels: dict[str, Channel],
) -> None:
    actor = UserFactory()
    post = planned(channels, "2026-06-01T18:00", draft=True)
    edit_post(post.pk, actor=actor, now=WINTER, version=1, changes={"draft": False})
    assert due(post)["york"] == "06-01 22:00"
    bare = plan_post(
        actor=actor,
        now=WINTER,
        models=list(channels),
        content="x",
        timezone="model",
        draft=True,
    )
    moment = datetime(2026, 6, 1, 18)
    reschedule_post(bare.pk, actor=actor, now=WINTER, schedule_time=moment)
    assert due(bare)["tokyo"] == "06-01 09:00"


def test_the_answer_says_model_and_shows_whose_clock_each_one_is(
    as_editor: APIClient, channels: dict[str, Channel]
) -> None:
    year = timezone.now().year + 1
    body = {
        "content": "Hi",
        "models": list(channels),
        "schedule_time": f"{year}-07-01T18:00",
        "timezone": "model",
    }
    post = as_editor.post("/api/posts", body).json()["post"]
    assert post["timezone"] == "model"
    zones = {
        one["channel"]["model"]: one["channel"]["timezone"]
        for one in post["publications"]
    }
    assert zones["york"] == "America/New_York"
    url = f"/api/posts/{post['id']}"
    next_day = {"schedule_time": f"{year}-07-02T18:00"}
    moved = as_editor.post(f"{url}/reschedule", next_day).json()["post"]
    assert moved["timezone"] == "model"
    times = {one["schedule_time"][11:16] for one in moved["publications"]}
    assert times == {"09:00", "16:00", "22:00"}
    instant = {"schedule_time": f"{year}-07-03T18:00:00Z"}
    once = as_editor.post(f"{url}/reschedule", instant).json()["post"]
    # One instant is no hour of each clock's own any more.
    assert once["timezone"] == "Europe/Berlin"
    assert {one["schedule_time"][11:16] for one in once["publications"]} == {"18:00"}


def test_another_zone_stays_with_the_post_too(as_editor: APIClient) -> None:
    at = datetime(timezone.now().year + 1, 7, 1, 18)
    post = a_post(ChannelFactory(), schedule_time=at, timezone="America/New_York")
    url = f"/api/posts/{post.pk}/reschedule"
    later = {"schedule_time": at.replace(hour=20).isoformat()}
    moved = as_editor.post(url, later).json()["post"]
    assert moved["timezone"] == "America/New_York"
    assert moved["schedule_time"] == f"{at.year}-07-02T00:00:00Z"
