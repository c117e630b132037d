"""Which text goes to which channel: its own, its language's, or the post's.

Variables in it get their values there, for the channel's model and the due time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from promura_site.dates import date_in, weekday_in
from scheduling.models import Channel, Post, PostVariant
from scheduling.services.naming import Problems
from templates_app.variables import (
    DATE,
    HANDLE,
    MODEL,
    WEEKDAY,
    Values,
    names_in,
    render,
    unknown_in,
)

# A text may grow so long by its variables' values.
LONGEST = Post._meta.get_field("content").max_length or 0


@dataclass(frozen=True)
class Going:
    """A post on its way to one channel; no time: not yet."""

    channel: Channel
    text: str
    at: datetime | None


@dataclass(frozen=True)
class Texts:
    """All texts of a post: its own, and its variants.

    `variables` are the values of its own ones; None: every text goes out as written.
    """

    content: str
    variants: Sequence[PostVariant] = ()
    variables: Values | None = None

    def on(self, channel: Channel, at: datetime | None = None) -> str:
        """Return what a channel gets to read when it is due `at`.

        A variant for the channel comes first, then one for its language; pt-BR takes
        one for pt where there is none of its own. Variables have their values, but
        without a time the date and the weekday stay as written. What comes to more
        than LONGEST characters is cut off after one more.
        """
        written = self.written_for(channel)
        if self.variables is None or "{" not in written:
            return written
        return render(written, _values(self.variables, channel, at), most=LONGEST)

    def written_for(self, channel: Channel) -> str:
        """Return what was written for a channel, its variables still in braces."""
        variant = self.variant_on(channel)
        return self.content if variant is None else variant.content

    def missing_on(self, channel: Channel) -> list[str]:
        """Return the variables in a channel's text that have no value for its model."""
        own = self.variables or {}
        slug = channel.creator.slug
        names = names_in(self.written_for(channel)) if own else []
        return [name for name in names if name in own and slug not in own[name]]

    def unknown(self, plain: Iterable[str] = ()) -> list[str]:
        """Return what stands in braces and will stay as written, but for `plain`."""
        if self.variables is None:
            return []
        written = "\n".join([self.content, *(one.content for one in self.variants)])
        return unknown_in(written, self.variables, list(plain))

    def variant_on(self, channel: Channel) -> PostVariant | None:
        """Return the variant that a channel takes, if any."""
        for variant in self.variants:
            if variant.channel_id == channel.pk:
                return variant
        spoken = {one.language.lower(): one for one in self.variants if one.language}
        tag = channel.language.lower()
        while tag and tag not in spoken:
            tag = tag.rpartition("-")[0]
        return spoken.get(tag)


def texts_of(post: Post) -> Texts:
    """Return the texts of a post as they are stored."""
    return Texts(post.content, list(post.variants.all()), post.variables)


def with_values(own: Values | None, given: Values | None) -> Values | None:
    """Return variables with those that are given put over those that are there."""
    if own is None or given is None:
        return own if given is None else given
    changed = {name: {**own.get(name, {}), **given[name]} for name in given}
    return {**own, **changed}


def named_variants(
    given: Iterable[Mapping[str, Any]], channels: Iterable[UUID], problems: Problems
) -> list[PostVariant]:
    """Return variants, not stored yet; each names a `language` or a `channel` (id).

    `channels` are the post's own; a variant for any other one is a problem.
    """
    variants = [
        PostVariant(
            channel_id=one.get("channel"),
            language=one.get("language") or "",
            content=one["content"],
        )
        for one in given
    ]
    own = set(channels)
    others = {one.channel_id for one in variants if one.channel_id} - own
    known = {one.pk: str(one) for one in Channel.objects.filter(pk__in=others)}
    seen: set[object] = set()
    for variant in variants:
        channel, key = (
            variant.channel_id,
            variant.channel_id or variant.language.lower(),
        )
        if key in seen:
            problems.add("variants", f"There are two texts for {key}.")
        elif channel in known:
            words = f"{known[channel]} ({channel}) is not among the channels."
            problems.add("variants", words)
        elif channel in others:
            problems.add("variants", f"There is no channel {channel}.")
        seen.add(key)
    return variants


def kept_variants(
    variants: Iterable[PostVariant], channels: Iterable[UUID]
) -> list[PostVariant]:
    """Return the variants without those for channels that are not (any more) there."""
    own = {None, *channels}
    return [one for one in variants if one.channel_id in own]


def put_variants(post: Post, variants: Iterable[PostVariant]) -> None:
    """Make `variants` the variants of a post."""
    PostVariant.objects.filter(post=post).delete()
    PostVariant.objects.bulk_create(
        PostVariant(
            post=post,
            channel_id=one.channel_id,
            language=one.language,
            content=one.content,
        )
        for one in variants
    )


def _values(own: Values, channel: Channel, at: datetime | None) -> dict[str, str]:
    """Return the values of all variables on a channel."""
    creator = channel.creator
    values = {MODEL: creator.name, HANDLE: channel.handle}
    values |= {
        name: of_models[creator.slug]
        for name, of_models in own.items()
        if creator.slug in of_models
    }
    if at is not None:
        values |= _day(channel.language, at, creator.timezone)
    return values


def _day(language: str, at: datetime, zone: str) -> dict[str, str]:
    try:
        day = at.astimezone(ZoneInfo(zone)).date()
    except OverflowError:
        # A time that no plan may have; whoever looks at it is told so.
        return {}
    return {DATE: date_in(language, day), WEEKDAY: weekday_in(language, day)}
