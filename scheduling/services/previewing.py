"""What a template's text comes to for each account; nothing is stored."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from library.models import Creator
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling.models import Channel
from scheduling.services.naming import Problems
from scheduling.services.room import room_for
from scheduling.services.texts import Going, Texts
from scheduling.services.timing import due_at, utc_text
from templates_app import references
from templates_app.models import PostTemplate
from templates_app.variables import Values, names_in

# More accounts than anybody reads through.
MOST_CHANNELS = 200


def preview_text(
    *,
    actor: User,
    now: datetime,
    content: str,
    models: Sequence[str],
    variables: Values | None = None,
    schedule_time: datetime | None = None,
    timezone: str = "",
    plain: Sequence[str] = (),
) -> dict[str, Any]:
    """Return a text as the active accounts of models would get it.

    Without a time it is that of a post that goes out now. Raise DomainError 400 for
    models that are not there, and for a time that no calendar holds.
    """
    texts = Texts(content, variables=variables or {})
    creators = _creators(models)
    channels = list(
        Channel.objects.usable()
        .filter(creator__in=creators)
        .select_related("creator")
        .order_by("creator__name", "platform", "handle", "pk")[:MOST_CHANNELS]
    )
    moment, clocks = schedule_time or now, timezone or actor.timezone
    return {
        "channels": [_shown(texts, one, moment, clocks) for one in channels],
        "unknown": texts.unknown(plain),
        "missing": _missing(texts, creators),
    }


def preview_template(
    template: PostTemplate, *, actor: User, now: datetime, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the same of a stored template, with `changes` that are not stored yet."""
    wanted = {"content": template.content, "variables": template.variables, **changes}
    if "models" not in wanted:
        refs = references.describe([template])[template.pk]
        gone = set(refs.missing_models)
        wanted["models"] = [slug for slug in refs.models if slug not in gone]
    return preview_text(actor=actor, now=now, plain=template.plain_braces, **wanted)


def _creators(slugs: Sequence[str]) -> list[Creator]:
    found = {one.slug: one for one in Creator.objects.filter(slug__in=slugs)}
    problems = Problems()
    for slug in dict.fromkeys(slugs):
        if slug not in found:
            problems.add("models", f"There is no model “{slug}”.")
    problems.refuse()
    return [found[slug] for slug in dict.fromkeys(slugs)]


def _missing(texts: Texts, creators: Sequence[Creator]) -> list[dict[str, str]]:
    own = texts.variables or {}
    return [
        {"name": name, "model": creator.slug}
        for name in names_in(texts.content)
        if name in own
        for creator in creators
        if creator.slug not in own[name]
    ]


def _shown(
    texts: Texts, channel: Channel, moment: datetime, clocks: str
) -> dict[str, Any]:
    try:
        at = due_at(moment, clocks, channel.creator)
    except OverflowError:
        words = "This time is out of range."
        raise DomainError(
            "invalid", f"schedule_time: {words}", errors={"schedule_time": [words]}
        ) from None
    going = Going(channel, texts.on(channel, at), at)
    room = room_for(going, with_media=False)
    return {
        "channel": str(channel.pk),
        "model": channel.creator.slug,
        "handle": channel.handle,
        "platform": channel.platform,
        "text": going.text,
        "length": room.length,
        "limit": room.limit,
        "schedule_time": utc_text(at),
    }
