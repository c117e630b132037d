"""What follows from an outcome; call it in the transaction that notes the outcome.

The one place that ledger, settling and engagement call, in their transaction and with
the post's row locked where a state has changed.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from library.services import count_uses
from promura_site import events
from promura_site.models import User
from scheduling.models import Publication
from scheduling.suggestions import slots

_WORDS = {
    Publication.State.PUBLISHED: "published on",
    Publication.State.FAILED: "could not publish on",
    Publication.State.MISSED: "missed the time for",
}


def publication_finished(
    publication: Publication,
    *,
    now: datetime,
    media_ids: Sequence[UUID] = (),
    actor: User | None = None,
) -> None:
    """Follow up a publication that was just published, failed or missed.

    `media_ids` are the media that were published.
    """
    if publication.state == Publication.State.PUBLISHED and media_ids:
        count_uses(media_ids, now=now)
    slots.enter(publication, now)
    state = Publication.State(publication.state)
    events.emit(
        f"publication.{state}",
        actor=actor,
        kind="publication",
        ids=[publication.pk],
        message=f"{_WORDS[state]} {publication.channel}",
        data={"post": str(publication.post_id), "code": publication.error_code},
    )


def outcome_lost(publication: Publication) -> None:
    """Record that nobody knows whether a publication was accepted."""
    events.emit(
        "publication.unknown",
        actor=None,
        kind="publication",
        ids=[publication.pk],
        message=f"does not know whether {publication.channel} has it",
        data={"post": str(publication.post_id), "code": publication.error_code},
    )


def engagement_recorded(
    publication: Publication, *, now: datetime, actor: User | None = None
) -> None:
    """Follow up new engagement figures of a published publication."""
    slots.enter(publication, now)
    events.emit(
        "engagement.recorded",
        actor=actor,
        kind="publication",
        ids=[publication.pk],
        message=f"recorded the engagement on {publication.channel}",
        data={"engagement": publication.engagement},
    )
