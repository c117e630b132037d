"""Two people at once: real connections, real transactions."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection

from library import bulk, services
from library.bulk import GivenIds, Tagging
from library.models import BulkChange, MediaItem, MediaTag
from tests.factories import MediaItemFactory
from tests.media_files import jpeg_bytes

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    start = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=20)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_two_uploads_of_the_same_bytes_are_one_item() -> None:
    def upload() -> services.Uploaded:
        stream = ContentFile(jpeg_bytes(300, 200, seed=5))
        about = services.About(tags=("b", "a"))
        return services.upload_media(stream, actor=None, name="x.jpg", about=about)

    taken = at_once(upload, upload, upload)
    item = MediaItem.objects.get()
    assert {one.item.pk for one in taken} == {item.pk}
    assert sorted(one.duplicate for one in taken) == [False, True, True]
    with services.uploading.default_storage.open(item.file) as stored:
        assert stored.read() == jpeg_bytes(300, 200, seed=5)


def test_bulk_calls_on_the_same_media_leave_a_state_that_one_order_explains() -> None:
    ids = tuple(item.pk for item in MediaItemFactory.create_batch(60))
    backwards = tuple(reversed(ids))

    def tag(order: tuple[Any, ...], action: Any, *names: str) -> Callable[[], Any]:
        return lambda: bulk.tag(GivenIds(order), Tagging(action, names), actor=None)

    at_once(
        tag(ids, "add", "b", "a", "c"),
        tag(backwards, "add", "c", "a", "d"),
        tag(ids, "replace", "e", "a"),
        lambda: bulk.delete(GivenIds(backwards[:20]), actor=None),
    )
    rows = MediaTag.objects.filter(media__in=ids[:40])
    states = {
        tuple(sorted(rows.filter(media=one).values_list("tag__name", flat=True)))
        for one in ids[:40]
    }
    assert len(states) == 1
    assert {"e", "a"} <= set(states.pop())
    assert MediaItem.objects.trashed().count() == 20
    net = BulkChange.objects.filter(media__in=ids, change="added").count()
    net -= BulkChange.objects.filter(media__in=ids, change="removed").count()
    assert net == MediaTag.objects.count()


def test_every_one_of_many_uses_at_once_is_counted() -> None:
    item = MediaItemFactory()
    now = item.uploaded_at

    def use() -> None:
        for _ in range(10):
            services.note_use(item.pk, actor=None, now=now)

    at_once(use, use, use, use)
    item.refresh_from_db()
    assert item.used_count == 40
