"""What fits on a channel: how long a text may be, how many media go with it."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from library.models import MediaItem
from scheduling.models import Channel
from scheduling.platforms import limits_of, longest_text
from scheduling.publishing.connectors import registry
from scheduling.publishing.fitting import can_fit
from scheduling.services.naming import Problems
from scheduling.services.texts import Going

DOES_NOT_FIT = "does_not_fit"


@dataclass(frozen=True)
class Room:
    """How long a text is on a channel, and may be; None: as long as one likes."""

    length: int
    limit: int | None


def room_for(going: Going, *, with_media: bool) -> Room:
    """Return how a text fits a channel, counted as its platform counts."""
    length = len(going.text)
    with suppress(registry.UnknownConnector):
        connector = registry.connector_class(going.channel.connector)
        length = connector.text_length(going.text)
    return Room(length, longest_text(going.channel, with_media=with_media))


def note_what_does_not_fit(
    places: Iterable[Going], media: Sequence[MediaItem], problems: Problems
) -> None:
    """Add a problem for each channel that would not take the text or the media."""
    for going in places:
        channel, room = going.channel, room_for(going, with_media=bool(media))
        if room.limit is not None and room.length > room.limit:
            problems.add(
                "content",
                f"The text for {channel} has {room.length} characters; "
                f"at most {room.limit} fit.",
                code=DOES_NOT_FIT,
                channel=channel.pk,
            )
        for sentence in _media_that_do_not_fit(channel, media):
            problems.add("media_ids", sentence, code=DOES_NOT_FIT, channel=channel.pk)


def _media_that_do_not_fit(
    channel: Channel, media: Sequence[MediaItem]
) -> Iterator[str]:
    limits = limits_of(channel)
    if limits.needs_media and not media and not _takes_anything(channel):
        yield f"{channel} needs a picture or a clip."
    if limits.media_count is not None and len(media) > limits.media_count:
        yield f"{channel} takes {limits.media_count} media at most."
    clips = sum(item.kind == MediaItem.Kind.VIDEO for item in media)
    if limits.video_count is not None and clips > limits.video_count:
        yield f"{channel} takes {limits.video_count} clips at most."
    for item in media:
        if why := can_fit(item, limits):
            yield f"For {channel}: {why}"


def _takes_anything(channel: Channel) -> bool:
    """Tell whether what stands in for a platform takes texts alone, unlike it.

    An outbox or a webhook does; whoever posts by hand meets the platform itself.
    """
    try:
        connector = registry.connector_class(channel.connector)
    except registry.UnknownConnector:
        return True
    return not connector.by_hand and connector.platform != channel.platform
