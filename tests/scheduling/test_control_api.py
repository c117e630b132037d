"""The API of the brakes."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from scheduling.models import (
    Channel,
    ChannelFace,
    ChannelFlow,
    PanicStop,
    Publication,
)
from tests.factories import CreatorFactory
from tests.scheduling.planning import a_channel, a_publication

pytestmark = pytest.mark.django_db

STOPS = "/api/publishing/stops"


def test_an_admin_stops_all_and_lets_it_go_on(
    as_admin: APIClient, as_viewer: APIClient
) -> None:
    a_publication()
    made = as_admin.post(STOPS, {"reason": "Wrong account"})
    assert made.status_code == 201
    stop = made.json()["stop"]
    assert (stop["model"], stop["reason"], stop["stopped_by"]) == (
        None,
        "Wrong account",
        "admin",
    )
    assert as_viewer.get(STOPS).json()["stops"] == [stop]
    held_up = as_viewer.get(f"{STOPS}/all/resume").json()["held_up"]
    assert held_up == {"due": 1, "late": 0, "upcoming": 0}
    answer = as_admin.post(f"{STOPS}/all/resume", {"how": "skipped"})
    assert answer.json()["held_up"] == held_up
    assert Publication.objects.get().state == "skipped"
    assert as_admin.post(f"{STOPS}/all/resume", {"how": "kept"}).status_code == 409


def test_an_admin_stops_one_model(as_admin: APIClient) -> None:
    creator = CreatorFactory(slug="lea")
    stop = as_admin.post(STOPS, {"model": "lea"}).json()["stop"]
    assert stop["model"] == "lea"
    assert PanicStop.objects.get().creator == creator
    assert as_admin.get(f"{STOPS}/lea/resume").status_code == 200
    answer = as_admin.post(f"{STOPS}/lea/resume", {"how": "kept"})
    assert answer.json()["message"] == "It goes on"
    assert not PanicStop.objects.exists()


@pytest.mark.parametrize(
    ("path", "given", "status"),
    [
        (STOPS, {"model": "nobody"}, 404),
        (STOPS, {"reason": 5}, 400),
        (f"{STOPS}/nobody/resume", {"how": "kept"}, 404),
        (f"{STOPS}/all/resume", {"how": "fast"}, 400),
        (f"{STOPS}/all/resume", {}, 400),
        (f"{STOPS}/all/resume", {"how": "kept"}, 409),
    ],
)
def test_what_makes_no_sense_is_refused(
    path: str, given: dict[str, Any], status: int, as_admin: APIClient
) -> None:
    assert as_admin.post(path, given).status_code == status


def test_the_switch_takes_the_admin_level(
    as_editor: APIClient, anonymous: APIClient
) -> None:
    assert as_editor.post(STOPS, {}).status_code == 403
    assert as_editor.post(f"{STOPS}/all/resume", {"how": "kept"}).status_code == 403
    assert anonymous.post(STOPS, {}).status_code == 401


def test_the_list_of_stops_asks_the_same_for_many(
    as_viewer: APIClient, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        creator = CreatorFactory()
        PanicStop.objects.create(
            key=str(creator.pk), creator=creator, stopped_at=timezone.now()
        )
    with django_assert_max_num_queries(4):
        assert len(as_viewer.get(STOPS).json()["stops"]) == 5


def test_an_editor_releases_a_channel(as_editor: APIClient) -> None:
    channel = a_channel()
    path = f"/api/channels/{channel.pk}"
    assert as_editor.post(f"{path}/release").status_code == 409
    ChannelFlow.objects.create(channel=channel, stopped_at=timezone.now())
    Channel.objects.filter(pk=channel.pk).update(account_id="did:1")
    ChannelFace.objects.create(channel=channel, picture=b"x", content_type="image/webp")
    shown = as_editor.post(f"{path}/release").json()["channel"]
    assert (shown["id"], shown["stopped_at"]) == (str(channel.pk), None)
    assert shown["account"]["avatar_url"] == f"{path}/avatar"
    assert ChannelFlow.objects.get().stopped_at is None


def test_an_editor_lets_a_channel_go_on(
    as_editor: APIClient, as_viewer: APIClient
) -> None:
    publication = a_publication()
    path = f"/api/channels/{publication.channel_id}/resume"
    counts = {"due": 1, "late": 0, "upcoming": 0}
    assert as_viewer.get(path).json()["held_up"] == counts
    assert as_viewer.post(path, {"how": "skipped"}).status_code == 403
    assert as_editor.post(path, {"how": "whenever"}).status_code == 400
    assert as_editor.post(path, {"how": "skipped"}).json()["held_up"] == counts
    assert Publication.objects.get().state == "skipped"


def test_a_models_pace_is_shown_and_set(
    as_admin: APIClient, as_editor: APIClient
) -> None:
    CreatorFactory(slug="lea")
    path = "/api/models/lea/pace"
    shown = as_editor.get(path).json()["pace"]
    assert (shown["min_spacing_minutes"], shown["daily_cap"]) == (None, None)
    assert as_editor.patch(path, {"daily_cap": 3}).status_code == 403
    shown = as_admin.patch(path, {"daily_cap": 3}).json()["pace"]
    assert (shown["daily_cap"], shown["holds"]["daily_cap"]) == (3, 3)
    shown = as_admin.patch(path, {"daily_cap": None}).json()["pace"]
    assert shown["daily_cap"] is None
    for bad in ({"daily_cap": -1}, {"daily_cap": "3"}, {"min_spacing_minutes": 9999}):
        assert as_admin.patch(path, bad).status_code == 400
    assert as_admin.get("/api/models/nobody/pace").status_code == 404


def test_a_channel_shows_that_it_was_stopped_or_rests(
    as_viewer: APIClient, django_assert_max_num_queries: Any
) -> None:
    now = timezone.now()
    later = now + timedelta(hours=1)
    stopped, resting, rested = a_channel(), a_channel(), a_channel()
    ChannelFlow.objects.create(channel=stopped, stopped_at=now)
    ChannelFlow.objects.create(channel=resting, blocked_until=later)
    ChannelFlow.objects.create(channel=rested, blocked_until=now)
    a_channel()
    with django_assert_max_num_queries(5):
        shown = as_viewer.get("/api/channels").json()["channels"]
    found = {one["id"]: (one["stopped_at"], one["blocked_until"]) for one in shown}
    assert found[str(stopped.pk)][0] is not None
    assert found[str(resting.pk)][0] is None
    assert datetime.fromisoformat(found[str(resting.pk)][1]) == later
    assert found[str(rested.pk)] == (None, None)
    assert len(found) == 4
