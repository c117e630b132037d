"""Claiming: what a publisher takes in hand, and what has to wait a little longer.

However many rows there are, the number of queries is the same.
"""

import time
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Now
from django.utils import timezone

from library.models import MediaItem
from scheduling import clearing, outcomes, states
from scheduling.models import Post, PostMedia, Publication, PublishAttempt
from scheduling.publishing import gates, pace
from scheduling.publishing.lease import Lease
from scheduling.publishing.moves import move
from scheduling.publishing.payload import freeze

_P = Publication.State


def claim(limit: int) -> list[Lease]:
    """Lease up to `limit` publications that are due or whose outcome is to be found.

    The look is a plain SELECT; a write transaction opens only when there is something.
    """
    leases: list[Lease] = []
    # What was put off is not due any more, and must not keep others waiting.
    while not leases and (posts := _posts_with_work(limit)):
        with transaction.atomic(durable=True):
            leases, put_off = _claim(posts, limit)
        if not put_off:
            break
    return leases


def _claim(posts: set[UUID], limit: int) -> tuple[list[Lease], int]:
    """Return leases on what these posts have due, and how many had to be put off."""
    # Locked by somebody else: they have it in hand, the next round looks again.
    locked = {
        post.pk: post
        for post in Post.objects.select_for_update(skip_locked=True)
        .filter(pk__in=posts)
        .order_by("pk")
    }
    found = list(_claimable(locked)[:limit])
    if not found:
        return [], 0
    for row in found:
        row.post = locked[row.post_id]
    media = _locked_media({row.post_id for row in found})
    rows = _without_refused(found, media)
    waits = pace.decide(rows, found[0].at)  # type: ignore[attr-defined]
    pace.put_off(rows, waits)
    leases = _lease([row for row in rows if row.pk not in waits], media)
    states.recompute_all(locked.values())
    return leases, len(found) - len(leases)


def _posts_with_work(limit: int) -> set[UUID]:
    due = Publication.objects.due(Now()).filter(
        gates.on_open_channel(), late_after__gte=Now()
    )
    found = list(due.order_by("next_attempt_at").values_list("post_id")[:limit])
    doubtful = Publication.objects.filter(
        gates.on_answering_channel(), state=_P.UNKNOWN, next_attempt_at__lte=Now()
    ).order_by("next_attempt_at")
    found += doubtful.values_list("post_id")[: max(limit - len(found), 1)]
    return {post_id for (post_id,) in found}


def _claimable(posts: Mapping[UUID, Post]) -> QuerySet[Publication]:
    planned = Q(
        gates.on_open_channel(),
        state__in=(_P.SCHEDULED, _P.RETRY),
        late_after__gte=Now(),
    )
    doubtful = Q(gates.on_answering_channel(), state=_P.UNKNOWN)
    return (
        Publication.objects.select_for_update(of=("self",))
        .filter(planned | doubtful, post__in=posts, next_attempt_at__lte=Now())
        .select_related("channel__creator")
        .annotate(at=Now())
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


def _without_refused(
    found: Sequence[Publication], media: Mapping[UUID, Sequence[MediaItem]]
) -> list[Publication]:
    """Refuse what must not go out; return the rest."""
    refusals = {row.pk: _refusal(row, media.get(row.post_id, ())) for row in found}
    refused = [row for row in found if refusals[row.pk]]
    if refused:
        # All at once: the statistics take them one by one, the brakes the rest.
        outcomes.lock_models(found)
    for row in refused:
        _refuse(row, *refusals[row.pk])
    return [row for row in found if not refusals[row.pk]]


def _refusal(row: Publication, media: Sequence[MediaItem]) -> tuple[str, ...]:
    """Return code and reason if the media is not there or not cleared; else nothing."""
    row.in_doubt = row.in_doubt or row.state == _P.UNKNOWN
    if row.in_doubt:
        return ()
    gone = [item for item in media if item.trashed_at or item.purged_at]
    if gone:
        return "media_missing", f"{gone[0].name} is not in the library any more."
    at = row.at  # type: ignore[attr-defined]
    barred = clearing.bars(media, row.channel, at, cleared_for=row.post.cleared_for)
    return (clearing.NOT_CLEARED, barred[0].text) if barred else ()


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


def _lease(
    rows: Sequence[Publication], media: Mapping[UUID, Sequence[MediaItem]]
) -> list[Lease]:
    """Lease rows that are locked, freezing what is sent of those not tried yet."""
    if not rows:
        return []
    fresh = [row for row in rows if row.payload is None]
    for row in fresh:
        row.payload = freeze(row, media.get(row.post_id, []))
    if fresh:
        Publication.objects.bulk_update(fresh, ["payload"])
    until = time.monotonic() + settings.PUBLISH_LEASE.total_seconds()
    held_back = When(error_code__in=gates.CODES, then=Value(""))
    leased = Publication.objects.filter(
        pk__in=[row.pk for row in rows],
        state__in=(_P.SCHEDULED, _P.RETRY, _P.UNKNOWN),
        next_attempt_at__lte=Now(),
    ).update(
        state=_P.LEASED,
        fence=F("fence") + 1,
        lease_until=Now() + settings.PUBLISH_LEASE,
        in_doubt=Case(When(state=_P.UNKNOWN, then=True), default=F("in_doubt")),
        error=Case(held_back, default=F("error")),
        error_code=Case(held_back, default=F("error_code")),
        updated_at=Now(),
    )
    if leased != len(rows):
        # Never, as long as every writer locks the post first; nothing is kept then.
        raise RuntimeError(f"{leased} of {len(rows)} locked publications were leased")
    tries = _tries(rows)
    leases = []
    for row in rows:
        row.state, row.fence = _P.LEASED, row.fence + 1
        made, series = tries.get(row.pk, (0, 0))
        at = row.at  # type: ignore[attr-defined]
        leases.append(Lease(row, at, made, series, row.in_doubt, until))
    return leases


def _tries(rows: Sequence[Publication]) -> dict[UUID, tuple[int, int]]:
    """Return how often each was tried: in all, and since it was last planned."""
    tried = [row.pk for row in rows if row.attempts_made]
    if not tried:
        return {}
    replanned = F("publication__late_after") - settings.PUBLISH_LATE_AFTER
    counted = (
        PublishAttempt.objects.filter(publication__in=tried)
        .order_by()
        .values_list("publication_id")
        .annotate(made=Count("pk"))
        .annotate(series=Count("pk", filter=Q(kind="send", started_at__gte=replanned)))
    )
    return {pk: (made, series) for pk, made, series in counted}
