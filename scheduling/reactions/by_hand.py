"""Engagement that no API tells: which posts wait for it, and tables by link."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.db.models import QuerySet

from promura_site.csv_files import Row
from promura_site.models import User
from scheduling.engagement import COUNTS, record_engagement
from scheduling.history.table import BadField, LineError, read_counts
from scheduling.models import Publication
from scheduling.publishing.connectors import registry

COLUMNS = ("url", *COUNTS)
# How many links one query asks for; each may be written in two ways.
AT_ONCE = 200


def told_by_nobody() -> QuerySet[Publication]:
    """Return what is out on channels whose connector reads no engagement."""
    silent = [
        name for name, one in registry.connectors().items() if not one.reads_engagement
    ]
    return Publication.objects.filter(
        state=Publication.State.PUBLISHED, channel__connector__in=silent
    )


@dataclass
class Brought:
    """What a table came to: the publication of each good line with its counts."""

    found: dict[UUID, dict[str, int]] = field(default_factory=dict)
    errors: list[LineError] = field(default_factory=list)


def read_links(rows: Iterable[Row]) -> Brought:
    """Find the publication of every line by its link."""
    brought, rows = Brought(), list(rows)
    known = _by_link([row.values.get("url", "") for row in rows])
    for row in rows:
        try:
            key = _one(row.values, known)
            brought.found[key] = _counts(row.values)
        except BadField as error:
            brought.errors.append(LineError(row.line, error.name, str(error)))
    return brought


def _one(said: dict[str, str], known: dict[str, set[UUID]]) -> UUID:
    url = said.get("url", "")
    keys = known.get(_bare(url), set())
    if not url:
        raise BadField("url", "Which post? Give its link.")
    if not keys:
        raise BadField("url", "No published post has this link.")
    if len(keys) > 1:
        raise BadField("url", "Several published posts have this link.")
    return next(iter(keys))


def _counts(said: dict[str, str]) -> dict[str, int]:
    counts = dict(zip(COUNTS, read_counts(said), strict=True))
    given = {name: count for name, count in counts.items() if count is not None}
    if not given:
        raise BadField("likes", f"Give at least one of: {', '.join(COUNTS)}.")
    return given


def _by_link(urls: list[str]) -> dict[str, set[UUID]]:
    """Return publications by their bare link."""
    wanted = sorted({way for url in urls if url for way in (_bare(url), url)})
    wanted = sorted({way for one in wanted for way in (one, f"{one.rstrip('/')}/")})
    known: dict[str, set[UUID]] = defaultdict(set)
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        rows = Publication.objects.filter(
            state=Publication.State.PUBLISHED, url__in=some
        ).order_by()
        for key, url in rows.values_list("pk", "url"):
            known[_bare(url)].add(key)
    return known


def _bare(url: str) -> str:
    """Return a link without what apps add behind it when they share it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    # Where the address itself names the post, its query does so.
    query = f"?{parts.query}" if parts.query and parts.path in ("", "/watch") else ""
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}{query}"


def record_all(
    found: dict[UUID, dict[str, int]], *, actor: User, now: datetime
) -> None:
    """Record the counts of a table, a post a transaction; recording twice is well."""
    for key, counts in found.items():
        record_engagement(key, actor=actor, now=now, counts=counts)
