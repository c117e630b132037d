"""The ledger: who may send a publication, and what became of it.

    scheduled, retry --claim--> leased --begin--> sending --+--> published
    unknown ----------claim-->   (in doubt)                 +--> retry, failed
                                                            +--> unknown

Every step is one UPDATE that checks state and fence, so that of several publishers one
wins and an old one can no longer write. Due times and leases are compared with the
database's clock. An attempt is on record before anything is sent, so that a publisher
that dies while sending leaves a doubt behind, never a silent gap. Whoever locks both
takes the post's row first, then its publications, then media, then the creator.
"""

import logging
import os
import signal
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Least, Now
from django.utils import timezone

from promura_site import events
from scheduling import outcomes, states
from scheduling.models import Post, Publication, PublishAttempt
from scheduling.publishing import channel_health, gates
from scheduling.publishing.claiming import claim
from scheduling.publishing.connectors.base import (
    NEEDS_SIGN_IN,
    OutcomeUnknown,
    PublishError,
    PublishRequest,
    Receipt,
)
from scheduling.publishing.lease import AFTERWARDS, Lease, length_for, wait_after
from scheduling.publishing.moves import move
from scheduling.publishing.payload import media_ids_of

__all__ = [
    "Lease",
    "begin",
    "claim",
    "leave_to_person",
    "reached",
    "record_absence",
    "record_failure",
    "record_receipt",
    "release",
    "renew",
    "wait_after",
    "without_lease",
]

logger = logging.getLogger(__name__)

_P = Publication.State
_A = PublishAttempt.Outcome
# States in which the holder of the present fence may still write what it knows. A
# sweep may have declared a slow one's outcome unknown; its own word is better.
_HELD = (_P.LEASED, _P.SENDING, _P.UNKNOWN)


def reached(step: str) -> None:
    """Stand still here if PROMURA_STOP_AT names this step, for the crash tests.

    The process says so and stops itself, so that a test can kill it at this very
    moment: `leased`, `attempted` (nothing sent yet) or `sent` (receipt not stored).
    """
    if os.environ.get("PROMURA_STOP_AT") == step:
        print(f"stopped at {step}", flush=True)
        os.kill(os.getpid(), signal.SIGSTOP)


def renew(lease: Lease, timeout: float) -> bool:
    """Make a lease outlast a call of `timeout` seconds; False if it has been lost."""
    length = length_for(timeout)
    until = time.monotonic() + length.total_seconds()
    held = move(
        lease.publication,
        _P.LEASED,
        Q(lease_until__gt=Now()),
        lease_until=Now() + length,
    )
    if held:
        lease.until = until
    return held


def begin(lease: Lease, publisher: str, timeout: float) -> PublishRequest | None:
    """Put an attempt on record, after which its request may be sent.

    The lease is renewed to outlast a send of `timeout` seconds. Return None when the
    lease has been lost, or the channel closed since the claim, by a panic stop for
    one: nothing may be sent then, and the lease goes back unused.
    """
    length = length_for(timeout)
    until = time.monotonic() + length.total_seconds()
    publication = lease.publication
    request = lease.request()
    asks = lease.in_doubt
    is_open = gates.on_answering_channel() if asks else gates.on_usable_channel()
    with transaction.atomic(durable=True):
        held = move(
            publication,
            _P.SENDING,
            Q(is_open, lease_until__gt=Now()),
            lease_until=Now() + length,
            attempts_made=F("attempts_made") + 1,
            first_attempt_at=request.first_attempt_at,
        )
        if held:
            PublishAttempt.objects.create(
                publication=publication,
                number=lease.tries + 1,
                fence=publication.fence,
                publisher=publisher,
                started_at=Now(),
            )
    if not held:
        logger.info("Nothing is sent of %s now", publication.pk)
        release(lease)
        return None
    publication.first_attempt_at = request.first_attempt_at
    lease.until = until
    if lease.seconds_left() < timeout:
        message = "The database took too long to note the attempt."
        late = PublishError(message, permanent=False, code="too_slow")
        record_failure(lease, late)
        return None
    return request


def record_receipt(lease: Lease, receipt: Receipt) -> bool:
    """Write down that a publication is out; False if somebody newer has it."""
    publication = lease.publication
    with transaction.atomic(durable=True):
        post = _locked(publication.post_id)
        held = move(
            publication,
            _P.PUBLISHED,
            seen=_HELD,
            external_id=receipt.external_id[:300],
            url=receipt.url[:1000],
            published_at=receipt.published_at or Now(),
            in_doubt=False,
            lease_until=None,
            next_attempt_at=None,
            error="",
            error_code="",
        )
        _close_attempt(lease, _A.ACCEPTED, reply=receipt.reply)
        if held:
            states.recompute(post)
            publication.error_code = ""
            outcomes.publication_finished(
                publication, now=timezone.now(), media_ids=media_ids_of(publication)
            )
            channel_health.note_success([publication.channel_id])
    return _still_ours(held, publication)


def record_failure(
    lease: Lease, error: PublishError, *, recoverable: bool = True
) -> bool:
    """Write down that a send failed, or that nobody knows; plan what comes next.

    `recoverable` tells whether a doubt can be cleared without a person. Return False
    if somebody newer has the publication.
    """
    publication = lease.publication
    doubtful = lease.in_doubt or isinstance(error, OutcomeUnknown)
    # Signed in again it can go out, whatever the platform says of sending it now.
    waits = error.code == NEEDS_SIGN_IN
    if doubtful:
        again = recoverable and (waits or not (error.permanent and lease.in_doubt))
        to = _P.UNKNOWN
    else:
        again = waits or not error.permanent
        to = _P.RETRY if again else _P.FAILED
    with transaction.atomic(durable=True):
        post = _locked(publication.post_id)
        held = move(
            publication,
            to,
            seen=_HELD,
            in_doubt=doubtful,
            lease_until=None,
            next_attempt_at=_next_try(lease, error, to) if again else None,
            error=error.message[:500],
            error_code=error.code[:60],
        )
        _close_attempt(lease, _outcome_of(error), error)
        if held:
            publication.error_code = error.code[:60]
            states.recompute(post)
            if to == _P.FAILED:
                outcomes.publication_finished(publication, now=timezone.now())
            elif to == _P.UNKNOWN and not lease.in_doubt:
                outcomes.outcome_lost(publication)
            channel_health.note_failure(publication.channel, error)
    if held and (waits or to != _P.RETRY):
        # Not which publication: an outage would fill the record with rows of one each.
        channel = publication.channel
        where = f"{channel.platform} by {channel.connector}"
        events.fault(f"publishing.{error.code}", error.message, where=where)
    return _still_ours(held, publication)


def record_absence(lease: Lease) -> bool:
    """Write down that the platform says a doubtful publication is not there."""
    return _hand_back(lease, _P.RETRY, in_doubt=False, next_attempt_at=Now())


def leave_to_person(lease: Lease) -> bool:
    """Give up finding out about a doubtful publication: a person has to look."""
    return _hand_back(lease, _P.UNKNOWN, next_attempt_at=None)


def release(lease: Lease) -> bool:
    """Give a lease back unused, so that the next publisher can take it at once."""
    to, fields = without_lease(lease.publication)
    return _hand_back(lease, to, Q(lease_until__gt=Now()), **fields)


def without_lease(publication: Publication) -> tuple[str, dict[str, Any]]:
    """Return where a leased publication goes of which nothing has been sent."""
    fields = {"lease_until": None, "next_attempt_at": Now()}
    if publication.in_doubt:
        return _P.UNKNOWN, fields
    if publication.first_attempt_at is not None:
        return _P.RETRY, fields
    return _P.SCHEDULED, {**fields, "payload": None}


def _next_try(lease: Lease, error: PublishError, to: str) -> CombinedExpression | Least:
    """Return when to look at it again.

    Where the platform's wish leads past the time, the wait ends right after it, so
    that the publication is missed then and not when the wish is over.
    """
    wait = timedelta() if error.code == NEEDS_SIGN_IN else wait_after(lease, error)
    wanted = Now() + wait
    if to != _P.RETRY:
        return wanted
    return Least(wanted, F("late_after") + AFTERWARDS)


def _hand_back(lease: Lease, to: str, *conditions: Q, **fields: Any) -> bool:
    publication = lease.publication
    with transaction.atomic(durable=True):
        post = _locked(publication.post_id)
        held = move(publication, to, *conditions, **{"lease_until": None, **fields})
        if held:
            states.recompute(post)
    return _still_ours(held, publication)


def _locked(post_id: UUID) -> Post:
    return Post.objects.select_for_update().get(pk=post_id)


def _close_attempt(
    lease: Lease, outcome: str, error: PublishError | None = None, reply: str = ""
) -> None:
    PublishAttempt.objects.filter(
        publication=lease.publication,
        kind=PublishAttempt.Kind.SEND,
        fence=lease.publication.fence,
        outcome__in=(_A.OPEN, _A.UNKNOWN),
    ).update(
        finished_at=Now(),
        outcome=outcome,
        error=error.message[:500] if error else "",
        error_code=error.code[:60] if error else "",
        reply=(error.reply if error else reply)[:300],
    )


def _outcome_of(error: PublishError) -> str:
    if isinstance(error, OutcomeUnknown):
        return _A.UNKNOWN
    return _A.REFUSED if error.permanent else _A.DEFERRED


def _still_ours(held: bool, publication: Publication) -> bool:
    if not held:
        logger.warning("Somebody newer has %s; nothing written", publication.pk)
    return held
