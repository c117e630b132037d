"""What people call the platforms, and how long a text may be on each."""

from contextlib import suppress

from scheduling.models import Channel
from scheduling.publishing.connectors import registry

_NAMES = {
    "facebook": "Facebook",
    "linkedin": "LinkedIn",
    "outbox": "Outbox",
    "tiktok": "TikTok",
    "vk": "VK",
    "youtube": "YouTube",
}

# As the platforms state them for ordinary accounts. A post that a person hands over
# by hand must fit too, hence this is no matter of the connector alone.
_LONGEST_TEXT = {
    "bluesky": 300,
    "facebook": 63_206,
    "instagram": 2_200,
    "linkedin": 3_000,
    "mastodon": 500,
    "pinterest": 800,
    "reddit": 40_000,
    "snapchat": 250,
    "telegram": 4_096,
    "threads": 500,
    "tiktok": 2_200,
    "vk": 15_895,
    "weibo": 2_000,
    "x": 280,
    "youtube": 5_000,
}
# A text under a picture is a caption there, and that is shorter.
_LONGEST_CAPTION = {"telegram": 1_024}


def platform_name(platform: str) -> str:
    """Return a platform's name as it writes itself."""
    return _NAMES.get(platform, platform.capitalize())


def longest_text(channel: Channel, *, with_media: bool) -> int | None:
    """Return how many characters a channel takes; None: as many as one likes."""
    found = [_LONGEST_TEXT.get(channel.platform)]
    if with_media:
        found.append(_LONGEST_CAPTION.get(channel.platform))
    with suppress(registry.UnknownConnector):
        found.append(registry.connector_class(channel.connector).limits.characters)
    return min((limit for limit in found if limit is not None), default=None)
