"""A receipt whose sender has lost its lease: that the post is out stays true."""

from datetime import timedelta

import pytest
from django.contrib.admin.sites import site
from django.utils import timezone

from scheduling.admin import AttemptInline
from scheduling.models import Channel, Publication, PublishAttempt
from scheduling.publishing import ledger, sweeping
from scheduling.publishing.connectors.base import OutcomeUnknown, PublishError, Receipt
from scheduling.publishing.lease import Lease
from scheduling.services.publications import retry_publication, settle_publication
from tests.factories import UserFactory
from tests.scheduling.planning import a_publication, published, put

pytestmark = pytest.mark.django_db

P = Publication.State
A = PublishAttempt.Outcome
LATE = Receipt("remote-1", "https://example.com/1")
SOON_AFTER = timedelta(seconds=1)


def sending(publication: Publication) -> Lease:
    put(publication, next_attempt_at=timezone.now())
    (lease,) = ledger.claim(10)
    assert ledger.begin(lease, "test", 5.0) is not None
    return lease


def lost(publication: Publication) -> Lease:
    """Begin a send whose lease runs out; nobody knows then."""
    lease = sending(publication)
    put(publication, lease_until=timezone.now() - SOON_AFTER)
    assert sweeping.expire_leases() == 1
    return lease


def fresh(publication: Publication) -> Publication:
    return Publication.objects.select_related("post").get(pk=publication.pk)


def outcomes() -> list[str]:
    return list(PublishAttempt.objects.values_list("outcome", flat=True))


def test_a_late_receipt_settles_what_a_newer_one_could_not_find_out() -> None:
    publication = a_publication()
    old = lost(publication)
    newer = sending(publication)
    ledger.record_failure(newer, OutcomeUnknown("No answer.", code="reply_lost"))
    assert ledger.record_receipt(old, LATE)
    now = fresh(publication)
    assert (now.state, now.in_doubt, now.fence) == (P.PUBLISHED, False, 2)
    assert (now.external_id, now.post.state) == ("remote-1", "completed")
    assert outcomes() == [A.ACCEPTED, A.UNKNOWN]


def test_a_late_receipt_settles_what_waits_for_a_person() -> None:
    publication = a_publication()
    old = lost(publication)
    (newer,) = ledger.claim(10)
    ledger.leave_to_person(newer)
    assert ledger.record_receipt(old, LATE)
    assert fresh(publication).state == P.PUBLISHED


def test_a_late_receipt_takes_a_lease_out_of_a_newer_ones_hands() -> None:
    publication = a_publication()
    old = lost(publication)
    (newer,) = ledger.claim(10)
    assert ledger.record_receipt(old, LATE)
    assert ledger.begin(newer, "test", 5.0) is None
    assert fresh(publication).state == P.PUBLISHED


@pytest.mark.parametrize(
    "failure",
    [
        OutcomeUnknown("No answer.", code="reply_lost"),
        PublishError("Twice.", permanent=True, code="refused"),
        PublishError("Busy.", permanent=False, code="busy"),
    ],
)
def test_who_sends_meanwhile_reads_its_failure_in_the_light_of_a_late_receipt(
    failure: PublishError,
) -> None:
    publication = a_publication()
    old = lost(publication)
    newer = sending(publication)
    assert not ledger.record_receipt(old, LATE)
    assert fresh(publication).state == P.SENDING
    assert ledger.record_failure(newer, failure)
    now = fresh(publication)
    assert (now.state, now.external_id) == (P.PUBLISHED, "remote-1")
    assert (now.post.state, now.url) == ("completed", LATE.url)
    assert outcomes()[0] == A.ACCEPTED


def test_a_send_that_dies_after_a_late_receipt_is_no_doubt() -> None:
    publication = a_publication()
    old = lost(publication)
    sending(publication)
    ledger.record_receipt(old, LATE)
    put(publication, lease_until=timezone.now() - SOON_AFTER)
    assert sweeping.expire_leases() == 1
    now = fresh(publication)
    assert (now.state, now.post.state) == (P.PUBLISHED, "completed")


def test_who_sends_meanwhile_may_well_succeed() -> None:
    publication = a_publication()
    old = lost(publication)
    newer = sending(publication)
    ledger.record_receipt(old, LATE)
    assert ledger.record_receipt(newer, Receipt("remote-2"))
    assert fresh(publication).external_id == "remote-2"


def test_a_late_receipt_of_another_text_says_nothing_about_this_one() -> None:
    publication = a_publication()
    old = lost(publication)
    put(
        publication,
        state=P.SCHEDULED,
        fence=2,
        in_doubt=False,
        idempotency_key="another",
        first_attempt_at=None,
        payload=None,
    )
    assert not ledger.record_receipt(old, LATE)
    assert fresh(publication).state == P.SCHEDULED
    newer = sending(publication)
    refusal = PublishError("No.", permanent=True, code="refused")
    ledger.record_failure(newer, refusal)
    assert fresh(publication).state == P.FAILED


def test_a_doubt_is_found_out_however_late() -> None:
    publication = a_publication()
    ledger.record_failure(
        sending(publication), OutcomeUnknown("No answer.", code="reply_lost")
    )
    long_ago = timezone.now() - timedelta(hours=5)
    put(publication, late_after=long_ago, next_attempt_at=long_ago)
    assert sweeping.miss_late() == 0
    (lease,) = ledger.claim(10)
    assert lease.in_doubt


def test_receipts_of_one_moment_are_written_together_and_each_for_itself() -> None:
    first, second, third = (a_publication() for _ in range(3))
    leases = {lease.publication.pk: lease for lease in ledger.claim(10)}
    for lease in leases.values():
        ledger.begin(lease, "test", 5.0)
    put(second, fence=7)
    arrivals = [
        ledger.Arrival(leases[one.pk], Receipt(f"id-{n}", f"https://x.y/{n}", reply=r))
        for n, (one, r) in enumerate(((first, "200"), (second, "201"), (third, "202")))
    ]
    ledger.write([], arrivals)
    assert [one.held for one in arrivals] == [True, False, True]
    assert [fresh(one).state for one in (first, second, third)] == [
        P.PUBLISHED,
        P.SENDING,
        P.PUBLISHED,
    ]
    assert [fresh(one).url for one in (first, third)] == [
        "https://x.y/0",
        "https://x.y/2",
    ]
    assert fresh(second).external_id == "id-1", "left with whoever is sending"
    replies = PublishAttempt.objects.filter(publication__in=[first, third])
    assert set(replies.values_list("reply", "outcome")) == {
        ("200", A.ACCEPTED),
        ("202", A.ACCEPTED),
    }


def test_a_finished_attempt_stays_as_it_is() -> None:
    publication = a_publication()
    ledger.record_receipt(sending(publication), LATE)
    attempt = PublishAttempt.objects.get()
    attempt.outcome = A.REFUSED
    with pytest.raises(TypeError):
        attempt.save()
    with pytest.raises(TypeError):
        attempt.delete()
    assert outcomes() == [A.ACCEPTED]


def test_nobody_writes_attempts_in_the_admin() -> None:
    assert PublishAttempt not in site._registry
    inline = AttemptInline(Publication, site)
    assert not inline.can_delete
    for may in (inline.has_add_permission, inline.has_change_permission):
        assert not may(None)  # type: ignore[arg-type]


def test_a_late_receipt_is_right_against_a_person_who_found_nothing() -> None:
    publication, person = a_publication(), UserFactory()
    old, now = lost(publication), timezone.now()
    settle_publication(publication.pk, actor=person, now=now, outcome="not_published")
    retry_publication(publication.pk, actor=person, now=now)
    assert fresh(publication).state == P.SCHEDULED
    assert ledger.record_receipt(old, LATE)
    after = fresh(publication)
    assert (after.state, after.external_id) == (P.PUBLISHED, "remote-1")
    assert ledger.claim(10) == []


def test_what_was_never_sent_is_made_ready_anew_when_it_is_tried_again() -> None:
    publication, person = a_publication(), UserFactory()
    Channel.objects.update(connector="not_there_any_more")
    assert published(publication).error_code == "unknown_connector"
    Channel.objects.update(connector="bluesky")
    retry_publication(publication.pk, actor=person, now=timezone.now())
    (lease,) = ledger.claim(10)
    assert lease.request().record_key


def test_a_late_receipt_counts_for_what_was_cancelled_meanwhile() -> None:
    publication = a_publication()
    old = lost(publication)
    put(publication, state=P.CANCELLED, next_attempt_at=None)
    assert ledger.record_receipt(old, LATE)
    now = fresh(publication)
    assert (now.state, now.external_id) == (P.PUBLISHED, "remote-1")
