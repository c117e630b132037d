"""Near-duplicates: the same text or media on the same channel within two days.

Two texts are near when nothing but case, spacing, punctuation and the tracking in
links tells them apart, or when nine tenths of their three-letter pieces are the same.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from django.db.models import Q

from scheduling.models import Channel, Post, PostMedia, Publication
from scheduling.services.texts import Going

NEAR_DUPLICATE = "near_duplicate"
WINDOW = timedelta(hours=48)
ALIKE = 0.9
# So many neighbours are looked at, and so many named.
MAX_NEIGHBOURS = 5_000
MAX_FOUND = 100

_P = Publication.State
# What is out, or is going to be.
_COUNTED = (
    _P.SCHEDULED,
    _P.LEASED,
    _P.SENDING,
    _P.RETRY,
    _P.READY,
    _P.CLAIMED,
    _P.PUBLISHED,
    _P.UNKNOWN,
)
_LINK = re.compile(r"https?://\S+")
_TRACKING = re.compile(r"utm_.*|fbclid|gclid|igsh(id)?|mc_[ce]id|si", re.ASCII)


@dataclass(frozen=True)
class Duplicate:
    """Another post on a channel that says or shows nearly the same; `at`: when."""

    channel: Channel
    post: UUID
    at: datetime
    same: str
    text: str


class _Neighbour(NamedTuple):
    channel: UUID
    post: UUID
    content: str
    publish_at: datetime | None
    published_at: datetime | None

    @property
    def at(self) -> datetime | None:
        return self.published_at or self.publish_at


def near_duplicates(
    places: Iterable[Going], media: Collection[UUID], *, but: UUID | None = None
) -> list[Duplicate]:
    """Return what a post would nearly repeat, in two queries; `but` is its own id."""
    planned = {one.channel.pk: one for one in places if one.at}
    neighbours = _neighbours(planned, but)
    showing = _showing({one.post for one in neighbours}, media)
    found = []
    for one in neighbours:
        going = planned[one.channel]
        if not (one.at and going.at) or abs(one.at - going.at) > WINDOW:
            continue
        if is_near(one.content, going.text):
            found.append(_duplicate(going.channel, one, one.at, "text"))
        elif one.post in showing:
            found.append(_duplicate(going.channel, one, one.at, "media"))
    return found[:MAX_FOUND]


def is_near(one: str, other: str) -> bool:
    """Tell whether two texts are nearly the same; empty ones are not."""
    first, second = squeezed(one), squeezed(other)
    if first == second:
        return bool(first)
    pieces, others = _pieces(first), _pieces(second)
    fewer, more = sorted((len(pieces), len(others)))
    if fewer < ALIKE * more or not fewer:
        return False
    return len(pieces & others) >= ALIKE * len(pieces | others)


@lru_cache(maxsize=2048)
def squeezed(text: str) -> str:
    """Return a text without what makes no difference to a reader."""
    text = _LINK.sub(lambda link: _untracked(link.group()), text)
    text = unicodedata.normalize("NFKC", text).casefold()
    kept = (" " if unicodedata.category(one)[0] in "PZC" else one for one in text)
    # The mark that makes a sign an emoji says nothing either.
    return " ".join("".join(kept).replace("\ufe0f", "").split())


@lru_cache(maxsize=2048)
def _pieces(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 3] for at in range(len(text) - 2))


def _untracked(link: str) -> str:
    try:
        parts = urlsplit(link)
    except ValueError:
        return link
    query = [
        pair
        for pair in parse_qsl(parts.query, keep_blank_values=True)
        if not _TRACKING.fullmatch(pair[0].lower())
    ]
    return f"{parts.netloc}{parts.path.rstrip('/')} {urlencode(query)}"


def _neighbours(planned: dict[UUID, Going], but: UUID | None) -> Sequence[_Neighbour]:
    times = [one.at for one in planned.values() if one.at]
    if not times:
        return []
    try:
        span = (min(times) - WINDOW, max(times) + WINDOW)
    except OverflowError:
        # Where the calendar ends nothing is planned.
        return []
    rows = Publication.objects.filter(
        Q(publish_at__range=span) | Q(published_at__range=span),
        channel__in=list(planned),
        state__in=_COUNTED,
    )
    if but:
        # That a series repeats itself is what it is for.
        series = Post.objects.filter(pk=but, series__isnull=False).values("series")
        rows = rows.exclude(post=but).exclude(post__series__in=series)
    values = rows.order_by("publish_at").values_list(
        "channel_id", "post_id", "content", "publish_at", "published_at"
    )
    return [_Neighbour(*row) for row in values[:MAX_NEIGHBOURS]]


def _showing(posts: Collection[UUID], media: Collection[UUID]) -> set[UUID]:
    if not (posts and media):
        return set()
    entries = PostMedia.objects.filter(post__in=posts, media__in=media)
    return set(entries.values_list("post_id", flat=True))


def _duplicate(
    channel: Channel, other: _Neighbour, at: datetime, same: str
) -> Duplicate:
    verb = "got" if other.published_at else "gets"
    what = "nearly this text" if same == "text" else "some of these media"
    clock = f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    text = f"{channel} {verb} {what} at {clock}, too."
    return Duplicate(channel, other.post, at, same, text)
