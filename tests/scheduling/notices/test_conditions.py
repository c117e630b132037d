"""What lasts: it begins, is spoken of, and is over."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from promura_site.models import Heartbeat, User
from scheduling.models import (
    Channel,
    ChannelFlow,
    Notice,
    NoticeDelivery,
    PanicStop,
)
from scheduling.reasons import HEARTBEAT_KIND
from tests.factories import ChannelFactory
from tests.scheduling.notices.telling import P, a_person, later, pass_round
from tests.scheduling.planning import a_channel, a_publication, put

pytestmark = pytest.mark.django_db
K = Notice.Kind


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def _beat(at: datetime) -> None:
    Heartbeat.objects.update_or_create(
        name="p", defaults={"kind": HEARTBEAT_KIND, "started_at": at, "beaten_at": at}
    )


def test_a_silent_publisher_is_told_at_once_and_that_it_is_back(now: datetime) -> None:
    a_person()
    a_publication()
    assert pass_round(later(now, seconds=5)) == ["No publisher is running: 1 post due"]
    _beat(later(now, seconds=60))
    assert pass_round(later(now, seconds=61)) == [
        "All well again: Posts are being published again"
    ]
    assert pass_round(later(now, seconds=100)) == []


def test_silence_that_lasts_is_spoken_of_once_an_hour(now: datetime) -> None:
    a_person()
    a_publication()
    mails = [
        pass_round(later(now, minutes=minute)) for minute in (1, 10, 30, 59, 62, 70)
    ]
    assert [len(one) for one in mails] == [1, 0, 0, 0, 1, 0]


def test_a_publisher_that_comes_and_goes_is_one_notice_and_few_mails(
    now: datetime,
) -> None:
    a_person()
    a_publication()
    for minute in range(0, 40, 4):
        Heartbeat.objects.all().delete()
        pass_round(later(now, minutes=minute))
        _beat(later(now, minutes=minute + 2))
        pass_round(later(now, minutes=minute + 2))
    assert Notice.objects.count() == 1
    assert len(mail.outbox) == 2


def test_nothing_due_is_no_silence(now: datetime) -> None:
    a_person()
    assert pass_round(now) == []
    assert not Notice.objects.exists()


def test_an_account_that_needs_sign_in_is_told_with_what_waits(now: datetime) -> None:
    a_person()
    _beat(later(now, minutes=30))
    lea = a_channel(handle="@lea", platform="bluesky")
    put(a_publication(lea), state=P.SCHEDULED)
    Channel.objects.update(health="needs_sign_in", health_detail="Token revoked.")
    pass_round(now)
    assert pass_round(later(now, seconds=91)) == [
        "@lea, Bluesky needs sign-in; 1 post waits"
    ]
    assert "Token revoked." in mail.outbox[0].body
    Channel.objects.update(health="good")
    assert pass_round(later(now, minutes=5)) == [
        "All well again: @lea, Bluesky is signed in again"
    ]


def test_what_is_over_before_anybody_was_told_is_not_told(now: datetime) -> None:
    a_person()
    a_channel(health="needs_sign_in")
    pass_round(now)
    Channel.objects.update(health="good")
    assert pass_round(later(now, seconds=91)) == []
    assert Notice.objects.get().resolved_at is not None


def test_a_channel_that_a_burst_has_stopped_is_told(now: datetime) -> None:
    a_person()
    lea = a_channel(handle="@lea", platform="x")
    flow = ChannelFlow.objects.create(channel=lea, stopped_at=now)
    pass_round(now)
    assert pass_round(later(now, seconds=91)) == [
        "@lea, X has stopped: more posts at once than usual"
    ]
    flow.stopped_at = None
    flow.save()
    assert pass_round(later(now, minutes=3)) == [
        "All well again: @lea, X may publish again"
    ]


def test_a_panic_stop_and_its_end_are_told_to_everybody(
    now: datetime, admin: User
) -> None:
    a_person("view", "vera")
    a_person("edit", "emil")
    PanicStop.objects.create(
        key=PanicStop.EVERYONE, stopped_by=admin, stopped_at=now, reason="Wrong text"
    )
    subjects = pass_round(now)
    assert subjects == ["Publishing is stopped for everyone"] * 2
    assert "admin stopped it: Wrong text" in mail.outbox[0].body
    PanicStop.objects.all().delete()
    assert (
        pass_round(later(now, minutes=1))
        == ["All well again: Publishing goes on for everyone"] * 2
    )


class _ByHand:
    by_hand = True


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a maker of hand-overs due in so many minutes."""
    from scheduling.publishing.connectors import registry

    known = registry.connectors()
    by_hand = {**known, "by_hand_only": _ByHand}
    monkeypatch.setattr(registry, "connectors", lambda: by_hand)

    def make(now: datetime, minutes: float, state: str = P.SCHEDULED) -> Any:
        row = a_publication(ChannelFactory())
        Channel.objects.filter(pk=row.channel_id).update(connector="by_hand_only")
        due = now + timedelta(minutes=minutes)
        return put(
            row,
            state=state,
            publish_at=due,
            next_attempt_at=due,
            late_after=due + timedelta(hours=1),
        )

    return make


def test_hand_overs_due_in_15_minutes_are_one_notice_to_the_assistants(
    now: datetime, hand: Any
) -> None:
    _beat(later(now, hours=1))
    vera = a_person("view", "vera")
    a_person("edit", "emil")
    hand(now, 14)
    hand(now, 14.5, P.READY)
    hand(now, 14.5, P.CLAIMED)
    hand(now, 20)
    assert pass_round(now) == ["3 hand-overs are due"]
    assert mail.outbox[0].to == [vera.email]
    assert "1 taken already" in mail.outbox[0].body
    assert pass_round(later(now, minutes=4)) == []
    # The fourth comes into sight, but one has just been told.
    assert pass_round(later(now, minutes=6)) == []
    assert pass_round(later(now, minutes=11)) == ["4 hand-overs are due"]


def test_hand_overs_that_are_done_are_not_told_any_more(
    now: datetime, hand: Any
) -> None:
    _beat(later(now, hours=1))
    a_person("view", "vera")
    row = hand(now, 10)
    assert len(pass_round(now)) == 1
    put(row, state=P.PUBLISHED, next_attempt_at=None)
    assert pass_round(later(now, minutes=5)) == []
    assert Notice.objects.get().resolved_at is not None
    assert not NoticeDelivery.objects.filter(due_at__isnull=False).exists()
