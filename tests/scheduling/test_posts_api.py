"""Posts, over the API: plans that name what is missing, and what may still change."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from library.models import MediaItem
from promura_site import events
from scheduling.models import Channel, Post, Publication
from tests.factories import (
    ChannelFactory,
    CreatorFactory,
    MediaItemFactory,
    PostTemplateFactory,
)
from tests.scheduling.planning import a_channel, a_post, a_publication, put

pytestmark = pytest.mark.django_db

NOBODY = "0195f1d2-7c00-7000-8000-000000000001"
P = Publication.State


@pytest.fixture
def lea() -> Channel:
    return ChannelFactory(creator=CreatorFactory(slug="lea"), handle="@lea")


@pytest.fixture
def tomorrow() -> datetime:
    return (timezone.now() + timedelta(days=1)).replace(microsecond=0)


def plan(**changes: Any) -> dict[str, Any]:
    return {"content": "Good morning", "models": ["lea"]} | changes


def test_a_post_goes_to_every_active_channel_of_its_models(
    as_editor: APIClient, lea: Channel
) -> None:
    ChannelFactory(creator=lea.creator, platform="tiktok")
    ChannelFactory(creator=lea.creator, is_active=False)
    mia = ChannelFactory(creator__slug="mia")
    media = MediaItemFactory.create_batch(2)
    template = PostTemplateFactory()
    response = as_editor.post(
        "/api/posts",
        plan(
            models=["lea", "mia", "lea"],
            media_ids=[str(media[1].pk), str(media[0].pk)],
            tags=["Beach", "beach", "Sun"],
            template=str(template.pk),
        ),
    )
    assert response.status_code == 201, response.json()
    post = response.json()["post"]
    assert post["status"] == "scheduled"
    assert set(post["models"]) == {"lea", "mia"}
    assert post["media_ids"] == [str(media[1].pk), str(media[0].pk)]
    assert post["tags"] == ["Beach", "Sun"]
    assert post["template"] == str(template.pk)
    assert post["author"] == "editor"
    assert len(post["publications"]) == 3
    assert str(mia.pk) in {one["channel"]["id"] for one in post["publications"]}
    assert {one["status"] for one in post["publications"]} == {"scheduled"}


def test_a_post_goes_to_the_chosen_channels_only(
    as_editor: APIClient, lea: Channel
) -> None:
    ChannelFactory(creator=lea.creator, platform="tiktok")
    response = as_editor.post("/api/posts", plan(channels=[str(lea.pk)]))
    (one,) = response.json()["post"]["publications"]
    assert one["channel"]["id"] == str(lea.pk)


def test_without_a_time_a_post_is_due_now(as_editor: APIClient, lea: Channel) -> None:
    before = timezone.now()
    as_editor.post("/api/posts", plan())
    publication = Publication.objects.get()
    assert before <= publication.next_attempt_at <= timezone.now()
    assert publication.late_after == publication.publish_at + timedelta(minutes=60)


def test_a_draft_waits_without_a_time(as_editor: APIClient, lea: Channel) -> None:
    response = as_editor.post("/api/posts", plan(content="", draft=True))
    assert response.status_code == 201
    assert response.json()["post"]["status"] == "draft"
    assert response.json()["post"]["schedule_time"] is None
    assert Publication.objects.get().state == P.DRAFT


def test_wall_clock_time_is_read_in_the_zone_named_beside_it(
    as_editor: APIClient, lea: Channel
) -> None:
    year = timezone.now().year + 1
    response = as_editor.post(
        "/api/posts",
        plan(schedule_time=f"{year}-07-01T18:00", timezone="America/New_York"),
    )
    post = response.json()["post"]
    assert post["schedule_time"] == f"{year}-07-01T22:00:00Z"
    assert post["timezone"] == "America/New_York"


def test_wall_clock_time_without_a_zone_is_the_persons_own(
    as_editor: APIClient, lea: Channel
) -> None:
    year = timezone.now().year + 1
    response = as_editor.post("/api/posts", plan(schedule_time=f"{year}-07-01T18:00"))
    assert response.json()["post"]["schedule_time"] == f"{year}-07-01T16:00:00Z"


def test_the_same_hour_can_be_meant_in_each_models_own_zone(
    as_editor: APIClient,
) -> None:
    ChannelFactory(creator__slug="lea", creator__timezone="Asia/Tokyo")
    ChannelFactory(creator__slug="mia", creator__timezone="America/New_York")
    year = timezone.now().year + 1
    response = as_editor.post(
        "/api/posts",
        plan(
            models=["lea", "mia"],
            schedule_time=f"{year}-07-01T18:00",
            timezone="model",
        ),
    )
    assert response.status_code == 201
    times = {
        one["channel"]["model"]: one["schedule_time"]
        for one in response.json()["post"]["publications"]
    }
    assert times == {
        "lea": f"{year}-07-01T09:00:00Z",
        "mia": f"{year}-07-01T22:00:00Z",
    }


def test_everything_that_is_not_there_is_named_at_once(
    as_editor: APIClient, lea: Channel
) -> None:
    trashed = MediaItemFactory(trashed_at=timezone.now())
    elsewhere = ChannelFactory()
    response = as_editor.post(
        "/api/posts",
        plan(
            models=["lea", "nobody"],
            channels=[NOBODY, str(elsewhere.pk)],
            media_ids=[NOBODY, str(trashed.pk)],
            template=NOBODY,
        ),
    )
    assert response.status_code == 400
    errors = response.json()["errors"]
    assert "nobody" in errors["models"][0]
    assert NOBODY in errors["channels"][0]
    assert str(elsewhere.pk) in errors["channels"][1]
    assert NOBODY in errors["media_ids"][0]
    assert str(trashed.pk) in errors["media_ids"][1]
    assert NOBODY in errors["template"][0]
    assert not Post.objects.exists()


def test_a_model_who_cannot_be_reached_is_named(as_editor: APIClient) -> None:
    CreatorFactory(slug="lea")
    response = as_editor.post("/api/posts", plan())
    assert response.status_code == 400
    assert "no active channel" in response.json()["errors"]["models"][0]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"models": []}, "models"),
        ({"models": None}, "models"),
        ({"models": "lea"}, "models"),
        ({"models": [7]}, "models.0"),
        ({"models": ["lea"] * 201}, "models"),
        ({"channels": []}, "channels"),
        ({"channels": ["x"]}, "channels.0"),
        ({"content": ""}, "content"),
        ({"content": "  "}, "content"),
        ({"content": "x" * 20_001}, "content"),
        ({"content": 5}, "content"),
        ({"media_ids": ["x"]}, "media_ids.0"),
        ({"tags": ["x" * 51]}, "tags.0"),
        ({"tags": "beach"}, "tags"),
        ({"template": "x"}, "template"),
        ({"schedule_time": "tomorrow"}, "schedule_time"),
        ({"schedule_time": "2026-13-01T10:00"}, "schedule_time"),
        ({"schedule_time": "2026-06-01"}, "schedule_time"),
        ({"schedule_time": 1780000000}, "schedule_time"),
        ({"schedule_time": "2020-01-01T10:00:00Z"}, "schedule_time"),
        ({"schedule_time": "9999-12-31T23:59"}, "schedule_time"),
        ({"schedule_time": "0001-01-01T00:00:00+23:59"}, "schedule_time"),
        ({"timezone": "Mars/Base"}, "timezone"),
        (
            {"schedule_time": "2999-01-01T10:00:00Z", "timezone": "model"},
            "schedule_time",
        ),
        ({"draft": "yes"}, "draft"),
        ({"suggestions": ["soon"]}, "suggestions.0"),
    ],
)
def test_a_bad_plan_is_refused_by_field(
    as_editor: APIClient, lea: Channel, changes: dict[str, Any], field: str
) -> None:
    response = as_editor.post("/api/posts", plan(**changes))
    assert response.status_code == 400
    assert field in response.json()["errors"]
    assert not Post.objects.exists()


def test_the_same_key_plans_once(as_editor: APIClient, lea: Channel) -> None:
    first = as_editor.post("/api/posts", plan(), headers={"Idempotency-Key": "k1"})
    again = as_editor.post("/api/posts", plan(), headers={"Idempotency-Key": "k1"})
    other = as_editor.post(
        "/api/posts", plan(content="Else"), headers={"Idempotency-Key": "k1"}
    )
    assert first.status_code == again.status_code == 201
    assert first.json()["post"]["id"] == again.json()["post"]["id"]
    assert other.status_code == 409
    assert Post.objects.count() == 1


def test_the_suggestions_on_offer_are_kept_and_whether_one_was_taken(
    as_editor: APIClient, lea: Channel, tomorrow: datetime
) -> None:
    at = tomorrow.astimezone(UTC).isoformat().replace("+00:00", "Z")
    later = (tomorrow + timedelta(hours=3)).isoformat()
    taken = as_editor.post(
        "/api/posts", plan(schedule_time=at, suggestions=[at, later])
    )
    assert taken.json()["post"]["suggestion_taken"] is True
    assert Post.objects.get().suggestions_offered[0] == at
    other = as_editor.post("/api/posts", plan(schedule_time=at, suggestions=[later]))
    assert other.json()["post"]["suggestion_taken"] is False


def test_a_post_that_is_moved_follows_a_suggestion_no_more_until_it_is_moved_back(
    as_editor: APIClient, lea: Channel, tomorrow: datetime
) -> None:
    at, later = (tomorrow + timedelta(hours=n) for n in (0, 3))
    said = plan(schedule_time=at.isoformat(), suggestions=[at.isoformat()])
    key = as_editor.post("/api/posts", said).json()["post"]["id"]
    url = f"/api/posts/{key}"

    def follows(answer: Any) -> bool | None:
        assert answer.status_code == 200, answer.json()
        return Post.objects.get().suggestion_taken

    def bulk(when: datetime) -> Any:
        item = {"id": key, "schedule_time": when.isoformat()}
        return as_editor.post("/api/posts/bulk-reschedule", {"items": [item]})

    words = as_editor.patch(url, {"version": 1, "content": "Other words"})
    assert follows(words) is True
    move = {"schedule_time": later.isoformat()}
    assert follows(as_editor.post(f"{url}/reschedule", move)) is False
    move = {"schedule_time": at.isoformat()}
    assert follows(as_editor.post(f"{url}/reschedule", move)) is True
    move = {"version": 4, "schedule_time": later.isoformat()}
    assert follows(as_editor.patch(url, move)) is False
    assert follows(bulk(at)) is True
    assert follows(bulk(later)) is False


def test_posts_are_listed_at_a_fixed_cost(
    as_viewer: APIClient, lea: Channel, django_assert_num_queries
) -> None:
    media = MediaItemFactory.create_batch(2)
    for _ in range(6):
        a_post(lea, a_channel(), media_ids=[one.pk for one in media], tags=["a", "b"])
    as_viewer.get("/api/posts")
    with django_assert_num_queries(9):
        answer = as_viewer.get("/api/posts").json()
    assert answer["count"] == 6


def test_posts_are_filtered_searched_and_ordered(
    as_viewer: APIClient, lea: Channel, tomorrow: datetime
) -> None:
    template = PostTemplateFactory()
    soon = a_post(lea, content="Beach day", schedule_time=tomorrow, tags=["Sun"])
    late = a_post(
        a_channel(),
        content="City night",
        schedule_time=tomorrow + timedelta(days=2),
        template=template.pk,
    )
    draft = a_post(lea, content="Idea", draft=True)

    def ids(**query: Any) -> list[str]:
        response = as_viewer.get("/api/posts", query)
        assert response.status_code == 200, response.json()
        return [one["id"] for one in response.json()["posts"]]

    assert ids(status="draft") == [str(draft.pk)]
    assert set(ids(status="draft,scheduled")) == {
        str(one.pk) for one in (soon, late, draft)
    }
    assert set(ids(model="lea")) == {str(soon.pk), str(draft.pk)}
    assert ids(template=str(template.pk)) == [str(late.pk)]
    assert ids(tags="sun,other") == [str(soon.pk)]
    assert ids(search="night city") == [str(late.pk)]
    middle = (tomorrow + timedelta(days=1)).isoformat()
    assert ids(**{"from": middle}) == [str(late.pk)]
    assert ids(to=middle) == [str(soon.pk)]
    assert ids(ordering="schedule_time")[-1] == str(late.pk)
    assert ids(ordering="-schedule_time")[0] == str(late.pk)
    assert ids()[0] == str(draft.pk)


def test_a_list_by_time_can_be_paged_through_with_drafts(
    as_viewer: APIClient, lea: Channel, tomorrow: datetime
) -> None:
    for day in range(3):
        a_post(lea, schedule_time=tomorrow + timedelta(days=day))
    a_post(lea, draft=True)
    seen: list[str] = []
    url = "/api/posts?ordering=schedule_time&limit=1"
    while url:
        answer = as_viewer.get(url).json()
        seen += [one["id"] for one in answer["posts"]]
        url = answer["next"]
    assert len(seen) == len(set(seen)) == 4


@pytest.mark.parametrize(
    "query",
    [
        {"status": "lost"},
        {"template": "x"},
        {"from": "soon"},
        {"ordering": "luck"},
        {"limit": "0"},
        {"limit": "abc"},
    ],
)
def test_a_bad_filter_is_refused(as_viewer: APIClient, query: dict[str, str]) -> None:
    response = as_viewer.get("/api/posts", query)
    assert response.status_code == 400
    assert set(query) <= set(response.json()["errors"])


def test_one_post_is_shown(as_viewer: APIClient, lea: Channel) -> None:
    post = a_post(lea)
    shown = as_viewer.get(f"/api/posts/{post.pk}").json()["post"]
    assert shown["id"] == str(post.pk)
    assert shown["version"] == 1
    assert as_viewer.get(f"/api/posts/{NOBODY}").status_code == 404
    assert as_viewer.get("/api/posts/x").status_code == 404


def test_a_post_is_cancelled_once(as_editor: APIClient, lea: Channel) -> None:
    post = a_post(lea)
    response = as_editor.post(f"/api/posts/{post.pk}/cancel", {"version": 1})
    assert response.status_code == 200
    assert response.json()["post"]["status"] == "cancelled"
    assert response.json()["post"]["version"] == 2
    again = as_editor.post(f"/api/posts/{post.pk}/cancel")
    assert again.status_code == 409
    assert again.json()["code"] == "nothing_to_cancel"


def test_cancelling_leaves_alone_what_is_being_sent(
    as_editor: APIClient, lea: Channel
) -> None:
    post = a_post(lea, a_channel())
    busy = post.publications.first()
    put(busy, state=P.SENDING, fence=1)
    response = as_editor.post(f"/api/posts/{post.pk}/cancel")
    assert response.status_code == 200
    states = {
        one["id"]: one["status"] for one in response.json()["post"]["publications"]
    }
    assert states[str(busy.pk)] == "sending"
    assert sorted(states.values()) == ["cancelled", "sending"]


def test_a_post_moves_to_another_time(
    as_editor: APIClient, lea: Channel, tomorrow: datetime
) -> None:
    post = a_post(lea, draft=True)
    response = as_editor.post(
        f"/api/posts/{post.pk}/reschedule", {"schedule_time": tomorrow.isoformat()}
    )
    assert response.status_code == 200
    assert response.json()["post"]["status"] == "scheduled"
    publication = Publication.objects.get()
    assert publication.next_attempt_at == publication.publish_at == tomorrow
    late = as_editor.post(
        f"/api/posts/{post.pk}/reschedule",
        {"schedule_time": "2020-01-01T10:00:00Z"},
    )
    assert late.status_code == 400
    stale = as_editor.post(f"/api/posts/{post.pk}/reschedule", {"version": 1})
    assert stale.status_code == 409


@pytest.mark.parametrize("state", [P.LEASED, P.SENDING, P.UNKNOWN])
def test_what_is_being_sent_is_neither_moved_nor_edited(
    as_editor: APIClient, lea: Channel, state: str
) -> None:
    post = a_post(lea)
    put(post.publications.get(), state=state)
    for path, method, body in (
        ("/reschedule", as_editor.post, {}),
        ("", as_editor.patch, {"version": 1, "content": "x"}),
    ):
        response = method(f"/api/posts/{post.pk}{path}", body)
        assert response.status_code == 409
        assert response.json()["code"] == "being_published"
        (late,) = response.json()["too_late"]
        assert (late["channel"], late["handle"]) == (str(lea.pk), "@lea")
        assert (late["platform"], late["status"]) == ("instagram", state)
        assert "@lea" in late["text"]


def test_what_failed_is_tried_again(as_editor: APIClient, lea: Channel) -> None:
    post = a_post(lea, a_channel())
    failed, published = post.publications.all()
    put(failed, state=P.FAILED, error="No.", error_code="refused")
    put(published, state=P.PUBLISHED)
    response = as_editor.post(f"/api/posts/{post.pk}/retry")
    assert response.status_code == 200
    failed.refresh_from_db()
    assert (failed.state, failed.error) == (P.SCHEDULED, "")
    published.refresh_from_db()
    assert published.state == P.PUBLISHED
    assert as_editor.post(f"/api/posts/{post.pk}/retry").status_code == 409


def test_a_copy_is_a_draft_of_what_is_still_usable(
    as_editor: APIClient, lea: Channel
) -> None:
    kept, gone = MediaItemFactory.create_batch(2)
    other = a_channel()
    post = a_post(lea, other, media_ids=[kept.pk, gone.pk], tags=["a"])
    Channel.objects.filter(pk=other.pk).update(is_active=False)
    MediaItem.objects.filter(pk=gone.pk).update(trashed_at=timezone.now())
    response = as_editor.post(f"/api/posts/{post.pk}/duplicate")
    assert response.status_code == 201
    copy = response.json()["post"]
    assert copy["status"] == "draft"
    assert copy["id"] != str(post.pk)
    assert copy["media_ids"] == [str(kept.pk)]
    assert copy["tags"] == ["a"]
    assert [one["channel"]["id"] for one in copy["publications"]] == [str(lea.pk)]


def test_levels_of_posts(
    anonymous: APIClient, as_viewer: APIClient, lea: Channel
) -> None:
    one = f"/api/posts/{a_post(lea).pk}"
    assert anonymous.get("/api/posts").status_code == 401
    assert anonymous.post("/api/posts", plan()).status_code == 401
    assert as_viewer.get(one).status_code == 200
    assert as_viewer.post("/api/posts", plan()).status_code == 403
    assert as_viewer.patch(one, {"version": 1}).status_code == 403
    for action in ("cancel", "reschedule", "retry", "duplicate"):
        assert as_viewer.post(f"{one}/{action}").status_code == 403
        assert anonymous.post(f"{one}/{action}").status_code == 401


def test_what_a_person_did_is_told(as_editor: APIClient, lea: Channel, editor) -> None:
    told = []

    def listen(event: Any, **kwargs: Any) -> None:
        told.append((event.action, event.actor))

    events.happened.connect(listen)
    try:
        as_editor.post("/api/posts", plan())
    finally:
        events.happened.disconnect(listen)
    assert ("post.planned", editor) in told
    assert a_publication().state == P.SCHEDULED
