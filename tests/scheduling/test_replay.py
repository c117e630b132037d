"""Sending again what a webhook's receiver has lost."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from metrics.models import AuditEvent
from promura_site.models import User
from scheduling.models import (
    Channel,
    ChannelFlow,
    PanicStop,
    Publication,
    PublishAttempt,
)
from scheduling.services.replay import MOST_OF_ONE
from scheduling.services.takedown import finish_takedown, take_down_publication
from tests.factories import UserFactory
from tests.loopback import Behaviour, Receiver
from tests.scheduling.planning import (
    SECRET,
    a_publication,
    a_webhook,
    published,
    put,
    stored_picture,
)

pytestmark = pytest.mark.django_db

P = Publication.State
NOBODY = "/api/publications/0195f1d2-7c00-7000-8000-000000000001/replay"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(secret=SECRET) as receiver:
        yield receiver


def replay(client: APIClient, publication: Publication) -> Any:
    return client.post(f"/api/publications/{publication.pk}/replay")


def as_it_stands(publication: Publication) -> dict[str, Any]:
    row = Publication.objects.filter(pk=publication.pk).values().get()
    return {name: value for name, value in row.items() if name != "updated_at"}


def test_a_replay_is_the_same_bytes_under_the_same_id(
    receiver: Receiver, as_editor: APIClient
) -> None:
    picture = stored_picture()
    channel = a_webhook(receiver.url)
    publication = published(a_publication(channel, media_ids=[picture.pk]))
    before = as_it_stands(publication)
    response = replay(as_editor, publication)
    assert response.status_code == 200
    first, second = receiver.deliveries
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert second.verified
    assert as_it_stands(publication) == before
    answer = response.json()
    assert answer["message"] == "Sent again: the receiver took it"
    assert answer["publication"]["status"] == "published"


def test_a_replay_is_one_more_line_of_the_log(
    receiver: Receiver, as_editor: APIClient, as_viewer: APIClient
) -> None:
    publication = published(a_publication(a_webhook(receiver.url)))
    receiver.script(Behaviour(body=b'{"ok": 1}'))
    attempt = replay(as_editor, publication).json()["attempt"]
    shown = as_viewer.get(f"/api/publications/{publication.pk}").json()
    assert [one["kind"] for one in shown["attempts"]] == ["send", "replay"]
    assert shown["attempts"][1] == attempt
    assert (attempt["number"], attempt["outcome"]) == (2, "accepted")
    assert attempt["reply"].startswith("200 in ")
    assert attempt["reply"].endswith(' ms: {"ok": 1}')
    assert attempt["finished_at"] >= attempt["started_at"]
    assert shown["publication"]["attempts"] == 1
    assert AuditEvent.objects.filter(action="publication.replayed").count() == 1


@pytest.mark.parametrize(
    ("behaviour", "outcome", "code"),
    [
        (Behaviour(status=422, body=b"No"), "refused", "refused"),
        (Behaviour(status=429), "deferred", "rate_limited"),
        (Behaviour(status=500), "unknown", "server_error"),
        (Behaviour(drop="after"), "unknown", "reply_lost"),
    ],
)
@pytest.mark.parametrize("state", [P.PUBLISHED, P.FAILED])
def test_whatever_comes_of_it_the_publication_stays_as_it_was(
    receiver: Receiver,
    as_editor: APIClient,
    behaviour: Behaviour,
    outcome: str,
    code: str,
    state: str,
) -> None:
    publication = put(published(a_publication(a_webhook(receiver.url))), state=state)
    before = as_it_stands(publication)
    receiver.script(behaviour)
    attempt = replay(as_editor, publication).json()["attempt"]
    assert (attempt["outcome"], attempt["error_code"]) == (outcome, code)
    assert SECRET not in str(attempt)
    assert as_it_stands(publication) == before


@pytest.mark.parametrize(
    "fields",
    [
        {"state": P.SCHEDULED},
        {"state": P.UNKNOWN},
        {"state": P.CANCELLED},
        {"payload": None},
        {"first_attempt_at": None},
    ],
)
def test_only_what_was_sent_and_is_over_can_be_replayed(
    receiver: Receiver, as_editor: APIClient, fields: dict[str, Any]
) -> None:
    publication = published(a_publication(a_webhook(receiver.url)))
    later = timezone.now() + timedelta(hours=1)
    put(publication, next_attempt_at=later, late_after=later, **fields)
    response = replay(as_editor, publication)
    assert (response.status_code, response.json()["code"]) == (409, "nothing_to_replay")
    assert len(receiver.deliveries) == 1


def test_only_webhooks_are_replayed(as_editor: APIClient) -> None:
    publication = published(a_publication())
    assert publication.state == P.PUBLISHED
    assert replay(as_editor, publication).status_code == 409
    Channel.objects.update(connector="no-such")
    assert replay(as_editor, publication).status_code == 409


def _out_of_use(channel: Channel) -> None:
    Channel.objects.update(is_active=False)


def _signed_out(channel: Channel) -> None:
    Channel.objects.update(health=Channel.Health.NEEDS_SIGN_IN)


def _all_stopped(channel: Channel) -> None:
    PanicStop.objects.create(key=PanicStop.EVERYONE, stopped_at=timezone.now())


def _model_stopped(channel: Channel) -> None:
    creator = channel.creator
    PanicStop.objects.create(
        key=str(creator.pk), creator=creator, stopped_at=timezone.now()
    )


def _burst(channel: Channel) -> None:
    now = timezone.now()
    ChannelFlow.objects.update_or_create(channel=channel, defaults={"stopped_at": now})


@pytest.mark.parametrize(
    "close", [_out_of_use, _signed_out, _all_stopped, _model_stopped, _burst]
)
def test_nothing_is_replayed_on_a_closed_channel(
    receiver: Receiver, as_editor: APIClient, close: Any
) -> None:
    publication = published(a_publication(a_webhook(receiver.url)))
    close(publication.channel)
    response = replay(as_editor, publication)
    assert (response.status_code, response.json()["code"]) == (409, "channel_closed")
    assert len(receiver.deliveries) == 1


def test_what_is_taken_down_is_not_sent_again(
    receiver: Receiver, as_editor: APIClient
) -> None:
    publication = published(a_publication(a_webhook(receiver.url)))
    person, now = UserFactory(), timezone.now()
    take_down_publication(publication.pk, actor=person, now=now)
    response = replay(as_editor, publication)
    assert (response.status_code, response.json()["code"]) == (409, "taken_down")
    finish_takedown(publication.pk, actor=person, now=now)
    assert replay(as_editor, publication).json()["code"] == "taken_down"
    assert len(receiver.deliveries) == 1


def test_a_sign_in_that_cannot_be_read_is_told(
    receiver: Receiver, as_editor: APIClient
) -> None:
    publication = published(a_publication(a_webhook(receiver.url)))
    Channel.objects.update(credentials="torn")
    assert replay(as_editor, publication).json()["code"] == "needs_sign_in"


def test_replays_are_limited(receiver: Receiver, as_editor: APIClient) -> None:
    publication = published(a_publication(a_webhook(receiver.url)))
    for _ in range(MOST_OF_ONE):
        assert replay(as_editor, publication).status_code == 200
    response = replay(as_editor, publication)
    assert (response.status_code, response.json()["code"]) == (429, "too_many_replays")
    assert response["Retry-After"] == "600"
    assert len(receiver.deliveries) == 1 + MOST_OF_ONE
    PublishAttempt.objects.update(started_at=timezone.now() - timedelta(minutes=11))
    assert replay(as_editor, publication).status_code == 200


def test_one_replay_at_a_time_and_a_dead_one_is_given_up(
    receiver: Receiver, as_editor: APIClient
) -> None:
    publication = published(a_publication(a_webhook(receiver.url)))
    running = PublishAttempt.objects.create(
        publication=publication,
        kind=PublishAttempt.Kind.REPLAY,
        number=2,
        fence=publication.fence,
        publisher="jo",
        started_at=timezone.now(),
    )
    assert replay(as_editor, publication).json()["code"] == "replay_running"
    long_ago = timezone.now() - timedelta(minutes=2)
    PublishAttempt.objects.filter(pk=running.pk).update(started_at=long_ago)
    assert replay(as_editor, publication).status_code == 200
    running.refresh_from_db()
    assert (running.outcome, running.error_code) == ("unknown", "publisher_lost")


def test_replays_do_not_count_as_sends(
    receiver: Receiver, as_editor: APIClient
) -> None:
    receiver.script(Behaviour(status=422))
    publication = published(a_publication(a_webhook(receiver.url)))
    assert publication.state == P.FAILED
    replay(as_editor, publication)
    as_editor.post(f"/api/publications/{publication.pk}/retry")
    assert published(publication).state == P.PUBLISHED
    outcomes = publication.attempts.order_by("number").values_list("kind", "outcome")
    assert list(outcomes) == [
        ("send", "refused"),
        ("replay", "accepted"),
        ("send", "accepted"),
    ]


def test_who_may_replay(
    receiver: Receiver, as_viewer: APIClient, as_editor: APIClient, anonymous: APIClient
) -> None:
    publication = published(a_publication(a_webhook(receiver.url)))
    assert replay(anonymous, publication).status_code == 401
    assert replay(as_viewer, publication).status_code == 403
    assert as_editor.post(NOBODY).status_code == 404
    assert len(receiver.deliveries) == 1


def test_the_log_is_shown_at_a_fixed_cost(
    receiver: Receiver, as_editor: APIClient, django_assert_max_num_queries: Any
) -> None:
    publication = published(a_publication(a_webhook(receiver.url)))
    for _ in range(3):
        replay(as_editor, publication)
    with django_assert_max_num_queries(6):
        as_editor.get(f"/api/publications/{publication.pk}")


def test_the_admin_replays_and_shows_the_log(
    receiver: Receiver, admin_client: Client, admin_user: User
) -> None:
    rows = [published(a_publication(a_webhook(receiver.url))) for _ in range(2)]
    receiver.script(Behaviour(), Behaviour(status=422, body=b"No"))
    response = admin_client.post(
        reverse("admin:scheduling_publication_changelist"),
        {"action": "replay", "_selected_action": [str(row.pk) for row in rows]},
    )
    said = [str(one) for one in get_messages(response.wsgi_request)]
    assert said[0] == "1 done."
    assert said[1].endswith("The receiver answered 422.")
    page = reverse("admin:scheduling_publication_change", args=[rows[0].pk])
    text = admin_client.get(page).content.decode()
    assert "200 in " in text
    assert SECRET not in text
    response = admin_client.post(
        reverse("admin:scheduling_publication_changelist"),
        {
            "action": "replay",
            "_selected_action": [
                str(a_publication(a_webhook(receiver.url)).pk) for _ in range(6)
            ],
        },
    )
    (message,) = (str(one) for one in get_messages(response.wsgi_request))
    assert message == "Choose at most 5 to send again at once."
