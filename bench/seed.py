"""Fill an empty database with as many rows as the benchmark asks for."""

import hashlib
from datetime import datetime, timedelta

import numpy as np
from django.db import transaction
from django.utils import timezone

from library.models import Creator, MediaItem, MediaTag
from library.services import get_tags
from promura_site import services
from promura_site.ids import new_id
from scheduling.engagement import engagement_of
from scheduling.models import Channel, Post, PostMedia, Publication
from scheduling.suggestions import slots
from templates_app.models import PostTemplate, TemplateMedia, TemplateModel

PASSWORD = "bench-password-1"
BATCH = 2000
# Posts held in memory at once.
CHUNK = 50_000


def seed(media: int, templates: int, posts: int, creators: int = 12) -> None:
    """Make the rows; every item is tagged, every template refers to media."""
    random = np.random.default_rng(1)
    services.add_member("bench", level="admin", password=PASSWORD)
    with transaction.atomic():
        people = _creators(creators)
        items = _media(media, people, random)
        _templates(templates, items, people, random)
        _posts(posts, items, people, random)


def _creators(count: int) -> list[Channel]:
    made = Creator.objects.bulk_create(
        Creator(slug=f"model{n}", name=f"Model {n}") for n in range(1, count + 1)
    )
    return Channel.objects.bulk_create(
        Channel(
            creator=one, platform="instagram", connector="outbox", handle=f"@{one.slug}"
        )
        for one in made
    )


def _media(
    count: int, channels: list[Channel], random: np.random.Generator
) -> list[MediaItem]:
    items = [
        MediaItem(
            name=f"picture-{n:06}.jpg",
            kind=MediaItem.Kind.IMAGE,
            content_type="image/jpeg",
            file=f"originals/00/{n}.jpg",
            size_bytes=int(random.integers(10_000, 9_000_000)),
            width=1080,
            height=1350,
            sha256=hashlib.sha256(b"%d" % n).hexdigest(),
            stored_sha256="0" * 64,
            used_count=int(random.integers(40)),
        )
        for n in range(count)
    ]
    MediaItem.objects.bulk_create(items, batch_size=BATCH)
    tags = get_tags([f"tag{n}" for n in range(50)])
    MediaTag.objects.bulk_create(
        (
            MediaTag(media=item, tag=tags[int(n)])
            for item in items
            for n in random.choice(50, 3, replace=False)
        ),
        batch_size=BATCH,
    )
    through = MediaItem.creators.through
    through.objects.bulk_create(
        (
            through(
                mediaitem_id=item.pk, creator_id=channels[n % len(channels)].creator_id
            )
            for n, item in enumerate(items)
        ),
        batch_size=BATCH,
    )
    return items


def _templates(
    count: int,
    items: list[MediaItem],
    channels: list[Channel],
    random: np.random.Generator,
) -> None:
    templates = [
        PostTemplate(
            name=f"Template {n}",
            content=f"Words number {n}",
            usage_count=int(random.integers(500)),
        )
        for n in range(count)
    ]
    PostTemplate.objects.bulk_create(templates, batch_size=BATCH)
    _tag_templates(templates, random)
    TemplateModel.objects.bulk_create(
        (
            TemplateModel(
                template=one, position=0, slug=f"model{1 + n % len(channels)}"
            )
            for n, one in enumerate(templates)
        ),
        batch_size=BATCH,
    )
    TemplateMedia.objects.bulk_create(
        (
            TemplateMedia(
                template=one, position=0, media_ref=str(items[n % len(items)].pk)
            )
            for n, one in enumerate(templates)
        ),
        batch_size=BATCH,
    )


def _tag_templates(templates: list[PostTemplate], random: np.random.Generator) -> None:
    tags = get_tags([f"tag{n}" for n in range(50)])
    through = PostTemplate.tags.through
    through.objects.bulk_create(
        (
            through(posttemplate_id=one.pk, tag_id=tags[int(n)].pk)
            for one in templates
            for n in random.choice(50, 2, replace=False)
        ),
        batch_size=BATCH,
    )


def _posts(
    count: int,
    items: list[MediaItem],
    channels: list[Channel],
    random: np.random.Generator,
) -> None:
    now = timezone.now()
    for start in range(0, count, CHUNK):
        numbers = range(start, min(start + CHUNK, count))
        rows = [_publication(n, channels, now, random) for n in numbers]
        Post.objects.bulk_create((row.post for row in rows), batch_size=BATCH)
        Publication.objects.bulk_create(rows, batch_size=BATCH)
        PostMedia.objects.bulk_create(
            (
                PostMedia(post=row.post, media=items[n % len(items)], position=0)
                for n, row in zip(numbers, rows, strict=True)
            ),
            batch_size=BATCH,
        )
        for place, channel in enumerate(channels):
            first = (place - start) % len(channels)
            slots.enter_many(channel.creator, rows[first :: len(channels)])


def _publication(
    n: int, channels: list[Channel], now: datetime, random: np.random.Generator
) -> Publication:
    """Return one publication with its post: of each channel one in fifty planned."""
    turn, place = divmod(n, len(channels))
    channel, planned = channels[place], turn % 50 == 0
    days = random.uniform(1, 14) if planned else -random.uniform(4, 400)
    at = now + timedelta(days=float(days))
    post = Post(
        id=new_id(),
        content=f"Post {n}",
        publish_at=at,
        timezone="Europe/Berlin",
        state=Post.State.SCHEDULED if planned else Post.State.COMPLETED,
    )
    row = Publication(
        post=post,
        channel=channel,
        content=post.content,
        publish_at=at,
        idempotency_key=f"bench-{n}",
        state=Publication.State.SCHEDULED,
        next_attempt_at=at,
        late_after=at + timedelta(hours=1),
    )
    if not planned:
        level = 5 + 0.4 * np.cos((at.hour - 19) / 3.8) + random.normal(0, 0.6)
        row.state, row.next_attempt_at = Publication.State.PUBLISHED, None
        row.published_at = row.engagement_at = at
        row.likes = round(float(np.exp(level)))
        row.engagement = engagement_of("instagram", {"likes": row.likes})
    return row
