"""What is wrong just now and lasts until somebody does something about it."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Min, Q

from promura_site.zones import agency_zone
from scheduling import reasons
from scheduling.models import (
    Channel,
    ChannelFlow,
    Notice,
    PanicStop,
    Publication,
    Series,
)
from scheduling.notices.grouping import Cause, in_queue, named, posts, resolve, stand
from scheduling.notices.kinds import HANDOVER_AHEAD, LASTING
from scheduling.notices.people import People
from scheduling.publishing.connectors import registry

_P = Publication.State
K = Notice.Kind
# More than these at once have one cause, which the first ones tell.
MOST_SERIES = 20


def watch(people: People, now: datetime) -> None:
    """Bring the notices of what lasts in line with how things stand."""
    standing = {cause.key: cause for cause in _causes(now)}
    for cause in standing.values():
        stand(cause, people, now)
    for notice in Notice.objects.open().filter(kind__in=LASTING):
        if notice.key not in standing:
            resolve(notice, now)


def _causes(now: datetime) -> Iterator[Cause]:
    yield from _silence(now)
    yield from _sign_ins(now)
    yield from _bursts()
    yield from _stops()
    yield from _handovers(now)
    yield from _series()


def _silence(now: datetime) -> Iterator[Cause]:
    if reasons.publishing_works(now).ok:
        return
    due = Publication.objects.due(now).sendable().count()
    yield Cause(
        K.SILENT,
        K.SILENT,
        "",
        f"No publisher is running: {posts(due)} due",
        "Nothing has given a sign of life for a minute. Start a publisher; what is "
        "more than an hour late by then will count as missed.",
        "/queue?group=due",
        due,
    )


def _sign_ins(now: datetime) -> Iterator[Cause]:
    waiting = Q(
        publications__state__in=(_P.SCHEDULED, _P.RETRY),
        publications__publish_at__lte=now,
    )
    channels = Channel.objects.usable().filter(health=Channel.Health.NEEDS_SIGN_IN)
    rows = channels.select_related("creator").defer("credentials")
    for channel in rows.annotate(waiting=Count("publications", filter=waiting)):
        count: int = channel.waiting
        verb = "waits" if count == 1 else "wait"
        wait = f"; {posts(count)} {verb}" if count else ""
        yield Cause(
            K.SIGN_IN,
            f"{K.SIGN_IN}:{channel.pk}",
            named(channel),
            f"{named(channel)} needs sign-in{wait}",
            _of(channel, channel.health_detail),
            "/models",
            max(count, 1),
            channel,
        )


def _bursts() -> Iterator[Cause]:
    stopped = ChannelFlow.objects.filter(
        stopped_at__isnull=False, channel__in=Channel.objects.usable()
    )
    for flow in stopped.select_related("channel__creator"):
        channel = flow.channel
        yield Cause(
            K.BURST,
            f"{K.BURST}:{channel.pk}",
            named(channel),
            f"{named(channel)} has stopped: more posts at once than usual",
            _of(channel, "Look at the queue and let it go on if all is well."),
            in_queue(channel, "due"),
            1,
            channel,
        )


def _stops() -> Iterator[Cause]:
    for stop in PanicStop.objects.select_related("creator", "stopped_by"):
        subject = stop.creator.name if stop.creator else "everyone"
        by = stop.stopped_by.get_username() if stop.stopped_by else "Somebody"
        why = f": {' '.join(stop.reason.split())}" if stop.reason else ""
        yield Cause(
            K.PANIC,
            f"{K.PANIC}:{stop.key}",
            subject,
            f"Publishing is stopped for {subject}",
            f"{by} stopped it{why}",
            "/queue",
        )


def _series() -> Iterator[Cause]:
    for series in Series.objects.running().exclude(problem="")[:MOST_SERIES]:
        yield Cause(
            K.SERIES,
            f"{K.SERIES}:{series.pk}",
            series.name,
            f"The series “{series.name}” cannot go on",
            series.problem,
            f"/series?series={series.pk}",
        )


def _handovers(now: datetime) -> Iterator[Cause]:
    by_hand = [name for name, one in registry.connectors().items() if one.by_hand]
    if not by_hand:
        return
    due = Publication.objects.sendable().filter(
        channel__connector__in=by_hand,
        state__in=(_P.READY, _P.CLAIMED, _P.SCHEDULED),
        publish_at__lte=now + HANDOVER_AHEAD,
    )
    found = due.aggregate(
        count=Count("pk"),
        taken=Count("pk", filter=Q(state=_P.CLAIMED)),
        first=Min("publish_at"),
        last=Max("publish_at"),
    )
    count, taken = found["count"], found["taken"]
    if not count:
        return
    yield Cause(
        K.HANDOVER,
        K.HANDOVER,
        "",
        f"{'1 hand-over is' if count == 1 else f'{count} hand-overs are'} due",
        _when(found["first"], found["last"], taken),
        "/hand-over",
        count,
        covers_until=found["last"],
    )


def _when(first: datetime, last: datetime, taken: int) -> str:
    """Say when, on the agency's clock: one text is for people in many zones."""
    zone = agency_zone()
    begin, end = (
        f"{moment.astimezone(ZoneInfo(zone)):%H:%M}" for moment in (first, last)
    )
    words = f"At {begin}" if begin == end else f"From {begin} to {end}"
    words += f" ({zone.rpartition('/')[2].replace('_', ' ')})"
    return f"{words}; {taken} taken already." if taken else f"{words}."


def _of(channel: Channel, words: str) -> str:
    return f"{channel.creator.name}. {words}".strip()
