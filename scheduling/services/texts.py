"""Which text goes to which channel: its own, its language's, or the post's."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from scheduling.models import Channel, Post, PostVariant
from scheduling.services.naming import Problems


@dataclass(frozen=True)
class Going:
    """A post on its way to one channel; no time: not yet."""

    channel: Channel
    text: str
    at: datetime | None


@dataclass(frozen=True)
class Texts:
    """All texts of a post: its own, and its variants."""

    content: str
    variants: Sequence[PostVariant] = ()

    def on(self, channel: Channel) -> str:
        """Return what a channel gets to read.

        A variant for the channel comes first, then one for its language; pt-BR takes
        one for pt where there is none of its own.
        """
        variant = self.variant_on(channel)
        return self.content if variant is None else variant.content

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
    return Texts(post.content, list(post.variants.all()))


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
