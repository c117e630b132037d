"""Edits, moves and cancellations of a post of which something is out, or on its way."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from scheduling.models import Channel, Post, Publication
from scheduling.publishing import ledger
from tests.factories import ChannelFactory, CreatorFactory, MediaItemFactory
from tests.scheduling.planning import a_channel, a_post, put

pytestmark = pytest.mark.django_db

P = Publication.State
LATE = [P.LEASED, P.SENDING, P.UNKNOWN, P.PUBLISHED]


@pytest.fixture
def lea() -> Channel:
    return ChannelFactory(creator=CreatorFactory(slug="lea"), handle="@lea")


@pytest.fixture
def other(lea: Channel) -> Channel:
    return ChannelFactory(creator=lea.creator, handle="@other", platform="tiktok")


def partly(state: str, lea: Channel, other: Channel, **plan: Any) -> Post:
    """Plan a post of which Lea's part is in a state already."""
    post = a_post(lea, other, **plan)
    row = post.publications.get(channel=lea)
    put(row, state=state, attempts_made=1, payload={"content": "x", "media": []})
    return post


def row_of(post: Post, channel: Channel) -> Publication:
    return post.publications.get(channel=channel)


def frozen(row: Publication) -> dict[str, Any]:
    """Return all of a row, to see that not a field of it has changed."""
    return Publication.objects.filter(pk=row.pk).values().get()


@pytest.mark.parametrize("state", LATE)
def test_an_edit_changes_what_is_open_and_says_for_what_it_came_too_late(
    as_editor: APIClient, lea: Channel, other: Channel, state: str
) -> None:
    post = partly(state, lea, other)
    before = frozen(row_of(post, lea))
    response = as_editor.patch(
        f"/api/posts/{post.pk}",
        {"version": 1, "content": "New", "tags": ["new"]},
    )
    assert response.status_code == 200, response.json()
    answer = response.json()
    (late,) = answer["too_late"]
    assert (late["channel"], late["handle"]) == (str(lea.pk), "@lea")
    assert (late["platform"], late["status"]) == ("instagram", state)
    assert "@lea" in late["text"]
    assert answer["post"]["version"] == 2
    assert answer["post"]["tags"] == ["new"]
    assert frozen(row_of(post, lea)) == before
    assert row_of(post, other).content == "New"


def test_in_time_for_all_says_so(as_editor: APIClient, lea: Channel) -> None:
    post = a_post(lea)
    answer = as_editor.patch(f"/api/posts/{post.pk}", {"version": 1, "content": "New"})
    assert answer.json()["too_late"] == []


@pytest.mark.parametrize("code", ["already_published", "being_published"])
def test_when_nothing_is_open_the_edit_is_refused_and_writes_nothing(
    as_editor: APIClient, lea: Channel, other: Channel, code: str
) -> None:
    states = {"already_published": P.PUBLISHED, "being_published": P.SENDING}
    post = partly(states[code], lea, other)
    put(row_of(post, other), state=P.PUBLISHED)
    for change in (
        {"content": "New"},
        {"channels": [str(lea.pk), str(a_channel(creator=lea.creator).pk)]},
        {"schedule_time": None},
    ):
        response = as_editor.patch(f"/api/posts/{post.pk}", {"version": 1, **change})
        assert response.status_code == 409
        assert response.json()["code"] == code
        assert len(response.json()["too_late"]) == 2
    copy = response.json().get("copy")
    assert copy == (
        f"/api/posts/{post.pk}/duplicate" if code == "already_published" else None
    )
    post.refresh_from_db()
    assert (post.version, post.content) == (1, "Good morning")


def test_what_was_cancelled_comes_back_beside_what_is_out(
    as_editor: APIClient, lea: Channel, other: Channel
) -> None:
    at = timezone.now() + timedelta(days=1)
    post = partly(P.PUBLISHED, lea, other, schedule_time=at)
    put(row_of(post, other), state=P.CANCELLED)
    url = f"/api/posts/{post.pk}"
    assert as_editor.patch(url, {"version": 1, "content": "N"}).status_code == 409
    named = {"version": 1, "content": "N", "channels": [str(other.pk)]}
    response = as_editor.patch(url, named)
    assert response.status_code == 200, response.json()
    assert row_of(post, other).state == P.SCHEDULED
    assert [one["channel"] for one in response.json()["too_late"]] == [str(lea.pk)]


def test_a_channel_that_is_out_cannot_be_left_out_nor_must_it_be_in_use(
    as_editor: APIClient, lea: Channel, other: Channel
) -> None:
    third = ChannelFactory(creator=lea.creator)
    at = timezone.now() + timedelta(days=1)
    post = partly(P.PUBLISHED, lea, other, schedule_time=at)
    Channel.objects.filter(pk=lea.pk).update(is_active=False)
    url = f"/api/posts/{post.pk}"
    both = [str(lea.pk), str(third.pk)]
    response = as_editor.patch(url, {"version": 1, "channels": both})
    assert response.status_code == 200, response.json()
    left = {one["channel"]["id"] for one in response.json()["post"]["publications"]}
    assert left == {str(lea.pk), str(third.pk)}
    only = as_editor.patch(url, {"version": 2, "channels": [str(lea.pk)]})
    assert only.status_code == 200, only.json()
    (rest,) = only.json()["post"]["publications"]
    assert (rest["channel"]["id"], rest["status"]) == (str(lea.pk), "published")


def test_media_changes_for_what_is_open_once_nothing_is_on_its_way(
    as_editor: APIClient, lea: Channel, other: Channel
) -> None:
    old, new = MediaItemFactory.create_batch(2)
    post = partly(P.UNKNOWN, lea, other, media_ids=[old.pk])
    url, change = f"/api/posts/{post.pk}", {"version": 1, "media_ids": [str(new.pk)]}
    response = as_editor.patch(url, change)
    assert response.status_code == 400
    assert "on its way" in response.json()["errors"]["media_ids"][0]
    same = as_editor.patch(url, {"version": 1, "media_ids": [str(old.pk)]})
    assert same.status_code == 200, same.json()
    put(row_of(post, lea), state=P.PUBLISHED)
    before = frozen(row_of(post, lea))
    response = as_editor.patch(url, change | {"version": 2})
    assert response.status_code == 200, response.json()
    assert response.json()["post"]["media_ids"] == [str(new.pk)]
    assert frozen(row_of(post, lea)) == before


def test_what_is_partly_out_is_no_draft_any_more(
    as_editor: APIClient, lea: Channel, other: Channel
) -> None:
    post = partly(P.PUBLISHED, lea, other)
    response = as_editor.patch(f"/api/posts/{post.pk}", {"version": 1, "draft": True})
    assert response.status_code == 400
    assert "draft" in response.json()["errors"]


@pytest.mark.parametrize("state", LATE)
def test_the_rest_of_a_post_is_moved_or_cancelled(
    as_editor: APIClient, lea: Channel, other: Channel, state: str
) -> None:
    post = partly(state, lea, other)
    before = frozen(row_of(post, lea))
    later = (timezone.now() + timedelta(days=2)).replace(microsecond=0)
    for path, body, left in (
        ("reschedule", {"schedule_time": later.isoformat()}, P.SCHEDULED),
        ("cancel", {}, P.CANCELLED),
    ):
        response = as_editor.post(f"/api/posts/{post.pk}/{path}", body)
        assert response.status_code == 200, response.json()
        assert [one["status"] for one in response.json()["too_late"]] == [state]
        assert frozen(row_of(post, lea)) == before
        assert (row_of(post, other).state, row_of(post, other).publish_at) == (
            left,
            later,
        )


def test_an_edit_of_a_half_sent_post_goes_out_on_the_rest(
    as_editor: APIClient, lea: Channel, other: Channel
) -> None:
    post = a_post(lea, other)
    leases = ledger.claim(1)
    held = leases[0].publication.channel_id
    response = as_editor.patch(f"/api/posts/{post.pk}", {"version": 1, "content": "N"})
    assert [one["channel"] for one in response.json()["too_late"]] == [str(held)]
    (lease,) = ledger.claim(10)
    assert lease.publication.channel_id != held
    assert lease.publication.payload["content"] == "N"
    assert leases[0].publication.payload["content"] == "Good morning"
