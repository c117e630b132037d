"""Purging: bytes freed, a tombstone left, orphans swept."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from rest_framework.test import APIClient

from library import orphans, trash_jobs
from library.models import MediaItem
from library.services import trash
from promura_site.events import Event
from promura_site.models import Job
from tests.factories import MediaItemFactory

pytestmark = pytest.mark.django_db


def files_of(item: MediaItem) -> list[str]:
    return [item.file, item.thumbnail, item.preview]


@pytest.fixture
def uploaded(as_editor: APIClient, upload: Callable[..., Any]) -> MediaItem:
    return MediaItem.objects.get(pk=upload(as_editor).json()["media"]["id"])


def test_a_purge_frees_the_bytes_and_leaves_a_tombstone(
    as_admin: APIClient,
    uploaded: MediaItem,
    happened: list[Event],
    django_capture_on_commit_callbacks: Any,
) -> None:
    names = files_of(uploaded)
    address = f"/api/library/{uploaded.pk}"
    assert as_admin.post(f"{address}/purge").status_code == 409
    as_admin.delete(address)
    with django_capture_on_commit_callbacks() as callbacks:
        assert as_admin.post(f"{address}/purge").status_code == 200
        assert all(map(default_storage.exists, names))
    for callback in callbacks:
        callback()
    assert not any(map(default_storage.exists, names))
    tombstone = MediaItem.objects.get(pk=uploaded.pk)
    assert tombstone.purged_at is not None
    assert files_of(tombstone) == ["", "", ""]
    assert tombstone.name == uploaded.name
    assert as_admin.get(address).status_code == 404
    assert as_admin.get(f"{address}/file").status_code == 404
    assert as_admin.post(f"{address}/restore").status_code == 404
    assert as_admin.post(f"{address}/purge").status_code == 404
    assert happened[-1].action == "media.purged"


def test_the_same_bytes_come_back_as_a_new_item_after_a_purge(
    as_admin: APIClient, uploaded: MediaItem, upload: Callable[..., Any]
) -> None:
    as_admin.delete(f"/api/library/{uploaded.pk}")
    as_admin.post(f"/api/library/{uploaded.pk}/purge")
    response = upload(as_admin)
    assert response.status_code == 201
    assert response.json()["media"]["id"] != str(uploaded.pk)


def test_emptying_the_trash_leaves_the_rest(as_admin: APIClient) -> None:
    kept = MediaItemFactory()
    MediaItemFactory.create_batch(3, trashed_at=timezone.now())
    answer = as_admin.post("/api/library/empty-trash").json()
    assert (answer["purged_count"], answer["message"]) == (
        3,
        "Deleted 3 media items for good",
    )
    assert list(MediaItem.objects.filter(purged_at=None)) == [kept]


def test_emptying_a_large_trash_is_a_job(
    as_admin: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trash, "PURGE_CHUNK", 2)
    monkeypatch.setattr(trash_jobs, "PURGE_CHUNK", 2)
    MediaItemFactory.create_batch(5, trashed_at=timezone.now())
    response = as_admin.post("/api/library/empty-trash")
    assert response.status_code == 202
    job = Job.objects.get(pk=response.json()["job"]["id"])
    MediaItemFactory(trashed_at=timezone.now())
    while not trash_jobs.step(job):
        pass
    assert job.result == {"purged_count": 5}
    assert MediaItem.objects.trashed().count() == 1


def test_the_trash_is_purged_after_thirty_days() -> None:
    now = timezone.now()
    old = MediaItemFactory(trashed_at=now - timedelta(days=31))
    MediaItemFactory(trashed_at=now - timedelta(days=29))
    MediaItemFactory()
    trash.purge_expired(now)
    assert list(MediaItem.objects.exclude(purged_at=None)) == [old]


def test_the_sweep_takes_old_files_without_a_row_and_no_others(
    uploaded: MediaItem,
) -> None:
    stray = "originals/ab/00000000-0000-7000-8000-0000000000ab.jpg"
    odd = "thumbnails/ab/odd.jpg"
    face = "avatars/ab/00000000-0000-7000-8000-0000000000ab.jpg"
    for name in (stray, odd, face):
        default_storage.save(name, ContentFile(b"bytes"))
    incoming = Path(settings.FILE_UPLOAD_TEMP_DIR) / "incoming.part"
    incoming.write_bytes(b"half")
    os.utime(incoming, (0, 0))
    now = timezone.now()
    orphans.sweep(now)
    assert all(map(default_storage.exists, (stray, odd, face)))
    assert not incoming.exists()
    orphans.sweep(now + timedelta(hours=25))
    assert not any(map(default_storage.exists, (stray, odd, face)))
    assert all(map(default_storage.exists, files_of(uploaded)))
