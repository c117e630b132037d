"""What follows from an outcome; call it in the transaction that notes the outcome.

The one place that ledger, settling and engagement call, in their transaction and with
the post's row locked where a state has changed.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from uuid import UUID

from django.db import transaction

from library.models import Creator, MediaItem
from library.services import count_uses
from promura_site import events
from promura_site.models import User
from scheduling.models import PostMedia, Publication
from scheduling.publishing.payload import media_ids_of
from scheduling.readings.planning import plan_readings
from scheduling.suggestions import slots

logger = logging.getLogger(__name__)

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
    if publication.state == Publication.State.PUBLISHED:
        _count(media_ids, now)
        plan_readings(publication)
    _learn([publication], now)
    _tell(publication, actor)


def all_published(publications: Sequence[Publication], *, now: datetime) -> None:
    """Follow up publications whose receipts are stored together."""
    media = (media_ids_of(publication) for publication in publications)
    _count(list(chain.from_iterable(media)), now)
    for publication in publications:
        plan_readings(publication)
    _learn(publications, now)
    for publication in publications:
        _tell(publication, None)


def lock_ahead(publications: Sequence[Publication]) -> None:
    """Lock what is written when several change together: media, then models.

    In id order each, like everybody: one publication after the other would take them
    in the order of the plan, and two who do that wait for each other. The posts are
    locked already; the publications come with their channels.
    """
    posts = {publication.post_id for publication in publications}
    shown = PostMedia.objects.filter(post__in=posts).order_by()
    media = set(shown.values_list("media_id", flat=True))
    media.update(*(media_ids_of(publication) for publication in publications))
    if media:
        rows = MediaItem.objects.filter(pk__in=media).order_by("pk")
        list(rows.select_for_update().values_list("pk"))
    lock_models(publications)


def lock_models(publications: Iterable[Publication]) -> None:
    """Lock the models of publications in id order; see lock_ahead."""
    ids = {publication.channel.creator_id for publication in publications}
    rows = Creator.objects.filter(pk__in=ids).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))


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


def _count(media_ids: Sequence[UUID], now: datetime) -> None:
    """Count uses of media, each as often as it is named."""
    uses = Counter(media_ids)
    if not uses:
        return
    # In id order, like everybody, before they are updated together.
    rows = MediaItem.objects.filter(pk__in=uses).order_by("pk")
    list(rows.select_for_update().values_list("pk"))
    for time in range(max(uses.values())):
        count_uses([one for one, times in uses.items() if times > time], now=now)


def _tell(publication: Publication, actor: User | None) -> None:
    state = Publication.State(publication.state)
    events.emit(
        f"publication.{state}",
        actor=actor,
        kind="publication",
        ids=[publication.pk],
        message=f"{_WORDS[state]} {publication.channel}",
        data={"post": str(publication.post_id), "code": publication.error_code},
    )


def _learn(publications: Sequence[Publication], now: datetime) -> None:
    """Enter publications into the statistics, if that can be done.

    What they hold can be rebuilt at any time. A receipt that is not stored cannot: the
    post would be taken for doubtful, and perhaps be sent again.
    """
    try:
        with transaction.atomic():
            slots.enter_all(publications, now)
    except Exception:
        keys = ", ".join(str(one.pk) for one in publications)
        logger.exception("The statistics could not take in %s", keys)
