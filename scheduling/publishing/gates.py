"""Which channels are closed altogether: stopped, signed out, or not answering.

A closed channel is not looked at: what is due on it stays due, says why, and goes on
by itself once the channel is open, or is missed like anything that is too late.
"""

from uuid import UUID

from django.db import transaction
from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Now

from scheduling.models import Channel, PanicStop, Post, Publication
from scheduling.models.channels import ChannelQuerySet
from scheduling.publishing.connectors import registry

_P = Publication.State

STOPPED, SIGN_IN, BURST, OUTAGE = "stopped", "needs_sign_in", "burst", "outage"
SPACING, RATE, DAILY_CAP = "spacing", "rate", "daily_cap"
# Codes of what waits for the agency's or the channel's sake, not for its own.
CODES = frozenset({STOPPED, SIGN_IN, BURST, OUTAGE, SPACING, RATE, DAILY_CAP})
# Publications that one round marks; the next one takes the rest.
BATCH = 100


def open_channels() -> QuerySet[Channel]:
    """Return the channels on which a publisher may send at this moment."""
    return (
        answering_channels()
        .usable()
        .filter(flow__stopped_at__isnull=True)
        .exclude(connector__in=registry.by_hand())
    )


def answering_channels() -> ChannelQuerySet:
    """Return the channels on which a doubtful post may be found out.

    That is no new post, so that neither a burst nor an account out of use is in its
    way; a panic stop, a refused sign-in and a platform that wants a rest are.
    """
    channels: ChannelQuerySet = Channel.objects.exclude(
        health=Channel.Health.NEEDS_SIGN_IN
    )
    return channels.filter(
        ~Exists(PanicStop.objects.filter(_stops("creator"))),
        Q(flow__blocked_until__isnull=True) | Q(flow__blocked_until__lte=Now()),
    )


def on_open_channel() -> Exists:
    """Return the condition of publications that their channel lets out now."""
    return Exists(open_channels().filter(pk=OuterRef("channel_id")))


def on_usable_channel() -> Exists:
    """Return the condition of leased publications that may still go out.

    What was claimed before a burst stopped the channel is the burst's allowed part.
    """
    return Exists(answering_channels().usable().filter(pk=OuterRef("channel_id")))


def on_answering_channel() -> Exists:
    """Return the condition of publications that can be asked about now."""
    return Exists(answering_channels().filter(pk=OuterRef("channel_id")))


def stopped() -> Exists:
    """Return the condition of publications under a panic stop."""
    return Exists(PanicStop.objects.filter(_stops("channel__creator")))


def mark_waiting() -> int:
    """Write on what is due and held back what it waits for; return how many.

    The look is a plain SELECT. Nothing moves: neither the state nor the time.
    """
    found = list(_unmarked()[:BATCH])
    if not found:
        return 0
    with transaction.atomic(durable=True):
        posts = Post.objects.select_for_update(skip_locked=True)
        locked = posts.filter(pk__in={row.post_id for row in found}).order_by("pk")
        rows = list(_unmarked().filter(post__in=list(locked)))
        groups: dict[tuple[str, UUID], list[Publication]] = {}
        for row in rows:
            cause: str = row.cause  # type: ignore[attr-defined]
            groups.setdefault((cause, row.channel_id), []).append(row)
        for (cause, _), same in groups.items():
            Publication.objects.filter(
                pk__in=[row.pk for row in same], state__in=(_P.SCHEDULED, _P.RETRY)
            ).update(error_code=cause, error=sentence(cause, same[0].channel)[:500])
    return len(rows)


def sentence(cause: str, channel: Channel) -> str:
    """Return what a closed channel's publications wait for."""
    if cause == STOPPED:
        return "Publishing is stopped; it waits until somebody lets it go on."
    if cause == SIGN_IN:
        return f"{channel} has to be signed in again; it waits for that."
    if cause == BURST:
        return (
            f"{channel} was stopped after an unusual number of posts in a short time; "
            "it waits until somebody lets it go on."
        )
    detail = f" ({channel.health_detail.rstrip('.')})" if channel.health_detail else ""
    return f"{channel} does not take posts at the moment{detail}; it waits."


def past(cause: str, channel: Channel) -> str:
    """Return what kept a publication that was missed, in a part of a sentence."""
    return {
        STOPPED: "publishing was stopped",
        SIGN_IN: f"{channel} had to be signed in again",
        BURST: f"{channel} was stopped after a burst",
        OUTAGE: f"{channel} did not take posts",
        SPACING: f"earlier posts on {channel} had to go first",
        RATE: f"earlier posts on {channel} had to go first",
        DAILY_CAP: f"{channel.creator.name} had her posts for the day",
    }[cause]


def _unmarked() -> QuerySet[Publication]:
    """Return what is due on closed channels and does not say so yet."""
    empty = Value("", output_field=CharField())
    blocked = Q(channel__flow__blocked_until__gt=Now())
    cause = Case(
        When(stopped(), then=Value(STOPPED)),
        When(channel__health=Channel.Health.NEEDS_SIGN_IN, then=Value(SIGN_IN)),
        When(channel__flow__stopped_at__isnull=False, then=Value(BURST)),
        When(blocked, then=Value(OUTAGE)),
        default=empty,
    )
    return (
        Publication.objects.due(Now())
        .filter(late_after__gte=Now())
        .annotate(cause=cause)
        .exclude(cause="")
        .exclude(error_code=F("cause"))
        .select_related("channel")
        .defer("payload", "content", "channel__credentials")
        .order_by("next_attempt_at", "pk")
    )


def _stops(creator: str) -> Q:
    return Q(key=PanicStop.EVERYONE) | Q(creator=OuterRef(creator))
