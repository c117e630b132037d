"""Sending again what a receiver has lost: same bytes, same id, signed anew.

Only connectors whose receivers ask for it do this. Nothing of the publication changes:
what it is, and when it went out, stays as it was; the log gets one more line.
"""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from promura_site import events
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling.models import Publication, PublishAttempt, Takedown
from scheduling.publishing import gates
from scheduling.publishing.connectors import registry
from scheduling.publishing.connectors.base import (
    Connector,
    OutcomeUnknown,
    PublishError,
    PublishRequest,
)
from scheduling.publishing.delivery import connected
from scheduling.publishing.payload import thaw
from scheduling.services.publications import locked_publication

logger = logging.getLogger(__name__)

_P = Publication.State
_A = PublishAttempt.Outcome

# So many replays in so much time, of one publication and of one channel.
WINDOW = timedelta(minutes=10)
MOST_OF_ONE = 5
MOST_ON_CHANNEL = 30


def can_replay(publication: Publication) -> bool:
    """Tell whether there is something that may be sent again."""
    try:
        connector = registry.connector_class(publication.channel.connector)
    except registry.UnknownConnector:
        return False
    finished = publication.state in {_P.PUBLISHED, _P.FAILED}
    sent = publication.payload is not None and publication.first_attempt_at is not None
    return connector.replays and finished and sent


def replay_publication(publication_id: UUID, *, actor: User) -> PublishAttempt:
    """Send a finished publication again and return what came of it.

    Raise DomainError 409 if there is nothing to send, it is taken down or its channel
    is closed, and 429 if it has been done too often.
    """
    attempt, request, connector = _begin(publication_id, actor)
    reply, failure = "", None
    try:
        reply = connector.publish(request).reply
    except PublishError as error:
        reply, failure = error.reply, error
    except Exception:
        logger.exception("%s broke while replaying", connector.name)
        message = "The connector broke while sending."
        failure = OutcomeUnknown(message, code="connector_fault")
    return _end(attempt, reply, failure)


@transaction.atomic
def _begin(
    publication_id: UUID, actor: User
) -> tuple[PublishAttempt, PublishRequest, Connector]:
    _, publication = locked_publication(publication_id)
    first = publication.first_attempt_at
    if first is None or not can_replay(publication):
        raise DomainError(
            "nothing_to_replay",
            "Only what went to a webhook and is published or failed can be sent again.",
            status=409,
        )
    if Takedown.objects.filter(publication=publication).exists():
        raise DomainError(
            "taken_down",
            "This is to be taken down, or has been; it is not sent again.",
            status=409,
        )
    if not gates.open_channels().filter(pk=publication.channel_id).exists():
        raise DomainError(
            "channel_closed",
            f"{publication.channel} is stopped, out of use or not answering.",
            status=409,
        )
    connector = _connected(publication)
    _give_up_open(publication, connector.timeout)
    _refuse_too_many(publication)
    number = publication.attempts.count() + 1
    attempt = PublishAttempt.objects.create(
        publication=publication,
        kind=PublishAttempt.Kind.REPLAY,
        number=number,
        fence=publication.fence,
        publisher=actor.get_username()[:120],
        started_at=Now(),
    )
    events.emit(
        "publication.replayed",
        actor=actor,
        kind="publication",
        ids=[publication.pk],
        message=f"sent a publication on {publication.channel} again",
        data={"number": number},
    )
    return attempt, thaw(publication, first, number), connector


def _connected(publication: Publication) -> Connector:
    try:
        return connected(publication.channel)
    except PublishError as error:
        raise DomainError(error.code, error.message, status=409) from error


def _give_up_open(publication: Publication, timeout: float) -> None:
    """Close replays whose process died; raise DomainError 409 if one is running."""
    running = publication.attempts.filter(
        kind=PublishAttempt.Kind.REPLAY, outcome=_A.OPEN
    )
    running.filter(started_at__lt=Now() - timedelta(seconds=2 * timeout)).update(
        outcome=_A.UNKNOWN,
        finished_at=Now(),
        error_code="publisher_lost",
        error="It ended while sending; nobody heard the answer.",
    )
    if running.exists():
        raise DomainError(
            "replay_running", "It is being sent again at this moment.", status=409
        )


def _refuse_too_many(publication: Publication) -> None:
    replays = PublishAttempt.objects.filter(
        kind=PublishAttempt.Kind.REPLAY, started_at__gte=Now() - WINDOW
    )
    of_one = replays.filter(publication=publication).count()
    on_channel = replays.filter(publication__channel=publication.channel_id).count()
    if of_one >= MOST_OF_ONE or on_channel >= MOST_ON_CHANNEL:
        raise DomainError(
            "too_many_replays",
            "It has been sent again many times just now. Wait ten minutes.",
            status=429,
            retry_after=int(WINDOW.total_seconds()),
        )


def _end(
    attempt: PublishAttempt, reply: str, failure: PublishError | None
) -> PublishAttempt:
    attempt.outcome = _A.ACCEPTED
    if failure is not None:
        refused = _A.REFUSED if failure.permanent else _A.DEFERRED
        doubtful = isinstance(failure, OutcomeUnknown)
        attempt.outcome = _A.UNKNOWN if doubtful else refused
        attempt.error = failure.message[:500]
        attempt.error_code = failure.code[:60]
    attempt.reply = reply[:300]
    attempt.finished_at = timezone.now()
    attempt.save(
        update_fields=["outcome", "error", "error_code", "reply", "finished_at"]
    )
    attempt.refresh_from_db()
    return attempt
