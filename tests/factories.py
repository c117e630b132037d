"""Factories of rows, for tests that need some."""

import hashlib
from datetime import UTC, datetime

import factory

from library.models import Creator, MediaItem, Tag, tag_key
from promura_site.models import User
from scheduling.models import Channel
from templates_app.models import PostTemplate


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    timezone = "Europe/Berlin"
    password = factory.django.Password("a-long-password-1")


class CreatorFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Creator

    slug = factory.Sequence(lambda n: f"model{n}")
    name = factory.Sequence(lambda n: f"Model {n}")
    timezone = "Europe/Berlin"


class TagFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Tag

    name = factory.Sequence(lambda n: f"tag{n}")
    key = factory.LazyAttribute(lambda tag: tag_key(tag.name))


class MediaItemFactory(factory.django.DjangoModelFactory):
    """A row without bytes; upload through the API where bytes matter."""

    class Meta:
        model = MediaItem

    name = factory.Sequence(lambda n: f"picture-{n}.jpg")
    kind = MediaItem.Kind.IMAGE
    content_type = "image/jpeg"
    file = factory.Sequence(lambda n: f"originals/00/{n}.jpg")
    size_bytes = 1000
    width = 600
    height = 800
    sha256 = factory.Sequence(lambda n: hashlib.sha256(str(n).encode()).hexdigest())
    stored_sha256 = factory.SelfAttribute("sha256")


class PostTemplateFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PostTemplate

    name = factory.Sequence(lambda n: f"Template {n}")
    content = "Good morning"


class ChannelFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Channel

    creator = factory.SubFactory(CreatorFactory)
    platform = "instagram"
    connector = "outbox"
    handle = factory.Sequence(lambda n: f"@handle{n}")


MONDAY_NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
