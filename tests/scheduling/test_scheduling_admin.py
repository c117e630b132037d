"""Channels, posts and publications in Django's admin."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from promura_site.models import User
from scheduling import credentials
from scheduling.models import Channel, ChannelFlow, PanicStop, Post, Publication
from scheduling.publishing.publisher import Publisher
from tests.factories import CreatorFactory
from tests.scheduling.planning import SECRET, a_channel, a_publication, a_webhook, put

pytestmark = pytest.mark.django_db

CHANNELS = "/admin/scheduling/channel/"
POSTS = "/admin/scheduling/post/"
PUBLICATIONS = "/admin/scheduling/publication/"
STOPS = "/admin/scheduling/panicstop/"
FLOWS = "/admin/scheduling/channelflow/"
P = Publication.State


@pytest.fixture
def site(browse: Callable[[User], Client], admin: User) -> Client:
    return browse(admin)


def run(site: Client, address: str, action: str, *rows: Any) -> str:
    body = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    response = site.post(address, body, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_a_channel_is_connected_and_its_credentials_are_never_shown(
    site: Client,
) -> None:
    sign_in = {"url": "http://127.0.0.1:9/hook", "secret": SECRET, "idempotent": False}
    body = {
        "creator": str(CreatorFactory().pk),
        "platform": "webhook",
        "connector": "",
        "handle": "@lea",
        "language": "en",
        "max_rating": "0",
        "is_active": "on",
        "sign_in": json.dumps(sign_in),
    }
    response = site.post(f"{CHANNELS}add/", body)
    assert response.status_code == 302, response.context["adminform"].form.errors
    channel = Channel.objects.get()
    assert channel.connector == "webhook"
    assert credentials.decrypt(channel.credentials) == sign_in
    page = site.get(f"{CHANNELS}{channel.pk}/change/").content.decode()
    assert SECRET not in page
    assert channel.credentials not in page
    changed = site.post(
        f"{CHANNELS}{channel.pk}/change/",
        {"handle": "@lea2", "language": "de", "max_rating": "1", "sign_in": ""},
    )
    assert changed.status_code == 302
    channel.refresh_from_db()
    assert (channel.handle, channel.is_active) == ("@lea2", False)
    assert credentials.decrypt(channel.credentials) == sign_in


@pytest.mark.parametrize("broken", ["", "{"])
def test_credentials_are_not_repeated_when_the_form_is_refused(
    site: Client, broken: str
) -> None:
    body = {"platform": "webhook", "sign_in": json.dumps({"secret": SECRET}) + broken}
    response = site.post(f"{CHANNELS}add/", body)
    assert response.status_code == 200
    assert "This field is required." in response.content.decode()
    assert SECRET not in response.content.decode()


def test_an_account_that_is_taken_is_refused_in_words(site: Client) -> None:
    a_channel(handle="@lea")
    body = {
        "creator": str(CreatorFactory().pk),
        "platform": "instagram",
        "handle": "@lea",
        "language": "en",
        "max_rating": "0",
        "is_active": "on",
    }
    page = site.post(f"{CHANNELS}add/", body, follow=True).content.decode()
    assert "This account is connected already." in page
    assert Channel.objects.count() == 1


def test_channels_are_verified_and_taken_out_of_use(site: Client) -> None:
    good, bad = a_channel(), a_webhook("http://127.0.0.1:9/hook")
    page = run(site, CHANNELS, "verify", good, bad)
    assert "1 done." in page
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.health, bad.health) == ("good", "degraded")
    run(site, CHANNELS, "deactivate", good)
    good.refresh_from_db()
    assert not good.is_active
    assert site.post(f"{CHANNELS}{good.pk}/delete/").status_code == 403


def test_posts_are_shown_retried_cancelled_and_copied(site: Client) -> None:
    failed = put(a_publication(), state=P.FAILED)
    planned = a_publication()
    assert site.get(POSTS).status_code == 200
    assert site.get(f"{POSTS}{failed.post_id}/change/").status_code == 200
    page = run(site, POSTS, "retry", failed.post, planned.post)
    assert "1 done." in page
    assert "has failed or was missed" in page
    failed.refresh_from_db()
    assert failed.state == P.SCHEDULED
    run(site, POSTS, "cancel", planned.post)
    planned.refresh_from_db()
    assert planned.state == P.CANCELLED
    run(site, POSTS, "duplicate", planned.post)
    assert Post.objects.filter(state="draft").count() == 1
    assert site.post(f"{POSTS}{planned.post_id}/delete/").status_code == 403
    assert site.get(f"{POSTS}add/").status_code == 403


def test_publications_are_settled_with_their_attempts_in_sight(site: Client) -> None:
    there = put(a_publication(), state=P.UNKNOWN, in_doubt=True)
    missing = put(a_publication(), state=P.UNKNOWN, in_doubt=True)
    run(site, PUBLICATIONS, "settle_published", there)
    run(site, PUBLICATIONS, "settle_not_published", missing)
    for publication, state in ((there, P.PUBLISHED), (missing, P.FAILED)):
        publication.refresh_from_db()
        assert publication.state == state
    run(site, PUBLICATIONS, "retry", missing)
    Publisher().run_once()
    missing.refresh_from_db()
    assert missing.state == P.PUBLISHED
    page = site.get(f"{PUBLICATIONS}{missing.pk}/change/").content.decode()
    assert "accepted" in page
    assert site.get(PUBLICATIONS).status_code == 200
    waiting = a_publication()
    run(site, PUBLICATIONS, "cancel", waiting)
    waiting.refresh_from_db()
    assert waiting.state == P.CANCELLED


def test_nothing_is_written_by_hand(site: Client) -> None:
    publication = a_publication()
    site.post(
        f"{PUBLICATIONS}{publication.pk}/change/",
        {
            "state": "published",
            "content": "forged",
            "attempts-TOTAL_FORMS": "0",
            "attempts-INITIAL_FORMS": "0",
        },
    )
    publication.refresh_from_db()
    assert (publication.state, publication.content) == (P.SCHEDULED, "Good morning")


def test_the_list_says_in_words_why_a_publication_waits(
    site: Client, django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        at = timezone.now() - timedelta(minutes=5)
        put(a_publication(), next_attempt_at=at)
    with django_assert_max_num_queries(12):
        page = site.get(PUBLICATIONS).content.decode()
    assert page.count("No publisher is running.") == 3
    publication = Publication.objects.first()
    assert publication is not None
    shown = site.get(f"{PUBLICATIONS}{publication.pk}/change/").content.decode()
    assert "No publisher is running." in shown
    assert "start publisher" in shown


def test_a_panic_stop_is_read_and_lifted_by_its_service(
    site: Client, admin: User
) -> None:
    creator = CreatorFactory(name="Lea Moss")
    stop = PanicStop.objects.create(
        key=str(creator.pk),
        creator=creator,
        reason="Wrong pictures",
        stopped_by=admin,
        stopped_at=timezone.now(),
    )
    page = site.get(STOPS).content.decode()
    assert "Lea Moss" in page
    assert "Wrong pictures" in page
    assert site.get(f"{STOPS}add/").status_code == 403
    assert site.get(f"{STOPS}{stop.pk}/change/").status_code == 200
    assert "1 done." in run(site, STOPS, "let_go_on", stop)
    assert not PanicStop.objects.exists()


def test_an_account_that_a_burst_has_stopped_goes_on_by_its_service(
    site: Client,
) -> None:
    flow = ChannelFlow.objects.create(channel=a_channel(), stopped_at=timezone.now())
    resting = ChannelFlow.objects.create(channel=a_channel())
    assert "failures" in site.get(f"{FLOWS}{flow.pk}/change/").content.decode().lower()
    said = run(site, FLOWS, "release", flow, resting)
    assert "1 done." in said
    assert "is not stopped" in said
    flow.refresh_from_db()
    assert flow.stopped_at is None
