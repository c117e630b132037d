"""The demo: believable when it is there, and gone without a trace."""

import io
from collections import Counter
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone
from PIL import Image

from library.models import Creator, MediaItem, Tag
from metrics.models import AuditEvent
from promura_site.models import User
from scheduling.demo import marker
from scheduling.demo.clear import clear
from scheduling.demo.load import load
from scheduling.demo.pictures import paint
from scheduling.models import Post, Publication, Series
from scheduling.services.posts import duplicate_post
from scheduling.suggestions.advice import suggest
from templates_app.models import PostTemplate
from tests.factories import (
    ChannelFactory,
    CreatorFactory,
    MediaItemFactory,
    UserFactory,
)
from tests.scheduling.planning import a_post
from tests.scheduling.series.beginning import a_series, a_template

pytestmark = pytest.mark.django_db(transaction=True)


def _counts() -> dict[str, int]:
    """Count the rows of every table of ours but the audit log, which only grows."""
    return {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models()
        if model is not AuditEvent and model._default_manager.exists()
    }


def test_the_demo_is_believable_and_goes_without_a_trace() -> None:
    before, now = _counts(), timezone.now()
    loaded = load(now)

    assert [level for _, level, _ in loaded.people] == ["view", "edit", "edit", "admin"]
    assert User.objects.get(username="ana").check_password(loaded.people[0][2])
    assert Creator.objects.count() == 12
    assert len(set(Creator.objects.values_list("timezone", flat=True))) == 5
    assert MediaItem.objects.count() == loaded.media == 240
    assert PostTemplate.objects.count() == loaded.templates == 40
    item = MediaItem.objects.order_by("pk").first()
    assert item
    with default_storage.open(item.file) as file:
        assert Image.open(io.BytesIO(file.read())).size == (item.width, item.height)

    published = Publication.objects.filter(state="published")
    times = published.values_list("publish_at", flat=True)
    assert min(times) < now - timedelta(days=170)
    planned = Post.objects.filter(state="scheduled", publish_at__gt=now)
    assert planned.count() > 60
    single = planned.filter(series=None)
    assert not single.filter(publish_at__gt=now + timedelta(days=15)).exists()
    series = Series.objects.get()
    assert series.is_demo
    assert not series.problem
    assert series.posts.filter(state="scheduled", is_demo=True).count() in {8, 9}
    assert not Post.objects.filter(is_demo=False).exists()

    by_hand = planned.filter(publications__channel__connector="handover")
    assert by_hand.filter(publish_at__lt=now + timedelta(hours=3)).count() == 3

    lea = Creator.objects.get(slug="lea-moss")
    best = suggest(lea, 5, now=now, zone=lea.timezone)
    assert {one.basis for one in best} <= {"slot", "model"}
    assert Counter(17 <= one.local.hour <= 23 for one in best)[True] >= 4

    names = list(MediaItem.objects.values_list("file", flat=True))
    cleared = clear()
    assert cleared.posts == loaded.posts
    assert (cleared.media, cleared.kept_media) == (240, 0)
    assert _counts() == before
    assert not any(map(default_storage.exists, names[:10]))


def test_clearing_leaves_what_people_made() -> None:
    demo_model = CreatorFactory(is_demo=True)
    demo_channel = ChannelFactory(creator=demo_model)
    own_channel = ChannelFactory()
    used = MediaItemFactory(is_demo=True)
    idle = MediaItemFactory(is_demo=True)
    in_series = MediaItemFactory(is_demo=True)
    own_item = MediaItemFactory()
    own_item.creators.add(demo_model)
    Tag.objects.create(name="kept", key="kept", is_demo=True)
    own_item.tags.add(Tag.objects.get(key="kept"))
    series = a_series(a_template(demo_model, own_channel.creator))
    series.media_entries.create(media=in_series, position=0)
    mixed = Post.objects.create(content="ours", timezone="UTC")
    mixed.media_entries.create(media=used, position=0)
    for number, channel in enumerate((demo_channel, own_channel)):
        mixed.publications.create(channel=channel, idempotency_key=f"k{number}")
    Post.objects.create(content="demo", timezone="UTC", is_demo=True)

    cleared = clear()

    assert (cleared.posts, cleared.media, cleared.kept_media) == (1, 1, 2)
    assert [one.creator for one in series.model_entries.all()] == [own_channel.creator]
    assert [one.channel for one in mixed.publications.all()] == [own_channel]
    assert set(MediaItem.objects.all()) == {used, in_series, own_item}
    assert not MediaItem.objects.filter(is_demo=True).exists()
    assert not MediaItem.objects.filter(pk=idle.pk).exists()
    assert [tag.name for tag in own_item.tags.all()] == ["kept"]
    assert set(Creator.objects.all()) == {own_channel.creator}


def test_the_demo_refuses_to_mix_with_content() -> None:
    CreatorFactory()
    with pytest.raises(CommandError, match="not empty"):
        call_command("load_demo")
    call_command("load_demo", "--if-empty")
    assert Creator.objects.count() == 1


def test_a_cleared_demo_does_not_come_back_by_itself() -> None:
    call_command("clear_demo")
    try:
        call_command("load_demo", "--if-empty")
        assert not User.objects.exists()
    finally:
        marker._path().unlink()


def test_the_same_number_paints_the_same_picture() -> None:
    assert paint(3).original == paint(3).original
    assert paint(3).original != paint(9).original


def test_a_post_for_demo_models_alone_is_a_demo_post() -> None:
    demo = ChannelFactory(creator=CreatorFactory(is_demo=True))
    own = ChannelFactory()
    assert a_post(demo).is_demo
    assert not a_post(own).is_demo
    assert not a_post(demo, own).is_demo
    editor = UserFactory()
    assert duplicate_post(a_post(demo), actor=editor).is_demo
    clear()
    assert Post.objects.count() == 2
