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
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Least, Now
from django.utils import timezone

from library.models import MediaItem
from promura_site import events
from scheduling import clearing, outcomes, states
from scheduling.models import Channel, Post, PostMedia, Publication, PublishAttempt
from scheduling.publishing.connectors.base import (
    OutcomeUnknown,
    PublishError,
    PublishRequest,
    Receipt,
)
from scheduling.publishing.lease import AFTERWARDS, Lease, length_for, wait_after
from scheduling.publishing.moves import move
from scheduling.publishing.payload import freeze, media_ids_of

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


def claim(limit: int) -> list[Lease]:
    """Lease up to `limit` publications that are due or whose outcome is to be found.

    The look is a plain SELECT; a write transaction opens only when there is something.
    """
    posts = _posts_with_work(limit)
    if not posts:
        return []
    with transaction.atomic(durable=True):
        # Locked by somebody else: they have it in hand, the next round looks again.
        locked = {
            post.pk: post
            for post in Post.objects.select_for_update(skip_locked=True)
            .filter(pk__in=posts)
            .order_by("pk")
        }
        rows = list(_claimable(locked)[:limit])
        media = _locked_media({row.post_id for row in rows})
        leases = []
        for row in rows:
            row.post = locked[row.post_id]
            lease = _lease(row, media.get(row.post_id, []))
            leases += [lease] if lease else []
        for post_id in {row.post_id for row in rows}:
            states.recompute(locked[post_id])
    return leases


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
    lease has been lost: nothing may be sent then.
    """
    length = length_for(timeout)
    until = time.monotonic() + length.total_seconds()
    publication = lease.publication
    request = lease.request()
    with transaction.atomic(durable=True):
        held = move(
            publication,
            _P.SENDING,
            Q(lease_until__gt=Now()),
            lease_until=Now() + length,
            attempts_made=F("attempts_made") + 1,
            first_attempt_at=request.first_attempt_at,
        )
        if not held:
            logger.warning("The lease on %s was lost before sending", publication.pk)
            return None
        PublishAttempt.objects.create(
            publication=publication,
            number=lease.tries + 1,
            fence=publication.fence,
            publisher=publisher,
            started_at=Now(),
        )
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
            _note_health(publication.channel, None)
            outcomes.publication_finished(
                publication, now=timezone.now(), media_ids=media_ids_of(publication)
            )
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
    if doubtful:
        again = recoverable and not (error.permanent and lease.in_doubt)
        to = _P.UNKNOWN
    else:
        again = not error.permanent
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
            _note_health(publication.channel, error)
            if to == _P.FAILED:
                outcomes.publication_finished(publication, now=timezone.now())
            elif to == _P.UNKNOWN and not lease.in_doubt:
                outcomes.outcome_lost(publication)
    if held and to != _P.RETRY:
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
    return _hand_back(lease, to, **fields)


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
    wanted = Now() + wait_after(lease, error)
    if to != _P.RETRY:
        return wanted
    return Least(wanted, F("late_after") + AFTERWARDS)


def _posts_with_work(limit: int) -> set[UUID]:
    due = Publication.objects.due(Now()).sendable().filter(late_after__gte=Now())
    found = list(due.order_by("next_attempt_at").values_list("post_id")[:limit])
    doubtful = Publication.objects.filter(
        state=_P.UNKNOWN, next_attempt_at__lte=Now()
    ).order_by("next_attempt_at")
    found += doubtful.values_list("post_id")[: max(limit - len(found), 1)]
    return {post_id for (post_id,) in found}


def _claimable(posts: Mapping[UUID, Post]) -> QuerySet[Publication]:
    planned = Q(state__in=(_P.SCHEDULED, _P.RETRY), late_after__gte=Now())
    usable = Q(channel__in=Channel.objects.usable())
    replanned = F("late_after") - settings.PUBLISH_LATE_AFTER
    return (
        Publication.objects.filter(
            (planned & usable) | Q(state=_P.UNKNOWN),
            post__in=posts,
            next_attempt_at__lte=Now(),
        )
        .select_related("channel__creator")
        .annotate(
            claimed_at=Now(),
            tries=Count("attempts"),
            series=Count(
                "attempts",
                filter=Q(attempts__kind="send", attempts__started_at__gte=replanned),
            ),
        )
        .order_by("next_attempt_at", "pk")
    )


def _locked_media(posts: set[UUID]) -> dict[UUID, list[MediaItem]]:
    """Return each post's media in order, locked in id order like everybody's."""
    entries = list(PostMedia.objects.filter(post__in=posts).order_by("position"))
    ids = {entry.media_id for entry in entries}
    rows = MediaItem.objects.filter(pk__in=ids).order_by("pk").select_for_update()
    # Whose they are is asked once for all, and decides whether they may go out.
    rows = rows.prefetch_related("creators")
    found = {item.pk: item for item in rows} if ids else {}
    media: dict[UUID, list[MediaItem]] = {}
    for entry in entries:
        media.setdefault(entry.post_id, []).append(found[entry.media_id])
    return media


def _lease(row: Publication, media: list[MediaItem]) -> Lease | None:
    """Lease one row, freezing what is sent; refuse it if its media is not there."""
    details: Any = row
    gone = [item for item in media if item.trashed_at or item.purged_at]
    row.in_doubt = row.in_doubt or row.state == _P.UNKNOWN
    if gone and not row.in_doubt:
        _refuse(row, "media_missing", f"{gone[0].name} is not in the library any more.")
        return None
    barred = clearing.bars(
        media, row.channel, details.claimed_at, cleared_for=row.post.cleared_for
    )
    if barred and not row.in_doubt:
        _refuse(row, clearing.NOT_CLEARED, barred[0].text)
        return None
    payload = row.payload or freeze(row, media)
    leased = move(
        row,
        _P.LEASED,
        Q(next_attempt_at__lte=Now()),
        fence=F("fence") + 1,
        lease_until=Now() + settings.PUBLISH_LEASE,
        payload=payload,
        in_doubt=row.in_doubt,
    )
    if not leased:
        return None
    row.fence += 1
    row.payload = payload
    return Lease(row, details.claimed_at, details.tries, details.series, row.in_doubt)


def _refuse(row: Publication, code: str, message: str) -> None:
    row.error, row.error_code = message[:500], code
    if move(
        row,
        _P.FAILED,
        next_attempt_at=None,
        error=row.error,
        error_code=row.error_code,
    ):
        outcomes.publication_finished(row, now=timezone.now())


def _hand_back(lease: Lease, to: str, **fields: Any) -> bool:
    publication = lease.publication
    with transaction.atomic(durable=True):
        post = _locked(publication.post_id)
        held = move(publication, to, **{"lease_until": None, **fields})
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


def _note_health(channel: Channel, error: PublishError | None) -> None:
    """Keep what the last send said about the channel, where it says something new."""
    if error is not None and error.code != "needs_sign_in":
        return
    health = Channel.Health.NEEDS_SIGN_IN if error else Channel.Health.GOOD
    if channel.health != health:
        detail = error.message[:300] if error else ""
        Channel.objects.filter(pk=channel.pk).update(
            health=health, health_detail=detail
        )


def _still_ours(held: bool, publication: Publication) -> bool:
    if not held:
        logger.warning("Somebody newer has %s; nothing written", publication.pk)
    return held
