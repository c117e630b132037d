"""The API of notices: one's own, how one is told, who is on call."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from promura_site.models import User
from scheduling.models import Notice, NoticeDelivery, NoticePreference, OnCall
from scheduling.notices import wiring
from tests.factories import ChannelFactory
from tests.loopback import Behaviour, Receiver
from tests.scheduling.notices.telling import a_person, failed, later

pytestmark = pytest.mark.django_db

LIST, READ = "/api/notices", "/api/notices/read"
WISHES, TEST = "/api/notices/preferences", "/api/notices/test"
ON_CALL = "/api/notices/on-call"
ClientOf = Callable[[User], APIClient]


@pytest.fixture
def mira(client_of: ClientOf) -> APIClient:
    client = client_of(a_person())
    for handle in ("@lea", "@bo", "@kim"):
        failed(ChannelFactory(handle=handle, platform="mastodon"))
    wiring.look(timezone.now())
    return client


# --- The list, and what is read ---


def test_one_sees_ones_own_notices(mira: APIClient, as_viewer: APIClient) -> None:
    answer = mira.get(LIST).json()
    assert answer["count"] == 3
    first = answer["notices"][0]
    assert first["kind"] == "failed"
    assert first["unread"] is True
    assert first["title"] == "1 post failed on @kim, Mastodon (needs sign-in)"
    assert first["link"].startswith("/queue?group=attention&model=")
    assert as_viewer.get(LIST).json()["notices"] == []


def test_the_list_is_narrowed_and_walked_through(mira: APIClient) -> None:
    assert mira.get(f"{LIST}?kind=missed").json()["count"] == 0
    assert mira.get(f"{LIST}?unread=true").json()["count"] == 3
    assert mira.get(f"{LIST}?unread=false").json()["count"] == 0
    page = mira.get(f"{LIST}?limit=2").json()
    rest = mira.get(page["next"]).json()
    assert len(page["notices"] + rest["notices"]) == 3


@pytest.mark.parametrize("query", ["kind=x", "unread=x", "ordering=x", "limit=0"])
def test_a_bad_filter_is_refused(mira: APIClient, query: str) -> None:
    assert mira.get(f"{LIST}?{query}").status_code == 400


def test_the_list_asks_no_more_when_it_is_longer(mira: APIClient) -> None:
    mira.get(LIST)
    with CaptureQueriesContext(connection) as few:
        mira.get(LIST)
    for number in range(10):
        failed(ChannelFactory(handle=f"@more{number}"))
    wiring.look(timezone.now())
    with CaptureQueriesContext(connection) as many:
        assert mira.get(LIST).json()["count"] == 13
    assert len(many) == len(few)


def test_some_are_marked_as_read(mira: APIClient) -> None:
    first, second, _ = mira.get(LIST).json()["notices"]
    answer = mira.post(READ, {"ids": [first["id"], second["id"], first["id"]]}).json()
    assert (answer["count"], answer["unread"]) == (2, 1)
    assert answer["message"] == "2 notices marked as read"
    assert mira.get(f"{LIST}?unread=true").json()["count"] == 1


def test_all_are_marked_as_read_and_that_is_taken_back(mira: APIClient) -> None:
    first = mira.get(LIST).json()["notices"][0]
    mira.post(READ, {"ids": [first["id"]]})
    answer = mira.post(READ, {}).json()
    assert (answer["count"], answer["unread"]) == (2, 0)
    back = mira.post(READ, {"undo": answer["read_at"]}).json()
    assert (back["count"], back["unread"]) == (2, 2)
    assert mira.post(READ, {"undo": answer["read_at"]}).json()["count"] == 0


def test_what_happens_afterwards_makes_it_new_again(mira: APIClient) -> None:
    mira.post(READ, {})
    channel = Notice.objects.first().channel
    failed(channel)
    wiring.look(later(timezone.now(), seconds=30))
    (again,) = mira.get(f"{LIST}?unread=true").json()["notices"]
    assert again["count"] == 2


def test_nobody_marks_what_is_somebody_elses(
    mira: APIClient, as_editor: APIClient
) -> None:
    ids = [one["id"] for one in mira.get(LIST).json()["notices"]]
    assert as_editor.post(READ, {"ids": ids}).json()["count"] == 0
    assert mira.get(f"{LIST}?unread=true").json()["count"] == 3


@pytest.mark.parametrize(
    "body",
    [
        {"ids": ["x"]},
        {"ids": "x"},
        {"undo": "yesterday"},
        {"ids": [], "undo": "2026-01-01T00:00:00Z"},
    ],
)
def test_what_makes_no_sense_is_refused(mira: APIClient, body: Any) -> None:
    assert mira.post(READ, body).status_code == 400


@pytest.mark.parametrize("path", [LIST, WISHES, ON_CALL])
def test_strangers_see_nothing(anonymous: APIClient, path: str) -> None:
    assert anonymous.get(path).status_code == 401
    assert anonymous.post(READ, {}).status_code == 401
    assert anonymous.post(TEST, {"medium": "mail"}).status_code == 401


# --- How one is told ---


def test_preferences_begin_as_is_usual_for_the_level(as_viewer: APIClient) -> None:
    shown = as_viewer.get(WISHES).json()["preferences"]
    assert (shown["mail"], shown["telegram"]) == (True, False)
    assert shown["quiet_from"] is None
    assert "failed" in shown["muted"]
    assert "handover" not in shown["muted"]
    assert shown["timezone"] == "Europe/Berlin"
    assert {one["kind"] for one in shown["kinds"]} == set(Notice.Kind.values)


def test_preferences_are_changed_in_part(as_viewer: APIClient, viewer: User) -> None:
    body = {
        "email": "vera@example.com",
        "telegram": True,
        "telegram_chat_id": "123456",
        "quiet_from": "22:00",
        "quiet_until": "07:30",
        "muted": ["panic", "panic"],
    }
    shown = as_viewer.patch(WISHES, body).json()["preferences"]
    assert shown["muted"] == ["panic"]
    assert (shown["quiet_from"], shown["quiet_until"]) == ("22:00", "07:30")
    assert as_viewer.patch(WISHES, {"mail": False}).json()["preferences"] == {
        **shown,
        "mail": False,
    }
    viewer.refresh_from_db()
    assert viewer.email == "vera@example.com"
    usual = as_viewer.patch(WISHES, {"muted": None}).json()["preferences"]
    assert "failed" in usual["muted"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"quiet_from": "22:00"}, "quiet_until"),
        ({"quiet_until": "07:00"}, "quiet_from"),
        ({"quiet_from": "07:00", "quiet_until": "07:00"}, "quiet_until"),
        ({"quiet_from": "25:00", "quiet_until": "07:00"}, "quiet_from"),
        ({"telegram": True}, "telegram_chat_id"),
        ({"telegram_chat_id": "https://t.me/x"}, "telegram_chat_id"),
        ({"telegram_chat_id": 12}, "telegram_chat_id"),
        ({"email": "not an address"}, "email"),
        ({"muted": ["weather"]}, "muted.0"),
        ({"mail": "perhaps"}, "mail"),
    ],
)
def test_preferences_that_cannot_work_are_refused_by_name(
    as_viewer: APIClient, body: Any, field: str
) -> None:
    answer = as_viewer.patch(WISHES, body)
    assert answer.status_code == 400
    assert field in answer.json()["errors"]
    assert not NoticePreference.objects.exists()


def test_why_the_last_message_did_not_arrive_is_shown(mira: APIClient) -> None:
    NoticeDelivery.objects.update(error="The mail server refuses this address.")
    shown = mira.get(WISHES).json()["preferences"]
    assert shown["problems"] == {"mail": "The mail server refuses this address."}


# --- A test ---


def test_a_test_arrives_by_mail_and_not_twice_at_once(mira: APIClient) -> None:
    assert mira.post(TEST, {"medium": "mail"}).status_code == 200
    assert mail.outbox[0].subject == "A test from PROMURA"
    assert mail.outbox[0].to == ["mira@example.com"]
    assert mira.post(TEST, {"medium": "mail"}).status_code == 429
    assert len(mail.outbox) == 1


def test_a_test_arrives_by_telegram_or_says_why_not(
    mira: APIClient, settings: Any
) -> None:
    settings.TELEGRAM_BOT_TOKEN = "1:secret"
    mira.patch(WISHES, {"telegram_chat_id": "7"})
    with Receiver(default=Behaviour(body=b'{"ok": true}')) as receiver:
        settings.TELEGRAM_API_URL = receiver.origin
        said = b'{"ok": false, "description": "Bad Request: chat not found"}'
        receiver.script(Behaviour(status=400, body=said))
        refused = mira.post(TEST, {"medium": "telegram"})
        assert refused.status_code == 409
        assert refused.json()["message"] == "Telegram says: Bad Request: chat not found"
        assert receiver.deliveries[0].json["chat_id"] == "7"


@pytest.mark.parametrize("medium", ["mail", "telegram"])
def test_what_is_not_set_up_cannot_be_tested(
    as_viewer: APIClient, settings: Any, medium: str
) -> None:
    assert as_viewer.post(TEST, {"medium": medium}).status_code == 409
    settings.MAIL_READY, settings.TELEGRAM_BOT_TOKEN = False, "1:secret"
    refused = as_viewer.post(TEST, {"medium": medium})
    assert refused.json()["code"] == "not_set_up"
    assert as_viewer.post(TEST, {"medium": "pigeon"}).status_code == 400


# --- Who is on call ---


def test_an_admin_says_who_is_on_call_and_everybody_sees_it(
    as_admin: APIClient, admin: User, viewer: User, as_viewer: APIClient
) -> None:
    answer = as_admin.put(ON_CALL, {"usernames": ["VIEWER", "admin"]})
    assert answer.status_code == 200
    since = {one.user.username: one.since for one in OnCall.objects.all()}
    assert set(since) == {"admin", "viewer"}
    as_admin.put(ON_CALL, {"usernames": ["viewer"]})
    (person,) = as_viewer.get(ON_CALL).json()["people"]
    assert person["username"] == "viewer"
    assert OnCall.objects.get().since == since["viewer"]
    assert as_admin.put(ON_CALL, {"usernames": []}).json()["people"] == []


def test_only_an_admin_says_who_is_on_call(as_editor: APIClient) -> None:
    assert as_editor.put(ON_CALL, {"usernames": []}).status_code == 403


@pytest.mark.parametrize("body", [{"usernames": ["nobody"]}, {"usernames": "x"}, {}])
def test_nobody_unknown_is_on_call(
    as_admin: APIClient, body: Any, person: Callable[..., User]
) -> None:
    person(None, username="nobody")
    assert as_admin.put(ON_CALL, body).status_code == 400
