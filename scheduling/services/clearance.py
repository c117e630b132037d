"""Letting media out: only what is cleared, or what an admin lets out for a reason."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from promura_site import events
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling.clearing import NOT_CLEARED, RATING, Bar
from scheduling.models import Post, Series

OVERRIDE = "scheduling.override_clearance"
MAX_REASON = 300
NONE: Mapping[str, Any] = {
    "cleared_by": None,
    "cleared_at": None,
    "cleared_because": "",
    "cleared_for": [],
}


def refuse_override(actor: User, reason: str) -> None:
    """Raise DomainError 403 when a reason is given by somebody who may not."""
    if reason and not actor.has_perm(OVERRIDE):
        raise DomainError(
            "permission_denied",
            "Only an owner may let out media that is not cleared.",
            status=403,
        )


def decide(
    bars: Sequence[Bar],
    *,
    actor: User,
    now: datetime,
    reason: str,
    kept: Mapping[str, Any] = NONE,
) -> Mapping[str, Any]:
    """Return the clearance that a post gets: the one it has, or a new one.

    `kept` is what still stands of an earlier override. Raise DomainError 409 with
    everything that is not cleared, and 403 for an override by somebody who may not.
    """
    refuse_override(actor, reason)
    keys = {bar.key for bar in bars}
    if keys <= set(kept["cleared_for"]):
        return kept
    if not reason:
        raise _not_cleared(bars)
    return {
        "cleared_by": actor,
        "cleared_at": now,
        "cleared_because": reason[:MAX_REASON],
        "cleared_for": sorted(keys),
    }


def standing(post: Post) -> Mapping[str, Any]:
    """Return the override that a post has."""
    return {name: getattr(post, name) for name in NONE}


def put(post: Post | Series, clearance: Mapping[str, Any], bars: Iterable[Bar]) -> None:
    """Set a post's clearance, and put a new override on record; the caller saves.

    That of a series is for all of its posts.
    """
    is_new = clearance["cleared_at"] != post.cleared_at
    for name, value in clearance.items():
        setattr(post, name, value)
    if not (is_new and clearance["cleared_at"]):
        return
    kind = str(post._meta.model_name)
    events.emit(
        f"{kind}.clearance_overridden",
        actor=post.cleared_by,
        kind=kind,
        ids=[post.pk],
        message="let out media that is not cleared",
        data={
            "reason": post.cleared_because,
            "media": sorted({str(bar.media.pk) for bar in bars})[: events.MAX_IDS],
            "rules": sorted({bar.rule for bar in bars}),
        },
    )


def shown(bars: Iterable[Bar]) -> list[dict[str, Any]]:
    """Return bars for an answer: about a channel, or once about all of a model's."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for bar in bars:
        channel = str(bar.channel.pk) if bar.rule == RATING else None
        key = (bar.media.pk, bar.rule, bar.channel.creator_id, channel)
        found[key] = {
            "media": str(bar.media.pk),
            "media_name": bar.media.name,
            "model": bar.channel.creator.slug,
            "channel": channel,
            "rule": bar.rule,
            "text": bar.text,
        }
    return list(found.values())


def _not_cleared(bars: Sequence[Bar]) -> DomainError:
    problems = shown(bars)
    more = f" And {len(problems) - 1} more." if len(problems) > 1 else ""
    return DomainError(
        NOT_CLEARED, f"{problems[0]['text']}{more}", status=409, problems=problems
    )
