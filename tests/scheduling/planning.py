"""Plans for the tests: a channel to publish on, and posts planned by the service."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from library.models import MediaItem
from promura_site.models import User
from scheduling import credentials
from scheduling.models import Channel, ChannelFlow, Post, Publication
from scheduling.publishing.publisher import Publisher
from scheduling.services.posts import plan_post
from tests.factories import ChannelFactory, MediaItemFactory, UserFactory
from tests.media_files import jpeg_bytes
from tests.platforms import mastodon, telegram
from tests.platforms.mastodon import MastodonServer
from tests.platforms.telegram import TelegramServer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def a_channel(**fields: Any) -> Channel:
    return ChannelFactory(**fields)


def a_webhook(url: str, *, idempotent: bool = False, **fields: Any) -> Channel:
    sign_in = {"url": url, "secret": SECRET, "idempotent": idempotent}
    return ChannelFactory(
        platform="webhook",
        connector="webhook",
        credentials=credentials.encrypt(sign_in),
        **fields,
    )


def a_mastodon(server: MastodonServer) -> Channel:
    return _signed_in("mastodon", server=server.origin, access_token=mastodon.TOKEN)


def a_telegram(server: TelegramServer) -> Channel:
    return _signed_in(
        "telegram",
        server=server.origin,
        bot_token=telegram.TOKEN,
        chat_id=telegram.CHAT_ID,
    )


def _signed_in(platform: str, **sign_in: str) -> Channel:
    secret = credentials.encrypt(sign_in)
    return ChannelFactory(platform=platform, connector=platform, credentials=secret)


def a_post(*channels: Channel, actor: User | None = None, **plan: Any) -> Post:
    """Plan a post for the channels, due now unless the plan says otherwise."""
    post = plan_post(
        actor=actor or UserFactory(),
        now=plan.pop("now", timezone.now()),
        models=list(dict.fromkeys(one.creator.slug for one in channels)),
        channels=[one.pk for one in channels],
        content=plan.pop("content", "Good morning"),
        **plan,
    )
    post.refresh_from_db()
    return post


def a_publication(*channels: Channel, **plan: Any) -> Publication:
    """Plan a post for one channel (a new outbox one if none is given)."""
    post = a_post(*(channels or (a_channel(),)), **plan)
    return post.publications.select_related("channel__creator", "post").get()


def put(publication: Publication, **fields: Any) -> Publication:
    """Set fields behind the ledger's back, to begin a test in a certain state."""
    Publication.objects.filter(pk=publication.pk).update(**fields)
    publication.refresh_from_db()
    return publication


def published(publication: Publication) -> Publication:
    """Let a publisher make one round; return the publication as it is then."""
    Publisher().run_once()
    publication.refresh_from_db()
    return publication


def due_again(publication: Publication) -> Publication:
    """Let the waits of a publication and its channel be over."""
    now = timezone.now()
    ChannelFlow.objects.filter(channel=publication.channel_id).update(blocked_until=now)
    return put(publication, next_attempt_at=now)


def stored_picture(data: bytes = b"", **fields: Any) -> MediaItem:
    """Return a media item whose bytes, those of a small JPEG, are in the storage."""
    data = data or jpeg_bytes()
    item = MediaItemFactory(size_bytes=len(data), **fields)
    name = default_storage.save(f"originals/{item.pk}.jpg", ContentFile(data))
    MediaItem.objects.filter(pk=item.pk).update(
        file=name, stored_sha256=hashlib.sha256(data).hexdigest()
    )
    item.refresh_from_db()
    return item


LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
