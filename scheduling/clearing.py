"""Whether media may go out on a channel at a time: whose it is, how revealing, when.

Pure rules on rows that are loaded: media come with their creators, channels with
theirs. Checked when a post is planned or changed, and once more before it is sent.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from library.models import MediaItem, Rating
from scheduling.models import Channel

NOT_CLEARED = "media_not_cleared"
MODEL, RATING, NOT_BEFORE, UNTIL = "model", "rating", "not_before", "until"


@dataclass(frozen=True)
class Bar:
    """Why a media item may not go out on a channel; `key` is what an override names."""

    media: MediaItem
    channel: Channel
    rule: str
    text: str

    @property
    def key(self) -> str:
        """Return which media, rule and channel this is about."""
        return f"{self.media.pk} {self.rule} {self.channel.pk}"


def bars(
    media: Iterable[MediaItem],
    channel: Channel,
    at: datetime | None,
    *,
    cleared_for: Collection[str] = (),
) -> list[Bar]:
    """Return what keeps media from going out on a channel at `at`.

    Media without models may go out for all. No time: embargoes say nothing yet.
    `cleared_for` holds the keys that an admin has overridden.
    """
    found = [bar for item in media for bar in _bars_of(item, channel, at)]
    return [bar for bar in found if bar.key not in cleared_for]


def _bars_of(item: MediaItem, channel: Channel, at: datetime | None) -> Iterator[Bar]:
    models = list(item.creators.all())
    if models and channel.creator_id not in {one.pk for one in models}:
        names = _listed(sorted(one.name for one in models))
        text = f"{item.name} is for {names}, not for {channel.creator.name}."
        yield Bar(item, channel, MODEL, text)
    if item.rating > channel.max_rating:
        most, rating = Rating(channel.max_rating).label, Rating(item.rating).label
        text = f"{item.name} is {rating}; {channel} takes {most} at most."
        yield Bar(item, channel, RATING, text)
    if at and item.not_before and at < item.not_before:
        text = f"{item.name} may not be shown before {_clock(item.not_before)}."
        yield Bar(item, channel, NOT_BEFORE, text)
    if at and item.until and at > item.until:
        text = f"{item.name} may only be shown until {_clock(item.until)}."
        yield Bar(item, channel, UNTIL, text)


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
