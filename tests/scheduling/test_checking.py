"""A look at a plan before it is made: all that is wrong with it, nothing written."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from library.models import Creator, Tag
from scheduling.models import Channel, Post, Publication
from tests.factories import ChannelFactory, CreatorFactory, MediaItemFactory
from tests.scheduling.planning import a_post, put

pytestmark = pytest.mark.django_db

URL = "/api/posts/check"
NOBODY = "0195f1d2-7c00-7000-8000-000000000001"
P = Publication.State
WRITES = ("INSERT", "UPDATE", "DELETE", "SAVEPOINT", "BEGIN", "FOR UPDATE")


@pytest.fixture
def lea() -> Channel:
    creator = CreatorFactory(slug="lea", name="Lea", timezone="Europe/Berlin")
    return ChannelFactory(creator=creator, platform="x", handle="@lea", language="de")


def plan(**changes: Any) -> dict[str, Any]:
    return {"content": "Good morning", "models": ["lea"]} | changes


def codes(found: list[dict[str, Any]]) -> list[str]:
    return sorted(one["code"] for one in found)


def test_each_channel_is_shown_with_its_final_text_length_and_time(
    as_editor: APIClient, lea: Channel
) -> None:
    year = timezone.now().year + 1
    response = as_editor.post(
        URL,
        plan(
            variants=[{"language": "de", "content": "Guten Morgen"}],
            schedule_time=f"{year}-07-01T18:00",
            timezone="model",
        ),
    )
    assert response.status_code == 200, response.json()
    answer = response.json()
    assert answer["ok"] is True
    assert answer["problems"] == answer["warnings"] == answer["too_late"] == []
    assert answer["channels"] == [
        {
            "channel": str(lea.pk),
            "model": "lea",
            "handle": "@lea",
            "platform": "x",
            "language": "de",
            "variant": "language",
            "text": "Guten Morgen",
            "length": 12,
            "limit": 280,
            "schedule_time": f"{year}-07-01T16:00:00Z",
        }
    ]


def test_all_that_is_wrong_is_said_at_once(as_editor: APIClient, lea: Channel) -> None:
    other = CreatorFactory(name="Mia")
    hers = MediaItemFactory(name="hers.jpg")
    hers.creators.add(other)
    response = as_editor.post(
        URL,
        plan(
            content="y" * 300,
            models=["lea", "nobody"],
            media_ids=[str(hers.pk), NOBODY],
            variants=[{"language": "fr", "content": "Bonjour"}],
            schedule_time="2020-01-01T10:00:00Z",
        ),
    )
    answer = response.json()
    assert response.status_code == 200
    assert answer["ok"] is False
    fields = {(one["field"], one["code"]) for one in answer["problems"]}
    assert fields == {
        ("models", "invalid"),
        ("media_ids", "invalid"),
        ("schedule_time", "invalid"),
        ("content", "does_not_fit"),
        ("media_ids", "media_not_cleared"),
    }
    assert codes(answer["warnings"]) == ["variant_unused"]


def test_of_a_draft_all_that_can_wait_is_only_a_warning(
    as_editor: APIClient, lea: Channel
) -> None:
    hers = MediaItemFactory()
    hers.creators.add(CreatorFactory())
    body = plan(content="y" * 300, media_ids=[str(hers.pk)], draft=True)
    answer = as_editor.post(URL, body).json()
    assert (answer["ok"], answer["problems"]) == (True, [])
    assert codes(answer["warnings"]) == ["does_not_fit", "media_not_cleared"]


def test_an_owners_reason_makes_it_a_warning(
    as_editor: APIClient, as_admin: APIClient, lea: Channel
) -> None:
    hers = MediaItemFactory()
    hers.creators.add(CreatorFactory())
    body = plan(media_ids=[str(hers.pk)], override_clearance="She is in it")
    assert as_admin.post(URL, body).json()["ok"] is True
    assert codes(as_admin.post(URL, body).json()["warnings"]) == ["media_not_cleared"]
    assert as_editor.post(URL, body).json()["ok"] is False


def test_near_duplicates_are_shown_before_anything_is_planned(
    as_editor: APIClient, lea: Channel
) -> None:
    post = a_post(lea, content="Good morning")
    (warning,) = as_editor.post(URL, plan()).json()["warnings"]
    assert (warning["code"], warning["post"]) == ("near_duplicate", str(post.pk))
    assert as_editor.post(URL, plan()).json()["ok"] is True


def test_an_edit_is_looked_at_as_it_would_be_made(
    as_editor: APIClient, lea: Channel
) -> None:
    other = ChannelFactory(creator=lea.creator, platform="facebook", handle="@more")
    at = timezone.now() + timedelta(days=1)
    post = a_post(lea, other, schedule_time=at)
    body = {"post": str(post.pk), "content": "z" * 281}
    answer = as_editor.post(URL, body).json()
    assert codes(answer["problems"]) == ["does_not_fit"]
    put(post.publications.get(channel=lea), state=P.PUBLISHED)
    answer = as_editor.post(URL, body).json()
    assert answer["ok"] is True
    assert [one["handle"] for one in answer["too_late"]] == ["@lea"]
    assert [one["handle"] for one in answer["channels"]] == ["@more"]
    put(post.publications.get(channel=other), state=P.SENDING)
    answer = as_editor.post(URL, body).json()
    assert answer["ok"] is False
    assert codes(answer["problems"]) == ["too_late", "too_late"]
    post.refresh_from_db()
    assert (post.version, post.content) == (1, "Good morning")


def test_nothing_is_written_and_nothing_locked(
    as_editor: APIClient, lea: Channel
) -> None:
    post = a_post(lea)
    picture = MediaItemFactory()
    body = plan(media_ids=[str(picture.pk)], tags=["never seen before"])
    for each in (body, body | {"post": str(post.pk)}):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert as_editor.post(URL, each).status_code == 200
        said = [one["sql"] for one in asked.captured_queries]
        assert not [one for one in said if any(word in one for word in WRITES)]
    assert Post.objects.count() == 1
    assert not Tag.objects.exists()


def _queries(client: APIClient, body: dict[str, Any]) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.post(URL, body).status_code == 200
    return len(asked)


def test_a_look_costs_the_same_for_many_channels(
    as_editor: APIClient, lea: Channel
) -> None:
    picture = MediaItemFactory()
    picture.creators.add(lea.creator)
    body = plan(media_ids=[str(picture.pk)])
    a_post(lea, media_ids=[picture.pk])
    as_editor.post(URL, body)
    few = _queries(as_editor, body)
    for creator in CreatorFactory.create_batch(10):
        for channel in ChannelFactory.create_batch(3, creator=creator):
            a_post(channel, media_ids=[MediaItemFactory().pk])
    everybody = list(Creator.objects.values_list("slug", flat=True))
    assert _queries(as_editor, body | {"models": everybody}) == few


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "models"),
        ({"models": []}, "models"),
        ({"post": "x"}, "post"),
        ({"models": ["lea"], "schedule_time": "soon"}, "schedule_time"),
        ({"models": ["lea"], "override_clearance": "x" * 301}, "override_clearance"),
    ],
)
def test_a_look_at_nonsense_is_refused(
    as_editor: APIClient, lea: Channel, body: dict[str, Any], field: str
) -> None:
    response = as_editor.post(URL, body)
    assert response.status_code == 400
    assert field in response.json()["errors"]


def test_who_may_look(
    anonymous: APIClient, as_viewer: APIClient, as_editor: APIClient, lea: Channel
) -> None:
    assert anonymous.post(URL, plan()).status_code == 401
    assert as_viewer.post(URL, plan()).status_code == 403
    assert as_editor.post(URL, {"post": NOBODY}).status_code == 404
    assert as_editor.get(URL).status_code == 405
