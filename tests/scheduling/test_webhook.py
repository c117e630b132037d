"""The webhook connector against a real receiver on loopback."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduling.publishing.connectors.base import (
    Connector,
    ConnectorOptions,
    CredentialsInvalid,
    OutcomeUnknown,
    PublishError,
    Recovery,
)
from scheduling.publishing.connectors.webhook import WebhookConnector, sign
from scheduling.publishing.outbound import TimeLimits
from tests.loopback import Behaviour, Receiver
from tests.scheduling.publications import a_media_file, a_request

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
RAW_SECRET = "a_raw_secret_of_more_than_24_bytes"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(secret=SECRET) as running:
        yield running


def options(**changes: Any) -> ConnectorOptions:
    values = {"outbox_dir": Path("/nonexistent"), "allow_private_targets": True}
    return ConnectorOptions(**{**values, **changes})


def webhook(url: str, **credentials: Any) -> WebhookConnector:
    values = {"url": url, "secret": SECRET, "idempotent": False, **credentials}
    return WebhookConnector(values, options())


def failure(connector: Connector, **changes: Any) -> PublishError:
    with pytest.raises(PublishError) as caught:
        connector.publish(a_request(**changes))
    return caught.value


def test_a_post_arrives_signed_whole_and_under_its_key(receiver: Receiver) -> None:
    receipt = webhook(receiver.url).publish(a_request())

    (delivery,) = receiver.deliveries
    assert delivery.verified
    assert delivery.headers["webhook-id"] == "key-1"
    assert delivery.headers["Idempotency-Key"] == "key-1"
    assert delivery.headers["Content-Type"] == "application/json"
    body = delivery.json
    assert (body["type"], body["timestamp"]) == ("post.publish", "2026-03-01T18:05:00Z")
    first, second = body["data"].pop("media")
    assert body["data"] == {
        "publication_id": a_request().publication_id,
        "model": "lea",
        "platform": "instagram",
        "handle": "@lea.studio",
        "content": "Sommer am Meer 🌊\nzweite Zeile",
        "publish_at": "2026-03-01T18:05:00Z",
        "created_at": "2026-02-27T09:30:00Z",
    }
    assert base64.b64decode(first.pop("data")) == b"picture"
    assert first == a_media_file().described()
    assert base64.b64decode(second["data"]) == b"clip"
    assert receipt.external_id == "remote-key-1"


def test_every_resend_is_the_same_bytes_under_the_same_key(receiver: Receiver) -> None:
    receiver.honours_keys = True
    connector = webhook(receiver.url, idempotent=True)
    for attempt in (1, 2, 3):
        connector.publish(replace(a_request(), attempt_number=attempt))

    assert receiver.received_by_key == {"key-1": 3}
    assert list(receiver.received_by_body.values()) == [3]
    assert receiver.effects_by_key == {"key-1": 1}


def test_the_signature_is_the_specifications_own_example() -> None:
    signature = sign(
        SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}'
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("known", [SECRET, RAW_SECRET])
def test_during_a_change_of_secrets_either_one_verifies(known: str) -> None:
    with Receiver(secret=known) as receiver:
        webhook(receiver.url, secret=f"{SECRET} {RAW_SECRET}").publish(a_request())
    assert receiver.deliveries[0].verified


def test_a_wrong_secret_does_not_verify(receiver: Receiver) -> None:
    webhook(receiver.url, secret=RAW_SECRET).publish(a_request())
    assert receiver.deliveries[0].verified is False


@pytest.mark.parametrize(
    ("body", "external_id", "url"),
    [
        (b'{"id": "42", "url": "https://x.test/p/42"}', "42", "https://x.test/p/42"),
        (b'{"id": 42}', "42", ""),
        (b"OK", "key-1", ""),
        (b"", "key-1", ""),
        (b'{"id": null, "url": "javascript:alert(1)"}', "key-1", ""),
        (b'{"id": true, "url": 7}', "key-1", ""),
        (b'{"id": "a\\nb\\u202e", "url": "https://x y"}', "a b", ""),
        (b'["id"]', "key-1", ""),
        (b"\xff\xfe", "key-1", ""),
        (b'{"id": "' + b"9" * 70_000 + b'"}', "key-1", ""),
        (b'{"id": "' + b"9" * 900 + b'"}', "9" * 200, ""),
    ],
)
def test_the_receipt_takes_what_is_usable_of_the_answer(
    receiver: Receiver, body: bytes, external_id: str, url: str
) -> None:
    receiver.script(Behaviour(status=202, body=body))
    receipt = webhook(receiver.url).publish(a_request())
    assert (receipt.external_id, receipt.url) == (external_id, url)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "refused"),
        (401, "needs_sign_in"),
        (403, "needs_sign_in"),
        (404, "refused"),
        (409, "refused"),
        (410, "gone"),
        (413, "too_large"),
        (422, "refused"),
        (301, "redirected"),
        (307, "redirected"),
    ],
)
def test_a_refusal_is_permanent(receiver: Receiver, status: int, code: str) -> None:
    receiver.script(Behaviour(status=status, headers={"Location": receiver.url}))
    error = failure(webhook(receiver.url))
    assert (error.code, error.permanent) == (code, True)
    assert len(receiver.deliveries) == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (408, "unavailable"),
        (425, "unavailable"),
        (429, "rate_limited"),
        (503, "unavailable"),
    ],
)
def test_try_later_is_known_not_to_have_been_accepted(
    receiver: Receiver, status: int, code: str
) -> None:
    receiver.script(Behaviour(status=status, headers={"Retry-After": "7"}))
    error = failure(webhook(receiver.url))
    assert not isinstance(error, OutcomeUnknown)
    assert (error.code, error.permanent, error.retry_after) == (code, False, 7.0)
    assert receiver.effects == []


@pytest.mark.parametrize("status", [500, 502, 503, 504, 507])
def test_a_failing_server_may_have_accepted(receiver: Receiver, status: int) -> None:
    receiver.script(Behaviour(status=status, accepts=True))
    error = failure(webhook(receiver.url))
    assert isinstance(error, OutcomeUnknown)
    assert (error.code, error.permanent) == ("server_error", False)


def test_a_conflict_on_a_honoured_key_is_an_earlier_send_still_under_way(
    receiver: Receiver,
) -> None:
    receiver.script(Behaviour(status=409))
    error = failure(webhook(receiver.url, idempotent=True))
    assert isinstance(error, OutcomeUnknown)
    assert error.code == "in_progress"


@pytest.mark.parametrize(
    "behaviour", [Behaviour(drop="before"), Behaviour(drop="after"), Behaviour(delay=9)]
)
def test_a_lost_reply_is_unknown_and_sent_again_under_the_same_key(
    receiver: Receiver, behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WebhookConnector, "time_limits", TimeLimits(read=0.3))
    receiver.honours_keys = True
    receiver.script(behaviour)
    connector = webhook(receiver.url, idempotent=True)

    error = failure(connector)
    assert isinstance(error, OutcomeUnknown)
    assert error.code == "reply_lost"

    connector.publish(a_request())
    assert receiver.effects_by_key == {"key-1": 1}


def test_a_receiver_that_is_down_is_known_not_to_have_accepted() -> None:
    with Receiver() as gone:
        url = gone.url
    error = failure(webhook(url))
    assert not isinstance(error, OutcomeUnknown)
    assert (error.code, error.permanent) == ("unreachable", False)


def test_a_private_target_is_refused_when_sending_too(receiver: Receiver) -> None:
    credentials = {"url": receiver.url, "secret": SECRET, "idempotent": False}
    strict = WebhookConnector(credentials, options(allow_private_targets=False))
    error = failure(strict)
    assert (error.code, error.permanent) == ("target_refused", True)
    assert receiver.connections == 0


def test_media_above_the_limit_are_refused_before_sending(receiver: Receiver) -> None:
    error = failure(webhook(receiver.url), media=(a_media_file(size_bytes=25_000_001),))
    assert (error.code, error.permanent) == ("over_limits", True)
    assert "25.0 MB" in error.message
    assert receiver.connections == 0


def test_media_just_below_the_limit_arrive(receiver: Receiver) -> None:
    data = b"x" * 25_000_000
    webhook(receiver.url).publish(a_request(media=(a_media_file(data),)))
    (delivery,) = receiver.deliveries
    assert delivery.verified
    assert base64.b64decode(delivery.json["data"]["media"][0]["data"]) == data


def test_the_receivers_reason_is_told_but_never_our_secret(receiver: Receiver) -> None:
    echo = json.dumps({"error": f"bad secret {SECRET}"}).encode()
    plain = b'{"message": "No such\\n\\u0007account."}'
    receiver.script(Behaviour(status=400, body=plain), Behaviour(status=400, body=echo))
    connector = webhook(receiver.url)
    assert failure(connector).message == "The receiver answered 400: No such account."
    assert failure(connector).message == "The receiver answered 400."


def test_verify_sends_a_signed_ping_and_no_post(receiver: Receiver) -> None:
    webhook(receiver.url).verify()
    (delivery,) = receiver.deliveries
    assert delivery.verified
    assert delivery.json["type"] == "ping"
    assert delivery.headers["webhook-id"].startswith("ping_")


def test_verify_says_what_is_wrong(receiver: Receiver) -> None:
    receiver.script(Behaviour(status=404))
    with pytest.raises(PublishError, match="answered 404"):
        webhook(receiver.url).verify()


def test_webhook_recovery_is_what_the_owner_says() -> None:
    url = "https://hooks.example.com/"
    assert webhook(url).recovery is Recovery.MANUAL
    assert webhook(url).recovery_window is None
    assert webhook(url, idempotent=True).recovery is Recovery.IDEMPOTENT
    assert webhook(url, idempotent=True).recovery_window == timedelta(hours=24)


def test_good_webhook_credentials_come_back_tidy() -> None:
    given = {"url": " https://127.0.0.1/x ", "secret": f" {SECRET}  {RAW_SECRET}\n"}
    assert WebhookConnector.validate_credentials(given, options()) == {
        "url": "https://127.0.0.1/x",
        "secret": f"{SECRET} {RAW_SECRET}",
        "idempotent": False,
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": None}, "url"),
        ({"url": ""}, "url"),
        ({"url": 7}, "url"),
        ({"url": "ftp://127.0.0.1/"}, "url"),
        ({"url": "http://169.254.169.254/latest/"}, "url"),
        ({"secret": None}, "secret"),
        ({"secret": "   "}, "secret"),
        ({"secret": ["x"]}, "secret"),
        ({"secret": "x" * 23}, "secret"),
        ({"secret": "whsec_" + base64.b64encode(b"x" * 23).decode()}, "secret"),
        ({"secret": "whsec_no base64 at all, though long enough"}, "secret"),
        ({"secret": "whsec_äöü" + "x" * 30}, "secret"),
        ({"secret": f"{SECRET} short"}, "secret"),
        ({"secret": "x" * 2001}, "secret"),
        ({"idempotent": "true"}, "idempotent"),
        ({"idempotent": None}, "idempotent"),
        ({"token": "x"}, "token"),
    ],
)
def test_bad_webhook_credentials_name_the_field(
    changes: dict[str, Any], field: str
) -> None:
    given = {"url": "https://127.0.0.1/", "secret": SECRET, **changes}
    with pytest.raises(CredentialsInvalid) as caught:
        WebhookConnector.validate_credentials(given, options())
    assert list(caught.value.errors) == [field]
    assert str(given.get("secret")) not in str(caught.value.errors)


def test_a_private_url_is_refused_as_a_credential() -> None:
    given = {"url": "http://127.0.0.1/", "secret": SECRET}
    with pytest.raises(CredentialsInvalid) as caught:
        WebhookConnector.validate_credentials(
            given, options(allow_private_targets=False)
        )
    assert "not allowed" in caught.value.errors["url"][0]


def test_the_answer_is_kept_in_short(receiver: Receiver) -> None:
    body = b'{"id": "42",\n "note": "' + b"z" * 900 + b'"}'
    receiver.script(Behaviour(status=201, body=body), Behaviour(status=422, body=b"No"))
    said = webhook(receiver.url).publish(a_request()).reply
    assert re.fullmatch(r'201 in \d+ ms: \{"id": "42", "note": "z+', said)
    assert len(said) <= 300
    assert re.fullmatch(r"422 in \d+ ms: No", failure(webhook(receiver.url)).reply)


@pytest.mark.parametrize(
    "echo",
    [
        SECRET,
        SECRET.removeprefix("whsec_"),
        "http://127.0.0.1:{port}/hook/of-lea?key=1",
        "Cannot POST /hook/of-lea",
        "key=1",
    ],
)
def test_no_answer_gives_the_address_or_the_secret_away(
    receiver: Receiver, echo: str
) -> None:
    text = echo.format(port=receiver.port)
    plain, in_json = text.encode(), json.dumps({"error": text}).encode()
    receiver.script(
        Behaviour(status=404, body=plain), Behaviour(status=404, body=in_json)
    )
    connector = webhook(f"{receiver.origin}/hook/of-lea?key=1")
    for _ in range(2):
        error = failure(connector)
        assert error.message == "The receiver answered 404."
        assert re.fullmatch(r"404 in \d+ ms", error.reply)
