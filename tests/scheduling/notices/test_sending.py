"""What is due goes out: by real servers, in quiet hours, and through crashes."""

import logging
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.utils import timezone

from scheduling.models import Notice, NoticeDelivery
from scheduling.notices import sending, wiring
from scheduling.notices.people import everybody
from tests.factories import ChannelFactory
from tests.loopback import Behaviour, Receiver
from tests.mail_server import MailServer
from tests.scheduling.notices.telling import a_person, failed, later, pass_round
from tests.scheduling.planning import a_channel, a_publication
from tests.scheduling.publisher_process import ROOT, SECONDS, database_url

pytestmark = pytest.mark.django_db
NIGHT = (time(22), time(7))
# 01:00 in Berlin: quiet until 05:00 UTC.
LATE = datetime(2026, 6, 1, 23, tzinfo=UTC)
MORNING = datetime(2026, 6, 2, 5, tzinfo=UTC)
TOKEN = "987654:telegram-secret"


@pytest.fixture
def lea() -> Any:
    return ChannelFactory(handle="@lea", platform="mastodon")


@pytest.fixture
def smtp(settings: Any) -> Any:
    """Send by Django's real backend to a server on loopback."""
    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.DEFAULT_FROM_EMAIL = "PROMURA <room@example.com>"
        yield server


# --- Quiet hours and who is on call ---


def test_in_quiet_hours_it_waits_and_comes_as_one_mail_in_the_morning(
    lea: Any,
) -> None:
    a_person(quiet=NIGHT)
    failed(lea, times=3)
    wiring.look(LATE)
    failed(a_channel(handle="@bo", platform="x"))
    wiring.look(later(LATE, hours=2))
    assert pass_round(later(LATE, hours=2, minutes=5)) == []
    assert pass_round(later(MORNING, seconds=-1)) == []
    (subject,) = pass_round(MORNING)
    assert subject.endswith(", and 1 more")
    assert "3 posts failed on @lea, Mastodon" in mail.outbox[0].body
    assert "1 post failed on @bo, X" in mail.outbox[0].body
    assert pass_round(later(MORNING, minutes=5)) == []


def test_on_call_what_is_urgent_comes_at_night_and_nothing_else(lea: Any) -> None:
    a_person(quiet=NIGHT, on_call=True)
    a_person(name="asleep", quiet=NIGHT)
    failed(lea)
    a_publication(now=LATE)
    wiring.look(later(LATE, seconds=5))
    sent = pass_round(later(LATE, minutes=3))
    assert [one.split(":")[0] for one in sent] == ["No publisher is running"]
    assert mail.outbox[0].to == ["mira@example.com"]
    assert "failed" not in mail.outbox[0].body
    # In the morning the other one hears all of it, and the first one the rest.
    pass_round(MORNING)
    assert sorted(one.to[0] for one in mail.outbox[1:]) == [
        "asleep@example.com",
        "mira@example.com",
    ]


def test_outside_quiet_hours_nobody_waits(lea: Any) -> None:
    a_person(quiet=(time(12), time(13)))
    failed(lea)
    wiring.look(LATE)
    assert len(pass_round(later(LATE, minutes=2))) == 1


def test_whoever_switches_a_medium_off_gets_nothing_of_what_waited(lea: Any) -> None:
    user = a_person(wishes={"mail": True})
    failed(lea)
    now = timezone.now()
    wiring.look(now)
    user.notice_preference.mail = False
    user.notice_preference.save()
    assert pass_round(later(now, minutes=2)) == []
    assert NoticeDelivery.objects.get().due_at is None


# --- Mail over a real server ---


def test_a_mail_arrives_by_smtp(lea: Any, smtp: MailServer) -> None:
    a_person()
    failed(lea, times=38)
    now = timezone.now()
    wiring.look(now)
    wiring.tell(later(now, seconds=91))
    (kept,) = smtp.kept
    assert kept["Subject"] == "38 posts failed on @lea, Mastodon (needs sign-in)"
    assert kept["To"] == "mira@example.com"
    assert kept["From"] == "PROMURA <room@example.com>"
    assert kept["Auto-Submitted"] == "auto-generated"
    assert kept["Message-ID"].endswith("@example.com>")
    assert "https://room.example.com/notices/settings" in kept.get_content()
    row = NoticeDelivery.objects.get()
    assert (row.due_at, row.told, row.batch) == (None, "problem", None)
    assert row.sent_at is not None


def test_a_server_that_has_no_time_is_asked_again_and_the_name_stays(
    lea: Any, smtp: MailServer
) -> None:
    a_person()
    failed(lea)
    now = timezone.now()
    wiring.look(now)
    smtp.answer = lambda to: "451 Later"
    wiring.tell(later(now, seconds=91))
    row = NoticeDelivery.objects.get()
    assert row.tries == 1
    assert row.error == "The mail server takes nothing for this address now."
    batch = row.batch
    smtp.answer = lambda to: "250 OK"
    wiring.tell(later(row.due_at, seconds=-1))
    assert smtp.kept == []
    wiring.tell(row.due_at)
    assert str(batch) in smtp.kept[0]["Message-ID"]
    row.refresh_from_db()
    assert (row.tries, row.error) == (0, "")


def test_an_address_that_is_refused_is_given_up_with_the_reason(
    lea: Any, smtp: MailServer
) -> None:
    a_person()
    failed(lea)
    now = timezone.now()
    wiring.look(now)
    smtp.answer = lambda to: "550 Nobody here"
    wiring.tell(later(now, seconds=91))
    row = NoticeDelivery.objects.get()
    assert row.due_at is None
    assert row.error == "The mail server refuses this address."


def test_one_address_that_is_refused_keeps_nobody_else_from_being_told(
    lea: Any, smtp: MailServer
) -> None:
    a_person(name="refused")
    a_person(name="fine")
    failed(lea)
    now = timezone.now()
    wiring.look(now)
    smtp.answer = lambda to: "550 No" if "refused" in to[0] else "250 OK"
    wiring.tell(later(now, seconds=91))
    assert [one["To"] for one in smtp.kept] == ["fine@example.com"]


def test_a_handle_cannot_write_a_header(smtp: MailServer) -> None:
    a_person()
    failed(a_channel(handle="@lea\r\nBcc: all@example.com", platform="x"))
    now = timezone.now()
    wiring.look(now)
    wiring.tell(later(now, seconds=91))
    (kept,) = smtp.kept
    assert kept["Bcc"] is None
    assert kept["Subject"].startswith("1 post failed on @lea Bcc: all@example.com, X")


# --- Telegram over its Bot API ---


@pytest.fixture
def telegram(settings: Any) -> Any:
    with Receiver(default=Behaviour(body=b'{"ok": true, "result": {}}')) as receiver:
        settings.MAIL_READY = False
        settings.TELEGRAM_BOT_TOKEN = TOKEN
        settings.TELEGRAM_API_URL = f"{receiver.origin}/"
        a_person(wishes={"telegram": True, "telegram_chat_id": "4242"})
        yield receiver


def _one_failure_due(lea: Any) -> datetime:
    failed(lea, times=38)
    now = timezone.now()
    wiring.look(now)
    return later(now, seconds=91)


def test_a_message_arrives_by_telegram(lea: Any, telegram: Receiver) -> None:
    wiring.tell(_one_failure_due(lea))
    (got,) = telegram.deliveries
    assert got.path == f"/bot{TOKEN}/sendMessage"
    assert got.json["chat_id"] == "4242"
    assert got.json["text"].startswith(
        "38 posts failed on @lea, Mastodon (needs sign-in)\n"
    )
    assert len(got.json["text"]) <= 4096


def test_the_token_is_in_no_log_and_no_error(
    lea: Any, telegram: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    due = _one_failure_due(lea)
    echo = f'{{"ok": false, "description": "no bot{TOKEN}"}}'.encode()
    for number, behaviour in enumerate(
        (
            Behaviour(status=500, body=echo),
            Behaviour(drop="after"),
            Behaviour(status=403, body=echo),
        )
    ):
        telegram.script(behaviour)
        wiring.tell(later(due, hours=number))
    assert len(telegram.deliveries) == 3
    row = NoticeDelivery.objects.get()
    assert row.due_at is None
    assert row.error == "Telegram says: no bot…"
    assert TOKEN not in caplog.text


def test_a_pause_that_telegram_asks_for_is_kept(lea: Any, telegram: Receiver) -> None:
    due = _one_failure_due(lea)
    body = b'{"ok": false, "parameters": {"retry_after": 1800}}'
    telegram.script(Behaviour(status=429, body=body))
    before = timezone.now()
    wiring.tell(due)
    row = NoticeDelivery.objects.get()
    assert row.due_at >= before + timedelta(minutes=30)
    wiring.tell(later(row.due_at, seconds=1))
    assert len(telegram.deliveries) == 2
    row.refresh_from_db()
    assert row.told == "problem"


def test_an_api_of_ones_own_may_stand_inside_and_the_public_one_may_not(
    lea: Any, telegram: Receiver, settings: Any
) -> None:
    settings.ALLOW_PRIVATE_TARGETS = False
    wiring.tell(_one_failure_due(lea))
    assert len(telegram.deliveries) == 1


def test_a_sender_that_is_no_address_keeps_nobody_from_hearing_by_telegram(
    lea: Any, smtp: MailServer, telegram: Receiver, settings: Any
) -> None:
    settings.MAIL_READY = True
    settings.DEFAULT_FROM_EMAIL = "room@example.com, ops@example.com"
    a_person(name="anna")
    a_person(name="zoe")
    wiring.tell(_one_failure_due(lea))
    assert len(telegram.deliveries) == 1
    by_mail = NoticeDelivery.objects.filter(medium="mail")
    assert {(row.tries, row.lease_until) for row in by_mail} == {(1, None)}
    assert {row.error.partition(":")[0] for row in by_mail} == {
        "The mail could not be written"
    }


# --- Two senders, and one that dies ---


def test_what_one_has_claimed_no_other_sends_until_the_lease_ends(lea: Any) -> None:
    user = a_person()
    due = _one_failure_due(lea)
    parcel = sending.claim(user.pk, "mail", everybody(), due)
    assert parcel is not None
    assert sending.claim(user.pk, "mail", everybody(), due) is None
    wiring.tell(later(due, minutes=2))
    assert mail.outbox == []
    wiring.tell(later(due, minutes=4))
    assert len(mail.outbox) == 1
    assert str(parcel.batch) in mail.outbox[0].extra_headers["Message-ID"]


def test_what_comes_up_while_it_is_sent_is_not_lost(lea: Any) -> None:
    user = a_person()
    due = _one_failure_due(lea)
    parcel = sending.claim(user.pk, "mail", everybody(), due)
    failed(lea, times=2)
    wiring.look(due)
    sending.deliver(parcel)
    row = NoticeDelivery.objects.get()
    assert row.due_at == row.sent_at + timedelta(hours=1)
    assert Notice.objects.get().count == 40


def _sender(server: MailServer) -> subprocess.Popen[str]:
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "PROMURA_DATA_DIR": str(django_settings.DATA_DIR),
        "EMAIL_URL": server.url,
        "LOG_LEVEL": "WARNING",
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.scheduling.notices.sender"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _killed(process: subprocess.Popen[str], arrived: threading.Event) -> None:
    """Kill the sender while the server holds its answer back."""
    assert arrived.wait(SECONDS)
    process.send_signal(signal.SIGKILL)
    assert process.wait(SECONDS) == -signal.SIGKILL
    process.communicate()
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def _due_now(lea: Any) -> NoticeDelivery:
    a_person()
    failed(lea, times=38)
    wiring.look(timezone.now() - timedelta(minutes=5))
    return NoticeDelivery.objects.get()


def _lease_ends() -> None:
    NoticeDelivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


@pytest.mark.django_db(transaction=True)
def test_a_sender_killed_before_the_server_has_it_is_replaced_and_one_mail_arrives(
    lea: Any,
) -> None:
    row = _due_now(lea)
    arrived, go_on = threading.Event(), threading.Event()

    def hold(to: list[str]) -> str:
        arrived.set()
        go_on.wait(SECONDS)
        return "250 OK"

    with MailServer() as server:
        server.answer = hold
        process = _sender(server)
        _killed(process, arrived)
        go_on.set()
        row.refresh_from_db()
        assert (row.sent_at, row.told) == (None, "")
        assert row.lease_until is not None
        server.answer = lambda to: "250 OK"
        assert _sender(server).communicate(timeout=SECONDS)[0] == "0\n"
        assert server.kept == []
        _lease_ends()
        assert _sender(server).communicate(timeout=SECONDS)[0] == "1\n"
        assert len(server.kept) == 1
    row.refresh_from_db()
    assert (row.told, row.due_at) == ("problem", None)


@pytest.mark.django_db(transaction=True)
def test_a_sender_killed_before_the_note_sends_it_again_under_the_same_name(
    lea: Any,
) -> None:
    _due_now(lea)
    arrived, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        arrived.set()
        go_on.wait(SECONDS)

    with MailServer() as server:
        server.on_mail = hold
        process = _sender(server)
        _killed(process, arrived)
        go_on.set()
        server.on_mail = None
        _lease_ends()
        assert _sender(server).communicate(timeout=SECONDS)[0] == "1\n"
        first, second = server.kept
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Subject"] == second["Subject"]
