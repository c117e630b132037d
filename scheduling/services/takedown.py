"""What a person can do to get a published post off its platforms."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from promura_site import events
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling.models import Post, Publication, Takedown
from scheduling.publishing import takedowns
from scheduling.publishing.moves import OPEN_STATES, move
from scheduling.services.writing import changed, locked_post

_P = Publication.State
_T = Takedown.State


@transaction.atomic
def take_down_post(post_id: UUID, *, actor: User, now: datetime) -> None:
    """Have a post taken off every platform, and let nothing more of it out.

    What is published stays on record as it was; what is still to come is cancelled.
    Raise DomainError 409 when it is published nowhere.
    """
    post, publications = locked_post(post_id)
    _request(post, publications, actor, now)
    _cancel_the_rest(post, publications, actor)


@transaction.atomic
def take_down_publication(publication_id: UUID, *, actor: User, now: datetime) -> None:
    """Have a post taken off one platform; see take_down_post."""
    found = Publication.objects.filter(pk=publication_id).values("post_id").first()
    if found is None:
        raise _gone()
    post, publications = locked_post(found["post_id"])
    own = [one for one in publications if one.pk == publication_id]
    _request(post, own, actor, now)


@transaction.atomic
def finish_takedown(publication_id: UUID, *, actor: User, now: datetime) -> None:
    """Write down that a person has taken it down; saying so again changes nothing.

    Raise DomainError 409 when nobody has asked for it, and 403 for the view level
    while the platform's API is still to do it.
    """
    rows = Takedown.objects.select_related("publication__channel").filter(
        pk=publication_id
    )
    row = rows.first()
    if row is None:
        raise DomainError(
            "not_requested", "Nobody has asked to take this down.", status=409
        )
    if row.state == _T.WAITING and not actor.has_perm("scheduling.change_publication"):
        message = "The platform's API takes it down; nothing is left to do by hand."
        raise DomainError("permission_denied", message, status=403)
    done = rows.exclude(state=_T.DONE).update(
        state=_T.DONE,
        done_at=now,
        done_by=actor,
        next_attempt_at=None,
        lease_until=None,
    )
    if done:
        takedowns.taken_down(row, actor)


def _request(
    post: Post, publications: Sequence[Publication], actor: User, now: datetime
) -> None:
    published = [one for one in publications if one.state == _P.PUBLISHED]
    if not published:
        raise DomainError(
            "nothing_to_take_down", "Nothing of this is published.", status=409
        )
    known = set(
        Takedown.objects.filter(publication__in=published).values_list("pk", flat=True)
    )
    fresh = [one for one in published if one.pk not in known]
    for one in fresh:
        state = takedowns.first_state(one)
        Takedown.objects.create(
            publication=one,
            state=state,
            requested_by=actor,
            requested_at=now,
            next_attempt_at=now if state == _T.WAITING else None,
        )
    if fresh:
        where = ", ".join(str(one.channel) for one in fresh)
        events.emit(
            "publication.takedown_requested",
            actor=actor,
            kind="publication",
            ids=[one.pk for one in fresh],
            message=f"asked to take a post down from {where}",
            data={"post": str(post.pk)},
        )


def _cancel_the_rest(
    post: Post, publications: Sequence[Publication], actor: User
) -> None:
    cancelled = [
        one
        for one in publications
        if one.state in OPEN_STATES and move(one, _P.CANCELLED, next_attempt_at=None)
    ]
    if cancelled:
        where = ", ".join(str(one.channel) for one in cancelled)
        changed(post, "post.cancelled", actor, f"cancelled a post on {where}")


def _gone() -> DomainError:
    return DomainError("not_found", "This publication is not there any more.", 404)
