"""What stands too close on one channel, and what is too much for one day."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from library.models import Creator
from scheduling.models import Channel, Publication, PublishingPace
from scheduling.publishing.moves import OPEN_STATES
from scheduling.publishing.pace import Pace, pace_of

_P = Publication.State

# These are out, or are to go out at their time.
LIVE_STATES = frozenset(
    {
        _P.DRAFT,
        _P.SCHEDULED,
        _P.LEASED,
        _P.SENDING,
        _P.RETRY,
        _P.READY,
        _P.CLAIMED,
        _P.UNKNOWN,
        _P.PUBLISHED,
    }
)
# Where the agency asks for no spacing, nearer than this is hardly meant.
HARDLY_MEANT = timedelta(minutes=5)


class Place(NamedTuple):
    """A post's place on one channel; `can_move` while somebody can still change it."""

    post: UUID
    channel: UUID
    at: datetime
    can_move: bool

    @classmethod
    def of(cls, post: UUID, channel: UUID, at: datetime, state: str) -> "Place":
        """Return the place of a publication in a state."""
        return cls(post, channel, at, state in OPEN_STATES)


@dataclass(frozen=True)
class Clash:
    """Two posts that stand too close on one channel, the earlier first."""

    first: Place
    second: Place

    @property
    def posts(self) -> list[UUID]:
        """Return the two posts."""
        return [self.first.post, self.second.post]

    def told(self, channel: Channel, zone: ZoneInfo) -> str:
        """Say what is wrong, on the clocks of a zone."""
        first, second = (
            f"{one.at.astimezone(zone):%H:%M}" for one in (self.first, self.second)
        )
        minutes = (self.second.at - self.first.at).total_seconds() / 60
        if minutes < 1:
            return f"Two posts at the same time on {channel}: {first}."
        some = f"{minutes:.0f} minute{'s' * (round(minutes) != 1)}"
        return f"Only {some} apart on {channel}: {first} and {second}."


def paces_of(creators: Iterable[Creator]) -> dict[UUID, Pace]:
    """Return what holds for each model, in one query."""
    models = list(creators)
    found = PublishingPace.objects.filter(creator__in=[one.pk for one in models])
    own = {one.creator_id: one for one in found}
    return {one.pk: pace_of(one, own.get(one.pk)) for one in models}


def clashes(places: Iterable[Place], spacing: timedelta) -> list[Clash]:
    """Return neighbours on one channel that are nearer than `spacing`, in time order.

    Two that nobody can move any more are no clash.
    """
    nearest = spacing or HARDLY_MEANT
    lanes: dict[UUID, list[Place]] = defaultdict(list)
    for place in places:
        lanes[place.channel].append(place)
    found = []
    for lane in lanes.values():
        lane.sort(key=lambda one: (one.at, one.post))
        for first, second in pairwise(lane):
            can_move = first.can_move or second.can_move
            if can_move and second.at - first.at < nearest:
                found.append(Clash(first, second))
    return sorted(found, key=lambda one: (one.first.at, one.second.at))
