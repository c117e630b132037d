"""The library in figures."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from library.models import MediaItem, MediaTag, Tag

_PRESENT = Q(trashed_at=None)


def library_statistics(now: datetime) -> dict[str, Any]:
    """Count and weigh what the library holds; demo rows only if there are no others."""
    tagged = Exists(MediaTag.objects.filter(media=OuterRef("pk")))
    rows = MediaItem.objects.filter(purged_at=None).counting()
    week = now - timedelta(days=7)
    return rows.aggregate(
        total=Count("pk", filter=_PRESENT),
        images=Count("pk", filter=_PRESENT & Q(kind=MediaItem.Kind.IMAGE)),
        videos=Count("pk", filter=_PRESENT & Q(kind=MediaItem.Kind.VIDEO)),
        total_bytes=Coalesce(Sum("size_bytes", filter=_PRESENT), 0),
        used=Count("pk", filter=_PRESENT & Q(used_count__gt=0)),
        unused=Count("pk", filter=_PRESENT & Q(used_count=0)),
        untagged=Count("pk", filter=_PRESENT & Q(~tagged)),
        without_alt_text=Count("pk", filter=_PRESENT & Q(alt_text="")),
        uploaded_last_7_days=Count("pk", filter=_PRESENT & Q(uploaded_at__gte=week)),
        trashed=Count("pk", filter=~_PRESENT),
        trashed_bytes=Coalesce(Sum("size_bytes", filter=~_PRESENT), 0),
    )


def counted_tags() -> QuerySet[Any]:
    """Return the tags with `media_count`, how many items outside the trash have it."""
    # Set against the few in the trash: joining every item costs twice the time.
    gone = MediaItem.objects.exclude(trashed_at=None).values("pk")
    return Tag.objects.annotate(
        media_count=Count("mediatag", filter=~Q(mediatag__media__in=gone))
    )


def tags_in_use() -> QuerySet[Any]:
    """Return the counted tags that something in the library carries."""
    return counted_tags().filter(media_count__gt=0)
