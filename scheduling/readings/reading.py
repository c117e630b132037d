"""Reading engagement back from the platforms that tell it.

A publication is looked at 1 h, 24 h, 72 h and 7 days after it came out. Each look is
a row made with the receipt, so that none is forgotten; one account's are asked for
together. A look that comes late counts for every earlier one that is due as well.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from promura_site import events
from scheduling.engagement import store_counts
from scheduling.models import Channel, EngagementReading, Publication
from scheduling.publishing.connectors.base import Engagement, PublishError
from scheduling.publishing.delivery import connected
from scheduling.suggestions import slots

logger = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
# Publications of one account in one go; connectors split it as their platform wants.
BATCH = 100
# One run leaves the rest to the next, so that other recurring work gets its turn.
SECONDS_A_RUN = 60.0
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)
MOST_TRIES = 8
GONE = "The platform does not know this post any more."


def read_due(now: datetime) -> None:
    """Ask the platforms for all that is due, account by account, as time allows."""
    deadline = time.monotonic() + SECONDS_A_RUN
    for channel in _channels_with_work(now):
        if time.monotonic() > deadline:
            return
        while _read_batch(channel, now) == BATCH and time.monotonic() < deadline:
            pass


def _channels_with_work(now: datetime) -> list[Channel]:
    waiting = EngagementReading.objects.filter(due_at__lte=now).order_by()
    rows = Channel.objects.usable().exclude(health=Channel.Health.NEEDS_SIGN_IN)
    return list(rows.filter(pk__in=waiting.values("channel")).select_related("creator"))


def _read_batch(channel: Channel, now: datetime) -> int:
    """Read what is due of one account; return of how many publications."""
    ids = _due(channel, now)
    if not ids:
        return 0
    known = dict(
        Publication.objects.filter(pk__in=ids, external_id__gt="").values_list(
            "pk", "external_id"
        )
    )
    try:
        told = connected(channel).engagement(list(known.values()))
    except PublishError as error:
        _put_off(ids, error, now)
        return 0
    except Exception:
        logger.exception("%s broke while reading engagement", channel.connector)
        fault = PublishError("The connector broke.", permanent=False, code="fault")
        _put_off(ids, fault, now)
        return 0
    stored = _store(known, told, now)
    if stored:
        events.emit(
            "engagement.read",
            actor=None,
            kind="publication",
            ids=stored,
            message=f"read the engagement of {len(stored)} posts on {channel}",
        )
    return len(ids)


def _due(channel: Channel, now: datetime) -> list[UUID]:
    due = EngagementReading.objects.filter(channel=channel, due_at__lte=now)
    # Two looks at one publication may be due.
    ids = due.order_by("due_at").values_list("publication_id", flat=True)
    return list(dict.fromkeys(ids[: 2 * BATCH]))[:BATCH]


def _store(
    known: Mapping[UUID, str], told: Mapping[str, Engagement], now: datetime
) -> list[UUID]:
    stored = []
    for publication_id, external_id in known.items():
        reaction = told.get(external_id)
        with transaction.atomic():
            if reaction is not None and _enter(publication_id, reaction, now):
                stored.append(publication_id)
            _close(publication_id, now, error="" if reaction else GONE)
    return stored


def _enter(publication_id: UUID, reaction: Engagement, now: datetime) -> bool:
    counts = {name: one for name, one in asdict(reaction).items() if one is not None}
    publication = (
        Publication.objects.select_for_update(of=("self",))
        .select_related("channel__creator", "post")
        .get(pk=publication_id)
    )
    if not counts or publication.state != Publication.State.PUBLISHED:
        return False
    store_counts(publication, counts, now)
    slots.enter(publication, now)
    return True


def _close(publication_id: UUID, now: datetime, error: str) -> None:
    EngagementReading.objects.filter(
        publication=publication_id, due_at__lte=now
    ).update(due_at=None, read_at=now, error=error)


def _put_off(ids: Sequence[UUID], error: PublishError, now: datetime) -> None:
    """Look again later, ever more seldom; give up what has been tried too often."""
    rows = EngagementReading.objects.filter(publication__in=ids, due_at__lte=now)
    tries = max(rows.values_list("tries", flat=True), default=0)
    asked_for = timedelta(seconds=error.retry_after or 0)
    wait = max(min(FIRST_WAIT * 2 ** min(tries, 10), LONGEST_WAIT), asked_for)
    text = error.message[:300]
    given_up = Q(tries__gte=MOST_TRIES)
    if error.permanent and error.code != "needs_sign_in":
        given_up = Q()
    rows.filter(given_up).update(due_at=None, tries=F("tries") + 1, error=text)
    rows.update(due_at=now + wait, tries=F("tries") + 1, error=text)
