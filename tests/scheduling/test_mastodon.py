"""The mastodon connector against a server on loopback that speaks its API."""

import contextlib
import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduling.models import Publication
from scheduling.publishing.connectors.base import (
    ConnectorOptions,
    CredentialsInvalid,
    Engagement,
    OutcomeUnknown,
    PublishError,
    Recovery,
)
from scheduling.publishing.connectors.mastodon import MastodonConnector
from scheduling.publishing.publisher import STOP_SECONDS
from tests.loopback import Behaviour, Receiver
from tests.platforms.mastodon import TOKEN, MastodonServer
from tests.platforms.platform import saying, told
from tests.scheduling.planning import (
    a_mastodon,
    a_publication,
    due_again,
    published,
    stored_picture,
)
from tests.scheduling.publications import a_media_file, a_request

STATUSES = "POST /api/v1/statuses"
P = Publication.State


@pytest.fixture
def server() -> Iterator[MastodonServer]:
    with MastodonServer() as running:
        yield running


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MastodonConnector, "first_poll", 0.01)


def options(**changes: Any) -> ConnectorOptions:
    values = {"outbox_dir": Path("/nonexistent"), "allow_private_targets": True}
    return ConnectorOptions(**{**values, **changes})


def mastodon(server: Receiver, token: str = TOKEN) -> MastodonConnector:
    return MastodonConnector(
        {"server": server.origin, "access_token": token}, options()
    )


def picture(number: int = 1, **changes: Any) -> Any:
    data = f"picture {number}".encode()
    return a_media_file(data, alt_text=f"Lea, number {number}", **changes)


def text_request(**changes: Any) -> Any:
    return a_request(**{"media": (), "content": "Good morning", **changes})


def failure(connector: MastodonConnector, **changes: Any) -> PublishError:
    with pytest.raises(PublishError) as caught:
        connector.publish(text_request(**changes))
    return caught.value


def test_a_text_becomes_a_status_in_its_language(server: MastodonServer) -> None:
    receipt = mastodon(server).publish(text_request(language="pt-BR"))
    (status,) = server.statuses.values()
    assert (status["status"], status["language"]) == ("Good morning", "pt-BR")
    assert receipt.external_id == status["id"]
    assert receipt.url == f"https://social.example/@lea/{status['id']}"
    (delivery,) = server.asked(STATUSES)
    assert delivery.headers["Idempotency-Key"] == "key-1"


def test_media_go_along_in_order_with_their_alt_texts(server: MastodonServer) -> None:
    pictures = tuple(picture(number) for number in (1, 2, 3, 4))
    mastodon(server).publish(text_request(media=pictures))
    (status,) = server.statuses.values()
    sent = [server.media[one] for one in status["media_ids"]]
    assert [item["data"] for item in sent] == [b"picture %d" % n for n in (1, 2, 3, 4)]
    assert sent[3]["description"] == "Lea, number 4"
    assert sent[0]["type"] == "image/jpeg"


def test_a_clip_is_waited_for_until_the_server_has_worked_on_it(
    server: MastodonServer,
) -> None:
    server.polls = 3
    clip = a_media_file(b"clip", content_type="video/mp4", alt_text="")
    mastodon(server).publish(text_request(media=(clip,)))
    assert len(server.asked("GET /api/v1/media/1")) == 3
    (status,) = server.statuses.values()
    assert server.media[status["media_ids"][0]]["description"] is None


def test_a_clip_that_takes_too_long_is_tried_again_and_not_posted(
    server: MastodonServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MastodonConnector, "timeout", 25.5)
    server.polls = 10_000
    error = failure(mastodon(server), media=(picture(),))
    assert (error.code, error.permanent) == ("media_too_slow", False)
    assert not isinstance(error, OutcomeUnknown)
    assert server.asked(STATUSES) == []


@pytest.mark.parametrize(
    ("media", "least", "most"),
    [
        ((), 30, 60),
        ((picture(),), 60, 90),
        ((picture(size_bytes=16_000_000),) * 4, 240, 240),
        ((a_media_file(b"clip", content_type="video/mp4"),), 240, 240),
    ],
)
def test_a_post_is_given_the_time_that_its_files_need(
    server: MastodonServer, media: Any, least: float, most: float
) -> None:
    seconds = mastodon(server).seconds_for(text_request(media=media))
    assert least <= seconds <= most <= MastodonConnector.timeout < STOP_SECONDS


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"content": "a" * 501}, "501 characters; at most 500"),
        ({"media": (picture(),) * 5}, "5 media are too many"),
        ({"media": (picture(content_type="image/tiff"),)}, "not taken"),
        ({"media": (picture(size_bytes=16_000_001),)}, "at most 16.0 MB"),
        (
            {"media": (picture(content_type="video/mp4", size_bytes=99_000_001),)},
            "at most 99.0 MB",
        ),
        (
            {"media": (picture(content_type="video/mp4"),) * 2},
            "2 clips are too many",
        ),
        (
            {"media": (picture(), picture(content_type="video/mp4"))},
            "A clip goes alone",
        ),
    ],
)
def test_what_the_server_would_refuse_is_not_sent(
    server: MastodonServer, changes: dict[str, Any], says: str
) -> None:
    error = failure(mastodon(server), **changes)
    assert (error.code, error.permanent) == ("over_limits", True)
    assert says in error.message
    assert server.connections == 0


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("abc", 3),
        ("👩‍👩‍👧‍👦 é", 3),
        ("https://x.test/" + "a" * 300, 23),
        ("see http://x.test.", 4 + 23 + 1),
        ("(https://x.test/a?b=c#d)", 23 + 2),
        ("https://a.test https://b.test", 23 + 1 + 23),
        ("@lea@far.away.example hi", 4 + 3),
        ("lea@far.away.example", 20),
        ("@lea", 4),
        ("ftp://x.test/long/way", 21),
    ],
)
def test_a_text_is_as_long_as_the_server_counts_it(text: str, length: int) -> None:
    assert MastodonConnector.text_length(text) == length


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_makes_the_channel_need_a_sign_in(
    server: MastodonServer, status: int
) -> None:
    server.fail(STATUSES, saying({"error": "Your login is disabled"}, status))
    error = failure(mastodon(server))
    assert (error.code, error.permanent) == ("needs_sign_in", True)
    assert f"answered {status}: Your login is disabled." in error.message


def test_a_wrong_token_is_told_by_verify_and_by_the_upload(
    server: MastodonServer,
) -> None:
    stranger = mastodon(server, "another")
    with pytest.raises(PublishError, match="The access token is invalid") as caught:
        stranger.verify()
    assert caught.value.code == "needs_sign_in"
    assert failure(stranger, media=(picture(),)).code == "needs_sign_in"


@pytest.mark.parametrize(
    ("status", "code"), [(404, "refused"), (410, "gone"), (413, "too_large")]
)
def test_a_refusal_is_permanent(server: MastodonServer, status: int, code: str) -> None:
    server.fail(STATUSES, Behaviour(status=status))
    error = failure(mastodon(server))
    assert (error.code, error.permanent) == (code, True)
    assert not isinstance(error, OutcomeUnknown)


def test_the_servers_reason_is_told(server: MastodonServer) -> None:
    server.fail(STATUSES, saying({"error": "Validation failed: Too rude"}, 422))
    error = failure(mastodon(server))
    assert (error.code, error.permanent) == ("refused", True)
    assert error.message.endswith("answered 422: Validation failed: Too rude.")


@pytest.mark.parametrize("route", [STATUSES, "POST /api/v2/media"])
def test_a_limit_is_waited_out(server: MastodonServer, route: str) -> None:
    reset = (datetime.now(UTC) + timedelta(seconds=90)).isoformat()
    limited = {"X-RateLimit-Reset": reset.replace("+00:00", "Z")}
    server.fail(
        route,
        Behaviour(status=429, headers=limited),
        Behaviour(status=429, headers={**limited, "Retry-After": "7"}),
        Behaviour(status=429, headers={"X-RateLimit-Reset": "soon"}),
    )
    waits = []
    for _ in range(3):
        error = failure(mastodon(server), media=(picture(),))
        assert (error.code, error.permanent) == ("rate_limited", False)
        waits.append(error.retry_after)
    assert 80 < (waits[0] or 0) <= 90
    assert waits[1:] == [7.0, None]
    assert server.statuses == {}


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_that_fails_over_a_status_may_have_posted_it(
    server: MastodonServer, status: int
) -> None:
    server.fail(STATUSES, Behaviour(status=status, accepts=True))
    error = failure(mastodon(server))
    assert isinstance(error, OutcomeUnknown)
    assert error.code == "server_error"


@pytest.mark.parametrize(
    "fault",
    [
        Behaviour(drop="after"),
        Behaviour(drop="before"),
        Behaviour(status=500),
        Behaviour(body=b"<html>"),
    ],
)
def test_a_failed_upload_is_known_not_to_be_posted(
    server: MastodonServer, fault: Behaviour
) -> None:
    server.fail("POST /api/v2/media", fault)
    error = failure(mastodon(server), media=(picture(),))
    assert not isinstance(error, OutcomeUnknown)
    assert error.permanent is False
    assert server.statuses == {}


@pytest.mark.parametrize(
    "fault",
    [
        Behaviour(drop="after"),
        Behaviour(status=502, accepts=True),
        Behaviour(body=b"<html>"),
        Behaviour(body=b'{"id": null}'),
    ],
)
def test_a_lost_reply_is_found_again_under_the_same_key(
    server: MastodonServer, fault: Behaviour
) -> None:
    server.fail(STATUSES, fault)
    connector = mastodon(server)
    assert isinstance(failure(connector, media=(picture(),)), OutcomeUnknown)
    receipt = connector.publish(text_request(media=(picture(),)))
    assert list(server.statuses) == [receipt.external_id]


def test_the_key_is_kept_for_longer_than_recovery_trusts_it(
    server: MastodonServer,
) -> None:
    connector = mastodon(server)
    assert connector.recovery is Recovery.IDEMPOTENT
    window = connector.recovery_window
    assert window == timedelta(minutes=50)
    connector.publish(text_request())
    begun = server.clock()
    latest = window.total_seconds() + connector.timeout
    server.clock = lambda: begun + latest
    connector.publish(text_request())
    assert len(server.statuses) == 1
    server.clock = lambda: begun + 3601
    connector.publish(text_request())
    assert len(server.statuses) == 2


def test_the_time_of_an_earlier_attempt_is_the_time_of_the_post(
    server: MastodonServer,
) -> None:
    now = datetime.now(UTC)
    request = text_request(first_attempt_at=now - timedelta(minutes=9))
    posted = now - timedelta(minutes=8)
    for said, known in [
        (posted.isoformat(), posted),
        ((now + timedelta(hours=1)).isoformat(), None),
        ((now - timedelta(hours=1)).isoformat(), None),
        ("yesterday", None),
        (None, None),
    ]:
        server.fail(STATUSES, saying({"id": "1", "created_at": said}))
        assert mastodon(server).publish(request).published_at == known


def test_a_server_that_redirects_is_not_followed(server: MastodonServer) -> None:
    elsewhere = {"Location": f"{server.origin}/elsewhere"}
    server.fail(STATUSES, Behaviour(status=308, headers=elsewhere, accepts=False))
    error = failure(mastodon(server))
    assert (error.code, error.permanent) == ("redirected", True)
    assert len(server.deliveries) == 1


def test_a_server_that_is_down_is_known_not_to_have_posted() -> None:
    with MastodonServer() as gone:
        connector = mastodon(gone)
    error = failure(connector)
    assert not isinstance(error, OutcomeUnknown)
    assert (error.code, error.permanent) == ("unreachable", False)


def test_verify_tells_whose_account_it_is(server: MastodonServer) -> None:
    account = mastodon(server).verify()
    host = f"127.0.0.1:{server.port}"
    assert account.external_id == f"23634@{host}"
    assert (account.handle, account.name) == (f"lea@{host}", "Lea")
    assert account.avatar_url == "https://files.example/lea.png"


def test_verify_finds_out_that_it_is_no_mastodon_server() -> None:
    with (
        Receiver(default=Behaviour(body=b"<html>")) as receiver,
        pytest.raises(PublishError, match="is it a Mastodon server"),
    ):
        mastodon(receiver).verify()


@pytest.mark.parametrize("batches", [True, False])
def test_engagement_is_read_of_many_at_once_where_the_server_can(
    server: MastodonServer, batches: bool
) -> None:
    server.batches = batches
    connector = mastodon(server)
    ids = [
        connector.publish(text_request(idempotency_key=f"key-{n}")).external_id
        for n in range(23)
    ]
    before = len(server.deliveries)
    found = connector.engagement([*ids, "no-such"])
    assert list(found) == ids
    assert found[ids[0]] == Engagement(likes=3, comments=2, shares=1)
    assert len(server.deliveries) - before == (2 if batches else 2 + 24)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Behaviour(status=401), "needs_sign_in"),
        (Behaviour(status=429), "rate_limited"),
        (Behaviour(status=500), "unavailable"),
        (Behaviour(drop="before"), "reply_lost"),
        (Behaviour(body=b"{}"), "unavailable"),
    ],
)
def test_engagement_that_cannot_be_told_is_an_error(
    server: MastodonServer, fault: Behaviour, code: str
) -> None:
    server.fail("GET /api/v1/statuses", fault)
    with pytest.raises(PublishError) as caught:
        mastodon(server).engagement(["1"])
    assert caught.value.code == code


def test_a_status_is_deleted_and_one_that_is_gone_is_no_error(
    server: MastodonServer,
) -> None:
    connector = mastodon(server)
    status_id = connector.publish(text_request()).external_id
    server.fail("DELETE", Behaviour(drop="before"))
    with pytest.raises(PublishError) as caught:
        connector.delete(status_id)
    assert caught.value.permanent is False
    connector.delete(status_id)
    assert server.statuses == {}
    connector.delete(status_id)
    connector.delete("../v1/accounts")
    assert server.deliveries[-1].path == "/api/v1/statuses/..%2Fv1%2Faccounts"


CALLS: list[Callable[[MastodonConnector], object]] = [
    lambda connector: connector.publish(text_request(media=(picture(),))),
    lambda connector: connector.publish(text_request()),
    lambda connector: connector.verify(),
    lambda connector: connector.engagement(["1"]),
    lambda connector: connector.delete("1"),
]
ECHO = json.dumps({"error": f"Bearer {TOKEN} is not known", "id": TOKEN}).encode()


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "fault",
    [
        *(
            Behaviour(status=status, body=ECHO, headers={"Location": f"/{TOKEN}"})
            for status in (301, 400, 401, 403, 404, 409, 422, 429, 500, 503)
        ),
        Behaviour(drop="before"),
        Behaviour(drop="after"),
    ],
)
def test_the_token_is_in_no_error_and_no_log(
    call: Callable[[MastodonConnector], object],
    fault: Behaviour,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with Receiver(default=fault) as server:
        connector = mastodon(server)
        with contextlib.suppress(PublishError):
            told(lambda: call(connector))
    assert server.deliveries
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(connector)


def test_credentials_come_back_tidy() -> None:
    given = {"server": " 127.0.0.1/ ", "access_token": f" {TOKEN}\n"}
    assert MastodonConnector.validate_credentials(given, options()) == {
        "server": "https://127.0.0.1",
        "access_token": TOKEN,
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"server": None}, "server"),
        ({"server": " "}, "server"),
        ({"server": "https://127.0.0.1/web"}, "server"),
        ({"server": "127.0.0.1?x=1"}, "server"),
        ({"server": "@lea@127.0.0.1"}, "server"),
        ({"server": "ftp://127.0.0.1"}, "server"),
        ({"server": "169.254.169.254"}, "server"),
        ({"access_token": None}, "access_token"),
        ({"access_token": ""}, "access_token"),
        ({"access_token": "two words"}, "access_token"),
        ({"access_token": "a\r\nX-Evil: 1"}, "access_token"),
        ({"access_token": "tökén"}, "access_token"),
        ({"access_token": "x" * 501}, "access_token"),
        ({"password": "x"}, "password"),
    ],
)
def test_bad_credentials_name_the_field(changes: dict[str, Any], field: str) -> None:
    given = {"server": "127.0.0.1", "access_token": TOKEN, **changes}
    with pytest.raises(CredentialsInvalid) as caught:
        MastodonConnector.validate_credentials(given, options())
    assert list(caught.value.errors) == [field]


def test_a_token_never_goes_over_plain_http_to_the_world() -> None:
    given = {"server": "http://8.8.8.8", "access_token": TOKEN}
    with pytest.raises(CredentialsInvalid, match="cannot be used") as caught:
        MastodonConnector.validate_credentials(
            given, options(allow_private_targets=False)
        )
    assert "https://" in caught.value.errors["server"][0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fault", [Behaviour(drop="after"), Behaviour(status=504, accepts=True)]
)
def test_a_post_whose_reply_is_lost_is_there_once(
    server: MastodonServer, fault: Behaviour
) -> None:
    photo = stored_picture(alt_text="Lea")
    planned = a_publication(a_mastodon(server), content="Hello", media_ids=[photo.pk])
    server.fail(STATUSES, fault)
    assert published(planned).state == P.UNKNOWN
    assert published(due_again(planned)).state == P.PUBLISHED
    assert server.texts == {"Hello": 1}
    assert list(server.statuses) == [planned.external_id]
    assert [one.outcome for one in planned.attempts.all()] == ["unknown", "accepted"]


@pytest.mark.django_db
def test_an_upload_that_fails_is_tried_again(server: MastodonServer) -> None:
    photo = stored_picture()
    planned = a_publication(a_mastodon(server), media_ids=[photo.pk])
    server.fail("POST /api/v2/media", Behaviour(drop="after"))
    assert published(planned).state == P.RETRY
    assert published(due_again(planned)).state == P.PUBLISHED
    assert len(server.statuses) == 1
