"""What a person can do about a hand-over: take it, keep it, post it, give it back.

A claim is one conditional UPDATE, so that of two people one has it. It ends by itself,
by the database's clock.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from promura_site import events
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling import clearing, outcomes, states
from scheduling.models import Post, Publication
from scheduling.publishing import handing
from scheduling.publishing.connectors import registry
from scheduling.publishing.moves import move
from scheduling.publishing.payload import media_ids_of
from scheduling.services.writing import locked_post

_P = Publication.State

SKIPPED_BY_PERSON = "skipped"
_TAKE_OVER = "scheduling.change_publication"


@transaction.atomic
def claim_hand_over(
    publication_id: UUID, *, actor: User, take_over: bool = False
) -> None:
    """Take a hand-over for a while, or keep one that the person has longer.

    `take_over` takes it from somebody who has it, which needs the edit level. Raise
    DomainError 409 when it is somebody else's, stopped, or not to be handed over now.
    """
    row = _found(publication_id)
    if take_over and not actor.has_perm(_TAKE_OVER):
        raise DomainError(
            "permission_denied", "Taking over needs the edit level.", status=403
        )
    if handing.is_stopped(row.channel.creator):
        raise DomainError(
            "stopped",
            f"Publishing for {row.channel.creator.name} is stopped. Do not post this.",
            status=409,
        )
    if not (row.channel.is_active and row.channel.creator.is_active):
        raise DomainError(
            "channel_inactive",
            f"{row.channel} is out of use. Do not post this.",
            status=409,
        )
    if row.state == _P.SCHEDULED:
        _make_ready(row)
    if row.state == _P.READY and (why := handing.why_barred(row)):
        raise DomainError(clearing.NOT_CLEARED, why, status=409)
    free = Q(state=_P.READY, late_after__gte=Now())
    own, run_out = Q(claimed_by=actor), Q(claimed_until__lt=Now())
    held = Q(state=_P.CLAIMED) if take_over else Q(own | run_out, state=_P.CLAIMED)
    before = row.claimed_by if row.state == _P.CLAIMED else None
    taken = move(
        row,
        _P.CLAIMED,
        free | held,
        seen=(_P.READY, _P.CLAIMED),
        claimed_by=actor,
        claimed_until=Now() + handing.CLAIM,
    )
    if not taken:
        raise _refusal(_found(publication_id))
    if before != actor:
        whose = f" from {before.get_username()}" if before else ""
        _tell("taken", row, actor, f"took the hand-over on {row.channel}{whose}")


@transaction.atomic
def complete_hand_over(
    publication_id: UUID, *, actor: User, now: datetime, url: str = ""
) -> None:
    """Write down that the person has posted it; saying so again changes nothing.

    Whoever had it last may say so even when the claim has run out or it counts as
    missed: what is posted is posted. Raise DomainError 409 for everybody else.
    """
    post, row = _locked(publication_id)
    if row.state == _P.PUBLISHED and row.claimed_by == actor:
        return
    own = Q(claimed_by=actor)
    row.published_at, row.url, row.error_code = now, url, ""
    posted = move(
        row,
        _P.PUBLISHED,
        own,
        seen=(_P.CLAIMED, _P.READY, _P.MISSED),
        published_at=now,
        url=url,
        claimed_until=None,
        next_attempt_at=None,
        error="",
        error_code="",
    )
    if not posted:
        raise _refusal(_found(publication_id))
    states.recompute(post)
    outcomes.publication_finished(
        row, now=now, media_ids=media_ids_of(row), actor=actor
    )


@transaction.atomic
def skip_hand_over(publication_id: UUID, *, actor: User, reason: str = "") -> None:
    """Leave a post out that the person has in hand; releasing it takes that back."""
    post, row = _locked(publication_id)
    name = actor.get_username()
    skipped = move(
        row,
        _P.SKIPPED,
        Q(claimed_by=actor),
        seen=(_P.CLAIMED,),
        claimed_until=None,
        next_attempt_at=None,
        error=(reason or f"{name} skipped it.")[:500],
        error_code=SKIPPED_BY_PERSON,
    )
    if not skipped:
        raise _refusal(_found(publication_id))
    states.recompute(post)
    because = f": {reason}" if reason else ""
    _tell("skipped", row, actor, f"skipped {row.channel}{because}")


@transaction.atomic
def release_hand_over(publication_id: UUID, *, actor: User) -> None:
    """Give a hand-over back for others to take, also one just skipped."""
    post, row = _locked(publication_id)
    skipped = row.state == _P.SKIPPED
    # What was edited meanwhile is made ready anew.
    stale = skipped and row.payload is None
    released = move(
        row,
        _P.SCHEDULED if stale else _P.READY,
        Q(state=_P.CLAIMED)
        | Q(error_code=SKIPPED_BY_PERSON, late_after__gte=Now(), state=_P.SKIPPED),
        Q(claimed_by=actor),
        seen=(_P.CLAIMED, _P.SKIPPED),
        claimed_by=None,
        claimed_until=None,
        error="",
        error_code="",
        **({"next_attempt_at": row.publish_at} if skipped else {}),
    )
    if not released:
        raise _refusal(_found(publication_id))
    states.recompute(post)
    _tell("released", row, actor, f"gave the hand-over on {row.channel} back")


def _make_ready(row: Publication) -> None:
    """Offer what is due soon although no publisher has come by yet."""
    post, publications = locked_post(row.post_id)
    fresh = next(one for one in publications if one.pk == row.pk)
    fresh.post = post
    due, usable = fresh.next_attempt_at, fresh.channel.is_active
    soon = Publication.objects.filter(
        pk=row.pk, next_attempt_at__lte=Now() + handing.LEAD, late_after__gte=Now()
    )
    if fresh.state == _P.SCHEDULED and due and not soon.exists():
        opens = due - handing.LEAD
        raise DomainError(
            "not_ready",
            f"It can be handed over from {opens:%Y-%m-%d %H:%M} UTC on.",
            status=409,
            opens_at=opens.isoformat(),
        )
    if fresh.state == _P.SCHEDULED and usable and fresh.channel.creator.is_active:
        handing.offer(fresh)
        states.recompute(post)
    row.state, row.fence = fresh.state, fresh.fence


def _found(publication_id: UUID) -> Publication:
    rows = Publication.objects.select_related("channel__creator", "claimed_by", "post")
    row = rows.filter(pk=publication_id).first()
    if row is None:
        raise DomainError("not_found", "This publication is not there any more.", 404)
    if row.channel.connector not in registry.by_hand():
        raise DomainError(
            "not_by_hand", f"{row.channel} is not posted to by hand.", status=409
        )
    return row


def _locked(publication_id: UUID) -> tuple[Post, Publication]:
    post, publications = locked_post(_found(publication_id).post_id)
    return post, next(one for one in publications if one.pk == publication_id)


def _refusal(row: Publication) -> DomainError:
    """Return why a hand-over is not the person's, as it is now."""
    name = row.claimed_by.get_username() if row.claimed_by else ""
    if row.state == _P.CLAIMED and row.claimed_until:
        return DomainError(
            "already_claimed",
            f"{name} has it in hand until {row.claimed_until:%H:%M} UTC.",
            status=409,
            claimed_by=name,
            claimed_until=row.claimed_until.isoformat(),
        )
    if row.state == _P.READY:
        return DomainError("not_claimed", "Take it first.", status=409)
    words = {
        _P.PUBLISHED: f"{name or 'Somebody'} has posted it already.",
        _P.SKIPPED: "It has been skipped.",
        _P.CANCELLED: "It has been cancelled.",
        _P.MISSED: "Its time is over. It can be posted anew from the queue.",
    }
    usual = row.error or "It is not to be handed over now."
    said = words.get(_P(row.state), usual)
    return DomainError("not_offered", said, status=409)


def _tell(deed: str, row: Publication, actor: User, message: str) -> None:
    events.emit(
        f"hand_over.{deed}",
        actor=actor,
        kind="publication",
        ids=[row.pk],
        message=message,
        data={"post": str(row.post_id)},
    )
