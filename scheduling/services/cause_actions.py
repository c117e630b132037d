"""What a person can do about all that one cause holds up."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from library.models import Creator
from promura_site import events
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling.causes import RECENT
from scheduling.models import Channel, Publication
from scheduling.publishing import gates
from scheduling.services import control, resuming
from scheduling.services.resuming import KEPT, Scope

_ENDED = (Publication.State.MISSED, Publication.State.FAILED)
# These close the channel: deciding about them lets it go on.
_CLOSING = frozenset({gates.SIGN_IN, gates.BURST, gates.OUTAGE})


def preview_cause(
    code: str, *, channel: Channel | None, creator: Creator | None, now: datetime
) -> dict[str, int]:
    """Return how many publications a cause has held up: due, late and upcoming.

    Raise DomainError 409 for a stop that has been lifted.
    """
    if code == gates.STOPPED and channel is None:
        return control.resume_preview(creator, now)
    return _scope(code, _named(channel), now).counts(now)


def act_on_cause(
    code: str,
    *,
    channel: Channel | None,
    creator: Creator | None,
    how: str,
    actor: User,
    now: datetime,
) -> dict[str, int]:
    """Decide about all that a cause holds up; `how` is one of resuming.WAYS.

    A stop is lifted by it, a channel in trouble let go on. Return the counts as they
    were. Raise DomainError 403 for a stop when the actor may not lift one.
    """
    if code == gates.STOPPED and channel is None:
        if not actor.has_perm("scheduling.delete_panicstop"):
            message = "Only an admin lets publishing go on."
            raise DomainError("permission_denied", message, status=403)
        return control.resume_publishing(creator, actor=actor, now=now, how=how)
    about = _named(channel)
    if code in _CLOSING:
        return control.resume_channel(about, actor=actor, now=now, how=how)
    scope = _scope(code, about, now)
    counts = scope.counts(now)
    if how == KEPT:
        return counts
    posts = resuming.carry_on(scope, how, now)
    with transaction.atomic():
        events.emit(
            "channel.resumed",
            actor=actor,
            kind="channel",
            ids=[about.pk],
            message=f"decided about {len(posts)} posts on {about}",
            data={"how": how, "cause": code, "posts": len(posts)},
        )
    return counts


def _named(channel: Channel | None) -> Channel:
    if channel is None:
        sentence = "Name the channel."
        raise DomainError("invalid", sentence, errors={"channel": [sentence]})
    return channel


def _scope(code: str, channel: Channel, now: datetime) -> Scope:
    if code in _CLOSING:
        return control.channel_scope(channel, now)
    # What still waits for another cause is left alone.
    where = Q(channel=channel, state__in=_ENDED)
    return Scope(where, frozenset({code}), now - RECENT, ended=_ENDED)
