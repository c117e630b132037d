"""What items are found by: their tags and models, read for a whole page at once.

Building an object for every tag of every item would take most of a list's time.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from uuid import UUID

from library.idsets import IdSet
from library.models import MediaItem, MediaTag

Labels = dict[UUID, list[str]]


def tags_of(ids: Collection[UUID]) -> Labels:
    """Return the names of the items' tags in their order."""
    held = MediaTag.objects.filter(media__in=IdSet(ids)).order_by("tag__key")
    return _grouped(held.values_list("media_id", "tag__name"))


def models_of(ids: Collection[UUID]) -> Labels:
    """Return the slugs of the models that the items show, by name."""
    shown = MediaItem.creators.through.objects.filter(mediaitem__in=IdSet(ids))
    rows = shown.order_by("creator__name", "creator__id")
    return _grouped(rows.values_list("mediaitem_id", "creator__slug"))


def _grouped(rows: Iterable[tuple[UUID, str]]) -> Labels:
    labels: Labels = defaultdict(list)
    for item, word in rows:
        labels[item].append(word)
    return labels
