"""Read the plan of models between two of their days: few columns, few queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.db.models.functions import Substr

from library.models import Creator
from scheduling.crowding import LIVE_STATES, Clash, Place, clashes, paces_of
from scheduling.models import Channel, PostMedia, Publication
from scheduling.publishing.moves import OPEN_STATES
from scheduling.publishing.pace import Pace
from scheduling.suggestions.days import day_limits

# What is shown of a text, and what is read of it to have as much after squeezing.
TEXT = 120
_READ = 3 * TEXT


class Row(NamedTuple):
    """One publication, as far as a calendar needs it."""

    id: UUID
    post: UUID
    channel: UUID
    state: str
    at: datetime
    status: str


@dataclass(frozen=True)
class Entry:
    """A post as it stands in one model's calendar.

    `told_by` is the publication whose time and text it shows.
    """

    post: UUID
    status: str
    at: datetime
    told_by: UUID
    channels: list[UUID]
    movable: bool
    is_live: bool


@dataclass(frozen=True)
class Detail:
    """What is read of the few posts that are listed."""

    text: str
    series: UUID | None
    version: int
    media: list[UUID]


@dataclass
class ModelPlan:
    """What a model has planned between two days of her own clocks."""

    creator: Creator
    zone: ZoneInfo
    pace: Pace
    channels: dict[UUID, Channel]
    rows: list[Row] = field(default_factory=list)

    def on_day(self, at: datetime) -> date:
        """Return the day of the model's clocks that a moment falls on."""
        return at.astimezone(self.zone).date()

    def entries(self) -> list[Entry]:
        """Return each post once, in the order of time."""
        return entries_of(self.rows, list(self.channels))

    def clashes(self) -> list[Clash]:
        """Return what stands too close on one of the model's channels."""
        places = [
            Place.of(row.post, row.channel, row.at, row.state)
            for row in self.rows
            if row.state in LIVE_STATES
        ]
        return clashes(places, self.pace.spacing)

    def told(self, clash: Clash) -> str:
        """Say in words, on the model's clocks, what stands too close."""
        return clash.told(self.channels[clash.first.channel], self.zone)


def read_plans(
    creators: Sequence[Creator], first: date, end: date
) -> dict[UUID, ModelPlan]:
    """Return the plans of models from day to day (`end` exclusive), by model.

    Three queries, whatever is planned: channels, paces and publications.
    """
    paces = paces_of(creators)
    plans = {
        one.pk: ModelPlan(one, ZoneInfo(one.timezone), paces[one.pk], {})
        for one in creators
    }
    channels = Channel.objects.filter(creator__in=plans).defer("credentials")
    owners = {}
    for channel in channels.order_by("platform", "handle", "pk"):
        owners[channel.pk] = plans[channel.creator_id]
        plans[channel.creator_id].channels[channel.pk] = channel
    limits = {
        one.pk: (
            day_limits(first, one.timezone)[0],
            day_limits(end, one.timezone)[0],
        )
        for one in creators
    }
    if not limits:
        return plans
    begin = min(one for one, _ in limits.values())
    until = max(one for _, one in limits.values())
    for row in _rows(owners, begin, until):
        plan = owners[row.channel]
        own_begin, own_end = limits[plan.creator.pk]
        if own_begin <= row.at < own_end:
            plan.rows.append(row)
    return plans


def entries_of(rows: Iterable[Row], order: Sequence[UUID]) -> list[Entry]:
    """Return the posts of one model's publications, in the order of time.

    `order` is that of the channels.
    """
    parts: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        parts[row.post].append(row)
    found = [_entry(some, order) for some in parts.values()]
    return sorted(found, key=lambda one: (one.at, one.post))


def read_details(entries: Iterable[Entry]) -> dict[UUID, Detail]:
    """Return texts and media of entries, by the publication that tells them."""
    listed = {one.told_by: one.post for one in entries}
    media: dict[UUID, list[UUID]] = defaultdict(list)
    held = PostMedia.objects.filter(post__in=set(listed.values()))
    for post, item in held.order_by("position").values_list("post_id", "media_id"):
        media[post].append(item)
    texts = Publication.objects.filter(pk__in=listed).order_by()
    return {
        pk: Detail(_squeezed(text), series, version, media[listed[pk]])
        for pk, text, series, version in texts.values_list(
            "pk", Substr("content", 1, _READ), "post__series_id", "post__version"
        )
    }


def _rows(channels: Collection[UUID], begin: datetime, end: datetime) -> list[Row]:
    found = Publication.objects.filter(
        channel__in=list(channels), publish_at__gte=begin, publish_at__lt=end
    ).order_by()
    return rows_of(found)


def rows_of(publications: QuerySet[Publication]) -> list[Row]:
    """Return publications as far as a calendar needs them."""
    columns = ("pk", "post_id", "channel_id", "state", "publish_at", "post__state")
    return list(map(Row._make, publications.values_list(*columns)))


def _entry(rows: Sequence[Row], order: Sequence[UUID]) -> Entry:
    """Tell from a model's part of a post how it stands.

    What is still to come gives the time; else what is out; else what it was to be.
    """
    coming = [row for row in rows if row.state in OPEN_STATES]
    live = [row for row in rows if row.state in LIVE_STATES]
    first = min(coming or live or rows, key=lambda row: (row.at, row.id))
    shown = {row.channel for row in coming + live or rows}
    return Entry(
        post=first.post,
        status=first.status,
        at=first.at,
        told_by=first.id,
        channels=[one for one in order if one in shown],
        movable=bool(coming),
        is_live=bool(live),
    )


def _squeezed(text: str) -> str:
    """Return a text in one line, cut at a word's end where that is near."""
    line = " ".join(text.split())
    if len(line) <= TEXT:
        return line
    cut = line[: TEXT - 1]
    words = cut.rpartition(" ")[0]
    return f"{words if len(words) > TEXT // 2 else cut}…"
