"""The publisher over real connectors: what is due goes out, and doubts are settled."""

import hashlib
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from metrics.models import ErrorEvent
from promura_site.models import Heartbeat
from scheduling.models import (
    Channel,
    ChannelFlow,
    PanicStop,
    Publication,
    PublishAttempt,
)
from scheduling.publishing import ledger
from scheduling.publishing.connectors.base import (
    PublishError,
    PublishRequest,
    Receipt,
    Recovery,
)
from scheduling.publishing.connectors.outbox import OutboxConnector
from scheduling.publishing.publisher import STUCK_SECONDS, Publisher
from tests.loopback import Behaviour, Receiver
from tests.scheduling.planning import (
    SECRET,
    a_channel,
    a_publication,
    a_webhook,
    due_again,
    published,
    put,
    stored_picture,
)

pytestmark = pytest.mark.django_db

P = Publication.State


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(secret=SECRET, honours_keys=True) as receiver:
        yield receiver


def test_a_due_post_is_written_to_the_outbox_with_its_media() -> None:
    picture = stored_picture(alt_text="Lea")
    publication = published(a_publication(media_ids=[picture.pk], content="Hello"))
    assert publication.state == P.PUBLISHED
    (found,) = (
        path
        for path in Path(settings.OUTBOX_DIR).rglob("post.json")
        if json.loads(path.read_text())["publication_id"] == str(publication.pk)
    )
    post = json.loads(found.read_text())
    assert (post["content"], post["media"][0]["alt_text"]) == ("Hello", "Lea")
    sent = (found.parent / post["media"][0]["file"]).read_bytes()
    assert hashlib.sha256(sent).hexdigest() == post["media"][0]["sha256"]


def test_a_due_post_is_delivered_to_a_webhook(receiver: Receiver) -> None:
    publication = published(a_publication(a_webhook(receiver.url), content="Hello"))
    assert publication.state == P.PUBLISHED
    (delivery,) = receiver.deliveries
    assert delivery.verified
    assert delivery.key == publication.idempotency_key
    assert delivery.json["data"]["content"] == "Hello"
    assert publication.external_id == f"remote-{publication.idempotency_key}"


def test_the_attempts_keep_what_the_receiver_answered(receiver: Receiver) -> None:
    receiver.script(Behaviour(status=429, body=b"Busy"), Behaviour(body=b'{"id": 7}'))
    publication = published(a_publication(a_webhook(receiver.url)))
    published(due_again(publication))
    first, second = (one.reply for one in publication.attempts.order_by("number"))
    assert first.startswith("429 in ")
    assert first.endswith(" ms: Busy")
    assert second.endswith(' ms: {"id": 7}')


def test_a_busy_platform_is_asked_again_when_it_says(receiver: Receiver) -> None:
    receiver.script(Behaviour(status=429, headers={"Retry-After": "300"}))
    publication = published(a_publication(a_webhook(receiver.url)))
    assert (publication.state, publication.error_code) == (P.RETRY, "rate_limited")
    wait = publication.next_attempt_at - timezone.now()
    assert timedelta(seconds=290) < wait <= timedelta(seconds=300)
    assert published(publication).state == P.RETRY
    ChannelFlow.objects.update(blocked_until=timezone.now())
    assert published(due_again(publication)).state == P.PUBLISHED
    assert list(receiver.received_by_key.values()) == [2]
    assert len(receiver.received_by_body) == 1


def test_a_platform_that_wants_to_wait_too_long_makes_it_missed_in_time(
    receiver: Receiver, as_viewer: APIClient
) -> None:
    receiver.script(Behaviour(status=429, headers={"Retry-After": "7200"}))
    publication = published(a_publication(a_webhook(receiver.url)))
    assert publication.state == P.RETRY
    late = publication.next_attempt_at - publication.late_after
    assert timedelta(0) < late <= timedelta(seconds=1)
    shown = as_viewer.get(f"/api/publications/{publication.pk}").json()["publication"]
    assert "429" in shown["reason"]["text"]
    assert shown["reason"]["text"].endswith("it will count as missed.")
    past = timezone.now() - timedelta(seconds=1)
    put(publication, next_attempt_at=past, late_after=past - timedelta(seconds=1))
    assert published(publication).state == P.MISSED
    assert (publication.error_code, len(receiver.deliveries)) == ("rate_limited", 1)


def test_a_platform_out_of_reach_is_tried_again() -> None:
    publication = published(a_publication(a_webhook("http://127.0.0.1:9/hook")))
    assert (publication.state, publication.error_code) == (P.RETRY, "unreachable")


def test_a_refusal_is_final(receiver: Receiver) -> None:
    receiver.script(Behaviour(status=422, body=b'{"message": "Too rude"}'))
    publication = published(a_publication(a_webhook(receiver.url)))
    assert publication.state == P.FAILED
    assert "Too rude" in publication.error
    assert published(publication).state == P.FAILED
    assert len(receiver.deliveries) == 1


@pytest.mark.parametrize(
    "lost", [Behaviour(drop="after"), Behaviour(status=500, accepts=True)]
)
def test_a_lost_reply_is_made_good_under_the_same_key(
    receiver: Receiver, lost: Behaviour
) -> None:
    receiver.script(lost)
    publication = published(a_publication(a_webhook(receiver.url, idempotent=True)))
    assert (publication.state, publication.in_doubt) == (P.UNKNOWN, True)
    assert published(due_again(publication)).state == P.PUBLISHED
    assert list(receiver.effects_by_key.values()) == [1]
    outcomes = PublishAttempt.objects.values_list("outcome", flat=True)
    assert list(outcomes) == ["unknown", "accepted"]


def test_a_lost_reply_without_a_promise_waits_for_a_person(receiver: Receiver) -> None:
    receiver.script(Behaviour(drop="after"))
    publication = published(a_publication(a_webhook(receiver.url)))
    assert publication.state == P.UNKNOWN
    assert publication.next_attempt_at is None
    assert published(publication).state == P.UNKNOWN
    assert len(receiver.deliveries) == 1


def test_after_the_window_nothing_is_sent_under_an_old_key(receiver: Receiver) -> None:
    receiver.script(Behaviour(drop="after"))
    publication = published(a_publication(a_webhook(receiver.url, idempotent=True)))
    due_again(publication)
    put(publication, first_attempt_at=timezone.now() - timedelta(hours=25))
    assert published(publication).state == P.UNKNOWN
    assert publication.next_attempt_at is None
    assert len(receiver.deliveries) == 1


def test_nothing_is_sent_again_to_an_account_out_of_use(receiver: Receiver) -> None:
    receiver.script(Behaviour(drop="after"))
    publication = published(a_publication(a_webhook(receiver.url, idempotent=True)))
    Channel.objects.update(is_active=False)
    due_again(publication)
    assert published(publication).state == P.UNKNOWN
    assert len(receiver.deliveries) == 1


class AskableConnector(OutboxConnector):
    """A platform that can be asked; `answers` says what it does."""

    name = "askable"
    platform = "askable"
    answers: dict[str, Any] = {}

    @property
    def recovery(self) -> Recovery:
        return Recovery.LOOKUP

    def publish(self, request: PublishRequest) -> Receipt:
        return self.answers["publish"](request)

    def lookup(self, request: PublishRequest) -> Receipt | None:
        return self.answers["lookup"](request)


def _raise(error: Exception) -> Any:
    raise error


@pytest.fixture
def askable(settings: Any) -> Channel:
    settings.PROMURA_CONNECTORS = {"askable": f"{__name__}.AskableConnector"}
    AskableConnector.answers = {
        "publish": lambda request: _raise(RuntimeError("broken")),
        "lookup": lambda request: Receipt("found", "https://example.com/found"),
    }
    return a_channel(platform="askable", connector="askable")


def test_a_connector_that_breaks_leaves_a_doubt_that_the_platform_settles(
    askable: Channel,
) -> None:
    publication = published(a_publication(askable))
    assert (publication.state, publication.error_code) == (P.UNKNOWN, "connector_fault")
    assert published(due_again(publication)).state == P.PUBLISHED
    assert publication.external_id == "found"
    assert PublishAttempt.objects.count() == 1


def test_what_the_platform_does_not_have_is_sent_again(askable: Channel) -> None:
    publication = published(a_publication(askable))
    AskableConnector.answers = {
        "publish": lambda request: Receipt("second"),
        "lookup": lambda request: None,
    }
    assert published(due_again(publication)).state == P.PUBLISHED
    assert publication.external_id == "second"


def test_a_platform_that_cannot_say_is_asked_again_later(askable: Channel) -> None:
    publication = published(a_publication(askable))
    error = PublishError("Busy.", permanent=False, code="unavailable")
    AskableConnector.answers["lookup"] = lambda request: _raise(error)
    assert published(due_again(publication)).state == P.UNKNOWN
    assert publication.next_attempt_at > timezone.now()


def test_a_connector_that_breaks_when_asked_is_asked_again_later(
    askable: Channel,
) -> None:
    publication = published(a_publication(askable))
    AskableConnector.answers["lookup"] = lambda request: _raise(RuntimeError("broken"))
    assert published(due_again(publication)).state == P.UNKNOWN
    assert publication.error_code == "connector_fault"
    assert publication.next_attempt_at > timezone.now()


def test_a_platform_is_asked_under_a_lease_that_outlasts_the_answer(
    askable: Channel, settings: Any
) -> None:
    settings.PUBLISH_LEASE = timedelta(seconds=5)
    publication = published(a_publication(askable))

    def look_up(request: PublishRequest) -> Receipt:
        row = Publication.objects.get(pk=publication.pk)
        left = row.lease_until - timezone.now()
        assert left.total_seconds() > AskableConnector.timeout
        return Receipt("found")

    AskableConnector.answers["lookup"] = look_up
    assert published(due_again(publication)).state == P.PUBLISHED


def test_failures_of_many_posts_are_one_row_of_the_record(receiver: Receiver) -> None:
    channel = a_webhook(receiver.url)
    receiver.script(*[Behaviour(status=422)] * 3)
    for _ in range(3):
        a_publication(channel)
    Publisher().run_once()
    error = ErrorEvent.objects.get()
    assert (error.type, error.count) == ("publishing.refused", 3)
    assert error.where == "webhook by webhook"


def test_a_sign_in_that_cannot_be_read_is_waited_for() -> None:
    publication = published(a_publication(a_channel(credentials="nonsense")))
    assert (publication.state, publication.error_code) == (P.RETRY, "needs_sign_in")
    assert Channel.objects.get().health == "needs_sign_in"


def test_a_connector_that_is_not_installed_fails_and_says_so() -> None:
    publication = published(a_publication(a_channel(connector="gone")))
    assert publication.error_code == "unknown_connector"


def test_the_command_publishes_once_and_ends(capsys: Any) -> None:
    publication = a_publication()
    call_command("publisher", "--once")
    assert "1 taken in hand" in capsys.readouterr().out
    publication.refresh_from_db()
    assert publication.state == P.PUBLISHED
    with pytest.raises(CommandError):
        call_command("publisher", "--interval", "0")


def test_publishing_is_unhealthy_when_posts_are_due_and_nobody_beats() -> None:
    url = "/healthz/publishing"
    assert Client().get(url).status_code == 200
    publication = a_publication()
    response = Client().get(url)
    assert response.status_code == 503
    assert "1 due" in response.json()["checks"]["publisher"]["detail"]
    Publisher().beat()
    assert Client().get(url).status_code == 200
    Heartbeat.objects.update(beaten_at=timezone.now() - timedelta(seconds=61))
    assert Client().get(url).status_code == 503
    put(publication, state=P.PUBLISHED)
    assert Client().get(url).status_code == 200


def test_the_heart_beats_by_the_databases_clock_and_only_while_rounds_are_made() -> (
    None
):
    publisher = Publisher()
    publisher.beat()
    publisher.beat()
    (beat,) = Heartbeat.objects.all()
    assert (beat.name, beat.kind) == (publisher.name, "publisher")
    assert abs(beat.beaten_at - timezone.now()) < timedelta(seconds=10)
    Heartbeat.objects.all().delete()
    publisher._round_at -= STUCK_SECONDS + 1
    publisher.beat()
    assert not Heartbeat.objects.exists()


def test_a_round_that_fails_is_no_sign_of_life(monkeypatch: Any) -> None:
    publisher = Publisher(interval=0.01)
    publisher._round_at -= STUCK_SECONDS + 1
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "claim", lambda limit: _raise(RuntimeError("broken")))
        with pytest.raises(RuntimeError):
            publisher._round()
    publisher.beat()
    assert not Heartbeat.objects.exists()
    publisher._round()
    publisher.beat()
    assert Heartbeat.objects.exists()


def test_what_waits_for_its_channel_is_not_due_for_a_publisher() -> None:
    a_publication(a_channel(is_active=True))
    Channel.objects.update(is_active=False)
    assert Client().get("/healthz/publishing").status_code == 200


def test_what_a_person_or_a_brake_holds_back_is_not_due_for_a_publisher() -> None:
    now = timezone.now()
    a_publication(a_channel(platform="x", connector="handover"))
    signed_out = a_channel(health=Channel.Health.NEEDS_SIGN_IN)
    burst, resting = a_channel(), a_channel()
    ChannelFlow.objects.create(channel=burst, stopped_at=now)
    ChannelFlow.objects.create(channel=resting, blocked_until=now + timedelta(hours=1))
    for channel in (signed_out, burst, resting):
        a_publication(channel)
    spaced = a_publication()
    put(spaced, next_attempt_at=now + timedelta(minutes=5), error_code="spacing")
    stopped = a_publication()
    creator = stopped.channel.creator
    PanicStop.objects.create(key=str(creator.pk), creator=creator, stopped_at=now)
    assert Client().get("/healthz/publishing").status_code == 200
    PanicStop.objects.all().delete()
    response = Client().get("/healthz/publishing")
    assert response.status_code == 503
    assert "1 due" in response.json()["checks"]["publisher"]["detail"]


@pytest.mark.django_db(transaction=True)
def test_the_loop_publishes_what_gets_due_and_ends_when_told(
    receiver: Receiver,
) -> None:
    publication = a_publication(a_webhook(receiver.url))
    publisher = Publisher(interval=0.02)
    thread = threading.Thread(target=publisher.run)
    thread.start()
    try:
        assert receiver.wait_for(1, 30)
    finally:
        publisher.stop()
        thread.join(30)
    assert not thread.is_alive()
    publication.refresh_from_db()
    assert publication.state == P.PUBLISHED
