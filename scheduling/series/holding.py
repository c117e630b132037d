"""Which media series hold: what posts that are still to be made will show."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from library.holds import MAX_USES, Use
from library.models import MediaItem
from scheduling.models import Series, SeriesMedia


def blocking(media: QuerySet[MediaItem]) -> Iterable[tuple[UUID, str]]:
    """Yield each of `media` that a running series still needs, with the reason."""
    running = Series.objects.running().values("pk")
    rows = SeriesMedia.objects.filter(media__in=media, series__in=running)
    for media_id, name in rows.values_list("media_id", "series__name"):
        yield media_id, f"The series “{name}” uses it."


def usage(media: MediaItem) -> Iterable[Use]:
    """Yield the series that show an item, the latest first."""
    entries = SeriesMedia.objects.filter(media=media).select_related("series")
    for entry in entries.order_by("-series__created_at")[:MAX_USES]:
        series = entry.series
        runs = series.ended_at is None and not series.exhausted
        yield Use("series", series.pk, series.name, holds=runs)
