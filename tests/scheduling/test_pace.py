"""The agency's brakes: spacing, rate, daily cap and the stop after a burst."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from metrics.models import AuditEvent
from scheduling.models import Channel, ChannelFlow, Publication, PublishingPace
from scheduling.publishing import ledger, sweeping
from scheduling.publishing.connectors.base import OutcomeUnknown, PublishError, Receipt
from scheduling.publishing.lease import Lease
from tests.factories import CreatorFactory
from tests.scheduling.planning import LONG_AGO, a_channel, a_post, a_publication, put

pytestmark = pytest.mark.django_db

P = Publication.State
MINUTE = timedelta(minutes=1)


@pytest.fixture
def channel() -> Channel:
    return a_channel()


def publish(lease: Lease) -> None:
    assert ledger.begin(lease, "test", 5.0) is not None
    assert ledger.record_receipt(lease, Receipt(f"remote-{lease.publication.pk}"))


def waiting(publication: Publication) -> tuple[str, str, timedelta]:
    """Return state, cause and how long it still waits."""
    row = Publication.objects.get(pk=publication.pk)
    return row.state, row.error_code, row.next_attempt_at - timezone.now()


def test_two_posts_on_a_channel_keep_their_distance(
    channel: Channel, settings: Any
) -> None:
    settings.MIN_SPACING = 2 * MINUTE
    first, second, third = (a_publication(channel) for _ in range(3))
    (lease,) = ledger.claim(10)
    assert lease.publication == first
    for place, one in enumerate((second, third), 1):
        state, cause, wait = waiting(one)
        assert (state, cause) == (P.SCHEDULED, "spacing")
        assert abs(wait - 2 * place * MINUTE) < timedelta(seconds=10)
    row = Publication.objects.get(pk=second.pk)
    assert row.error.startswith("It goes at ")
    assert row.error.endswith("are at least 2 minutes apart.")
    publish(lease)
    put(second, next_attempt_at=timezone.now())
    assert ledger.claim(10) == []
    Publication.objects.filter(pk=first.pk).update(
        published_at=timezone.now() - 2 * MINUTE
    )
    put(second, next_attempt_at=timezone.now())
    (lease,) = ledger.claim(10)
    assert lease.publication == second
    row.refresh_from_db()
    assert (row.state, row.error, row.error_code) == (P.LEASED, "", "")


def test_channels_do_not_wait_for_each_other(settings: Any) -> None:
    settings.MIN_SPACING = 2 * MINUTE
    a_post(a_channel(), a_channel(), a_channel())
    assert len(ledger.claim(10)) == 3


def test_what_is_being_sent_elsewhere_keeps_its_distance_too(
    channel: Channel, settings: Any
) -> None:
    settings.MIN_SPACING = 2 * MINUTE
    a_publication(channel)
    assert len(ledger.claim(10)) == 1
    second = a_publication(channel)
    assert ledger.claim(10) == []
    assert waiting(second)[1] == "spacing"


def test_a_retry_does_not_wait_for_itself(channel: Channel, settings: Any) -> None:
    settings.MIN_SPACING = 2 * MINUTE
    publication = a_publication(channel)
    (lease,) = ledger.claim(10)
    ledger.begin(lease, "test", 5.0)
    ledger.record_failure(lease, PublishError("Busy.", permanent=False, code="busy"))
    put(publication, next_attempt_at=timezone.now())
    assert len(ledger.claim(10)) == 1


def test_a_doubtful_post_is_found_out_whatever_the_pace(
    channel: Channel, settings: Any
) -> None:
    doubtful = a_publication(channel)
    (lease,) = ledger.claim(10)
    ledger.begin(lease, "test", 5.0)
    ledger.record_failure(lease, OutcomeUnknown("No answer.", code="lost"))
    settings.MIN_SPACING, settings.DAILY_CAP = 2 * MINUTE, 1
    settings.CHANNEL_RATE_PER_MINUTE, settings.CHANNEL_BURST = 1, 1
    settings.BREAKER_POSTS = 1
    put(doubtful, next_attempt_at=timezone.now())
    a_publication(channel)
    (lease,) = ledger.claim(10)
    assert (lease.publication, lease.in_doubt) == (doubtful, True)


def test_a_model_has_her_own_pace(channel: Channel, settings: Any) -> None:
    settings.MIN_SPACING = 2 * MINUTE
    PublishingPace.objects.create(creator=channel.creator, min_spacing_minutes=0)
    a_publication(channel), a_publication(channel)
    assert len(ledger.claim(10)) == 2
    PublishingPace.objects.update(min_spacing_minutes=30)
    third = a_publication(channel)
    assert ledger.claim(10) == []
    assert waiting(third)[2] > 29 * MINUTE


def test_a_channel_takes_so_many_at_once_and_then_so_many_a_minute(
    channel: Channel, settings: Any
) -> None:
    settings.CHANNEL_RATE_PER_MINUTE, settings.CHANNEL_BURST = 6.0, 2
    publications = [a_publication(channel) for _ in range(4)]
    assert len(ledger.claim(10)) == 2
    for place, one in enumerate(publications[2:], 1):
        state, cause, wait = waiting(one)
        assert (state, cause) == (P.SCHEDULED, "rate")
        assert abs(wait - timedelta(seconds=10 * place)) < timedelta(seconds=5)
    flow = ChannelFlow.objects.get()
    assert flow.tokens == 0
    ChannelFlow.objects.update(counted_at=timezone.now() - timedelta(seconds=11))
    Publication.objects.filter(state=P.SCHEDULED).update(next_attempt_at=timezone.now())
    assert len(ledger.claim(10)) == 1


def test_a_post_on_three_channels_counts_once_for_the_day(settings: Any) -> None:
    settings.DAILY_CAP = 2
    creator = CreatorFactory(timezone="Pacific/Auckland")
    channels = [a_channel(creator=creator) for _ in range(3)]
    for lease in _claimed(a_post(*channels)):
        publish(lease)
    second = a_publication(channels[0])
    assert len(ledger.claim(10)) == 1
    third = a_publication(channels[1])
    assert ledger.claim(10) == []
    assert waiting(third)[1] == "daily_cap"
    row = Publication.objects.get(pk=third.pk)
    assert "2 posts today" in row.error
    assert row.error.endswith("it will count as missed.")
    assert row.next_attempt_at == row.late_after + timedelta(seconds=1)
    assert Publication.objects.get(pk=second.pk).state == P.LEASED


def _claimed(post: Any) -> list[Lease]:
    leases = ledger.claim(10)
    assert {one.publication.post_id for one in leases} == {post.pk}
    return leases


def test_yesterdays_posts_do_not_count(channel: Channel, settings: Any) -> None:
    settings.DAILY_CAP = 1
    first = a_publication(channel)
    publish(*ledger.claim(10))
    put(first, published_at=timezone.now() - timedelta(hours=25))
    a_publication(channel)
    assert len(ledger.claim(10)) == 1


def test_what_the_cap_put_off_for_too_long_is_missed_with_its_cause(
    channel: Channel, settings: Any
) -> None:
    settings.DAILY_CAP = 1
    a_publication(channel)
    publish(*ledger.claim(10))
    second = a_publication(channel)
    ledger.claim(10)
    put(second, next_attempt_at=LONG_AGO, late_after=LONG_AGO)
    assert sweeping.miss_late() == 1
    assert Publication.objects.get(pk=second.pk).error_code == "daily_cap"


def test_a_burst_stops_the_channel_until_a_person_says_go(
    channel: Channel, settings: Any
) -> None:
    settings.BREAKER_POSTS, settings.BREAKER_WITHIN = 3, 15 * MINUTE
    for _ in range(5):
        a_publication(channel)
    leases = ledger.claim(10)
    assert len(leases) == 3
    flow = ChannelFlow.objects.get()
    assert flow.stopped_at is not None
    waiting_codes = Publication.objects.filter(state=P.SCHEDULED)
    assert set(waiting_codes.values_list("error_code", flat=True)) == {"burst"}
    assert AuditEvent.objects.filter(action="channel.stopped").count() == 1
    for lease in leases:
        publish(lease)
    assert ledger.claim(10) == []
    a_publication()
    assert len(ledger.claim(10)) == 1, "other channels go on"


def test_posts_before_a_release_do_not_count_for_the_next_burst(
    channel: Channel, settings: Any
) -> None:
    settings.BREAKER_POSTS, settings.BREAKER_WITHIN = 2, 15 * MINUTE
    for _ in range(3):
        a_publication(channel)
    for lease in ledger.claim(10):
        publish(lease)
    ChannelFlow.objects.update(stopped_at=None, burst_from=timezone.now())
    assert len(ledger.claim(10)) == 1


def test_without_brakes_nothing_is_held_up_or_kept(channel: Channel) -> None:
    for _ in range(20):
        a_publication(channel)
    assert len(ledger.claim(30)) == 20
    assert not ChannelFlow.objects.exists()


def _queries_of_a_claim(rows: int) -> int:
    creator = CreatorFactory()
    channels = [a_channel(creator=creator) for _ in range(4)]
    for _ in range(rows // 4):
        a_post(*channels)
    with CaptureQueriesContext(connection) as asked:
        assert ledger.claim(100)
    Publication.objects.update(state=P.CANCELLED)
    return len(asked)


def test_a_claim_asks_as_much_for_many_as_for_few(settings: Any) -> None:
    settings.MIN_SPACING, settings.DAILY_CAP = 2 * MINUTE, 50
    settings.CHANNEL_RATE_PER_MINUTE, settings.CHANNEL_BURST = 10.0, 10
    settings.BREAKER_POSTS = 15
    few = _queries_of_a_claim(8)
    assert _queries_of_a_claim(60) == few
