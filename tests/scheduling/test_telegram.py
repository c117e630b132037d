"""The telegram connector against a Bot API on loopback."""

import contextlib
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from scheduling.models import Channel, Publication
from scheduling.publishing.connectors.base import (
    ConnectorOptions,
    CredentialsInvalid,
    OutcomeUnknown,
    PublishError,
    Recovery,
)
from scheduling.publishing.connectors.telegram import SERVER, TelegramConnector
from tests.loopback import Behaviour, Receiver
from tests.platforms.platform import told
from tests.platforms.telegram import CHAT_ID, TOKEN, TelegramServer, refusing
from tests.scheduling.planning import (
    a_publication,
    a_telegram,
    published,
    stored_picture,
)
from tests.scheduling.publications import a_media_file, a_request

P = Publication.State


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer() as running:
        yield running


def options(**changes: Any) -> ConnectorOptions:
    values = {"outbox_dir": Path("/nonexistent"), "allow_private_targets": True}
    return ConnectorOptions(**{**values, **changes})


def telegram(server: Receiver, **sign_in: str) -> TelegramConnector:
    values = {"bot_token": TOKEN, "chat_id": CHAT_ID, "server": server.origin}
    return TelegramConnector({**values, **sign_in}, options())


def picture(data: bytes = b"picture", **changes: Any) -> Any:
    return a_media_file(data, **changes)


def clip(**changes: Any) -> Any:
    return a_media_file(b"clip", content_type="video/mp4", **changes)


def text_request(**changes: Any) -> Any:
    return a_request(**{"media": (), "content": "Good morning", **changes})


def failure(connector: TelegramConnector, **changes: Any) -> PublishError:
    with pytest.raises(PublishError) as caught:
        connector.publish(text_request(**changes))
    return caught.value


def test_a_text_becomes_a_message_just_as_it_is(server: TelegramServer) -> None:
    receipt = telegram(server).publish(text_request(content="*Hi* <b>_you_\n🌊"))
    assert server.texts == {"*Hi* <b>_you_\n🌊": 1}
    assert receipt.external_id == f"{CHAT_ID}/41"
    assert receipt.url == "https://t.me/lea_own/41"
    assert b"parse_mode" not in server.deliveries[0].body


def test_a_private_chat_has_no_link(server: TelegramServer) -> None:
    del server.chat["username"]
    assert telegram(server).publish(text_request()).url == ""


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        (picture(), "photo"),
        (clip(), "video"),
        (picture(content_type="image/gif"), "animation"),
    ],
)
def test_one_file_carries_the_text_as_its_caption(
    server: TelegramServer, item: Any, kind: str
) -> None:
    telegram(server).publish(text_request(media=(item,)))
    (message,) = server.messages.values()
    assert (message["text"], message["kind"]) == ("Good morning", kind)
    assert message["data"] == item.open().read()


def test_several_files_are_one_album_with_one_caption(server: TelegramServer) -> None:
    media = (picture(b"one"), clip(), picture(b"three"))
    receipt = telegram(server).publish(text_request(media=media))
    said = [(one["kind"], one["text"]) for one in server.messages.values()]
    assert said == [("photo", "Good morning"), ("video", ""), ("photo", "")]
    assert [one["data"] for one in server.messages.values()][0::2] == [b"one", b"three"]
    assert receipt.external_id == f"{CHAT_ID}/41,42,43"
    assert len(server.deliveries) == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"content": "a" * 4097}, "4097 characters; at most 4096"),
        ({"content": "😀" * 2049}, "4098 characters; at most 4096"),
        (
            {"content": "a" * 1025, "media": (picture(),)},
            "1025 characters; at most 1024",
        ),
        ({"media": (picture(),) * 11}, "11 media are too many"),
        ({"media": (picture(size_bytes=10_000_001),)}, "at most 10.0 MB"),
        ({"media": (clip(size_bytes=50_000_001),)}, "at most 50.0 MB"),
        ({"media": (picture(content_type="image/heic"),)}, "not taken"),
        ({"media": (picture(width=6000, height=4001),)}, "too many pixels"),
        ({"media": (picture(width=2100, height=100),)}, "too narrow"),
        (
            {"media": (picture(), picture(content_type="image/gif"))},
            "A GIF goes alone",
        ),
    ],
)
def test_what_telegram_would_refuse_is_not_sent(
    server: TelegramServer, changes: dict[str, Any], says: str
) -> None:
    error = failure(telegram(server), **changes)
    assert (error.code, error.permanent) == ("over_limits", True)
    assert says in error.message
    assert server.connections == 0


def test_what_just_fits_is_sent(server: TelegramServer) -> None:
    connector = telegram(server)
    connector.publish(text_request(content="😀" * 2048))
    photo = picture(width=5000, height=5000)
    connector.publish(text_request(content="a" * 1024, media=(photo, clip())))
    assert len(server.messages) == 3


@pytest.mark.parametrize(
    ("status", "description"),
    [
        (401, "Unauthorized"),
        (404, "Not Found"),
        (403, "Forbidden: bot was kicked from the channel chat"),
        (400, "Bad Request: chat not found"),
        (400, "Bad Request: need administrator rights in the channel chat"),
        (400, "Bad Request: group chat was upgraded to a supergroup chat"),
    ],
)
def test_a_bot_without_its_place_needs_a_sign_in(
    server: TelegramServer, status: int, description: str
) -> None:
    server.fail("sendMessage", refusing(status, description))
    error = failure(telegram(server))
    assert (error.code, error.permanent) == ("needs_sign_in", True)
    assert error.message == f"Telegram answered {status}: {description}."


@pytest.mark.parametrize(("status", "code"), [(400, "refused"), (413, "too_large")])
def test_a_refusal_is_permanent(server: TelegramServer, status: int, code: str) -> None:
    server.fail("sendMessage", refusing(status, "Bad Request: text is odd"))
    error = failure(telegram(server))
    assert (error.code, error.permanent) == (code, True)
    assert not isinstance(error, OutcomeUnknown)


def test_a_limit_is_waited_out(server: TelegramServer) -> None:
    server.fail(
        "sendMessage",
        refusing(429, "Too Many Requests: retry after 37", retry_after=37),
        refusing(429, "Too Many Requests"),
        refusing(429, "Too Many Requests", retry_after="soon"),
        refusing(429, "Too Many Requests", retry_after=10**9),
    )
    waits = []
    for _ in range(4):
        error = failure(telegram(server))
        assert (error.code, error.permanent) == ("rate_limited", False)
        assert not isinstance(error, OutcomeUnknown)
        waits.append(error.retry_after)
    assert waits == [37.0, None, None, 86_400.0]
    assert server.messages == {}


@pytest.mark.parametrize(
    "fault",
    [
        Behaviour(drop="before"),
        Behaviour(drop="after"),
        Behaviour(status=500, accepts=True),
        Behaviour(status=502, accepts=True, body=b"<html>Bad Gateway"),
        Behaviour(body=b"<html>"),
        Behaviour(body=b'{"ok": true, "result": []}'),
        Behaviour(body=b'{"ok": true, "result": {"message_id": 4}}'),
    ],
)
def test_a_lost_reply_is_for_a_person(server: TelegramServer, fault: Behaviour) -> None:
    server.fail("sendPhoto", fault)
    connector = telegram(server)
    assert isinstance(failure(connector, media=(picture(),)), OutcomeUnknown)
    assert connector.recovery is Recovery.MANUAL


def test_a_server_that_is_down_is_known_not_to_have_posted() -> None:
    with TelegramServer() as gone:
        connector = telegram(gone)
    error = failure(connector)
    assert not isinstance(error, OutcomeUnknown)
    assert (error.code, error.permanent) == ("unreachable", False)


@pytest.mark.parametrize("chat_id", [CHAT_ID, "@lea_own"])
def test_verify_tells_which_chat_it_is(server: TelegramServer, chat_id: str) -> None:
    account = telegram(server, chat_id=chat_id).verify()
    assert account.external_id == CHAT_ID
    assert (account.handle, account.name) == ("@lea_own", "Lea's own")
    assert account.avatar_url == ""
    assert server.messages == {}


@pytest.mark.parametrize(
    ("kind", "place", "works"),
    [
        ("channel", "creator", True),
        ("channel", "member", False),
        ("channel", "left", False),
        ("supergroup", "member", True),
        ("supergroup", "kicked", False),
        ("private", "left", True),
    ],
)
def test_verify_tells_whether_the_bot_may_post(
    kind: str, place: str, works: bool
) -> None:
    with TelegramServer(kind=kind, place=place) as server:
        if works:
            telegram(server).verify()
            return
        with pytest.raises(PublishError, match="may not post there") as caught:
            telegram(server).verify()
    assert caught.value.code == "needs_sign_in"


@pytest.mark.parametrize("wrong", [{"bot_token": "1:" + "x" * 30}, {"chat_id": "-999"}])
def test_verify_says_what_is_wrong(
    server: TelegramServer, wrong: dict[str, str]
) -> None:
    with pytest.raises(PublishError) as caught:
        telegram(server, **wrong).verify()
    assert caught.value.code == "needs_sign_in"


def test_verify_of_something_else_than_a_bot_api() -> None:
    with Receiver() as receiver, pytest.raises(PublishError, match="be read"):
        telegram(receiver).verify()


@pytest.mark.parametrize("count", [1, 3])
def test_all_of_a_post_is_deleted_and_what_is_gone_is_no_error(
    server: TelegramServer, count: int
) -> None:
    connector = telegram(server)
    receipt = connector.publish(text_request(media=(picture(),) * count))
    assert len(server.messages) == count
    server.fail("delete", Behaviour(drop="before"))
    with pytest.raises(PublishError) as caught:
        connector.delete(receipt.external_id)
    assert caught.value.permanent is False
    connector.delete(receipt.external_id)
    assert server.messages == {}
    connector.delete(receipt.external_id)


@pytest.mark.parametrize("count", [1, 2])
def test_what_is_too_old_for_a_bot_is_left_to_a_person(
    server: TelegramServer, count: int
) -> None:
    connector = telegram(server)
    receipt = connector.publish(text_request(media=(picture(),) * count))
    server.old = set(server.messages)
    with pytest.raises(PublishError, match="can't be deleted") as caught:
        connector.delete(receipt.external_id)
    assert caught.value.permanent is True


@pytest.mark.parametrize("external_id", ["", "41", "/41", f"{CHAT_ID}/", "a/b"])
def test_what_is_no_message_is_not_deleted(
    server: TelegramServer, external_id: str
) -> None:
    with pytest.raises(PublishError) as caught:
        telegram(server).delete(external_id)
    assert caught.value.permanent is True
    assert server.connections == 0


SECRET = TOKEN.partition(":")[2]
CALLS: list[Callable[[TelegramConnector], object]] = [
    lambda connector: connector.publish(text_request()),
    lambda connector: connector.publish(text_request(media=(picture(), clip()))),
    lambda connector: connector.verify(),
    lambda connector: connector.delete(f"{CHAT_ID}/41"),
]
ECHO = json.dumps({"ok": False, "description": f"No /bot{TOKEN}/sendMessage"}).encode()


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "fault",
    [
        *(
            Behaviour(status=status, body=ECHO, headers={"Location": f"/bot{TOKEN}/x"})
            for status in (200, 302, 400, 401, 403, 404, 409, 413, 429, 500, 502)
        ),
        Behaviour(drop="before"),
        Behaviour(drop="after"),
        None,
    ],
)
def test_the_token_is_in_no_error_and_no_log(
    call: Callable[[TelegramConnector], object],
    fault: Behaviour | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with Receiver(default=fault) as server:
        connector = telegram(server)
        if fault is not None:
            with contextlib.suppress(PublishError):
                told(lambda: call(connector))
            assert server.deliveries
    if fault is None:
        with pytest.raises(PublishError):
            told(lambda: call(connector))
    assert SECRET not in caplog.text
    assert SECRET not in repr(connector)


@pytest.mark.parametrize("allow_private", [True, False])
def test_a_refused_address_does_not_show_the_token(allow_private: bool) -> None:
    for server in ("http://169.254.169.254", "http://no-such-host.invalid"):
        sign_in = {"bot_token": TOKEN, "chat_id": CHAT_ID, "server": server}
        choices = options(allow_private_targets=allow_private)
        error = failure(TelegramConnector(sign_in, choices))
        assert SECRET not in f"{error} {error.__cause__!r} {error.__context__!r}"


def test_credentials_come_back_tidy() -> None:
    given = {"bot_token": f" {TOKEN}\n", "chat_id": -1001234567890}
    stored = {"bot_token": TOKEN, "chat_id": CHAT_ID}
    assert TelegramConnector.validate_credentials(given, options()) == stored
    for server, origin in ((SERVER, None), ("", None), ("127.0.0.1/", "127.0.0.1")):
        found = TelegramConnector.validate_credentials(
            {**given, "server": server}, options()
        )
        assert found == (
            stored if origin is None else {**stored, "server": f"https://{origin}"}
        )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"bot_token": None}, "bot_token"),
        ({"bot_token": "no token"}, "bot_token"),
        ({"bot_token": f"{TOKEN}/../getMe"}, "bot_token"),
        ({"bot_token": f"{TOKEN}?x=1"}, "bot_token"),
        ({"chat_id": None}, "chat_id"),
        ({"chat_id": True}, "chat_id"),
        ({"chat_id": "lea"}, "chat_id"),
        ({"chat_id": "@a b"}, "chat_id"),
        ({"chat_id": 1.5}, "chat_id"),
        ({"server": 7}, "server"),
        ({"server": "ftp://127.0.0.1"}, "server"),
        ({"server": "https://127.0.0.1/bot"}, "server"),
        ({"password": "x"}, "password"),
    ],
)
def test_bad_credentials_name_the_field(changes: dict[str, Any], field: str) -> None:
    given = {"bot_token": TOKEN, "chat_id": CHAT_ID, **changes}
    with pytest.raises(CredentialsInvalid) as caught:
        TelegramConnector.validate_credentials(given, options())
    assert list(caught.value.errors) == [field]
    assert SECRET not in str(caught.value.errors)


@pytest.mark.django_db
def test_a_due_post_is_published_with_its_pictures(server: TelegramServer) -> None:
    pictures = [stored_picture().pk for _ in range(2)]
    planned = a_publication(a_telegram(server), content="Hello", media_ids=pictures)
    assert published(planned).state == P.PUBLISHED
    assert planned.external_id == f"{CHAT_ID}/41,42"
    assert [one["kind"] for one in server.messages.values()] == ["photo", "photo"]
    assert server.texts == {"Hello": 1}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fault", [Behaviour(drop="after"), Behaviour(status=504, accepts=True)]
)
def test_a_post_whose_reply_is_lost_stays_unknown_and_is_there_once(
    server: TelegramServer, fault: Behaviour, as_viewer: APIClient
) -> None:
    planned = a_publication(a_telegram(server), content="Hello")
    server.fail("sendMessage", fault)
    for _ in range(3):
        assert published(planned).state == P.UNKNOWN
        assert planned.next_attempt_at is None
    assert server.texts == {"Hello": 1}
    assert len(server.deliveries) == 1
    shown = as_viewer.get(f"/api/publications/{planned.pk}")
    assert shown.json()["publication"]["reason"]["action"] == "settle"
    assert SECRET not in shown.content.decode()


@pytest.mark.django_db
def test_a_kicked_bot_leaves_the_channel_in_need_of_a_sign_in(
    server: TelegramServer,
) -> None:
    server.place = "kicked"
    planned = published(a_publication(a_telegram(server)))
    assert planned.error_code == "needs_sign_in"
    planned.channel.refresh_from_db()
    assert planned.channel.health == Channel.Health.NEEDS_SIGN_IN
