"""When a model moves to another zone: what is planned keeps its hour there."""

import logging
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from library.models import Creator
from promura_site import events
from promura_site.events import Event
from promura_site.zones import to_utc
from scheduling.models import Post, Publication, Series, SeriesModel
from scheduling.models.moments import EACH_MODELS_OWN
from scheduling.series.recipe import SERIES_ENDED
from scheduling.services.timing import late_after

logger = logging.getLogger(__name__)

_P = Publication.State
_WAITING = (_P.SCHEDULED, _P.READY)
# What was cancelled with its series comes back when that goes on.
_MOVABLE = Q(state__in=(*_WAITING, _P.DRAFT)) | Q(
    state=_P.CANCELLED, error_code=SERIES_ENDED
)
_ROWS = 500


def connect() -> None:
    """Follow the zones of models."""
    events.happened.connect(_hear, dispatch_uid="scheduling.series.zone")


def follow_zones() -> None:
    """Bring all series in line with their models' zones; usually none is behind."""
    behind = SeriesModel.objects.filter(series__timezone=EACH_MODELS_OWN).exclude(
        timezone=F("creator__timezone")
    )
    for pk in set(behind.order_by().values_list("series_id", flat=True)):
        try:
            _follow(pk)
        except Exception:
            # The next run tries again.
            logger.exception("Series %s could not follow a model's zone", pk)


def follow_zones_of(series: Series) -> None:
    """Let what is planned of a locked series keep its hour in its models' zones."""
    if series.timezone != EACH_MODELS_OWN:
        return
    entries = series.model_entries.select_related("creator")
    for entry in entries.exclude(timezone=F("creator__timezone")):
        _move(series, entry.creator, entry.timezone)
        entry.timezone = entry.creator.timezone
        entry.save(update_fields=["timezone"])


@transaction.atomic
def _follow(series_id: UUID) -> None:
    series = Series.objects.select_for_update().filter(pk=series_id).first()
    if series is not None:
        follow_zones_of(series)


def _hear(event: Event, **kwargs: Any) -> None:
    """Follow once the change is stored: posts are locked before models are."""
    if event.action == "creator.changed" and "timezone" in event.data.get("fields", ()):
        transaction.on_commit(follow_zones)


def _move(series: Series, creator: Creator, before: str) -> None:
    """Give what is still to come of a model the same hour in her zone of now.

    An occurrence that nobody moved has the hour of the rule, any other the one that it
    had in the zone of before.
    """
    coming = Publication.objects.filter(_MOVABLE, channel__creator=creator)
    ids = coming.filter(post__series=series).values("post")
    posts = Post.objects.filter(pk__in=ids).order_by("pk").select_for_update()
    by_id = {post.pk: post for post in posts}
    rows = list(coming.filter(post__in=by_id))
    old, new, now = ZoneInfo(before), ZoneInfo(creator.timezone), timezone.now()
    for row in rows:
        if row.publish_at is None or by_id[row.post_id].timezone != EACH_MODELS_OWN:
            continue
        wall = _wall(row.publish_at, by_id[row.post_id].occurrence, old)
        row.publish_at = to_utc(wall, new)
        row.late_after, row.updated_at = late_after(row.publish_at), now
        if row.state in _WAITING:
            # What was made ready for somebody's hands is so again in time.
            row.state, row.next_attempt_at = _P.SCHEDULED, row.publish_at
    times = ["state", "publish_at", "late_after", "next_attempt_at", "updated_at"]
    # A publisher may have been quicker.
    unsent = Publication.objects.filter(_MOVABLE)
    unsent.bulk_update(rows, times, batch_size=_ROWS)
    _retime(list(by_id.values()))


def _wall(at: datetime, occurrence: str, zone: ZoneInfo) -> datetime:
    meant = datetime.fromisoformat(occurrence)
    if at == to_utc(meant, zone):
        return meant
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def _retime(posts: list[Post]) -> None:
    """Let posts say when the first of their publications is due."""
    first: dict[UUID, datetime] = {}
    rows = Publication.objects.filter(post__in=posts, publish_at__isnull=False)
    for post_id, at in rows.order_by().values_list("post_id", "publish_at"):
        if at is not None:
            first[post_id] = min(first.get(post_id, at), at)
    for post in posts:
        post.publish_at = first.get(post.pk, post.publish_at)
    Post.objects.bulk_update(posts, ["publish_at"], batch_size=_ROWS)
