"""One notice for all of one cause, one message for all that has come together."""

from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from promura_site import events
from promura_site.models import User
from scheduling.models import Happening, Notice, NoticeDelivery, NoticeReceipt
from scheduling.notices import hearing, wiring
from scheduling.publishing.publisher import Publisher
from tests.factories import ChannelFactory, CreatorFactory
from tests.loopback import Behaviour, Receiver
from tests.scheduling.notices.telling import (
    P,
    a_person,
    befell,
    failed,
    later,
    pass_round,
)
from tests.scheduling.planning import a_channel, a_publication, a_webhook, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def lea() -> Any:
    return ChannelFactory(
        handle="@lea",
        platform="mastodon",
        creator=CreatorFactory(name="Lea Moss", slug="lea-moss"),
    )


def test_many_failures_on_one_account_are_one_mail_that_says_how_many(
    lea: Any,
) -> None:
    a_person()
    failed(lea, times=38)
    now = timezone.now()
    assert pass_round(now) == []
    assert pass_round(later(now, seconds=60)) == []
    assert pass_round(later(now, seconds=91)) == [
        "38 posts failed on @lea, Mastodon (needs sign-in)"
    ]
    body = mail.outbox[0].body
    assert "Lea Moss. The last one: Sign in again." in body
    assert (
        "https://room.example.com/queue?group=attention&model=lea-moss&platform=mastodon"
        in body
    )
    assert Happening.objects.count() == 0


def test_what_goes_on_is_mailed_once_an_hour_with_the_whole_count(lea: Any) -> None:
    a_person()
    now = timezone.now()
    failed(lea)
    pass_round(now)
    assert len(pass_round(later(now, seconds=91))) == 1
    for minute in range(2, 60, 10):
        failed(lea)
        assert pass_round(later(now, minutes=minute)) == []
    assert pass_round(later(now, minutes=63)) == [
        "7 posts failed on @lea, Mastodon (needs sign-in)"
    ]
    assert pass_round(later(now, minutes=64)) == []
    assert Notice.objects.count() == 1


def test_after_a_quiet_hour_it_is_a_new_notice(lea: Any) -> None:
    a_person()
    now = timezone.now()
    failed(lea)
    pass_round(now)
    pass_round(later(now, minutes=61))
    failed(lea)
    pass_round(later(now, minutes=70))
    assert list(Notice.objects.values_list("count", flat=True)) == [1, 1]
    assert Notice.objects.open().count() == 1


def test_several_causes_at_once_are_one_mail(lea: Any) -> None:
    a_person()
    failed(lea)
    failed(a_channel(handle="@bo", platform="x"), code="over_limits")
    now = timezone.now()
    pass_round(now)
    (subject,) = pass_round(later(now, seconds=91))
    assert subject.endswith(", and 1 more")
    assert "@bo, X (over the platform's limits)" in mail.outbox[0].body
    assert "@lea, Mastodon" in mail.outbox[0].body


def test_a_thousand_failures_are_one_mail_for_each_person() -> None:
    people = [a_person(name=f"person{n}") for n in range(3)]
    channels = [a_channel() for _ in range(10)]
    rows = [put(a_publication(one), state=P.FAILED) for one in channels]
    befell("failed", rows * 100)
    now = timezone.now()
    pass_round(now)
    assert Happening.objects.count() == 0
    assert sum(Notice.objects.values_list("count", flat=True)) == 1000
    assert len(pass_round(later(now, seconds=91))) == 3
    assert {one.to[0] for one in mail.outbox} == {one.email for one in people}
    assert pass_round(later(now, minutes=30)) == []


def test_one_row_and_no_more_is_written_for_each_failure(lea: Any) -> None:
    publication = put(a_publication(lea), state=P.FAILED)
    a_person()
    events.happened.disconnect(dispatch_uid="scheduling.notices")
    try:
        with CaptureQueriesContext(connection) as without:
            befell("failed", [publication])
    finally:
        hearing.connect()
    with CaptureQueriesContext(connection) as heard:
        befell("failed", [publication])
    # The row, and the savepoint that keeps its failure to itself.
    assert len(heard) - len(without) <= 3
    assert Happening.objects.count() == 1


def test_a_notice_that_cannot_be_written_breaks_no_publishing(
    lea: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(Happening.objects, "bulk_create", broken)
    with Receiver() as receiver:
        receiver.script(Behaviour(status=410))
        publication = a_publication(a_webhook(receiver.url))
        Publisher().run_once()
    publication.refresh_from_db()
    assert publication.state == P.FAILED


def test_the_publisher_s_own_failure_becomes_a_notice() -> None:
    a_person()
    with Receiver() as receiver:
        receiver.script(Behaviour(status=410))
        a_publication(a_webhook(receiver.url, handle="@shop"))
        Publisher().run_once()
    wiring.look(timezone.now())
    notice = Notice.objects.get(kind=Notice.Kind.FAILED)
    assert notice.title.startswith("1 post failed on @shop, ")
    assert NoticeReceipt.objects.filter(notice=notice).count() == 1


def test_what_a_person_did_is_told_nobody(lea: Any, editor: User) -> None:
    befell("failed", [put(a_publication(lea), state=P.FAILED)], actor=editor)
    assert not Happening.objects.exists()


def test_a_doubt_that_is_being_found_out_waits_and_one_that_is_settled_is_dropped(
    lea: Any,
) -> None:
    a_person()
    now = timezone.now()
    finding = put(a_publication(lea), state=P.UNKNOWN, next_attempt_at=now)
    settled = put(a_publication(lea), state=P.PUBLISHED, next_attempt_at=None)
    lost = put(a_publication(lea), state=P.UNKNOWN, next_attempt_at=None)
    befell("unknown", [finding, settled, lost])
    wiring.look(now)
    assert Notice.objects.get().count == 1
    assert Happening.objects.get().publication_id == finding.pk
    wiring.look(later(now, minutes=6))
    assert Notice.objects.get().count == 2
    assert Notice.objects.get().title == (
        "2 posts on @lea, Mastodon may be out or not: look and settle"
    )


def test_different_causes_on_one_account_are_not_named_as_one(lea: Any) -> None:
    a_person()
    failed(lea)
    failed(lea, code="over_limits")
    wiring.look(timezone.now())
    assert Notice.objects.get().title == "2 posts failed on @lea, Mastodon"


def test_without_mail_set_up_nothing_is_kept_to_be_sent(
    lea: Any, settings: Any
) -> None:
    settings.MAIL_READY = False
    a_person()
    failed(lea)
    wiring.look(timezone.now())
    assert Notice.objects.count() == 1
    assert not NoticeDelivery.objects.exists()


def test_old_notices_are_deleted_with_all_that_belongs_to_them(lea: Any) -> None:
    a_person()
    failed(lea)
    now = timezone.now()
    pass_round(now)
    wiring.prune(later(now, days=89))
    assert Notice.objects.count() == 1
    wiring.prune(later(now, days=91))
    assert not Notice.objects.exists()
    assert not NoticeReceipt.objects.exists()
    assert not NoticeDelivery.objects.exists()


def test_looking_asks_no_more_when_there_are_more_people(lea: Any) -> None:
    a_person()
    wiring.look(timezone.now())
    with CaptureQueriesContext(connection) as few:
        wiring.look(timezone.now())
    for number in range(5):
        a_person(name=f"more{number}")
    with CaptureQueriesContext(connection) as many:
        wiring.look(timezone.now())
    assert len(many) == len(few)
