"""Make the demo agency: files first, then all rows in one transaction."""

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from library.files import storage_name
from library.models import Creator, MediaItem, MediaTag, Tag
from library.services import get_tags
from promura_site import events, services
from promura_site.ids import new_id
from promura_site.models import User
from scheduling.demo import cast
from scheduling.demo.pictures import Picture, paint
from scheduling.demo.posts import PlannedPost, write_posts
from scheduling.models import Channel
from scheduling.models.moments import EACH_MODELS_OWN
from scheduling.series.services import begin_series
from scheduling.suggestions import slots
from templates_app.models import PostTemplate, TemplateMedia, TemplateModel

PICTURES = 240
HISTORY = timedelta(days=182)


@dataclass(frozen=True)
class Loaded:
    """What was made, and how the team signs in: (username, level, password)."""

    people: list[tuple[str, str, str]]
    media: int
    templates: int
    posts: int


def load(now: datetime) -> Loaded:
    """Make the whole agency as of `now`; on any failure nothing of it remains."""
    with _pictures() as stored, transaction.atomic():
        random = np.random.default_rng(20_26)
        people = [_add_person(one) for one in cast.TEAM]
        editors = [user for user, _ in people if user.username in {"jules", "mira"}]
        creators = _add_creators()
        channels = _add_channels(creators)
        media = _add_media(stored, creators, editors, now)
        templates = _add_templates(media, creators, editors, now, random)
        posts = write_posts(channels, media, templates, editors, now, random)
        _note_uses(media, templates, posts)
        _enter_statistics(creators, posts, now)
        coming = _begin_series(templates, editors, now)
        events.emit(
            "demo.loaded",
            actor=None,
            kind="demo",
            count=len(posts) + coming,
            message=f"loaded the demo agency with {len(posts) + coming} posts",
        )
    return Loaded(
        [
            (user.username, person.level, password)
            for (user, password), person in zip(people, cast.TEAM, strict=True)
        ],
        len(stored),
        len(templates),
        len(posts) + coming,
    )


@dataclass(frozen=True)
class StoredPicture:
    """A picture whose files are in place."""

    id: Any
    picture: Picture
    names: dict[str, str]


@contextmanager
def _pictures() -> Iterator[list[StoredPicture]]:
    """Paint and store the pictures; take the files away again on failure."""
    stored: list[StoredPicture] = []
    try:
        with ProcessPoolExecutor() as pool:
            stored.extend(map(_store, pool.map(paint, range(PICTURES), chunksize=8)))
        yield stored
    except BaseException:
        for one in stored:
            for name in one.names.values():
                default_storage.delete(name)
        raise


def _store(picture: Picture) -> StoredPicture:
    media_id = new_id()
    names = {
        kind: default_storage.save(
            storage_name(media_id, "jpg", folder), ContentFile(data)
        )
        for kind, folder, data in (
            ("file", "originals", picture.original),
            ("thumbnail", "thumbnails", picture.thumbnail),
            ("preview", "previews", picture.preview),
        )
    }
    return StoredPicture(media_id, picture, names)


def _add_person(person: cast.Person) -> tuple[User, str]:
    password = secrets.token_urlsafe(9)
    user = services.add_member(
        person.username,
        level=person.level,
        password=password,
        full_name=person.full_name,
        timezone=person.timezone,
    )
    user.is_demo = True
    user.is_superuser = person.level == "admin"
    user.save(update_fields=["is_demo", "is_superuser"])
    return user, password


def _add_creators() -> dict[str, Creator]:
    made = Creator.objects.bulk_create(
        Creator(
            slug=model.slug,
            name=model.name,
            timezone=model.timezone,
            language=model.language,
            is_demo=True,
        )
        for model in cast.MODELS
    )
    return {creator.slug: creator for creator in made}


def _add_channels(creators: dict[str, Creator]) -> dict[str, list[Channel]]:
    """Give every model her accounts: to the outbox, and some to post to by hand."""
    channels = {
        model.slug: [
            Channel(
                creator=creators[model.slug],
                platform=platform,
                connector=connector,
                handle="@" + model.slug.replace("-", "."),
                language=model.language,
                posts_per_week=model.pace if connector == "outbox" else 1,
            )
            for platform, connector in _ways_to(model)
        ]
        for model in cast.MODELS
    }
    Channel.objects.bulk_create(one for group in channels.values() for one in group)
    return channels


def _ways_to(model: cast.Model) -> list[tuple[str, str]]:
    by_hand = [platform for slug, platform, _ in cast.BY_HAND if slug == model.slug]
    return [
        *((platform, "outbox") for platform in model.platforms),
        *((platform, "handover") for platform in by_hand),
    ]


def _add_media(
    stored: list[StoredPicture],
    creators: dict[str, Creator],
    editors: list[User],
    now: datetime,
) -> dict[str, list[MediaItem]]:
    """Add the pictures, in turn to the models, uploaded over the whole history."""
    media: dict[str, list[MediaItem]] = {slug: [] for slug in creators}
    tags = _tag_rows()
    entries = []
    step = HISTORY / len(stored)
    # Dealt out so that every model gets every scene, and neighbours differ.
    for number, one in enumerate(stored):
        slug = cast.MODELS[(number * 5 + number // 12) % len(cast.MODELS)].slug
        item = _media_item(one, number, editors[number % len(editors)])
        item.uploaded_at = now - HISTORY + step * number
        media[slug].append(item)
        words = [*cast.SCENE_TAGS[one.picture.scene]]
        words.append(cast.MORE_TAGS[number % len(cast.MORE_TAGS)])
        entries += [MediaTag(media=item, tag=tags[word]) for word in words]
    items = [item for group in media.values() for item in group]
    times = {item.pk: item.uploaded_at for item in items}
    MediaItem.objects.bulk_create(items)
    for item in items:
        item.uploaded_at = times[item.pk]
    MediaItem.objects.bulk_update(items, ["uploaded_at"], batch_size=200)
    MediaTag.objects.bulk_create(entries)
    through = MediaItem.creators.through
    through.objects.bulk_create(
        through(mediaitem_id=item.pk, creator_id=creators[slug].pk)
        for slug, group in media.items()
        for item in group
    )
    return media


def _media_item(one: StoredPicture, number: int, editor: User) -> MediaItem:
    digest = hashlib.sha256(one.picture.original).hexdigest()
    return MediaItem(
        id=one.id,
        name=f"{one.picture.scene}-{number + 1:03}.jpg",
        kind=MediaItem.Kind.IMAGE,
        content_type="image/jpeg",
        colour=one.picture.colour,
        size_bytes=len(one.picture.original),
        width=one.picture.width,
        height=one.picture.height,
        sha256=digest,
        stored_sha256=digest,
        alt_text=cast.SCENE_WORDS[one.picture.scene],
        uploaded_by=editor,
        is_demo=True,
        **one.names,
    )


def _tag_rows() -> dict[str, Tag]:
    words = {word for words in cast.SCENE_TAGS.values() for word in words}
    words |= set(cast.MORE_TAGS)
    words |= {word for recipe in cast.RECIPES for word in recipe.tags}
    return {tag.name: tag for tag in get_tags(sorted(words), is_demo=True)}


def _add_templates(
    media: dict[str, list[MediaItem]],
    creators: dict[str, Creator],
    editors: list[User],
    now: datetime,
    random: np.random.Generator,
) -> list[PostTemplate]:
    templates = [
        PostTemplate(
            name=recipe.name,
            content=recipe.content,
            schedule_pattern=recipe.pattern,
            created_by=editors[number % len(editors)],
            is_demo=True,
        )
        for number, recipe in enumerate(cast.RECIPES)
    ]
    PostTemplate.objects.bulk_create(templates)
    _tag_templates(templates)
    models, files = [], []
    slugs = list(creators)
    for number, template in enumerate(templates):
        template.created_at = now - HISTORY + timedelta(days=number)
        chosen = random.choice(slugs, size=2 + number % 3, replace=False)
        for position, slug in enumerate(chosen):
            models.append(
                TemplateModel(template=template, position=position, slug=slug)
            )
        item = media[chosen[0]][number % len(media[chosen[0]])]
        files.append(
            TemplateMedia(template=template, position=0, media_ref=str(item.pk))
        )
        _show_all_of(item, [creators[slug] for slug in chosen])
    PostTemplate.objects.bulk_update(templates, ["created_at"])
    TemplateModel.objects.bulk_create(models)
    TemplateMedia.objects.bulk_create(files)
    return templates


def _show_all_of(item: MediaItem, creators: list[Creator]) -> None:
    """Make a picture one of all these models, so that it is cleared for each."""
    item.creators.add(*creators)


def _tag_templates(templates: list[PostTemplate]) -> None:
    tags = _tag_rows()
    through = PostTemplate.tags.through
    through.objects.bulk_create(
        through(posttemplate_id=template.pk, tag_id=tags[word].pk)
        for template, recipe in zip(templates, cast.RECIPES, strict=True)
        for word in recipe.tags
    )


def _enter_statistics(
    creators: dict[str, Creator], posts: list[PlannedPost], now: datetime
) -> None:
    """Enter settled posts as a history, and the latest as publishing would."""
    settled = now - settings.ENGAGEMENT_AGE
    rows = [row for post in posts for row in post.publications]
    for creator in creators.values():
        own = [row for row in rows if row.channel.creator_id == creator.pk]
        old = [row for row in own if row.publish_at and row.publish_at < settled]
        slots.enter_many(creator, old)
        for row in own:
            if row.publish_at and settled <= row.publish_at <= now:
                slots.enter(row, now)


def _begin_series(
    templates: list[PostTemplate], editors: list[User], now: datetime
) -> int:
    """Let one of the templates come again every week; return how many posts are made.

    On each model's own clocks, from tomorrow on.
    """
    template = next(one for one in templates if one.name == cast.SERIES)
    begun = begin_series(
        template.pk,
        actor=editors[0],
        now=now,
        most=1,
        start=datetime.combine(now.date() + timedelta(days=1), cast.SERIES_HOUR),
        timezone=EACH_MODELS_OWN,
        endless=True,
    )
    return begun.made


def _note_uses(
    media: dict[str, list[MediaItem]],
    templates: list[PostTemplate],
    posts: list[PlannedPost],
) -> None:
    """Count how often media and templates went out, as publishing would have."""
    media_uses: Counter[Any] = Counter()
    template_uses: Counter[Any] = Counter()
    media_last: dict[Any, datetime] = {}
    template_last: dict[Any, datetime] = {}
    for post in posts:
        if post.template is not None:
            template_uses[post.template.pk] += 1
            template_last[post.template.pk] = post.planned_at
        if post.published_at is not None:
            media_uses[post.media.pk] += 1
            media_last[post.media.pk] = post.published_at
    items = [item for group in media.values() for item in group]
    for item in items:
        item.used_count = media_uses[item.pk]
        item.last_used = media_last.get(item.pk)
    MediaItem.objects.bulk_update(items, ["used_count", "last_used"], batch_size=200)
    for template in templates:
        template.usage_count = template_uses[template.pk]
        template.last_used = template_last.get(template.pk)
    PostTemplate.objects.bulk_update(templates, ["usage_count", "last_used"])
