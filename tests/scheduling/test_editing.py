"""Editing posts, over the API."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from scheduling.models import Channel, Publication, SlotStatistic
from scheduling.suggestions import slots
from tests.factories import ChannelFactory, CreatorFactory, MediaItemFactory
from tests.scheduling.planning import a_channel, a_post, put

pytestmark = pytest.mark.django_db

P = Publication.State


@pytest.fixture
def lea() -> Channel:
    return ChannelFactory(creator=CreatorFactory(slug="lea"), handle="@lea")


def test_text_media_and_tags_change(as_editor: APIClient, lea: Channel) -> None:
    post = a_post(lea, tags=["old"])
    picture = MediaItemFactory()
    response = as_editor.patch(
        f"/api/posts/{post.pk}",
        {
            "version": 1,
            "content": "New",
            "tags": ["new"],
            "media_ids": [str(picture.pk)],
        },
    )
    assert response.status_code == 200, response.json()
    shown = response.json()["post"]
    assert (shown["content"], shown["tags"], shown["version"]) == ("New", ["new"], 2)
    assert shown["media_ids"] == [str(picture.pk)]
    assert shown["publications"][0]["content"] == "New"
    assert shown["status"] == "scheduled"


def test_an_edit_of_an_old_version_is_refused(
    as_editor: APIClient, lea: Channel
) -> None:
    post = a_post(lea)
    url = f"/api/posts/{post.pk}"
    assert as_editor.patch(url, {"version": 1, "content": "A"}).status_code == 200
    response = as_editor.patch(url, {"version": 1, "content": "B"})
    assert response.status_code == 409
    assert response.json()["code"] == "version_conflict"
    assert response.json()["version"] == 2
    missing = as_editor.patch(url, {"content": "B"})
    assert missing.status_code == 400
    assert "version" in missing.json()["errors"]


def test_what_is_published_does_not_change(as_editor: APIClient, lea: Channel) -> None:
    post = a_post(lea)
    put(post.publications.get(), state=P.PUBLISHED)
    response = as_editor.patch(
        f"/api/posts/{post.pk}", {"version": 1, "content": "Other"}
    )
    assert response.status_code == 409
    assert response.json()["code"] == "already_published"
    assert response.json()["copy"] == f"/api/posts/{post.pk}/duplicate"


def test_channels_come_and_go(as_editor: APIClient, lea: Channel) -> None:
    other = a_channel()
    post = a_post(lea)
    url = f"/api/posts/{post.pk}"
    both = as_editor.patch(
        url, {"version": 1, "models": ["lea", other.creator.slug]}
    ).json()["post"]
    assert len(both["publications"]) == 2
    assert both["schedule_time"] is not None
    only = as_editor.patch(url, {"version": 2, "models": [other.creator.slug]}).json()[
        "post"
    ]
    (left,) = only["publications"]
    assert left["channel"]["id"] == str(other.pk)
    assert left["status"] == "scheduled"


def test_a_channel_that_was_tried_stays_on_record(
    as_editor: APIClient, lea: Channel
) -> None:
    other = ChannelFactory(creator=lea.creator)
    post = a_post(lea, other)
    tried = post.publications.get(channel=lea)
    put(tried, state=P.RETRY, attempts_made=1, first_attempt_at=timezone.now())
    as_editor.patch(
        f"/api/posts/{post.pk}", {"version": 1, "channels": [str(other.pk)]}
    )
    tried.refresh_from_db()
    assert tried.state == P.CANCELLED


def test_a_channel_that_was_refused_leaves_the_statistics_with_the_post(
    as_editor: APIClient, lea: Channel
) -> None:
    other = ChannelFactory(creator=lea.creator)
    post = a_post(lea, other)
    refused = post.publications.get(channel=lea)
    put(refused, state=P.FAILED, error_code="media_missing")
    slots.enter(refused, timezone.now())
    assert SlotStatistic.objects.get().failed == 1
    as_editor.patch(
        f"/api/posts/{post.pk}", {"version": 1, "channels": [str(other.pk)]}
    )
    assert not post.publications.filter(channel=lea).exists()
    assert SlotStatistic.objects.get().failed == 0
    assert slots.rebuild(lea.creator).miscounted == 0


def test_a_draft_is_planned_and_a_plan_is_a_draft_again(
    as_editor: APIClient, lea: Channel
) -> None:
    post = a_post(lea, draft=True)
    url = f"/api/posts/{post.pk}"
    at = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    planned = as_editor.patch(
        url, {"version": 1, "draft": False, "schedule_time": at.isoformat()}
    ).json()["post"]
    assert planned["status"] == "scheduled"
    assert Publication.objects.get().next_attempt_at == at
    back = as_editor.patch(url, {"version": 2, "draft": True}).json()["post"]
    assert back["status"] == "draft"
    publication = Publication.objects.get()
    assert (publication.state, publication.next_attempt_at) == (P.DRAFT, None)
    assert publication.publish_at == at


def test_changed_content_is_never_sent_under_a_key_that_was_used(
    as_editor: APIClient, lea: Channel
) -> None:
    post = a_post(lea)
    publication = post.publications.get()
    key = publication.idempotency_key
    put(
        publication,
        state=P.RETRY,
        attempts_made=1,
        first_attempt_at=timezone.now(),
        payload={"content": "Good morning", "media": []},
    )
    as_editor.patch(f"/api/posts/{post.pk}", {"version": 1, "content": "New"})
    publication.refresh_from_db()
    assert publication.idempotency_key != key
    assert publication.payload is None
    assert publication.first_attempt_at is None
    assert publication.state == P.RETRY


def test_a_post_cannot_be_emptied(as_editor: APIClient, lea: Channel) -> None:
    post = a_post(lea)
    response = as_editor.patch(f"/api/posts/{post.pk}", {"version": 1, "content": " "})
    assert response.status_code == 400
    assert "content" in response.json()["errors"]


def test_everything_unknown_in_an_edit_is_named(
    as_editor: APIClient, lea: Channel
) -> None:
    post = a_post(lea)
    nobody = "0195f1d2-7c00-7000-8000-000000000001"
    response = as_editor.patch(
        f"/api/posts/{post.pk}",
        {"version": 1, "models": ["x"], "media_ids": [nobody], "template": nobody},
    )
    assert response.status_code == 400
    assert {"models", "media_ids", "template"} <= set(response.json()["errors"])
    post.refresh_from_db()
    assert post.version == 1
