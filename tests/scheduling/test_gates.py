"""Channels that are closed: a panic stop, a refused sign-in, an outage, a rest."""

from datetime import timedelta

import pytest
from django.utils import timezone

from metrics.models import AuditEvent
from promura_site.models import User
from scheduling.models import Channel, ChannelFlow, PanicStop, Publication
from scheduling.publishing import gates, ledger, sweeping
from scheduling.publishing.channel_health import OUTAGE_AFTER
from scheduling.publishing.connectors.base import OutcomeUnknown, PublishError, Receipt
from scheduling.services.channels import update_channel
from scheduling.services.identity import verify_channel
from tests.scheduling.planning import LONG_AGO, a_channel, a_publication, put

pytestmark = pytest.mark.django_db

P = Publication.State


def stop(channel: Channel | None = None) -> PanicStop:
    creator = channel.creator if channel else None
    key = str(creator.pk) if creator else PanicStop.EVERYONE
    return PanicStop.objects.create(key=key, creator=creator, stopped_at=timezone.now())


def fresh(publication: Publication) -> Publication:
    return Publication.objects.get(pk=publication.pk)


def fail(publication: Publication, error: PublishError) -> None:
    put(publication, next_attempt_at=timezone.now())
    lease = next(
        one for one in ledger.claim(10) if one.publication.pk == publication.pk
    )
    assert ledger.begin(lease, "test", 5.0) is not None
    ledger.record_failure(lease, error)


UNREACHABLE = PublishError("No way.", permanent=False, code="unreachable")


@pytest.mark.parametrize("for_all", [True, False])
def test_under_a_panic_stop_nothing_is_claimed(for_all: bool) -> None:
    publication, other = a_publication(), a_publication()
    stop(None if for_all else publication.channel)
    claimed = [one.publication for one in ledger.claim(10)]
    assert claimed == ([] if for_all else [other])
    assert gates.mark_waiting() == (2 if for_all else 1)
    assert gates.mark_waiting() == 0
    now = fresh(publication)
    assert (now.state, now.error_code) == (P.SCHEDULED, "stopped")
    PanicStop.objects.all().delete()
    assert publication in [one.publication for one in ledger.claim(10)]
    assert fresh(publication).error_code == ""


def test_a_stop_pressed_between_claim_and_send_holds() -> None:
    publication = a_publication()
    (lease,) = ledger.claim(10)
    stop(publication.channel)
    assert ledger.begin(lease, "test", 5.0) is None
    now = fresh(publication)
    assert (now.state, now.attempts_made, now.lease_until) == (P.SCHEDULED, 0, None)


def test_a_doubtful_post_is_not_sent_again_under_a_stop() -> None:
    publication = a_publication()
    fail(publication, OutcomeUnknown("No answer.", code="reply_lost"))
    put(publication, next_attempt_at=timezone.now())
    (lease,) = ledger.claim(10)
    stop()
    assert ledger.begin(lease, "test", 5.0) is None
    assert (fresh(publication).state, fresh(publication).in_doubt) == (P.UNKNOWN, True)
    assert ledger.claim(10) == []


def test_what_a_stop_outlasted_is_missed_with_that_cause() -> None:
    publication = a_publication()
    stop()
    gates.mark_waiting()
    put(publication, late_after=LONG_AGO)
    sweeping.miss_late()
    assert (fresh(publication).state, fresh(publication).error_code) == (
        P.MISSED,
        "stopped",
    )


def test_a_platform_that_does_not_answer_is_left_in_peace() -> None:
    channel = a_channel()
    publications = [a_publication(channel) for _ in range(6)]
    leases = ledger.claim(10)
    assert len(leases) == 6
    for lease in leases:
        assert ledger.begin(lease, "test", 5.0) is not None
    for lease in leases[:OUTAGE_AFTER]:
        ledger.record_failure(lease, UNREACHABLE)
    channel.refresh_from_db()
    assert (channel.health, channel.health_detail) == ("degraded", "No way.")
    rest = ChannelFlow.objects.get().blocked_until - timezone.now()
    assert timedelta(seconds=10) < rest < timedelta(seconds=20)
    for lease in leases[OUTAGE_AFTER:]:
        ledger.record_failure(lease, UNREACHABLE)
    assert ChannelFlow.objects.get().failures == OUTAGE_AFTER, "they knew no better"
    Publication.objects.update(next_attempt_at=timezone.now())
    assert ledger.claim(10) == []
    assert gates.mark_waiting() == 6
    assert {fresh(one).error_code for one in publications} == {"outage"}
    assert AuditEvent.objects.filter(action="channel.degraded").count() == 1


def test_after_the_rest_one_post_finds_out_for_all() -> None:
    channel = a_channel()
    ChannelFlow.objects.create(
        channel=channel, failures=OUTAGE_AFTER, blocked_until=LONG_AGO
    )
    Channel.objects.update(health="degraded")
    for _ in range(4):
        a_publication(channel)
    (lease,) = ledger.claim(10)
    put_off = Publication.objects.filter(state=P.SCHEDULED)
    assert {one.error_code for one in put_off} == {"outage"}
    ledger.begin(lease, "test", 5.0)
    ledger.record_receipt(lease, Receipt("remote"))
    flow = ChannelFlow.objects.get()
    assert (flow.failures, flow.blocked_until) == (0, None)
    assert Channel.objects.get().health == "good"
    assert AuditEvent.objects.filter(action="channel.recovered").count() == 1
    put_off.update(next_attempt_at=timezone.now())
    assert len(ledger.claim(10)) == 3


def test_each_failure_to_get_through_doubles_the_rest() -> None:
    channel = a_channel()
    publication = a_publication(channel)
    rests = []
    for _ in range(OUTAGE_AFTER + 3):
        ChannelFlow.objects.update(blocked_until=None)
        fail(publication, UNREACHABLE)
        blocked = ChannelFlow.objects.get().blocked_until
        rests.append((blocked - timezone.now()).total_seconds() if blocked else 0)
    assert rests[: OUTAGE_AFTER - 1] == [0] * (OUTAGE_AFTER - 1)
    for step, rest in enumerate(rests[OUTAGE_AFTER - 1 :]):
        assert 11 * 2**step < rest < 18.1 * 2**step


def test_what_the_platform_asks_for_holds_for_the_whole_channel() -> None:
    channel = a_channel()
    publication, other = a_publication(channel), a_publication(channel)
    put(other, next_attempt_at=timezone.now() + timedelta(hours=1))
    busy = PublishError("Busy.", permanent=False, retry_after=300, code="rate_limited")
    fail(publication, busy)
    rest = ChannelFlow.objects.get().blocked_until - timezone.now()
    assert timedelta(seconds=290) < rest <= timedelta(seconds=300)
    put(other, next_attempt_at=timezone.now())
    assert ledger.claim(10) == []
    assert Channel.objects.get().health == "unknown", "it does answer"
    ChannelFlow.objects.update(blocked_until=timezone.now())
    assert len(ledger.claim(10)) == 1


def test_an_earlier_send_still_worked_on_is_no_word_about_the_channel() -> None:
    publication = a_publication()
    fail(publication, OutcomeUnknown("Wait.", code="in_progress", retry_after=60))
    assert not ChannelFlow.objects.exists()


def test_what_nobody_may_send_is_not_due_for_a_publisher(anonymous: object) -> None:
    a_publication()
    stop()
    assert ledger.claim(10) == []


@pytest.mark.parametrize("verified", [True, False])
def test_who_signs_in_or_verifies_ends_the_rest(admin: User, verified: bool) -> None:
    channel = a_channel(health="degraded")
    publication = a_publication(channel)
    ChannelFlow.objects.create(
        channel=channel,
        failures=OUTAGE_AFTER,
        blocked_until=timezone.now() + timedelta(minutes=10),
    )
    assert ledger.claim(10) == []
    if verified:
        verify_channel(channel, actor=admin)
    else:
        update_channel(channel, actor=admin, sign_in={})
    assert [one.publication for one in ledger.claim(10)] == [publication]
