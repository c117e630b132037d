"""What all posts of a series share, and what an occurrence comes to on a channel."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from library.models import Creator, MediaItem, Tag
from promura_site.zones import agency_zone, exists, to_utc
from scheduling import clearing
from scheduling.models import Channel, Series
from scheduling.models.moments import EACH_MODELS_OWN
from scheduling.series.recurrence import Rule
from scheduling.services.texts import Going, Texts
from scheduling.suggestions.advice import planned_times
from scheduling.suggestions.days import Outlook

# The code of publications that were cancelled with their series.
SERIES_ENDED = "series_ended"
DAY = timedelta(days=1)
_TIME = "%H:%M"


def text_of(wall: datetime) -> str:
    """Return a wall-clock time as it is stored, such as 2026-11-02T09:00."""
    return wall.isoformat(timespec="minutes")


def rule_of(series: Series) -> Rule:
    """Return the rule that a series follows."""
    return Rule(
        text=series.rule,
        start=datetime.fromisoformat(series.start),
        times=tuple(map(time.fromisoformat, series.times)),
        until=datetime.fromisoformat(series.until) if series.until else None,
        count=series.count,
    )


def here_on(clocks: str, creators: Iterable[Creator], now: datetime) -> datetime:
    """Return what the clock of a series shows now, in whole minutes.

    Of each model's own, that of the model who is furthest behind.
    """
    own = clocks == EACH_MODELS_OWN
    zones = {one.timezone for one in creators} if own else {clocks}
    shown = (now.astimezone(ZoneInfo(one)) for one in zones or {agency_zone()})
    wall = min(one.replace(tzinfo=None) for one in shown)
    return wall.replace(second=0, microsecond=0, fold=0)


def times_as_stored(times: Iterable[time]) -> list[str]:
    """Return hours of the day such as 09:00."""
    return [f"{one:{_TIME}}" for one in times]


def due_at(rule: Rule, wall: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when an occurrence is due by the clocks of a zone, in UTC.

    A time that the clocks skip moves forward, unless another occurrence is there
    already: then there is none (None), so that nothing goes out twice at one instant.
    """
    at = to_utc(wall, zone)
    if exists(wall, zone):
        return at
    return None if rule.occurs(at.astimezone(zone).replace(tzinfo=None)) else at


class BestHours:
    """Each model's best free hour of a day, for several days from one look."""

    def __init__(self, first: datetime, last: datetime, now: datetime) -> None:
        self._begin, self._end, self._now = first - DAY, last + 2 * DAY, now
        self._outlooks: dict[UUID, Outlook] = {}
        self._taken: dict[UUID, list[datetime]] = {}

    def on(self, wall: datetime, creator: Creator) -> datetime | None:
        """Return the best free hour of a model's day; None: no hour is free."""
        if creator.pk not in self._outlooks:
            self._outlooks[creator.pk] = Outlook.of(creator, self._now)
            zone = ZoneInfo(creator.timezone)
            begin, end = to_utc(self._begin, zone), to_utc(self._end, zone)
            self._taken[creator.pk] = planned_times(creator, begin, end)
        taken = self._taken[creator.pk]
        found = self._outlooks[creator.pk].best_times_on(
            wall.date(), 1, now=self._now, taken=taken
        )
        if not found:
            return None
        taken.append(found[0].at)
        return found[0].at


@dataclass(frozen=True)
class Recipe:
    """A series with all that its posts are made of; the channels come with models."""

    series: Series
    rule: Rule
    channels: Sequence[Channel]
    media: Sequence[MediaItem] = ()
    tags: Sequence[Tag] = ()

    @property
    def texts(self) -> Texts:
        """Return the texts of every post."""
        return Texts(self.series.content, (), self.series.variables)

    def going(self, wall: datetime, hours: BestHours | None = None) -> list[Going]:
        """Return an occurrence as each channel gets it; on none it may fall away."""
        due: dict[UUID, datetime | None] = {}
        for channel in self.channels:
            creator = channel.creator
            if creator.pk not in due:
                due[creator.pk] = self._due(wall, creator, hours)
        texts = self.texts
        return [
            Going(channel, texts.on(channel, at), at)
            for channel in self.channels
            if (at := due[channel.creator_id])
        ]

    def planned(
        self, walls: Sequence[datetime], now: datetime
    ) -> dict[datetime, list[Going]]:
        """Return occurrences as each channel gets them, without what falls away."""
        best = self.series.best_hour and walls
        hours = BestHours(walls[0], walls[-1], now) if best else None
        found = {wall: self.going(wall, hours) for wall in walls}
        return {wall: going for wall, going in found.items() if going}

    def _due(
        self, wall: datetime, creator: Creator, hours: BestHours | None
    ) -> datetime | None:
        own = self.series.timezone == EACH_MODELS_OWN
        zone = ZoneInfo(creator.timezone if own else self.series.timezone)
        best = hours.on(wall, creator) if hours else None
        return best or due_at(self.rule, wall, zone)


def bars(media: Sequence[MediaItem], going: Iterable[Going]) -> list[clearing.Bar]:
    """Return what is not cleared for anything of what is going out.

    Whose and how revealing media are does not hang on the time, and what an embargo
    keeps back is soonest kept back at the first time, or at the last.
    """
    times: dict[UUID, list[datetime]] = {}
    channels: dict[UUID, Channel] = {}
    for one in going:
        channels[one.channel.pk] = one.channel
        times.setdefault(one.channel.pk, []).extend(filter(None, [one.at]))
    found = {
        bar.key: bar
        for pk, channel in channels.items()
        for at in (min(times[pk]), max(times[pk]))
        for bar in clearing.bars(media, channel, at)
    }
    return list(found.values())
