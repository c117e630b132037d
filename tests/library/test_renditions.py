"""Renditions: made once, kept while in use, gone with the item."""

import hashlib
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, default_storage, storages
from django.db import close_old_connections
from django.test import override_settings
from django.utils import timezone

from library import orphans, renditions
from library.files.fitting import Fit
from library.models import MediaItem, Rendition
from library.renditions import KEEP, rendition_of, sweep
from library.services import trash
from promura_site.errors import DomainError
from tests.factories import MediaItemFactory
from tests.media_files import TOLD, told_jpeg_bytes, told_video_bytes

pytestmark = pytest.mark.django_db

SMALL = Fit(max_bytes=20_000)


def stored(data: bytes, extension: str = "jpg", **fields: object) -> MediaItem:
    """Return an item whose bytes are in the storage."""
    item = MediaItemFactory.build(size_bytes=len(data), **fields)
    name = f"originals/{item.pk.hex[-2:]}/{item.pk}.{extension}"
    item.file = default_storage.save(name, ContentFile(data))
    item.stored_sha256 = hashlib.sha256(data).hexdigest()
    item.save(force_insert=True)
    return item


def bytes_of(rendition: Rendition) -> bytes:
    with default_storage.open(rendition.file) as content:
        return content.read()


@pytest.fixture
def picture() -> MediaItem:
    return stored(told_jpeg_bytes(seed=31))


def test_a_rendition_is_the_stored_file_it_says_it_is(picture: MediaItem) -> None:
    made = rendition_of(picture, SMALL, now=timezone.now())
    data = bytes_of(made)
    assert hashlib.sha256(data).hexdigest() == made.sha256
    assert (len(data), made.content_type) == (made.size_bytes, "image/jpeg")
    assert made.size_bytes <= 20_000
    assert not [secret for secret in TOLD if secret in data]
    assert made.file == f"renditions/{made.pk.hex[-2:]}/{made.pk}.jpg"
    assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).glob("tmp*")) == []


def test_the_same_wish_is_made_once(picture: MediaItem) -> None:
    now = timezone.now()
    one = rendition_of(picture, SMALL, now=now)
    assert rendition_of(picture, SMALL, now=now) == one
    assert rendition_of(picture, Fit(), now=now) != one
    assert Rendition.objects.count() == 2


def test_a_clip_is_made_from_its_own_kind() -> None:
    clip = stored(
        told_video_bytes("mov"), "mov", kind="video", content_type="video/quicktime"
    )
    made = rendition_of(clip, Fit(), now=timezone.now())
    assert (made.content_type, made.width, made.height) == ("video/mp4", 64, 48)
    assert not [secret for secret in TOLD if secret in bytes_of(made)]


def test_what_is_not_there_or_not_the_same_is_said(picture: MediaItem) -> None:
    now = timezone.now()
    path = Path(default_storage.path(picture.file))
    path.write_bytes(told_jpeg_bytes(seed=32))
    with pytest.raises(DomainError, match="not the one") as changed:
        rendition_of(picture, SMALL, now=now)
    path.unlink()
    with pytest.raises(DomainError, match="not there any more") as missing:
        rendition_of(picture, SMALL, now=now)
    assert (changed.value.code, missing.value.code) == (
        "media_changed",
        "media_missing",
    )
    assert not Rendition.objects.exists()


def test_a_purge_takes_the_renditions_along(
    picture: MediaItem, django_capture_on_commit_callbacks: object
) -> None:
    now = timezone.now()
    made = rendition_of(picture, SMALL, now=now)
    MediaItem.objects.filter(pk=picture.pk).update(trashed_at=now)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        trash.purge_media(picture.pk, actor=None, now=now)
    assert not Rendition.objects.exists()
    assert not default_storage.exists(made.file)


def test_what_is_purged_while_it_is_made_leaves_nothing(
    picture: MediaItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed: list[str] = []
    place = renditions.files.place

    def purge_then_place(*given: object) -> str:
        MediaItem.objects.filter(pk=picture.pk).update(purged_at=timezone.now())
        placed.append(place(*given))  # type: ignore[arg-type]
        return placed[0]

    monkeypatch.setattr(renditions.files, "place", purge_then_place)
    with pytest.raises(DomainError, match="not there any more"):
        rendition_of(picture, SMALL, now=timezone.now())
    assert not Rendition.objects.exists()
    assert not default_storage.exists(placed[0])


def test_of_two_processes_the_one_with_the_row_wins(
    picture: MediaItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    place = renditions.files.place
    placed: list[str] = []

    def come_second(*given: object) -> str:
        name = place(*given)  # type: ignore[arg-type]
        placed.append(name)
        if len(placed) == 1:
            renditions._made(picture, SMALL, now)
        return name

    monkeypatch.setattr(renditions.files, "place", come_second)
    made = rendition_of(picture, SMALL, now=now)
    assert Rendition.objects.get() == made
    assert made.file == placed[1]
    assert [default_storage.exists(name) for name in placed] == [False, True]


@pytest.mark.django_db(transaction=True)
def test_threads_that_want_the_same_share_one() -> None:
    item = stored(told_jpeg_bytes(seed=33))
    made: list[Rendition] = []

    def want() -> None:
        made.append(rendition_of(item, SMALL, now=timezone.now()))
        close_old_connections()

    threads = [threading.Thread(target=want) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.pk for one in made} == {Rendition.objects.get().pk}


@pytest.fixture
def holding() -> Iterator[set[str]]:
    held: set[str] = set()
    renditions.register_holder("a test", lambda: held)
    yield held
    renditions._holders.pop("a test")


def test_the_sweep_frees_what_nobody_uses_or_needs(
    picture: MediaItem, holding: set[str]
) -> None:
    now = timezone.now()
    unused, used, needed = (
        rendition_of(picture, Fit(max_bytes=size), now=now)
        for size in (20_000, 21_000, 22_000)
    )
    holding.add(needed.file)
    later = now + KEEP + timedelta(hours=2)
    rendition_of(picture, Fit(max_bytes=21_000), now=later)
    sweep(later)
    assert set(Rendition.objects.all()) == {used, needed}
    files = [default_storage.exists(one.file) for one in (unused, used, needed)]
    assert files == [False, True, True]


def test_the_sweep_of_orphans_knows_renditions(picture: MediaItem) -> None:
    now = timezone.now()
    made = rendition_of(picture, SMALL, now=now)
    stray = "renditions/ab/00000000-0000-7000-8000-0000000000ab.jpg"
    default_storage.save(stray, ContentFile(b"bytes"))
    orphans.sweep(now + timedelta(hours=25))
    assert default_storage.exists(made.file)
    assert not default_storage.exists(stray)


def test_a_storage_that_is_no_disk_will_do() -> None:
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    with override_settings(STORAGES={**settings.STORAGES, "default": memory}):
        assert isinstance(storages["default"], InMemoryStorage)
        clip = {"kind": "video", "content_type": "video/quicktime"}
        for item in (
            stored(told_jpeg_bytes(seed=34)),
            stored(told_video_bytes("mov"), "mov", **clip),
        ):
            made = rendition_of(item, Fit(), now=timezone.now())
            data = bytes_of(made)
            assert len(data) == made.size_bytes
            assert not [secret for secret in TOLD if secret in data]
