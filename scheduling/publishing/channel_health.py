"""What sends say about their channel: it works, it is signed out, it does not answer.

Call these last in the transaction that notes an outcome: whoever locks a creator and
a channel's flow takes the creator first.
"""

import random
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Greatest, Now

from promura_site import events
from scheduling.models import Channel, ChannelFlow
from scheduling.publishing.connectors.base import (
    NEEDS_SIGN_IN,
    OUTAGE_CODES,
    PublishError,
)
from scheduling.publishing.lease import LONGEST_WAIT

# So many failures to get through in a row, and the channel does not answer.
OUTAGE_AFTER = 3
# The earlier send is still worked on: that is about one post, not about the channel.
_OF_ONE_POST = "in_progress"
_HEALTH = Channel.Health
_WORDS = {
    _HEALTH.GOOD: "works again",
    _HEALTH.DEGRADED: "does not answer",
    _HEALTH.NEEDS_SIGN_IN: "needs to be signed in again",
}


def note_success(channels: Collection[UUID]) -> None:
    """Keep that these channels (their ids) have just published."""
    ChannelFlow.objects.filter(pk__in=channels, failures__gt=0).update(
        failures=0, blocked_until=None
    )
    ill = Channel.objects.filter(pk__in=channels).exclude(health=_HEALTH.GOOD)
    for channel in ill.order_by("pk"):
        _set_health(channel, _HEALTH.GOOD, "")


def note_failure(channel: Channel, error: PublishError) -> None:
    """Keep what a failed send says about its channel, and let it rest if need be."""
    if error.code == NEEDS_SIGN_IN:
        _set_health(channel, _HEALTH.NEEDS_SIGN_IN, error.message)
        return
    wish = error.retry_after if error.code != _OF_ONE_POST else None
    outage = error.code in OUTAGE_CODES
    if not (outage or wish):
        return
    ChannelFlow.objects.get_or_create(channel=channel)
    flow = ChannelFlow.objects.filter(pk=channel.pk)
    if outage:
        # What was on its way when the rest began says nothing new.
        resting = Q(blocked_until__isnull=False, blocked_until__gt=Now())
        flow.exclude(resting).update(failures=F("failures") + 1)
    failures = flow.values_list("failures", flat=True).get()
    rest = timedelta(seconds=wish or 0)
    if outage and failures >= OUTAGE_AFTER:
        rest = max(rest, _rest_after(failures))
        _set_health(channel, _HEALTH.DEGRADED, error.message)
    if rest:
        ends = Now() + rest
        flow.update(blocked_until=Greatest(Coalesce("blocked_until", ends), ends))


def note_sign_in(channel: Channel) -> None:
    """Forget what held a channel up, since a person has just put it right."""
    ChannelFlow.objects.filter(pk=channel.pk).update(failures=0, blocked_until=None)


def _rest_after(failures: int) -> timedelta:
    doubled = settings.PUBLISH_FIRST_WAIT * 2 ** min(failures - OUTAGE_AFTER, 10)
    return min(doubled, LONGEST_WAIT) * random.uniform(0.8, 1.2)


def _set_health(channel: Channel, health: Channel.Health, detail: str) -> None:
    """Store a channel's health; tell of it when it has changed."""
    row = Channel.objects.filter(pk=channel.pk)
    if health == _HEALTH.DEGRADED:
        # Signing in is what helps first.
        row = row.exclude(health=_HEALTH.NEEDS_SIGN_IN)
    changed = row.exclude(health=health).update(
        health=health, health_detail=detail[:300]
    )
    known, channel.health = channel.health, health
    if changed and not (health == _HEALTH.GOOD and known == _HEALTH.UNKNOWN):
        events.emit(
            f"channel.{'recovered' if health == _HEALTH.GOOD else health.value}",
            actor=None,
            kind="channel",
            ids=[channel.pk],
            message=f"found that {channel} {_WORDS[health]}",
            data={"detail": detail[:300]},
        )
