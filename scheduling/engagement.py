"""How much a publication moved people: one number, from counts of five kinds."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from promura_site.errors import DomainError
from promura_site.models import User
from scheduling import outcomes
from scheduling.models import Publication

COUNTS = ("likes", "comments", "shares", "views", "clicks")
MAX_COUNT = 2**31 - 1

# What one of each is worth in likes. Writing and passing on cost a person more than a
# tap; a view is no reaction at all, least of all where clips play by themselves.
_COMMON = {"likes": 1.0, "comments": 2.0, "shares": 3.0, "views": 0.01, "clicks": 1.5}
WEIGHTS: dict[str, dict[str, float]] = {
    "": _COMMON,
    "tiktok": _COMMON | {"views": 0.002},
    "youtube": _COMMON | {"views": 0.005},
    "snapchat": _COMMON | {"views": 0.005},
    "pinterest": _COMMON | {"shares": 2.0},
    "x": _COMMON | {"shares": 2.0, "views": 0.002},
}


def engagement_of(platform: str, counts: Mapping[str, int | None]) -> float | None:
    """Return the weighted sum of the counts that are known; None if none is."""
    weights = WEIGHTS.get(platform, WEIGHTS[""])
    known = {name: counts[name] for name in COUNTS if counts.get(name) is not None}
    if not known:
        return None
    return sum(weights[name] * (number or 0) for name, number in known.items())


def record_engagement(
    publication_id: UUID,
    *,
    actor: User | None,
    now: datetime,
    counts: Mapping[str, int],
) -> Publication:
    """Store how people reacted so far; counts left out stay as they were.

    Raise DomainError 409 for a publication that is not published.
    """
    with transaction.atomic():
        publication = (
            Publication.objects.select_for_update(of=("self",))
            .select_related("channel__creator", "post")
            .get(pk=publication_id)
        )
        if publication.state != Publication.State.PUBLISHED:
            raise DomainError(
                "not_published", "Only what is published has engagement.", status=409
            )
        store_counts(publication, counts, now)
        outcomes.engagement_recorded(publication, now=now, actor=actor)
    return publication


def store_counts(
    publication: Publication, counts: Mapping[str, int], now: datetime
) -> None:
    """Put counts on a locked publication that comes with its channel."""
    for name in COUNTS:
        number = counts.get(name)
        if number is not None:
            setattr(publication, name, min(number, MAX_COUNT))
    publication.engagement = engagement_of(
        publication.channel.platform,
        {name: getattr(publication, name) for name in COUNTS},
    )
    publication.engagement_at = now
    publication.save(
        update_fields=[*COUNTS, "engagement", "engagement_at", "updated_at"]
    )
