"""What each platform takes."""

from dataclasses import dataclass, fields

from scheduling.models import Channel
from scheduling.publishing.connectors import registry
from scheduling.publishing.connectors.base import Limits

_MB = 1_000_000
_STILLS = frozenset({"image/jpeg", "image/png"})
_CLIPS = frozenset({"video/mp4", "video/quicktime"})
_BOTH = _STILLS | _CLIPS

# As the platforms state them for ordinary accounts. A post that a person hands over
# by hand must fit too, hence this is no matter of the connector alone. Bytes of
# pictures are what the apps take without squeezing them once more.
PLATFORM_LIMITS: dict[str, Limits] = {
    "bluesky": Limits(characters=300, media_count=4),
    "facebook": Limits(
        characters=63_206,
        media_count=80,
        media_types=_BOTH | {"image/gif"},
        image_bytes=10 * _MB,
        image_edge=2048,
        video_bytes=4_000 * _MB,
        video_seconds=14_400,
    ),
    "instagram": Limits(
        characters=2_200,
        media_count=20,
        media_types=_BOTH,
        image_bytes=8 * _MB,
        image_edge=1440,
        video_bytes=1_000 * _MB,
        video_seconds=900,
        needs_media=True,
    ),
    "linkedin": Limits(
        characters=3_000,
        media_count=20,
        media_types=_BOTH | {"image/gif"},
        image_bytes=8 * _MB,
        image_edge=4096,
        video_bytes=5_000 * _MB,
        video_count=1,
        video_seconds=900,
    ),
    "mastodon": Limits(characters=500, media_count=4),
    "pinterest": Limits(
        characters=800,
        media_count=5,
        media_types=_BOTH,
        image_bytes=20 * _MB,
        image_edge=4096,
        video_bytes=2_000 * _MB,
        video_count=1,
        video_seconds=900,
        needs_media=True,
    ),
    "reddit": Limits(
        characters=40_000,
        media_count=20,
        media_types=_BOTH | {"image/gif"},
        image_bytes=20 * _MB,
        image_edge=10_800,
        video_bytes=1_000 * _MB,
        video_count=1,
        video_seconds=900,
    ),
    "snapchat": Limits(
        characters=250,
        media_count=1,
        media_types=_BOTH,
        image_bytes=5 * _MB,
        image_edge=1920,
        video_bytes=300 * _MB,
        video_count=1,
        video_seconds=300,
        needs_media=True,
    ),
    "telegram": Limits(characters=4_096, caption_characters=1_024, media_count=10),
    "threads": Limits(
        characters=500,
        media_count=20,
        media_types=_BOTH,
        image_bytes=8 * _MB,
        image_edge=1440,
        video_bytes=1_000 * _MB,
        video_seconds=300,
    ),
    "tiktok": Limits(
        characters=2_200,
        media_count=35,
        media_types=_BOTH,
        image_bytes=20 * _MB,
        image_edge=4096,
        video_bytes=4_000 * _MB,
        video_count=1,
        video_seconds=3_600,
        needs_media=True,
    ),
    "tumblr": Limits(
        media_count=30,
        media_types=_BOTH | {"image/gif"},
        image_bytes=20 * _MB,
        image_edge=8192,
        video_bytes=500 * _MB,
        video_count=1,
        video_seconds=600,
    ),
    "vk": Limits(
        characters=15_895,
        media_count=10,
        media_types=_BOTH | {"image/gif"},
        image_bytes=50 * _MB,
        image_edge=7000,
        video_bytes=5_000 * _MB,
    ),
    "weibo": Limits(
        characters=2_000,
        media_count=18,
        media_types=_BOTH | {"image/gif"},
        image_bytes=20 * _MB,
        image_edge=4096,
        video_bytes=5_000 * _MB,
        video_count=1,
        video_seconds=900,
    ),
    "x": Limits(
        characters=280,
        media_count=4,
        media_types=_BOTH | {"image/gif", "image/webp"},
        image_bytes=5 * _MB,
        image_edge=4096,
        video_bytes=512 * _MB,
        video_seconds=140,
    ),
    # Texts and pictures there are community posts.
    "youtube": Limits(
        characters=5_000,
        media_count=10,
        image_bytes=16 * _MB,
        video_count=1,
        video_seconds=43_200,
    ),
}


@dataclass(frozen=True)
class App:
    """Where a person posts: the app on a phone, and the site elsewhere."""

    scheme: str
    site: str


_APPS = {
    "facebook": App("fb://feed", "https://www.facebook.com/"),
    "instagram": App("instagram://camera", "https://www.instagram.com/"),
    "linkedin": App("linkedin://", "https://www.linkedin.com/feed/"),
    "pinterest": App("pinterest://", "https://www.pinterest.com/pin-builder/"),
    "reddit": App("reddit://", "https://www.reddit.com/submit"),
    "snapchat": App("snapchat://", "https://web.snapchat.com/"),
    "telegram": App("tg://", "https://web.telegram.org/"),
    "threads": App("barcelona://create", "https://www.threads.net/"),
    "tiktok": App("snssdk1233://", "https://www.tiktok.com/upload"),
    "tumblr": App("tumblr://", "https://www.tumblr.com/dashboard"),
    "vk": App("vk://", "https://vk.com/feed"),
    "weibo": App("sinaweibo://", "https://weibo.com/"),
    "x": App("twitter://post", "https://x.com/compose/post"),
    "youtube": App("youtube://", "https://studio.youtube.com/"),
}


def app_of(platform: str) -> App | None:
    """Return where a person posts on a platform, if that is known."""
    return _APPS.get(platform)


def limits_of(channel: Channel) -> Limits:
    """Return what a channel takes, whoever or whatever posts there.

    A platform's own connector knows best. Where a person, the outbox or a webhook
    stands in for it, the platform's limits hold as well as the stand-in's.
    """
    of_platform = PLATFORM_LIMITS.get(channel.platform, Limits())
    try:
        connector = registry.connector_class(channel.connector)
    except registry.UnknownConnector:
        return of_platform
    if connector.platform == channel.platform:
        return connector.limits
    return narrower(of_platform, connector.limits)


def longest_text(channel: Channel, *, with_media: bool) -> int | None:
    """Return how many characters a channel takes; None: as many as one likes."""
    return limits_of(channel).longest_text(with_media=with_media)


def narrower(one: Limits, other: Limits) -> Limits:
    """Return limits that whatever fits both of them fits."""
    least = {
        each.name: min(
            (
                value
                for value in (getattr(one, each.name), getattr(other, each.name))
                if value is not None
            ),
            default=None,
        )
        for each in fields(Limits)
        if each.name not in {"media_types", "needs_media"}
    }
    return Limits(
        **least,
        media_types=_taken_by_both(one.media_types, other.media_types),
        needs_media=one.needs_media or other.needs_media,
    )


def _taken_by_both(
    one: frozenset[str] | None, other: frozenset[str] | None
) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return frozenset(
        {each for each in one if each in other or _kind(each) in other}
        | {each for each in other if _kind(each) in one}
    )


def _kind(content_type: str) -> str:
    return content_type.partition("/")[0] + "/*"
