"""The ledger: who may send, what is frozen, and what is written afterwards."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library.models import MediaItem
from promura_site import events
from scheduling.models import Channel, Publication, PublishAttempt
from scheduling.publishing import fitting, ledger, sweeping
from scheduling.publishing.connectors.base import OutcomeUnknown, PublishError, Receipt
from scheduling.publishing.moves import move
from tests.factories import MediaItemFactory
from tests.scheduling.planning import (
    LONG_AGO,
    a_channel,
    a_post,
    a_publication,
    put,
    stored_picture,
)

pytestmark = pytest.mark.django_db

P = Publication.State
A = PublishAttempt.Outcome
RECEIPT = Receipt("remote-1", "https://example.com/1")


def claimed(publication: Publication) -> ledger.Lease:
    (lease,) = ledger.claim(10)
    assert lease.publication == publication
    return lease


def sending(publication: Publication) -> ledger.Lease:
    lease = claimed(publication)
    assert ledger.begin(lease, "test", 5.0) is not None
    return lease


def fresh(publication: Publication) -> Publication:
    return Publication.objects.get(pk=publication.pk)


def state_of_post(publication: Publication) -> str:
    return fresh(publication).post.state


def test_what_is_due_is_leased_once() -> None:
    publication = a_publication()
    lease = claimed(publication)
    assert ledger.claim(10) == []
    now = fresh(publication)
    assert (now.state, now.fence) == (P.LEASED, 1)
    assert now.lease_until > timezone.now() + timedelta(seconds=100)
    assert lease.publication.fence == 1
    assert state_of_post(publication) == "publishing"


def test_what_is_not_due_yet_waits() -> None:
    a_publication(schedule_time=timezone.now() + timedelta(minutes=1))
    assert ledger.claim(10) == []


def test_due_is_what_the_databases_clock_says_to_the_millisecond() -> None:
    publication = a_publication()
    put(publication, next_attempt_at=timezone.now() + timedelta(seconds=30))
    assert ledger.claim(10) == []
    put(publication, next_attempt_at=timezone.now().replace(microsecond=0))
    assert len(ledger.claim(10)) == 1


def test_the_earliest_goes_first_and_no_more_than_asked_for() -> None:
    late, early, _ = (a_publication() for _ in range(3))
    put(early, next_attempt_at=timezone.now() - timedelta(minutes=5))
    put(late, next_attempt_at=timezone.now() - timedelta(minutes=3))
    leases = ledger.claim(2)
    assert [one.publication for one in leases] == [early, late]


def test_looking_for_work_opens_no_transaction(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2) as asked:
        assert ledger.claim(10) == []
    assert all(query["sql"].startswith("SELECT") for query in asked.captured_queries)


@pytest.mark.parametrize("model_too", [False, True])
def test_an_account_out_of_use_waits_and_is_missed_in_the_end(model_too: bool) -> None:
    publication = a_publication()
    if model_too:
        creator = publication.channel.creator
        creator.is_active = False
        creator.save()
    else:
        Channel.objects.update(is_active=False)
    assert ledger.claim(10) == []
    put(publication, late_after=LONG_AGO)
    assert sweeping.miss_late() == 1
    assert fresh(publication).state == P.MISSED


def test_the_lease_freezes_what_is_sent() -> None:
    picture, second = stored_picture(alt_text="Beach"), stored_picture()
    publication = a_publication(media_ids=[second.pk, picture.pk], content="Hello")
    lease = claimed(publication)
    Publication.objects.update(content="Other")
    MediaItem.objects.update(alt_text="Other")
    Channel.objects.update(handle="@other")
    assert fitting.fit(lease)
    request = ledger.begin(lease, "test", 5.0)
    assert request is not None
    assert request.content == "Hello"
    assert request.handle == publication.channel.handle
    assert [item.alt_text for item in request.media] == ["", "Beach"]
    assert len(b"".join(request.media[1].chunks())) == request.media[1].size_bytes
    assert request.publish_at == publication.publish_at
    assert request.idempotency_key == publication.idempotency_key


def test_a_resend_is_the_same_but_for_its_number() -> None:
    publication = a_publication()
    first = sending(publication)
    put(publication, content="Other")
    first_request = first.request()
    ledger.record_failure(first, PublishError("Busy.", permanent=False, code="busy"))
    put(publication, next_attempt_at=timezone.now())
    second = claimed(publication)
    request = ledger.begin(second, "test", 5.0)
    assert request is not None
    assert request.described() == first_request.described()
    assert request.idempotency_key == first_request.idempotency_key
    assert request.first_attempt_at == first_request.first_attempt_at
    assert request.attempt_number == 2


def test_an_attempt_is_on_record_before_anything_is_sent() -> None:
    publication = a_publication()
    lease = claimed(publication)
    assert not PublishAttempt.objects.exists()
    ledger.begin(lease, "host:1", 5.0)
    attempt = PublishAttempt.objects.get()
    assert (attempt.outcome, attempt.fence) == (A.OPEN, 1)
    assert (attempt.number, attempt.publisher) == (1, "host:1")
    now = fresh(publication)
    assert (now.state, now.attempts_made) == (P.SENDING, 1)
    assert now.first_attempt_at == lease.claimed_at


def test_a_lease_outlasts_the_slowest_send() -> None:
    publication = a_publication()
    lease = claimed(publication)
    assert ledger.begin(lease, "test", 600.0) is not None
    left = fresh(publication).lease_until - timezone.now()
    assert left > timedelta(seconds=620)
    assert lease.seconds_left() > 600


def test_a_lease_that_has_run_out_sends_nothing() -> None:
    publication = a_publication()
    lease = claimed(publication)
    put(publication, lease_until=timezone.now() - timedelta(seconds=1))
    assert ledger.begin(lease, "test", 5.0) is None
    assert not PublishAttempt.objects.exists()
    assert fresh(publication).state == P.LEASED


def test_an_old_fence_may_not_write() -> None:
    publication = a_publication()
    old = claimed(publication)
    put(publication, fence=2)
    assert ledger.begin(old, "test", 5.0) is None
    put(publication, state=P.SENDING)
    refusal = PublishError("No.", permanent=True, code="refused")
    assert not ledger.record_failure(old, refusal)
    assert not ledger.release(old)
    assert not ledger.record_absence(old)
    now = fresh(publication)
    assert (now.state, now.fence, now.error) == (P.SENDING, 2, "")


def test_a_receipt_publishes() -> None:
    picture = stored_picture()
    publication = a_publication(media_ids=[picture.pk])
    lease = sending(publication)
    assert ledger.record_receipt(lease, RECEIPT)
    now = fresh(publication)
    assert (now.state, now.external_id) == (P.PUBLISHED, "remote-1")
    assert now.url == "https://example.com/1"
    assert abs(now.published_at - timezone.now()) < timedelta(seconds=10)
    assert now.next_attempt_at is None
    assert state_of_post(publication) == "completed"
    assert PublishAttempt.objects.get().outcome == A.ACCEPTED
    picture.refresh_from_db()
    assert picture.used_count == 1
    assert picture.last_used is not None


def test_what_is_published_stays_as_it_is() -> None:
    publication = a_publication()
    lease = sending(publication)
    ledger.record_receipt(lease, RECEIPT)
    refusal = PublishError("No.", permanent=True, code="refused")
    assert not ledger.record_failure(lease, refusal)
    assert not ledger.record_receipt(lease, Receipt("other"))
    assert fresh(publication).external_id == "remote-1"


def test_a_permanent_refusal_fails() -> None:
    publication = a_publication()
    lease = sending(publication)
    ledger.record_failure(lease, PublishError("No.", permanent=True, code="refused"))
    now = fresh(publication)
    assert (now.state, now.error, now.error_code) == (P.FAILED, "No.", "refused")
    assert now.next_attempt_at is None
    assert state_of_post(publication) == "failed"
    assert PublishAttempt.objects.get().outcome == A.REFUSED


@pytest.mark.parametrize("permanent", [False, True])
def test_a_refused_sign_in_makes_the_channel_wait_and_its_posts(
    permanent: bool,
) -> None:
    publication = a_publication()
    refusal = PublishError("Sign in.", permanent=permanent, code="needs_sign_in")
    ledger.record_failure(sending(publication), refusal)
    channel = Channel.objects.get()
    assert (channel.health, channel.health_detail) == ("needs_sign_in", "Sign in.")
    now = fresh(publication)
    assert (now.state, now.in_doubt) == (P.RETRY, False)
    a_publication(channel)
    assert ledger.claim(10) == []
    Channel.objects.update(health="good")
    assert len(ledger.claim(10)) == 2


def test_a_doubt_outlasts_a_refused_sign_in() -> None:
    publication = a_publication()
    ledger.record_failure(
        sending(publication), OutcomeUnknown("No answer.", code="reply_lost")
    )
    put(publication, next_attempt_at=timezone.now())
    refusal = PublishError("Sign in.", permanent=True, code="needs_sign_in")
    ledger.record_failure(sending(publication), refusal)
    now = fresh(publication)
    assert (now.state, now.in_doubt) == (P.UNKNOWN, True)
    assert ledger.claim(10) == []
    Channel.objects.update(health="good")
    assert claimed(publication).in_doubt


def test_what_waits_for_a_sign_in_is_missed_in_the_end_and_says_why() -> None:
    publication = a_publication()
    refusal = PublishError("Sign in.", permanent=True, code="needs_sign_in")
    ledger.record_failure(sending(publication), refusal)
    put(publication, late_after=LONG_AGO)
    assert sweeping.miss_late() == 1
    now = fresh(publication)
    assert (now.state, now.error_code) == (P.MISSED, "needs_sign_in")


def test_a_passing_trouble_is_tried_again_later() -> None:
    publication = a_publication()
    trouble = PublishError("Busy.", permanent=False, code="unavailable")
    ledger.record_failure(sending(publication), trouble)
    now = fresh(publication)
    assert (now.state, now.error) == (P.RETRY, "Busy.")
    wait = now.next_attempt_at - timezone.now()
    assert timedelta(seconds=10) < wait < timedelta(seconds=20)
    assert state_of_post(publication) == "publishing"
    assert ledger.claim(10) == []


def test_waiting_doubles_and_honours_what_the_platform_asks_for() -> None:
    publication = a_publication()
    lease = claimed(publication)
    error = PublishError("Busy.", permanent=False, code="busy")
    waits = []
    for lease.series in range(12):
        waits.append(ledger.wait_after(lease, error).total_seconds())
    for number, wait in enumerate(waits[:6]):
        assert 12 * 2**number <= wait <= 18 * 2**number
    assert max(waits) <= 1.2 * 900
    asked = PublishError("Busy.", permanent=False, code="busy", retry_after=3600)
    assert ledger.wait_after(lease, asked) == timedelta(hours=1)


def test_a_lost_reply_is_a_doubt() -> None:
    publication = a_publication()
    told = []

    def listen(event: Any, **kwargs: Any) -> None:
        told.append(event.action)

    events.happened.connect(listen)
    try:
        ledger.record_failure(
            sending(publication), OutcomeUnknown("No answer.", code="reply_lost")
        )
    finally:
        events.happened.disconnect(listen)
    now = fresh(publication)
    assert (now.state, now.in_doubt) == (P.UNKNOWN, True)
    assert now.next_attempt_at is not None
    assert state_of_post(publication) == "unknown"
    assert PublishAttempt.objects.get().outcome == A.UNKNOWN
    assert told == ["publication.unknown"]


@pytest.mark.parametrize("permanent", [False, True])
def test_a_refusal_of_the_second_send_proves_nothing_about_the_first(
    permanent: bool,
) -> None:
    publication = a_publication()
    ledger.record_failure(
        sending(publication), OutcomeUnknown("No answer.", code="reply_lost")
    )
    put(publication, next_attempt_at=timezone.now())
    again = sending(publication)
    assert again.in_doubt
    refusal = PublishError("No.", permanent=permanent, code="refused")
    ledger.record_failure(again, refusal)
    now = fresh(publication)
    assert (now.state, now.in_doubt) == (P.UNKNOWN, True)
    assert (now.next_attempt_at is None) == permanent


def test_a_receipt_of_the_second_send_settles_the_doubt() -> None:
    publication = a_publication()
    ledger.record_failure(
        sending(publication), OutcomeUnknown("No answer.", code="reply_lost")
    )
    put(publication, next_attempt_at=timezone.now())
    ledger.record_receipt(sending(publication), RECEIPT)
    now = fresh(publication)
    assert (now.state, now.in_doubt) == (P.PUBLISHED, False)


def test_a_publisher_killed_before_its_attempt_has_sent_nothing() -> None:
    publication = a_publication()
    claimed(publication)
    assert sweeping.expire_leases() == 0
    put(publication, lease_until=timezone.now() - timedelta(seconds=1))
    assert sweeping.expire_leases() == 1
    now = fresh(publication)
    assert (now.state, now.in_doubt, now.payload) == (P.SCHEDULED, False, None)
    assert claimed(publication).publication.fence == 2


def test_a_publisher_killed_while_sending_leaves_a_doubt() -> None:
    publication = a_publication()
    sending(publication)
    put(publication, lease_until=timezone.now() - timedelta(seconds=1))
    assert sweeping.expire_leases() == 1
    now = fresh(publication)
    assert (now.state, now.in_doubt) == (P.UNKNOWN, True)
    assert PublishAttempt.objects.get().outcome == A.UNKNOWN
    assert claimed(publication).in_doubt


def test_a_slow_publisher_may_still_say_what_it_knows() -> None:
    publication = a_publication()
    lease = sending(publication)
    put(publication, lease_until=timezone.now() - timedelta(seconds=1))
    sweeping.expire_leases()
    assert ledger.record_receipt(lease, RECEIPT)
    assert fresh(publication).state == P.PUBLISHED
    assert PublishAttempt.objects.get().outcome == A.ACCEPTED


def test_a_doubtful_lease_that_ends_unused_is_a_doubt_again() -> None:
    publication = a_publication()
    put(publication, state=P.UNKNOWN, in_doubt=True, first_attempt_at=LONG_AGO)
    lease = claimed(publication)
    assert ledger.release(lease)
    assert (fresh(publication).state, fresh(publication).in_doubt) == (P.UNKNOWN, True)


def test_a_lease_given_back_can_be_taken_at_once() -> None:
    publication = a_publication()
    assert ledger.release(claimed(publication))
    assert state_of_post(publication) == "scheduled"
    assert claimed(publication).publication.fence == 2


def test_what_is_too_late_is_missed_never_sent_in_a_burst() -> None:
    publications = [a_publication() for _ in range(3)]
    for one in publications[:2]:
        put(one, late_after=timezone.now() - timedelta(seconds=1))
    assert [one.publication for one in ledger.claim(10)] == publications[2:]
    assert sweeping.miss_late() == 2
    assert {fresh(one).state for one in publications[:2]} == {P.MISSED}
    assert state_of_post(publications[0]) == "missed"


def test_media_is_checked_again_when_publishing() -> None:
    picture = MediaItemFactory()
    publication = a_publication(media_ids=[picture.pk])
    MediaItem.objects.update(trashed_at=timezone.now())
    assert ledger.claim(10) == []
    now = fresh(publication)
    assert (now.state, now.error_code) == (P.FAILED, "media_missing")
    assert state_of_post(publication) == "failed"


def test_a_move_needs_the_state_and_the_fence_that_were_seen() -> None:
    publication = a_publication()
    other = Publication.objects.get(pk=publication.pk)
    assert move(publication, P.CANCELLED)
    assert not move(other, P.LEASED)
    assert fresh(publication).state == P.CANCELLED


def test_publications_of_one_post_make_its_state_together() -> None:
    post = a_post(a_channel(), a_channel(), a_channel())
    leases = ledger.claim(10)
    assert len(leases) == 3
    for lease in leases:
        ledger.begin(lease, "test", 5.0)
    ledger.record_receipt(leases[0], RECEIPT)
    post.refresh_from_db()
    assert post.state == "publishing"
    ledger.record_receipt(leases[1], Receipt("remote-2"))
    refusal = PublishError("No.", permanent=True, code="refused")
    ledger.record_failure(leases[2], refusal)
    post.refresh_from_db()
    assert post.state == "partial"


def test_statistics_that_fail_never_cost_a_receipt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("no statistics today")

    monkeypatch.setattr("scheduling.suggestions.slots.enter_all", fail)
    publication = a_publication()
    assert ledger.record_receipt(sending(publication), RECEIPT)
    assert fresh(publication).state == P.PUBLISHED


def test_the_look_for_work_uses_the_index() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans by what the table holds")
    with CaptureQueriesContext(connection) as asked:
        ledger.claim(10)
    for query in asked.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + query["sql"])
            plan = " ".join(str(row) for row in cursor.fetchall())
        assert "publication_due" in plan, plan
