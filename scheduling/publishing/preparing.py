"""Media made fit ahead of its time, so that the minute it is due is not spent on it.

Nothing depends on it: what is not prepared is made when it is sent.
"""

import logging
import time
from collections import defaultdict
from datetime import datetime, timedelta
from uuid import UUID

from django_tasks import task

from library.models import MediaItem, Rendition
from promura_site.errors import DomainError
from scheduling.models import PostMedia, Publication
from scheduling.platforms import limits_of
from scheduling.publishing.fitting import can_fit, fitted_files, wish_for

logger = logging.getLogger(__name__)

_P = Publication.State

EVERY = timedelta(minutes=1)
AHEAD = timedelta(minutes=30)
# Publications looked at, and handed to the background tasks, in one round.
LOOKED_AT = 500
ASKED_FOR = 20
# What was asked for and is still not there is asked for again after this.
PATIENCE_SECONDS = 900.0

_asked: dict[UUID, float] = {}


def prepare_soon(now: datetime) -> None:
    """Ask the background tasks for what goes out soon and is not prepared."""
    moment = time.monotonic()
    for pk, when in list(_asked.items()):
        if moment - when > PATIENCE_SECONDS:
            del _asked[pk]
    missing = [pk for pk in unprepared(now) if pk not in _asked]
    for pk in missing[:ASKED_FOR]:
        _asked[pk] = moment
        prepare.enqueue(str(pk))


def unprepared(now: datetime) -> list[UUID]:
    """Return what goes out soon and lacks renditions, the soonest first."""
    rows = list(
        Publication.objects.filter(
            state__in=(_P.SCHEDULED, _P.READY), next_attempt_at__lte=now + AHEAD
        )
        .select_related("channel")
        .defer("payload", "channel__credentials")
        .order_by("next_attempt_at", "pk")[:LOOKED_AT]
    )
    media = _media_of({row.post_id for row in rows})
    ids = {item.pk for items in media.values() for item in items}
    there = set(Rendition.objects.filter(media__in=ids).values_list("media_id", "key"))
    return [
        row.pk
        for row in rows
        if any(_is_missing(item, row, there) for item in media[row.post_id])
    ]


@task()
def prepare(publication_id: str) -> None:
    """Make the renditions of one publication."""
    rows = Publication.objects.select_related("channel")
    publication = rows.filter(pk=UUID(publication_id)).first()
    if publication is None or publication.state in Publication.FINAL_STATES:
        return
    try:
        fitted_files(publication)
    except DomainError as error:
        # Whoever sends it says so, at its time.
        logger.info("Publication %s: %s", publication_id, error.message)


def _is_missing(
    item: MediaItem, row: Publication, there: set[tuple[UUID, str]]
) -> bool:
    limits = limits_of(row.channel)
    wish = wish_for(item.kind, limits)
    return (item.pk, wish.key()) not in there and can_fit(item, limits) is None


def _media_of(posts: set[UUID]) -> dict[UUID, list[MediaItem]]:
    media: dict[UUID, list[MediaItem]] = defaultdict(list)
    entries = PostMedia.objects.filter(post__in=posts, media__purged_at=None)
    for entry in entries.select_related("media"):
        media[entry.post_id].append(entry.media)
    return media
