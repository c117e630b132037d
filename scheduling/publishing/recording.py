"""What became of a send, written down: receipts, failures, and words that come late.

Each is one conditional UPDATE. That a platform has accepted a post stays true whoever
holds the publication by now, so that the word of a publisher whose lease is gone is
never lost: unless somebody newer is sending at this moment it settles the publication,
and if so, the newer one's own outcome is read in its light.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Least, Now
from django.utils import timezone

from promura_site import events
from scheduling import outcomes, states
from scheduling.models import Post, Publication, PublishAttempt
from scheduling.publishing import channel_health
from scheduling.publishing.connectors.base import (
    NEEDS_SIGN_IN,
    OutcomeUnknown,
    PublishError,
    Receipt,
)
from scheduling.publishing.lease import AFTERWARDS, Lease, wait_after
from scheduling.publishing.moves import move

logger = logging.getLogger(__name__)

_P = Publication.State
_A = PublishAttempt.Outcome
# States in which the holder of the present fence may still write what it knows. A
# sweep may have declared a slow one's outcome unknown; its own word is better.
_HELD = (_P.LEASED, _P.SENDING, _P.UNKNOWN)
# States in which nobody is sending, so that a late word can settle it.
_SETTLED_LATE = (
    _P.SCHEDULED,
    _P.LEASED,
    _P.RETRY,
    _P.UNKNOWN,
    _P.FAILED,
    _P.MISSED,
    _P.SKIPPED,
    _P.CANCELLED,
)


@dataclass
class Arrival:
    """A receipt to be written down; `held` says afterwards whether it was."""

    lease: Lease
    receipt: Receipt
    held: bool = False


def receive(arrivals: Sequence[Arrival]) -> None:
    """Write receipts down, in a transaction that has locked their posts."""
    if not arrivals:
        return
    for one in arrivals:
        # It may have been said in a transaction that came to nothing.
        one.held = False
    _publish(arrivals)
    for one in arrivals:
        one.held = one.held or _receive_late(one)
    replies = {one.lease.publication.pk: one.receipt.reply for one in arrivals}
    _close_attempts(
        [one.lease for one in arrivals],
        outcome=_A.ACCEPTED,
        reply=_each("publication", {pk: text[:300] for pk, text in replies.items()}),
    )
    published = [one.lease.publication for one in arrivals if one.held]
    if published:
        outcomes.all_published(published, now=timezone.now())
        channel_health.note_success({row.channel_id for row in published})


def record_failure(
    lease: Lease, error: PublishError, *, recoverable: bool = True
) -> bool:
    """Write down that a send failed, or that nobody knows; plan what comes next.

    `recoverable` tells whether a doubt can be cleared without a person. Return False
    if somebody newer has the publication.
    """
    publication = lease.publication
    to, again = _after(lease, error, recoverable)
    with transaction.atomic(durable=True):
        (post,) = locked_posts([publication.post_id])
        if accepted_before(publication):
            held = publish_after_all(publication)
            to = _P.PUBLISHED
        else:
            held = move(
                publication,
                to,
                seen=_HELD,
                in_doubt=lease.in_doubt or isinstance(error, OutcomeUnknown),
                lease_until=None,
                next_attempt_at=_next_try(lease, error, to) if again else None,
                error=error.message[:500],
                error_code=error.code[:60],
            )
        _close_attempts(
            [lease],
            outcome=_outcome_of(error),
            error=error.message[:500],
            error_code=error.code[:60],
            reply=error.reply[:300],
        )
        if held:
            states.recompute(post)
        if held and to != _P.PUBLISHED:
            publication.error_code = error.code[:60]
            if to == _P.FAILED:
                outcomes.publication_finished(publication, now=timezone.now())
            elif to == _P.UNKNOWN and not lease.in_doubt:
                outcomes.outcome_lost(publication)
            channel_health.note_failure(publication.channel, error)
    if held and (error.code == NEEDS_SIGN_IN or to in {_P.FAILED, _P.UNKNOWN}):
        # Not which publication: an outage would fill the record with rows of one each.
        channel = publication.channel
        where = f"{channel.platform} by {channel.connector}"
        events.fault(f"publishing.{error.code}", error.message, where=where)
    return still_ours(held, publication)


def accepted_before(publication: Publication) -> bool:
    """Tell whether the platform accepted an earlier send of what is being sent.

    Attempts before the first one under the present key were about something else.
    """
    first = publication.first_attempt_at
    return (
        first is not None
        and PublishAttempt.objects.filter(
            publication=publication,
            kind=PublishAttempt.Kind.SEND,
            outcome=_A.ACCEPTED,
            started_at__gte=first,
        ).exists()
    )


def publish_after_all(publication: Publication) -> bool:
    """Call a publication published whose earlier send is known to be accepted.

    Its id and link are there if the late receipt had any.
    """
    held = move(
        publication,
        _P.PUBLISHED,
        seen=_HELD,
        published_at=F("first_attempt_at"),
        **_SETTLED,
    )
    if held:
        publication.refresh_from_db()
        outcomes.all_published([publication], now=timezone.now())
    return held


def locked_posts(posts: Collection[UUID]) -> list[Post]:
    """Lock posts in id order, like everybody, and return them."""
    rows = Post.objects.select_for_update().filter(pk__in=posts)
    return list(rows.order_by("pk"))


def held_by(leases: Iterable[Lease], row: str = "pk") -> Q:
    """Return the condition of rows that are about these leases and no newer ones."""
    by_fence: dict[int, list[UUID]] = defaultdict(list)
    for lease in leases:
        by_fence[lease.publication.fence].append(lease.publication.pk)
    condition = Q()
    for fence, keys in by_fence.items():
        condition |= Q(**{"fence": fence, f"{row}__in": keys})
    return condition


def still_ours(held: bool, publication: Publication) -> bool:
    """Log it if somebody newer has a publication; return what was asked."""
    if not held:
        logger.warning("Somebody newer has %s; nothing written", publication.pk)
    return held


_SETTLED: dict[str, Any] = {
    "in_doubt": False,
    "lease_until": None,
    "next_attempt_at": None,
    "error": "",
    "error_code": "",
}


def _publish(arrivals: Sequence[Arrival]) -> None:
    """Publish what its sender still holds, and say so in `held`."""
    ours = held_by(one.lease for one in arrivals)
    rows = Publication.objects.filter(ours, state__in=_HELD)
    held = set(rows.select_for_update().values_list("pk", flat=True))
    said = {one.lease.publication.pk: one.receipt for one in arrivals}
    said = {pk: receipt for pk, receipt in said.items() if pk in held}
    if not said:
        return
    times = {pk: one.published_at for pk, one in said.items() if one.published_at}
    rows.filter(pk__in=held).update(
        state=_P.PUBLISHED,
        external_id=_each(
            "pk", {pk: one.external_id[:300] for pk, one in said.items()}
        ),
        url=_each("pk", {pk: one.url[:1000] for pk, one in said.items()}),
        published_at=_each("pk", times, Now()) if times else Now(),
        updated_at=Now(),
        **_SETTLED,
    )
    for one in arrivals:
        one.held = one.lease.publication.pk in held
        if one.held:
            publication = one.lease.publication
            publication.state, publication.error_code = _P.PUBLISHED, ""


def _each(row: str, values: Mapping[UUID, Any], otherwise: Any = None) -> Any:
    """Return the expression that gives each row its own of these values."""
    otherwise = Value("") if otherwise is None else otherwise
    if len(set(values.values())) == 1:
        return Case(
            When(**{f"{row}__in": list(values)}, then=Value(*set(values.values()))),
            default=otherwise,
        )
    cases = [When(**{row: pk}, then=Value(value)) for pk, value in values.items()]
    return Case(*cases, default=otherwise)


def _receive_late(arrival: Arrival) -> bool:
    """Settle a publication that its sender has lost, by what its platform said.

    As long as it is the same post under the same key: it is out, and sending it once
    more could only repeat it. That a person has taken it for not published changes
    nothing. While somebody newer is sending, the id is left with it.
    """
    publication, receipt = arrival.lease.publication, arrival.receipt
    same = Publication.objects.filter(
        pk=publication.pk,
        fence__gte=publication.fence,
        idempotency_key=publication.idempotency_key,
    )
    said = {"external_id": receipt.external_id[:300], "url": receipt.url[:1000]}
    at = receipt.published_at or Now()
    settled = same.filter(state__in=_SETTLED_LATE).update(
        state=_P.PUBLISHED, published_at=at, updated_at=Now(), **said, **_SETTLED
    )
    if settled:
        logger.warning("A late receipt settled %s", publication.pk)
        publication.state, publication.error_code = _P.PUBLISHED, ""
    else:
        same.filter(state=_P.SENDING, external_id="").update(**said)
    return bool(settled)


def _after(lease: Lease, error: PublishError, recoverable: bool) -> tuple[str, bool]:
    """Return the state after a failure, and whether something follows by itself."""
    # Signed in again it can go out, whatever the platform says of sending it now.
    waits = error.code == NEEDS_SIGN_IN
    if lease.in_doubt or isinstance(error, OutcomeUnknown):
        again = waits or not (error.permanent and lease.in_doubt)
        return _P.UNKNOWN, recoverable and again
    again = waits or not error.permanent
    return (_P.RETRY if again else _P.FAILED), again


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


def _close_attempts(leases: Sequence[Lease], **fields: Any) -> None:
    PublishAttempt.objects.filter(
        held_by(leases, "publication"),
        kind=PublishAttempt.Kind.SEND,
        outcome__in=(_A.OPEN, _A.UNKNOWN),
    ).update(finished_at=Now(), **{"error": "", "error_code": "", **fields})


def _outcome_of(error: PublishError) -> str:
    if isinstance(error, OutcomeUnknown):
        return _A.UNKNOWN
    return _A.REFUSED if error.permanent else _A.DEFERRED
