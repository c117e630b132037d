"""Taking posts off their platforms: by API as long as that works, else by a person.

A row is claimed by one conditional UPDATE with a lease; `tries` is its fence. Deleting
is idempotent, so that whoever dies on the way is simply followed by the next.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from promura_site import events
from promura_site.models import User
from scheduling.models import Publication, Takedown
from scheduling.publishing.connectors import registry
from scheduling.publishing.connectors.base import PublishError
from scheduling.publishing.delivery import connected
from scheduling.publishing.lease import length_for

logger = logging.getLogger(__name__)

_T = Takedown.State

EVERY = timedelta(seconds=5)
# Two runs at once do no harm: each row has a lease of its own.
RUN = timedelta(minutes=1)
TRIES = 6
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)
# So many in one round: other recurring work waits for them.
BATCH = 5


def first_state(publication: Publication) -> str:
    """Return who takes a publication down: a program if it can, else a person."""
    name = publication.channel.connector
    connector = registry.connectors().get(name)
    by_api = connector is not None and connector.deletes and publication.external_id
    return _T.WAITING if by_api else _T.BY_HAND


def run(now: datetime) -> None:
    """Take down what is due by the database's clock, whatever `now` is."""
    take_down_due()


def take_down_due() -> int:
    """Take down what is due; return how many were taken in hand."""
    due = Q(state=_T.WAITING, next_attempt_at__lte=Now()) & (
        Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
    )
    rows = Takedown.objects.filter(due).select_related("publication__channel__creator")
    taken = 0
    for row in rows.order_by("next_attempt_at")[:BATCH]:
        claimed = Takedown.objects.filter(due, pk=row.pk, tries=row.tries).update(
            tries=F("tries") + 1, lease_until=Now() + _length(row)
        )
        if claimed:
            row.tries += 1
            taken += 1
            _take_down(row)
    return taken


def taken_down(row: Takedown, actor: User | None = None) -> None:
    """Tell everybody that a publication is off its platform."""
    events.emit(
        "publication.taken_down",
        actor=actor,
        kind="publication",
        ids=[row.publication_id],
        message=f"took a post down from {row.publication.channel}",
        data={"post": str(row.publication.post_id), "by_hand": actor is not None},
    )


def _take_down(row: Takedown) -> None:
    publication = row.publication
    try:
        connected(publication.channel).delete(publication.external_id)
    except PublishError as error:
        _failed(row, error)
    except Exception:
        logger.exception("Taking %s down went wrong", publication.pk)
        message = "The connector broke while taking it down."
        _failed(row, PublishError(message, permanent=False, code="connector_fault"))
    else:
        _write(row, lambda: taken_down(row), state=_T.DONE, done_at=Now(), error="")


def _failed(row: Takedown, error: PublishError) -> None:
    if error.permanent or row.tries >= TRIES:
        _write(row, lambda: _left_to_person(row), state=_T.BY_HAND, error=error.message)
        return
    doubled = min(FIRST_WAIT * 2 ** (row.tries - 1), LONGEST_WAIT)
    wait = max(doubled, timedelta(seconds=error.retry_after or 0))
    _write(row, None, next_attempt_at=Now() + wait, error=error.message)


def _left_to_person(row: Takedown) -> None:
    events.emit(
        "publication.takedown_by_hand",
        actor=None,
        kind="publication",
        ids=[row.publication_id],
        message=f"needs a person to take a post down from {row.publication.channel}",
        data={"post": str(row.publication.post_id)},
    )


def _write(row: Takedown, tell: Callable[[], None] | None, **fields: Any) -> None:
    """Write down how it went, unless somebody newer has it or a person was quicker."""
    if "error" in fields:
        fields["error"] = fields["error"][:500]
    if fields.get("state"):
        fields["next_attempt_at"] = None
    with transaction.atomic(durable=True):
        written = Takedown.objects.filter(
            pk=row.pk, state=_T.WAITING, tries=row.tries
        ).update(lease_until=None, **fields)
        if written and tell:
            tell()


def _length(row: Takedown) -> timedelta:
    connector = registry.connectors().get(row.publication.channel.connector)
    return length_for(connector.timeout if connector else 0)
