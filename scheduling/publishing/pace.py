"""The agency's own brakes: how fast a channel may publish, and how much in a day.

Decided in the claim's transaction, with the models' rows locked, so that of several
publishers one decides at a time; all by the database's clock. What may not go yet is
put off and says until when and why. A doubtful post that is found out under its key
is no new post: only a channel that does not answer holds it up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, F, Max, Q

from library.models import Creator
from promura_site import events
from scheduling.models import Channel, ChannelFlow, Publication, PublishingPace
from scheduling.publishing import gates
from scheduling.publishing.channel_health import OUTAGE_AFTER
from scheduling.publishing.lease import AFTERWARDS

_P = Publication.State
_IN_HAND = (_P.LEASED, _P.SENDING)

# While a channel does not answer one post finds out; the others look again then.
PROBE = timedelta(seconds=15)


@dataclass(frozen=True)
class Wait:
    """Why a publication may not go yet; without `until` its channel was closed."""

    code: str
    text: str
    until: datetime | None = None


@dataclass
class Pace:
    """What holds for a model: see models.PublishingPace."""

    spacing: timedelta
    cap: int


@dataclass
class _Lane:
    """What is known about one channel while a claim is decided."""

    channel: Channel
    flow: ChannelFlow
    pace: Pace
    last: datetime | None = None
    sent: int = 0
    in_hand: int = 0
    # When the last of those that were put off comes to its turn.
    tail: datetime | None = None
    queued: int = 0
    taken: bool = False


@dataclass
class _Day:
    """What of a model's posts counts for her day."""

    begins: datetime
    ends: datetime
    posts: set[UUID] = field(default_factory=set)


def pace_of(creator: Creator, own: PublishingPace | None) -> Pace:
    """Return a model's pace: her own where she has one, else the settings'."""
    minutes = own.min_spacing_minutes if own else None
    cap = own.daily_cap if own else None
    return Pace(
        settings.MIN_SPACING if minutes is None else timedelta(minutes=minutes),
        settings.DAILY_CAP if cap is None else cap,
    )


def decide(rows: Sequence[Publication], now: datetime) -> dict[UUID, Wait]:
    """Return what of `rows` has to wait, and take its turn for each of the others.

    The rows are locked, in the order in which they are due, and come with channel
    and creator; call it last of all that locks, in the claim's transaction.
    """
    if not rows:
        return {}
    lanes = _lanes(rows, now)
    days = _days(lanes, now)
    _look_back(lanes, now)
    _look_at_today(days)
    _look_around(lanes, days, now)
    waits: dict[UUID, Wait] = {}
    for row in rows:
        lane = lanes[row.channel_id]
        wait = _outage(lane, now)
        if wait is None and row.state != _P.UNKNOWN:
            wait = _planned(row, lane, days.get(lane.channel.creator_id), now)
        if wait:
            waits[row.pk] = wait
        else:
            lane.in_hand += 1
    _store(lanes, now)
    return waits


def put_off(rows: Sequence[Publication], waits: dict[UUID, Wait]) -> None:
    """Write down what has to wait; beyond its last moment nothing is put off."""
    held = [row for row in rows if row.pk in waits]
    for row in held:
        wait = waits[row.pk]
        until = wait.until or row.next_attempt_at
        if row.state != _P.UNKNOWN and until and row.late_after:
            until = min(until, row.late_after + AFTERWARDS)
        row.next_attempt_at = until
        if row.state != _P.UNKNOWN:
            row.error_code, row.error = wait.code, _said(wait, row)[:500]
        row.updated_at = row.at  # type: ignore[attr-defined]
    if held:
        changed = ["next_attempt_at", "error_code", "error", "updated_at"]
        Publication.objects.bulk_update(held, changed)


def _said(wait: Wait, row: Publication) -> str:
    if wait.until and row.late_after and wait.until > row.late_after:
        return f"{wait.text} That is too late; it will count as missed."
    return wait.text


def _planned(
    row: Publication, lane: _Lane, day: _Day | None, now: datetime
) -> Wait | None:
    """Return why a planned publication waits; None: it has taken its turn."""
    wait = (
        _burst(lane) or _cap(row, lane, day) or _spacing(lane, now) or _rate(lane, now)
    )
    if wait is None:
        lane.last, lane.sent = now, lane.sent + 1
        if day:
            day.posts.add(row.post_id)
    return wait


def _outage(lane: _Lane, now: datetime) -> Wait | None:
    if lane.flow.failures < OUTAGE_AFTER or not lane.in_hand:
        return None
    text = f"{lane.channel} does not answer; another post is finding out."
    return Wait(gates.OUTAGE, text, now + PROBE)


def _burst(lane: _Lane) -> Wait | None:
    most = settings.BREAKER_POSTS
    if not most or (lane.sent < most and lane.flow.stopped_at is None):
        return None
    if lane.flow.stopped_at is None:
        lane.flow.stopped_at = lane.flow.counted_at
        _stop(lane.channel)
    return Wait(gates.BURST, gates.sentence(gates.BURST, lane.channel))


def _stop(channel: Channel) -> None:
    minutes = int(settings.BREAKER_WITHIN.total_seconds() // 60)
    events.emit(
        "channel.stopped",
        actor=None,
        kind="channel",
        ids=[channel.pk],
        message=f"stopped {channel}: more than {settings.BREAKER_POSTS} posts in "
        f"{minutes} minutes",
        data={"cause": gates.BURST},
    )


def _cap(row: Publication, lane: _Lane, day: _Day | None) -> Wait | None:
    cap = lane.pace.cap
    if not cap or day is None or row.post_id in day.posts:
        return None
    if len(day.posts) < cap:
        return None
    name, at = lane.channel.creator.name, day.ends.astimezone(UTC)
    text = f"{name} has {cap} posts today, and no more a day are wanted;"
    return Wait(gates.DAILY_CAP, f"{text} it can go from {at:%Y-%m-%d %H:%M} UTC.", at)


def _spacing(lane: _Lane, now: datetime) -> Wait | None:
    spacing = lane.pace.spacing
    if not spacing:
        return None
    before = [at for at in (lane.last, lane.tail) if at]
    turn = max(before) + spacing if before else now
    if turn <= now:
        return None
    lane.tail = turn
    minutes = spacing.total_seconds() / 60
    text = (
        f"It goes at {turn:%H:%M:%S} UTC: posts on {lane.channel} are at least "
        f"{minutes:g} minute{'s' * (minutes != 1)} apart."
    )
    return Wait(gates.SPACING, text, turn)


def _rate(lane: _Lane, now: datetime) -> Wait | None:
    if not _limited():
        return None
    if lane.flow.tokens >= 1:
        lane.flow.tokens -= 1
        lane.taken = True
        return None
    lane.queued += 1
    missing = lane.queued - lane.flow.tokens
    turn = now + timedelta(minutes=missing / settings.CHANNEL_RATE_PER_MINUTE)
    text = (
        f"It goes at {turn:%H:%M:%S} UTC: {lane.channel} takes "
        f"{settings.CHANNEL_RATE_PER_MINUTE:g} posts a minute."
    )
    return Wait(gates.RATE, text, turn)


def _limited() -> bool:
    return settings.CHANNEL_RATE_PER_MINUTE > 0


def _lanes(rows: Sequence[Publication], now: datetime) -> dict[UUID, _Lane]:
    channels = {row.channel_id: row.channel for row in rows}
    creators = {one.creator_id: one.creator for one in channels.values()}
    locked = Creator.objects.filter(pk__in=creators).order_by("pk")
    list(locked.select_for_update(no_key=True).values_list("pk"))
    own = {
        one.creator_id: one for one in PublishingPace.objects.filter(pk__in=creators)
    }
    flows = {one.channel_id: one for one in ChannelFlow.objects.filter(pk__in=channels)}
    paces = {pk: pace_of(one, own.get(pk)) for pk, one in creators.items()}
    lanes = {}
    for pk, channel in channels.items():
        flow = flows.get(pk) or ChannelFlow(channel=channel)
        _refill(flow, now)
        lanes[pk] = _Lane(channel, flow, paces[channel.creator_id])
    return lanes


def _refill(flow: ChannelFlow, now: datetime) -> None:
    full = float(max(settings.CHANNEL_BURST, 1))
    if flow.counted_at is None:
        flow.tokens = full
    else:
        minutes = max((now - flow.counted_at).total_seconds(), 0) / 60
        gained = minutes * settings.CHANNEL_RATE_PER_MINUTE
        flow.tokens = min(full, flow.tokens + gained)
    flow.counted_at = now


def _look_back(lanes: dict[UUID, _Lane], now: datetime) -> None:
    """Note what has gone out on each channel lately."""
    spacing = max(lane.pace.spacing for lane in lanes.values())
    within = settings.BREAKER_WITHIN if settings.BREAKER_POSTS else timedelta()
    if not (spacing or within):
        return
    flow_from = F("channel__flow__burst_from")
    counts = Q(published_at__gt=now - within) & (
        Q(channel__flow__burst_from__isnull=True) | Q(published_at__gt=flow_from)
    )
    found = (
        Publication.objects.filter(
            channel__in=list(lanes), published_at__gt=now - max(spacing, within)
        )
        .order_by()
        .values("channel_id")
        .annotate(last=Max("published_at"), sent=Count("pk", filter=counts))
    )
    for one in found:
        lane = lanes[one["channel_id"]]
        # A platform's clock may run ahead of ours.
        lane.last, lane.sent = min(one["last"], now), one["sent"]


def _look_at_today(days: dict[UUID, _Day]) -> None:
    """Note which posts of each model have gone out in her day."""
    if not days:
        return
    found = Publication.objects.filter(
        channel__creator__in=list(days),
        published_at__gte=min(day.begins for day in days.values()),
    ).order_by()
    for creator_id, post_id, at in found.values_list(
        "channel__creator_id", "post_id", "published_at"
    ):
        if at and at >= days[creator_id].begins:
            days[creator_id].posts.add(post_id)


def _look_around(
    lanes: dict[UUID, _Lane],
    days: dict[UUID, _Day],
    now: datetime,
) -> None:
    """Note what is on its way at this moment, or may have arrived unheard."""
    since = now - settings.BREAKER_WITHIN
    found = (
        Publication.objects.filter(
            ~Q(state=_P.UNKNOWN) | Q(first_attempt_at__gt=since),
            state__in=(*_IN_HAND, _P.UNKNOWN),
            channel__creator__in={one.channel.creator_id for one in lanes.values()},
        )
        .order_by()
        .select_related("channel")
        .only("channel__creator", "post", "state", "first_attempt_at")
    )
    for one in found:
        if one.channel.creator_id in days:
            days[one.channel.creator_id].posts.add(one.post_id)
        lane = lanes.get(one.channel_id)
        if lane is None:
            continue
        on_its_way = one.state in _IN_HAND
        lane.in_hand += on_its_way
        lane.sent += 1
        tried = now if on_its_way else min(one.first_attempt_at or now, now)
        lane.last = max(lane.last or tried, tried)


def _days(lanes: dict[UUID, _Lane], now: datetime) -> dict[UUID, _Day]:
    """Return the present days of the models that have a cap."""
    return {
        lane.channel.creator_id: _day(now, lane.channel.creator.timezone)
        for lane in lanes.values()
        if lane.pace.cap
    }


def _day(now: datetime, zone: str) -> _Day:
    """Return the day that it is in a zone."""
    place = ZoneInfo(zone)
    today = now.astimezone(place).date()
    begin = datetime.combine(today, time(), place)
    end = datetime.combine(today + timedelta(days=1), time(), place)
    return _Day(begin.astimezone(UTC), end.astimezone(UTC))


def _store(lanes: dict[UUID, _Lane], now: datetime) -> None:
    """Keep the tokens that were taken, and the channels that were stopped."""
    taken = [lane.flow for lane in lanes.values() if lane.taken]
    stopped = [one.flow for one in lanes.values() if one.flow.stopped_at == now]
    for flows, fields in ((taken, ["tokens", "counted_at"]), (stopped, ["stopped_at"])):
        if flows:
            ChannelFlow.objects.bulk_create(
                flows,
                update_conflicts=True,
                unique_fields=["channel"],
                update_fields=fields,
            )
