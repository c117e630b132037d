"""What a person can do about one publication: try again, settle, cancel."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from promura_site import events
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling import outcomes, states
from scheduling.models import Post, Publication
from scheduling.publishing.moves import OPEN_STATES, move
from scheduling.publishing.payload import media_ids_of
from scheduling.services.writing import changed, locked_post, try_again

_P = Publication.State

PUBLISHED, NOT_PUBLISHED = "published", "not_published"
SETTLEMENTS = (PUBLISHED, NOT_PUBLISHED)


@transaction.atomic
def retry_publication(publication_id: UUID, *, actor: User, now: datetime) -> None:
    """Send at once what has failed or was missed; raise DomainError 409 otherwise."""
    post, publication = locked_publication(publication_id)
    if publication.state not in {_P.FAILED, _P.MISSED}:
        raise DomainError(
            "nothing_to_retry", "This has neither failed nor was it missed.", 409
        )
    try_again(publication, now)
    changed(post, "post.retried", actor, f"tries again on {publication.channel}")


@transaction.atomic
def cancel_publication(publication_id: UUID, *, actor: User) -> None:
    """Take one channel out of a post; raise DomainError 409 if it is too late."""
    post, publication = locked_publication(publication_id)
    if publication.state not in OPEN_STATES or not move(
        publication, _P.CANCELLED, next_attempt_at=None
    ):
        raise DomainError(
            "nothing_to_cancel", "This can be cancelled no more.", status=409
        )
    message = f"cancelled the publication on {publication.channel}"
    changed(post, "post.cancelled", actor, message)


@transaction.atomic
def settle_publication(
    publication_id: UUID,
    *,
    actor: User,
    now: datetime,
    outcome: str,
    url: str = "",
) -> None:
    """Write down what a person found out about a publication nobody knew about.

    Raise DomainError 409 unless its outcome is unknown at the moment.
    """
    post, publication = locked_publication(publication_id)
    done = publication.state == _P.UNKNOWN and (
        _settle_published(publication, actor, now, url)
        if outcome == PUBLISHED
        else _settle_not_published(publication, actor)
    )
    if not done:
        raise DomainError(
            "not_unknown", "Only an unknown outcome can be settled.", status=409
        )
    states.recompute(post)
    publication.settled_by = actor
    outcomes.publication_finished(
        publication, now=now, media_ids=media_ids_of(publication), actor=actor
    )
    events.emit(
        "publication.settled",
        actor=actor,
        kind="publication",
        ids=[publication.pk],
        message=f"settled {publication.channel} as {outcome.replace('_', ' ')}",
        data={"outcome": outcome},
    )


def _settle_published(
    publication: Publication, actor: User, now: datetime, url: str
) -> bool:
    publication.published_at = publication.first_attempt_at or now
    publication.url = url or publication.url
    return move(
        publication,
        _P.PUBLISHED,
        in_doubt=False,
        next_attempt_at=None,
        published_at=publication.published_at,
        url=publication.url,
        settled_by=actor,
        error="",
        error_code="",
    )


def _settle_not_published(publication: Publication, actor: User) -> bool:
    publication.error_code = "settled_not_published"
    publication.error = f"{actor.get_username()} found that it was not published."
    return move(
        publication,
        _P.FAILED,
        in_doubt=False,
        next_attempt_at=None,
        settled_by=actor,
        error=publication.error,
        error_code=publication.error_code,
    )


def locked_publication(publication_id: UUID) -> tuple[Post, Publication]:
    """Lock a publication's post and return both; raise DomainError 404 if gone."""
    row = Publication.objects.filter(pk=publication_id).values("post_id").first()
    if row is None:
        raise DomainError("not_found", "This publication is not there any more.", 404)
    post, publications = locked_post(row["post_id"])
    return post, next(one for one in publications if one.pk == publication_id)
