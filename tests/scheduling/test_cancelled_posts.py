"""A cancelled post can be planned again: the way back from cancelling."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from library.models import MediaItem
from scheduling.models import Post, Publication
from tests.factories import MediaItemFactory
from tests.scheduling.planning import a_channel, a_post, put

pytestmark = pytest.mark.django_db

P = Publication.State
TOMORROW = timedelta(days=1)


def _cancelled(client: APIClient, **plan: object) -> Post:
    due = timezone.now() + TOMORROW
    post = a_post(a_channel(), a_channel(), schedule_time=due, **plan)
    assert client.post(f"/api/posts/{post.pk}/cancel").status_code == 200
    return post


def test_a_cancelled_post_gets_a_time_again(as_editor: APIClient) -> None:
    post = _cancelled(as_editor)
    due = timezone.now() + 2 * TOMORROW
    response = as_editor.post(
        f"/api/posts/{post.pk}/reschedule", {"schedule_time": due.isoformat()}
    )
    assert response.status_code == 200, response.json()
    assert response.json()["post"]["status"] == "scheduled"
    rows = post.publications.values_list("state", "publish_at", "next_attempt_at")
    assert list(rows) == [(P.SCHEDULED, due, due)] * 2


def test_one_channel_taken_out_stays_out_when_the_others_move(
    as_editor: APIClient,
) -> None:
    post = a_post(
        a_channel(), a_channel(), schedule_time=timezone.now() + timedelta(hours=1)
    )
    out, other = post.publications.order_by("pk")
    assert as_editor.post(f"/api/publications/{out.pk}/cancel").status_code == 200
    due = timezone.now() + TOMORROW
    as_editor.post(
        f"/api/posts/{post.pk}/reschedule", {"schedule_time": due.isoformat()}
    )
    out.refresh_from_db()
    other.refresh_from_db()
    assert (out.state, other.state) == (P.CANCELLED, P.SCHEDULED)


def test_what_is_published_does_not_get_a_time_again(as_editor: APIClient) -> None:
    post = a_post(a_channel())
    put(post.publications.get(), state=P.PUBLISHED)
    response = as_editor.post(f"/api/posts/{post.pk}/reschedule", {})
    assert response.status_code == 409
    assert response.json()["code"] == "nothing_to_reschedule"


def test_a_cancelled_post_whose_media_are_in_the_trash_stays_cancelled(
    as_editor: APIClient,
) -> None:
    item = MediaItemFactory()
    post = _cancelled(as_editor, media_ids=[item.pk])
    MediaItem.objects.filter(pk=item.pk).update(trashed_at=timezone.now())
    response = as_editor.post(f"/api/posts/{post.pk}/reschedule", {})
    assert response.status_code == 400
    assert str(item.pk) in response.json()["errors"]["media_ids"][0]
    post.refresh_from_db()
    assert post.state == Post.State.CANCELLED


def test_a_cancelled_post_that_was_edited_says_the_new_text(
    as_editor: APIClient,
) -> None:
    post = _cancelled(as_editor, content="Old")
    url = f"/api/posts/{post.pk}"
    edited = as_editor.patch(url, {"version": 2, "content": "New"}).json()["post"]
    assert edited["status"] == "cancelled"
    assert as_editor.post(f"{url}/reschedule", {}).status_code == 200
    assert set(post.publications.values_list("content", flat=True)) == {"New"}


def test_a_new_time_in_an_edit_plans_a_cancelled_post_again(
    as_editor: APIClient,
) -> None:
    post = _cancelled(as_editor)
    due = timezone.now() + 2 * TOMORROW
    response = as_editor.patch(
        f"/api/posts/{post.pk}", {"version": 2, "schedule_time": due.isoformat()}
    )
    assert response.json()["post"]["status"] == "scheduled"
    rows = post.publications.values_list("state", "publish_at", "next_attempt_at")
    assert list(rows) == [(P.SCHEDULED, due, due)] * 2


def test_a_new_time_in_an_edit_needs_the_media_to_be_there(
    as_editor: APIClient,
) -> None:
    item = MediaItemFactory()
    post = _cancelled(as_editor, media_ids=[item.pk])
    MediaItem.objects.filter(pk=item.pk).update(trashed_at=timezone.now())
    due = timezone.now() + TOMORROW
    response = as_editor.patch(
        f"/api/posts/{post.pk}", {"version": 2, "schedule_time": due.isoformat()}
    )
    assert response.status_code == 400
    assert str(item.pk) in response.json()["errors"]["media_ids"][0]


def test_a_channel_that_was_taken_out_comes_back_when_it_is_named(
    as_editor: APIClient,
) -> None:
    post = a_post(a_channel(), a_channel(), schedule_time=timezone.now() + TOMORROW)
    out, other = post.publications.order_by("pk")
    as_editor.post(f"/api/publications/{out.pk}/cancel")
    channels = [str(out.channel_id), str(other.channel_id)]
    url = f"/api/posts/{post.pk}"
    kept = as_editor.patch(url, {"version": 2, "content": "New"})
    assert kept.status_code == 200
    out.refresh_from_db()
    assert out.state == P.CANCELLED
    response = as_editor.patch(url, {"version": 3, "channels": channels})
    assert response.status_code == 200, response.json()
    states = post.publications.values_list("state", "content")
    assert list(states) == [(P.SCHEDULED, "New")] * 2


def test_a_cancelled_draft_without_a_time_takes_no_channel_before_it_has_one(
    as_editor: APIClient,
) -> None:
    post = a_post(a_channel(), draft=True)
    assert as_editor.post(f"/api/posts/{post.pk}/cancel").status_code == 200
    other = a_channel()
    wanted = {"models": [other.creator.slug], "channels": [str(other.pk)]}
    response = as_editor.patch(f"/api/posts/{post.pk}", {"version": 2, **wanted})
    assert response.status_code == 400, response.json()
    assert "schedule_time" in response.json()["errors"]
