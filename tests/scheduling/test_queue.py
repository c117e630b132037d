"""The queue's groups: which post needs what, page by page."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from promura_site.models import Heartbeat, User
from scheduling import queue
from scheduling.models import Post, Publication
from tests.factories import ChannelFactory, CreatorFactory, MediaItemFactory
from tests.scheduling.planning import a_channel, a_post, put

pytestmark = pytest.mark.django_db

P = Publication.State
HOUR = timedelta(hours=1)


def planned(hours: float = 24, **plan: Any) -> Post:
    return a_post(
        plan.pop("channel", None) or a_channel(),
        schedule_time=timezone.now() + hours * HOUR,
        **plan,
    )


def in_state(state: str, **fields: Any) -> Post:
    post = planned()
    put(post.publications.get(), state=state, **fields)
    return post


def ids(client: APIClient, group: str = "", **params: str) -> dict[str, list[str]]:
    answer = client.get("/queue/rows", {"group": group, **params})
    assert answer.status_code == 200, answer.json()
    groups = answer.json()["groups"]
    return {name: [row["id"] for row in one["rows"]] for name, one in groups.items()}


@pytest.mark.parametrize("state", [P.FAILED, P.UNKNOWN, P.MISSED])
def test_what_went_wrong_needs_attention(as_viewer: APIClient, state: str) -> None:
    post = in_state(state)
    found = ids(as_viewer)
    assert found == {
        "attention": [str(post.pk)],
        "due": [],
        "planned": [],
        "posted": [],
    }


@pytest.mark.parametrize("state", [P.FAILED, P.MISSED])
def test_what_failed_long_ago_is_found_apart(as_viewer: APIClient, state: str) -> None:
    old, recent = in_state(state), in_state(state)
    for post, days in ((old, 8), (recent, 6)):
        at = timezone.now() - timedelta(days=days)
        Post.objects.filter(pk=post.pk).update(publish_at=at)
        put(post.publications.get(), publish_at=at)
    assert ids(as_viewer)["attention"] == [str(recent.pk)]
    assert ids(as_viewer, "older") == {"older": [str(old.pk)]}


def test_what_nobody_has_settled_needs_attention_however_old(
    as_viewer: APIClient,
) -> None:
    post = in_state(P.UNKNOWN, publish_at=timezone.now() - timedelta(days=90))
    assert ids(as_viewer)["attention"] == [str(post.pk)]


def test_what_is_late_needs_attention_and_says_why(as_viewer: APIClient) -> None:
    post = planned()
    past = timezone.now() - 2 * HOUR
    put(post.publications.get(), next_attempt_at=past)
    answer = as_viewer.get("/queue/rows").json()
    assert [row["id"] for row in answer["groups"]["attention"]["rows"]] == [
        str(post.pk)
    ]
    (publication,) = answer["posts"][str(post.pk)]["publications"]
    assert publication["reason"]["code"] == "no_publisher"
    assert [one["code"] for one in answer["causes"]] == ["no_publisher"]


@pytest.mark.parametrize("state", [P.LEASED, P.SENDING, P.RETRY, P.READY, P.CLAIMED])
def test_what_is_under_way_goes_out_now(as_viewer: APIClient, state: str) -> None:
    post = in_state(state)
    assert ids(as_viewer)["due"] == [str(post.pk)]


def test_a_post_that_is_due_this_moment_goes_out_now(as_viewer: APIClient) -> None:
    now = timezone.now()
    Heartbeat.objects.create(
        kind="publisher", name="one", started_at=now, beaten_at=now
    )
    post = a_post(a_channel())
    found = ids(as_viewer)
    assert (found["attention"], found["due"]) == ([], [str(post.pk)])


def test_what_is_planned_comes_in_order_of_time(as_viewer: APIClient) -> None:
    later, sooner = planned(30), planned(3)
    assert ids(as_viewer)["planned"] == [str(sooner.pk), str(later.pk)]


def test_a_post_stands_in_every_group_that_it_has_channels_for(
    as_viewer: APIClient,
) -> None:
    post = a_post(a_channel(), a_channel(), schedule_time=timezone.now() + HOUR)
    first = post.publications.order_by("pk")[0]
    put(first, state=P.FAILED)
    found = ids(as_viewer)
    assert found["attention"] == found["planned"] == [str(post.pk)]


def test_drafts_and_cancelled_posts_are_shown_when_asked_for(
    as_viewer: APIClient,
) -> None:
    draft = planned(draft=True)
    cancelled = in_state(P.CANCELLED)
    assert ids(as_viewer)["planned"] == []
    assert ids(as_viewer, "drafts") == {"drafts": [str(draft.pk)]}
    assert ids(as_viewer, "cancelled") == {"cancelled": [str(cancelled.pk)]}


def test_filters_narrow_every_group(as_viewer: APIClient) -> None:
    lea = ChannelFactory(creator=CreatorFactory(slug="lea"), platform="tiktok")
    wanted = planned(channel=lea, content="Salt on everything")
    planned(content="Another day")
    assert ids(as_viewer, model="lea")["planned"] == [str(wanted.pk)]
    assert ids(as_viewer, platform="tiktok")["planned"] == [str(wanted.pk)]
    assert ids(as_viewer, search="every SALT")["planned"] == [str(wanted.pk)]
    assert ids(as_viewer, model="nobody")["planned"] == []


@pytest.mark.parametrize("group", ["planned", "posted", "drafts"])
def test_pages_follow_each_other_without_gaps(
    as_viewer: APIClient, monkeypatch: pytest.MonkeyPatch, group: str
) -> None:
    monkeypatch.setitem(queue.PAGE, group, 2)
    # All at one time: the id alone tells them apart.
    due = timezone.now() + HOUR
    channel = a_channel()
    posts = [a_post(channel, schedule_time=due) for _ in range(5)]
    states = {"planned": P.SCHEDULED, "posted": P.PUBLISHED, "drafts": P.DRAFT}
    Publication.objects.update(state=states[group], published_at=due)
    seen: list[str] = []
    after = ""
    for size in (2, 2, 1):
        params = {"after": after} if after else {}
        one = as_viewer.get("/queue/rows", {"group": group, **params}).json()
        rows = one["groups"][group]["rows"]
        assert len(rows) == size
        seen += [row["id"] for row in rows]
        after = one["groups"][group]["next"]
    assert after is None
    assert sorted(seen) == sorted(str(post.pk) for post in posts)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"group": "nonsense"}, "group"),
        ({"group": "planned", "after": "x"}, "after"),
        ({"group": "planned", "after": "2026-06-01T12:00:00~x"}, "after"),
        (
            {
                "group": "posted",
                "after": "9999-12-31T23:59:59-12:00"
                "~0195f1d2-7c00-7000-8000-000000000001",
            },
            "after",
        ),
        ({"after": f"2026-06-01T12:00:00+00:00~{uuid4()}"}, "after"),
        ({"search": "x" * 201}, "search"),
        ({"model": "\x00"}, "model"),
    ],
)
def test_bad_questions_are_refused_by_name(
    as_viewer: APIClient, params: dict[str, str], field: str
) -> None:
    answer = as_viewer.get("/queue/rows", params)
    assert answer.status_code == 400
    assert field in answer.json()["errors"]


def test_strangers_and_people_without_a_level_see_no_queue(
    anonymous: APIClient,
    client_of: Callable[[User], APIClient],
    person: Callable[..., User],
    browse: Callable[[User], Client],
) -> None:
    assert anonymous.get("/queue/rows").status_code == 401
    nobody = person(None)
    assert client_of(nobody).get("/queue/rows").status_code == 403
    for address in ("/queue", "/models"):
        assert browse(nobody).get(address).status_code == 403
        answer = anonymous.get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in")


def _queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as heard:
        assert client.get(address).status_code == 200
    return len(heard)


@pytest.mark.parametrize("address", ["/queue", "/queue/rows", "/models"])
def test_more_rows_need_no_more_queries(
    browse: Callable[[User], Client], viewer: User, address: str
) -> None:
    def fill(count: int) -> None:
        for state in (P.SCHEDULED, P.FAILED, P.SENDING, P.PUBLISHED):
            for _ in range(count):
                post = planned(media_ids=[MediaItemFactory().pk], tags=["sun"])
                put(post.publications.get(), state=state, published_at=post.created_at)

    client = browse(viewer)
    fill(1)
    client.get(address)
    few = _queries(client, address)
    fill(3)
    assert _queries(client, address) == few


def test_a_place_survives_being_written_down() -> None:
    place = queue.Place(datetime(2026, 6, 1, 12, 0, 0, 5, tzinfo=UTC), uuid4())
    assert queue.Place.read(str(place)) == place


def test_the_page_comes_with_the_rows_of_its_own_address(
    browse: Callable[[User], Client], viewer: User
) -> None:
    planned(content="Salt on everything")
    client = browse(viewer)
    with_it = client.get("/queue?search=salt").context["page_data"]["rows"]
    assert len(with_it["groups"]["planned"]["rows"]) == 1
    assert client.get("/queue?group=nonsense").context["page_data"]["rows"] is None
