"""The ledger: who may send a publication, and what became of it.

    scheduled, retry --claim--> leased --begin--> sending --+--> published
    unknown ----------claim-->   (in doubt)                 +--> retry, failed
                                                            +--> unknown

Every step is one UPDATE that checks state and fence, so that of several publishers one
wins and an old one can no longer write. Due times and leases are compared with the
database's clock. An attempt is on record before anything is sent, so that a publisher
that dies while sending leaves a doubt behind, never a silent gap. Whoever locks both
takes the post's row first, then its publications, then media, then the creator, then
the channel's flow and the channel.

What several senders have to write at the same time is written in one transaction: a
commit to disk costs the same for one as for twenty.
"""

import logging
import os
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField, F, Q, Value
from django.db.models.functions import Coalesce, Greatest, Now

from scheduling import states
from scheduling.models import Publication, PublishAttempt
from scheduling.publishing import gates
from scheduling.publishing.claiming import claim
from scheduling.publishing.connectors.base import (
    PublishError,
    PublishRequest,
    Receipt,
)
from scheduling.publishing.lease import Lease, length_for, wait_after
from scheduling.publishing.moves import move
from scheduling.publishing.recording import (
    Arrival,
    held_by,
    locked_posts,
    receive,
    record_failure,
    still_ours,
)

__all__ = [
    "Arrival",
    "Beginning",
    "Lease",
    "Write",
    "begin",
    "claim",
    "leave_to_person",
    "prolong",
    "reached",
    "record_absence",
    "record_failure",
    "record_receipt",
    "release",
    "renew",
    "wait_after",
    "without_lease",
    "write",
]

logger = logging.getLogger(__name__)

_P = Publication.State


@dataclass
class Beginning:
    """A send to be put on record; `held` says afterwards whether it may begin."""

    lease: Lease
    publisher: str
    timeout: float
    held: bool = False


Write = Callable[[Sequence[Beginning], Sequence[Arrival]], None]


def reached(step: str) -> None:
    """Stand still here if PROMURA_STOP_AT names this step, for the crash tests.

    The process says so and stops itself, so that a test can kill it at this very
    moment: `leased`, `fitted`, `attempted` (nothing sent yet), `sent` (receipt not
    stored), `stored`, and of a doubtful one `looked_up` (answer not stored).
    """
    if os.environ.get("PROMURA_STOP_AT") == step:
        print(f"stopped at {step}", flush=True)
        os.kill(os.getpid(), signal.SIGSTOP)


def write(beginnings: Sequence[Beginning], arrivals: Sequence[Arrival]) -> None:
    """Write down which sends begin and which posts are out, all or nothing.

    Afterwards each says in `held` whether it was written: whoever was too slow has
    nothing to say about the others.
    """
    leases = [one.lease for one in beginnings] + [one.lease for one in arrivals]
    posts: set[UUID] = {one.publication.post_id for one in leases}
    with transaction.atomic(durable=True):
        locked = locked_posts(posts)
        _begin(beginnings)
        receive(arrivals)
        if arrivals:
            states.recompute_all(locked)


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


def prolong(leases: Sequence[Lease]) -> None:
    """Keep what is in hand for another lease; what has been lost stays lost."""
    until = time.monotonic() + settings.PUBLISH_LEASE.total_seconds()
    ends = Now() + settings.PUBLISH_LEASE
    kept = Publication.objects.filter(
        held_by(leases),
        state__in=(_P.LEASED, _P.SENDING),
        lease_until__gt=Now(),
    ).update(lease_until=Greatest(F("lease_until"), ends))
    if kept == len(leases):
        for lease in leases:
            lease.until = max(lease.until, until)


def begin(
    lease: Lease, publisher: str, timeout: float, write: Write = write
) -> PublishRequest | None:
    """Put an attempt on record, after which its request may be sent.

    The lease is renewed to outlast a send of `timeout` seconds. Return None when the
    lease has been lost, or the channel closed since the claim, by a panic stop for
    one: nothing may be sent then, and the lease goes back unused.
    """
    until = time.monotonic() + length_for(timeout).total_seconds()
    request, beginning = lease.request(), Beginning(lease, publisher, timeout)
    write([beginning], [])
    if not beginning.held:
        logger.info("Nothing is sent of %s now", lease.publication.pk)
        release(lease)
        return None
    lease.publication.first_attempt_at = request.first_attempt_at
    lease.until = until
    if lease.seconds_left() < timeout:
        message = "The database took too long to note the attempt."
        late = PublishError(message, permanent=False, code="too_slow")
        record_failure(lease, late)
        return None
    return request


def record_receipt(lease: Lease, receipt: Receipt, write: Write = write) -> bool:
    """Write down that a publication is out; False if somebody newer has it."""
    arrival = Arrival(lease, receipt)
    write([], [arrival])
    return still_ours(arrival.held, lease.publication)


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


def _begin(beginnings: Sequence[Beginning]) -> None:
    """Move leased publications on to sending, and put their attempts on record."""
    alike: dict[tuple[float, bool, datetime], list[Beginning]] = defaultdict(list)
    for one in beginnings:
        lease = one.lease
        alike[one.timeout, lease.in_doubt, lease.claimed_at].append(one)
    for (timeout, in_doubt, claimed_at), some in alike.items():
        is_open = (
            gates.on_answering_channel() if in_doubt else gates.on_usable_channel()
        )
        ours = held_by(one.lease for one in some)
        first = Value(claimed_at, output_field=DateTimeField())
        Publication.objects.filter(
            ours, is_open, state=_P.LEASED, lease_until__gt=Now()
        ).update(
            state=_P.SENDING,
            lease_until=Now() + length_for(timeout),
            attempts_made=F("attempts_made") + 1,
            first_attempt_at=Coalesce(F("first_attempt_at"), first),
            updated_at=Now(),
        )
        # Nobody but the lease's holder moves it to sending under its fence.
        begun = Publication.objects.filter(ours, state=_P.SENDING)
        keys = set(begun.values_list("pk", flat=True))
        for one in some:
            one.held = one.lease.publication.pk in keys
    PublishAttempt.objects.bulk_create(
        PublishAttempt(
            publication=one.lease.publication,
            number=one.lease.tries + 1,
            fence=one.lease.publication.fence,
            publisher=one.publisher,
            started_at=Now(),
        )
        for one in beginnings
        if one.held
    )
    for one in beginnings:
        if one.held:
            one.lease.publication.state = _P.SENDING


def _hand_back(lease: Lease, to: str, *conditions: Q, **fields: Any) -> bool:
    publication = lease.publication
    with transaction.atomic(durable=True):
        (post,) = locked_posts([publication.post_id])
        held = move(publication, to, *conditions, **{"lease_until": None, **fields})
        if held:
            states.recompute(post)
    return still_ours(held, publication)
