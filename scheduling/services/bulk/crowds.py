"""What would stand too close, or be too much for a day, once many posts are moved."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from library.models import Creator
from scheduling.crowding import LIVE_STATES, Clash, Place, clashes, paces_of
from scheduling.models import Channel, Publication
from scheduling.publishing.pace import Pace
from scheduling.services.bulk.steps import Step

CLASH, OVER_CAP = "clash", "over_cap"
# A day of any clocks lies within as much of a moment.
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class _Lane:
    channel: Channel
    pace: Pace
    zone: ZoneInfo


@dataclass(frozen=True)
class Coming:
    """A post at a time on a channel, where it does not stand yet."""

    post: UUID
    channel: Channel
    at: datetime


def warn(steps: Sequence[Step]) -> None:
    """Note with each step what its post would be too close to, and too much for."""
    coming = [
        Coming(step.loaded.post.pk, part.publication.channel, part.at)
        for step in steps
        for part in step.parts
        if part.at and part.to in LIVE_STATES
    ]
    left = {part.publication.pk for step in steps for part in step.parts}
    found = warnings_about(coming, left=left)
    for step in steps:
        step.warnings += found.get(step.loaded.post.pk, [])


def warnings_about(
    coming: Sequence[Coming], *, left: Iterable[UUID] = ()
) -> dict[UUID, list[dict[str, Any]]]:
    """Return by post what its coming is too close to, and too much for.

    All of them are looked at together with what stands there already, but for the
    publications in `left`, which leave their places. Three queries.
    """
    if not coming:
        return {}
    lanes = _lanes({one.channel.creator_id: one.channel.creator for one in coming})
    places = [Place(one.post, one.channel.pk, one.at, can_move=True) for one in coming]
    places += _standing(lanes, [one.at for one in coming], set(left))
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    posts = {one.post for one in coming}
    for clash in _clashes(places, lanes):
        lane = lanes[clash.first.channel]
        warning = {"code": CLASH, "text": clash.told(lane.channel, lane.zone)}
        for post in posts.intersection(clash.posts):
            # Of three at one time the middle one clashes twice, in the same words.
            if warning not in found[post]:
                found[post].append(warning)
    loads = _loads(places, lanes)
    days = {(one.post, *_day(one.at, lanes[one.channel.pk])) for one in coming}
    for post, creator, day in sorted(days, key=lambda one: one[2]):
        count, lane = loads[creator, day]
        if 0 < lane.pace.cap < count:
            found[post].append({"code": OVER_CAP, "text": _over(lane, day, count)})
    return found


def _lanes(creators: dict[UUID, Creator]) -> dict[UUID, _Lane]:
    """Return every channel of the models, since all of a model's posts count."""
    paces = paces_of(creators.values())
    channels = Channel.objects.filter(creator__in=list(creators))
    lanes = {}
    for channel in channels.defer("credentials"):
        creator = channel.creator = creators[channel.creator_id]
        zone = ZoneInfo(creator.timezone)
        lanes[channel.pk] = _Lane(channel, paces[creator.pk], zone)
    return lanes


def _standing(
    lanes: dict[UUID, _Lane], times: Sequence[datetime], left: set[UUID]
) -> list[Place]:
    rows = Publication.objects.filter(
        channel__in=list(lanes),
        state__in=LIVE_STATES,
        publish_at__range=(min(times) - _DAY, max(times) + _DAY),
    ).order_by()
    columns = rows.values_list("pk", "post_id", "channel_id", "publish_at", "state")
    return [
        Place.of(post, channel, at, state)
        for pk, post, channel, at, state in columns
        if pk not in left and at
    ]


def _clashes(places: Iterable[Place], lanes: dict[UUID, _Lane]) -> list[Clash]:
    by_spacing: dict[timedelta, list[Place]] = defaultdict(list)
    for place in places:
        by_spacing[lanes[place.channel].pace.spacing].append(place)
    return [
        clash
        for spacing, some in by_spacing.items()
        for clash in clashes(some, spacing)
    ]


def _loads(
    places: Iterable[Place], lanes: dict[UUID, _Lane]
) -> dict[tuple[UUID, date], tuple[int, _Lane]]:
    """Return how many posts each model has on each of her days."""
    posts: dict[tuple[UUID, date], set[UUID]] = defaultdict(set)
    shown = {}
    for place in places:
        key = _day(place.at, lanes[place.channel])
        posts[key].add(place.post)
        shown[key] = lanes[place.channel]
    return {key: (len(some), shown[key]) for key, some in posts.items()}


def _day(at: datetime, lane: _Lane) -> tuple[UUID, date]:
    return lane.channel.creator_id, at.astimezone(UTC).astimezone(lane.zone).date()


def _over(lane: _Lane, day: date, count: int) -> str:
    name, cap = lane.channel.creator.name, lane.pace.cap
    return f"{name} has {count} posts on {day:%A, %d %B}; at most {cap} are wanted."
