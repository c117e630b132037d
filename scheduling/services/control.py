"""What a person can do about publishing as a whole: stop it, let it go on, pace it."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from library.models import Creator
from promura_site import events
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling.models import Channel, ChannelFlow, PanicStop, PublishingPace
from scheduling.publishing import channel_health, gates
from scheduling.publishing.connectors.base import OUTAGE_CODES
from scheduling.services import resuming
from scheduling.services.resuming import KEPT, SPACED, Scope

# What keeps a channel from publishing, as its publications name it.
CHANNEL_CAUSES = frozenset(
    {gates.SIGN_IN, gates.BURST, gates.OUTAGE, "rate_limited", *OUTAGE_CODES}
)
# What a channel's trouble made too late longer ago is history, as on the queue page.
REMEMBERED = timedelta(days=7)
PACE_FIELDS = frozenset({"min_spacing_minutes", "daily_cap"})


@transaction.atomic
def stop_publishing(
    creator: Creator | None, *, actor: User, now: datetime, reason: str = ""
) -> PanicStop:
    """Publish nothing of a model, or of nobody, until somebody lets it go on.

    What is being sent at this moment cannot be called back. One that has been pressed
    already stays as it is, also when somebody is lifting it at this moment.
    """
    stop, pressed = PanicStop.objects.get_or_create(
        key=_key(creator),
        defaults={
            "creator": creator,
            "reason": reason,
            "stopped_by": actor,
            "stopped_at": now,
        },
    )
    if pressed:
        _tell("stopped", creator, actor, {"reason": reason})
    else:
        PanicStop.objects.filter(pk=stop.pk).update(presses=F("presses") + 1)
    return stop


def resume_publishing(
    creator: Creator | None, *, actor: User, now: datetime, how: str
) -> dict[str, int]:
    """Lift a panic stop; `how` is one of resuming.WAYS, for what it has held up.

    Return the counts as they were. Raise DomainError 409 when nothing is stopped, or
    when somebody has pressed it again meanwhile.
    """
    stop, scope = _stop(creator), _scope(creator)
    counts = scope.counts(now)
    # The stop goes last: until then nothing goes out the old way.
    posts = resuming.carry_on(scope, how, now)
    with transaction.atomic():
        lifted, _ = PanicStop.objects.filter(pk=stop.pk, presses=stop.presses).delete()
        if not lifted:
            message = "Somebody has stopped it again; it stays stopped."
            raise DomainError("stopped_again", message, status=409)
        data = {"how": how, "posts": len(posts), **counts}
        _tell("resumed", creator, actor, data)
    return counts


def resume_preview(target: Creator | Channel | None, now: datetime) -> dict[str, int]:
    """Return what going on would mean: counts of what is due, late and upcoming.

    `target` is a stopped model, None for a stop of all, or a channel in trouble.
    """
    scope = (
        channel_scope(target, now) if isinstance(target, Channel) else _scope(target)
    )
    return scope.counts(now)


def resume_channel(
    channel: Channel, *, actor: User, now: datetime, how: str
) -> dict[str, int]:
    """Let a channel go on, and decide about what its trouble has held up.

    Raise DomainError 409 while it needs to be signed in, unless nothing is sent now.
    """
    if channel.health == Channel.Health.NEEDS_SIGN_IN and how in {SPACED, KEPT}:
        raise DomainError(
            gates.SIGN_IN, f"Sign {channel.handle} in again first.", status=409
        )
    scope = channel_scope(channel, now)
    counts = scope.counts(now)
    posts = resuming.carry_on(scope, how, now)
    with transaction.atomic():
        channel_health.note_sign_in(channel)
        _lift(channel)
        data = {"how": how, "posts": len(posts), **counts}
        _tell_of(channel, "resumed", actor, "let %s go on", data)
    return counts


@transaction.atomic
def release_channel(channel: Channel, *, actor: User) -> None:
    """Let a channel go on that a burst has stopped; what waits goes out at its pace.

    Raise DomainError 409 if it is not stopped.
    """
    if not _lift(channel):
        raise DomainError("not_stopped", f"{channel} is not stopped.", status=409)
    _tell_of(channel, "released", actor, "released %s after a burst", {})


@transaction.atomic
def set_pace(creator: Creator, *, actor: User, **changes: int | None) -> PublishingPace:
    """Set a model's own spacing in minutes and daily cap; None: as the settings say."""
    unknown = changes.keys() - PACE_FIELDS
    if unknown:
        raise TypeError(f"A pace has no {sorted(unknown)}")
    pace, _ = PublishingPace.objects.update_or_create(creator=creator, defaults=changes)
    events.emit(
        "model.pace_set",
        actor=actor,
        kind="model",
        ids=[creator.slug],
        message=f"set how fast {creator.name} publishes",
        data=dict(changes),
    )
    return pace


def _key(creator: Creator | None) -> str:
    return str(creator.pk) if creator else PanicStop.EVERYONE


def _stop(creator: Creator | None) -> PanicStop:
    stop = PanicStop.objects.filter(key=_key(creator)).first()
    if stop is None:
        who = creator.name if creator else "Publishing"
        raise DomainError("not_stopped", f"{who} is not stopped.", status=409)
    return stop


def _scope(creator: Creator | None) -> Scope:
    stop = _stop(creator)
    # Whoever is stopped on her own stays so.
    theirs = PanicStop.objects.filter(creator=OuterRef("channel__creator"))
    where = Q(channel__creator=creator) if creator else ~Q(Exists(theirs))
    return Scope(where, frozenset({gates.STOPPED}), stop.stopped_at)


def channel_scope(channel: Channel, now: datetime) -> Scope:
    """Return what a channel's trouble has held up."""
    return Scope(Q(channel=channel), CHANNEL_CAUSES, now - REMEMBERED)


def _lift(channel: Channel) -> bool:
    stopped = ChannelFlow.objects.filter(pk=channel.pk, stopped_at__isnull=False)
    return bool(stopped.update(stopped_at=None, burst_from=Now()))


def _tell(
    what: str, creator: Creator | None, actor: User, data: dict[str, Any]
) -> None:
    who = f"of {creator.name}" if creator else "of all models"
    verb = "stopped publishing" if what == "stopped" else "let publishing go on"
    events.emit(
        f"publishing.{what}",
        actor=actor,
        kind="model" if creator else "publishing",
        ids=[creator.slug if creator else PanicStop.EVERYONE],
        message=f"{verb} {who}",
        data=data,
    )


def _tell_of(
    channel: Channel, what: str, actor: User, words: str, data: dict[str, Any]
) -> None:
    events.emit(
        f"channel.{what}",
        actor=actor,
        kind="channel",
        ids=[channel.pk],
        message=words % channel,
        data=data,
    )
