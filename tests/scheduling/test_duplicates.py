"""Near-duplicates: what counts as the same, where and when, and what is said."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from scheduling.models import Channel, Post, Publication
from scheduling.services.duplicates import is_near
from tests.factories import ChannelFactory, CreatorFactory, MediaItemFactory
from tests.scheduling.planning import a_channel, a_post, put

pytestmark = pytest.mark.django_db

P = Publication.State
HOUR = timedelta(hours=1)
TEXT = "Golden hour on the roof tonight, come and say hello to everybody there"


@pytest.fixture
def lea() -> Channel:
    return ChannelFactory(creator=CreatorFactory(slug="lea"), handle="@lea")


@pytest.fixture
def tomorrow() -> datetime:
    return (timezone.now() + 24 * HOUR).replace(microsecond=0)


def plan(at: datetime | None = None, **changes: Any) -> dict[str, Any]:
    when = {"schedule_time": at.isoformat()} if at else {}
    return {"content": TEXT, "models": ["lea"]} | when | changes


def warned(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code in {200, 201}, answer.json()
    return [one for one in answer.json()["warnings"] if one["code"] == "near_duplicate"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Good morning!", "good  MORNING"),
        ("Ｇｏｏｄ morning", "Good morning"),
        ("Café\u0301 time", "Café\u0301 time…"),
        ("Look ❤️", "look ❤"),
        ("See https://x.co/a?utm_source=ig&b=1", "see https://x.co/a/?b=1"),
        (TEXT, TEXT.replace("tonight", "tonigh")),
    ],
)
def test_small_differences_are_none(one: str, other: str) -> None:
    assert is_near(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", ""),
        ("...", "!"),
        ("❤️❤️", "🔥"),
        ("Day 1 of 30", "Day 2 of 30"),
        ("See https://x.co/a?b=1", "See https://x.co/a?b=2"),
        ("Good morning", "Good evening"),
        (TEXT, TEXT + " and bring whoever you would like to bring along"),
        ("ab", "abc"),
    ],
)
def test_other_texts_are_other_texts(one: str, other: str) -> None:
    assert not is_near(one, other)


def test_a_plan_is_made_all_the_same_and_the_answer_names_the_other_post(
    as_editor: APIClient, lea: Channel, tomorrow: datetime
) -> None:
    first = a_post(lea, content=TEXT, schedule_time=tomorrow)
    again = as_editor.post(
        "/api/posts", plan(tomorrow + 5 * HOUR, content=f"{TEXT.upper()}!!")
    )
    (warning,) = warned(again)
    assert warning["channel"] == str(lea.pk)
    assert warning["post"] == str(first.pk)
    assert warning["at"] == first.publish_at.isoformat().replace("+00:00", "Z")
    assert warning["same"] == "text"
    assert "@lea" in warning["text"]
    assert Post.objects.count() == 2


@pytest.mark.parametrize(("hours", "count"), [(-48, 1), (48, 1), (49, 0), (-49, 0)])
def test_two_days_before_and_after_count(
    as_editor: APIClient, lea: Channel, tomorrow: datetime, hours: int, count: int
) -> None:
    at = tomorrow + 72 * HOUR
    a_post(lea, content=TEXT, schedule_time=at + hours * HOUR)
    assert len(warned(as_editor.post("/api/posts", plan(at)))) == count


@pytest.mark.parametrize(
    ("state", "count"),
    [
        (P.SCHEDULED, 1),
        (P.RETRY, 1),
        (P.PUBLISHED, 1),
        (P.UNKNOWN, 1),
        (P.CLAIMED, 1),
        (P.CANCELLED, 0),
        (P.SKIPPED, 0),
        (P.FAILED, 0),
        (P.MISSED, 0),
        (P.DRAFT, 0),
    ],
)
def test_what_is_out_or_to_come_counts(
    as_editor: APIClient, lea: Channel, tomorrow: datetime, state: str, count: int
) -> None:
    post = a_post(lea, content=TEXT, schedule_time=tomorrow)
    put(post.publications.get(), state=state)
    assert len(warned(as_editor.post("/api/posts", plan(tomorrow)))) == count


def test_what_went_out_later_than_planned_counts_from_then(
    as_editor: APIClient, lea: Channel
) -> None:
    now = timezone.now()
    post = a_post(lea, content=TEXT)
    long_ago, lately = now - 90 * HOUR, now - HOUR
    put(
        post.publications.get(),
        state=P.PUBLISHED,
        publish_at=long_ago,
        published_at=lately,
    )
    assert len(warned(as_editor.post("/api/posts", plan()))) == 1


def test_the_same_picture_counts_too_and_another_channel_does_not(
    as_editor: APIClient, lea: Channel
) -> None:
    shared, own = MediaItemFactory.create_batch(2)
    a_post(lea, content="One", media_ids=[shared.pk])
    elsewhere = a_channel(creator=lea.creator)
    a_post(elsewhere, content="Something else")
    media = [str(own.pk), str(shared.pk)]
    body = plan(content="Quite another text", media_ids=media)
    (warning,) = warned(as_editor.post("/api/posts", body))
    assert (warning["channel"], warning["same"]) == (str(lea.pk), "media")


def test_each_channels_own_text_is_compared(as_editor: APIClient, lea: Channel) -> None:
    a_post(lea, content=TEXT)
    variants = [{"channel": str(lea.pk), "content": "Something new for her"}]
    assert warned(as_editor.post("/api/posts", plan(variants=variants))) == []


def test_a_post_is_no_duplicate_of_itself_and_edits_and_moves_warn(
    as_editor: APIClient, lea: Channel, tomorrow: datetime
) -> None:
    a_post(lea, content=TEXT, schedule_time=tomorrow)
    post = a_post(lea, content="Other", schedule_time=tomorrow + 96 * HOUR)
    url = f"/api/posts/{post.pk}"
    assert warned(as_editor.patch(url, {"version": 1, "content": TEXT})) == []
    near = {"schedule_time": (tomorrow + HOUR).isoformat()}
    assert len(warned(as_editor.post(f"{url}/reschedule", near))) == 1
    assert len(warned(as_editor.patch(url, {"version": 3, "tags": ["x"]}))) == 1


def test_a_client_may_have_duplicates_refused(
    as_editor: APIClient, lea: Channel
) -> None:
    a_post(lea, content=TEXT)
    response = as_editor.post("/api/posts", plan(refuse_duplicates=True))
    assert response.status_code == 409
    assert response.json()["code"] == "near_duplicate"
    assert len(response.json()["warnings"]) == 1
    assert Post.objects.count() == 1
    other = plan(content="Something else", refuse_duplicates=True)
    assert as_editor.post("/api/posts", other).status_code == 201


def test_a_draft_without_a_time_repeats_nothing(
    as_editor: APIClient, lea: Channel
) -> None:
    a_post(lea, content=TEXT)
    assert warned(as_editor.post("/api/posts", plan(draft=True))) == []
