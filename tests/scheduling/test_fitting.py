"""What leaves the house: fitted to its platform, told nothing, the same every time."""

import base64
import hashlib
import io
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from library import renditions
from library.models import MediaItem, Rendition
from promura_site.errors import DomainError
from scheduling.models import Channel, Publication
from scheduling.platforms import limits_of
from scheduling.publishing import fitting, ledger, preparing
from scheduling.publishing.connectors.base import Limits, PublishError
from scheduling.publishing.connectors.webhook import WebhookConnector
from scheduling.publishing.delivery import connected
from tests.loopback import Behaviour, Receiver
from tests.media_files import (
    TOLD,
    camera_jpeg_bytes,
    jpeg_bytes,
    told_jpeg_bytes,
    told_png_bytes,
    told_video_bytes,
)
from tests.scheduling.planning import (
    SECRET,
    a_channel,
    a_publication,
    a_webhook,
    due_again,
    published,
    put,
    stored_picture,
)
from tests.scheduling.publisher_process import PublisherProcess, publish_once

pytestmark = pytest.mark.django_db

P = Publication.State
MEGABYTE = 1_000_000


class NarrowConnector(WebhookConnector):
    """A webhook that takes what Bluesky takes."""

    name: ClassVar[str] = "narrow"
    platform: ClassVar[str] = "narrow"
    limits: ClassVar[Limits] = Limits(
        media_types=frozenset({"image/jpeg", "image/png", "image/webp", "video/mp4"}),
        image_bytes=MEGABYTE,
        image_edge=2000,
        video_bytes=50 * MEGABYTE,
        video_seconds=3,
    )


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(secret=SECRET, honours_keys=True) as receiver:
        yield receiver


@pytest.fixture
def narrow(receiver: Receiver, settings: Any) -> Channel:
    path = f"{__name__}.{NarrowConnector.__name__}"
    settings.PROMURA_CONNECTORS = {"narrow": path}
    return a_like_webhook(receiver, idempotent=True)


def a_like_webhook(receiver: Receiver, **options: bool) -> Channel:
    channel = a_webhook(receiver.url, **options)
    channel.connector = channel.platform = "narrow"
    channel.save()
    return channel


def a_clip(data: bytes, **fields: Any) -> MediaItem:
    return stored_picture(
        data,
        kind="video",
        content_type="video/quicktime",
        name="walk.mov",
        duration_seconds=1.0,
        **fields,
    )


def received(receiver: Receiver) -> list[tuple[dict[str, Any], bytes]]:
    """Return the media of the last delivery: what was said of them, and the bytes."""
    media = receiver.deliveries[-1].json["data"]["media"]
    return [(one, base64.b64decode(one.pop("data"))) for one in media]


def told_in(data: bytes) -> list[bytes]:
    return [secret for secret in TOLD if secret in data]


def folder_of(publication: Publication) -> Path:
    (found,) = (
        path.parent
        for path in Path(settings.OUTBOX_DIR).rglob("post.json")
        if json.loads(path.read_text())["publication_id"] == str(publication.pk)
    )
    return found


def test_a_webhook_gets_files_that_tell_nothing(receiver: Receiver) -> None:
    media = [
        stored_picture(told_jpeg_bytes(seed=51), name="beach.jpg", alt_text="Lea"),
        stored_picture(told_png_bytes(), name="page.png", content_type="image/png"),
        a_clip(told_video_bytes("mov"), alt_text="Lea walks"),
    ]
    planned = a_publication(
        a_webhook(receiver.url), media_ids=[item.pk for item in media]
    )
    assert published(planned).state == P.PUBLISHED
    got = received(receiver)
    assert [one["name"] for one, _ in got] == ["beach.jpg", "page.png", "walk.mp4"]
    assert [one["alt_text"] for one, _ in got] == ["Lea", "", "Lea walks"]
    for said, data in got:
        assert told_in(data) == []
        assert hashlib.sha256(data).hexdigest() == said["sha256"]
        assert len(data) == said["size_bytes"]
    assert got[2][0]["content_type"] == "video/mp4"


def test_the_outbox_gets_files_that_tell_nothing() -> None:
    channel = a_channel(platform="outbox")
    media = [
        stored_picture(told_jpeg_bytes(seed=52), name="beach.jpg", alt_text="Lea"),
        a_clip(told_video_bytes("mov")),
    ]
    planned = published(a_publication(channel, media_ids=[item.pk for item in media]))
    assert planned.state == P.PUBLISHED
    folder = folder_of(planned)
    files = sorted(path.name for path in folder.iterdir() if path.suffix[1:] in MEDIA)
    assert files == ["01-beach.jpg", "02-walk.mp4"]
    for path in folder.iterdir():
        assert told_in(path.read_bytes()) == []
    assert json.loads((folder / "post.json").read_text())["media"][0]["alt_text"]


MEDIA = {"jpg", "mp4"}


def test_a_cameras_picture_arrives_as_small_as_bluesky_takes(
    narrow: Channel, receiver: Receiver
) -> None:
    item = stored_picture(camera_jpeg_bytes(), name="DSC_0815.JPG")
    assert item.size_bytes > 14 * MEGABYTE
    assert published(a_publication(narrow, media_ids=[item.pk])).state == P.PUBLISHED
    ((said, data),) = received(receiver)
    assert len(data) <= MEGABYTE
    assert told_in(data) == []
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (said["width"], said["height"]) == (2000, 1333)


def test_every_send_has_the_same_bytes(narrow: Channel, receiver: Receiver) -> None:
    item = stored_picture(told_jpeg_bytes(orientation=6, seed=53))
    planned = a_publication(narrow, media_ids=[item.pk])
    receiver.script(Behaviour(drop="after"), Behaviour(status=503))
    assert published(planned).state == P.UNKNOWN
    frozen = planned.payload
    # Whatever becomes of the rendition's row: the payload names the file.
    Rendition.objects.update(key="another wish")
    assert published(due_again(planned)).state == P.UNKNOWN
    assert published(due_again(planned)).state == P.PUBLISHED
    assert (len(receiver.deliveries), len(receiver.received_by_body)) == (3, 1)
    assert planned.payload == frozen
    assert Rendition.objects.count() == 1


def test_a_payload_is_fitted_once_and_only_by_who_has_the_lease(
    narrow: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = stored_picture(told_jpeg_bytes(seed=54))
    planned = a_publication(narrow, media_ids=[item.pk])
    (lease,) = ledger.claim(10)
    assert fitting.fit(lease)
    planned.refresh_from_db()
    assert planned.payload == lease.publication.payload
    assert planned.payload["fitted"] is True
    monkeypatch.setattr(fitting, "rendition_of", None)
    assert fitting.fit(lease), "nothing is made again"
    monkeypatch.undo()
    put(planned, fence=planned.fence + 1, payload={**planned.payload, "fitted": False})
    lease.publication.payload = planned.payload
    assert not fitting.fit(lease)
    assert ledger.begin(lease, "test", 5) is None


def test_an_original_cannot_be_opened_for_sending(
    narrow: Channel, receiver: Receiver
) -> None:
    item = stored_picture(told_jpeg_bytes(seed=63))
    a_publication(narrow, media_ids=[item.pk])
    (lease,) = ledger.claim(10)
    with pytest.raises(PublishError, match="not been prepared"):
        connected(narrow).publish(lease.request())
    assert receiver.deliveries == []


def test_a_post_without_media_costs_no_query(
    narrow: Channel, django_assert_num_queries: Any
) -> None:
    a_publication(narrow)
    (lease,) = ledger.claim(10)
    with django_assert_num_queries(0):
        assert fitting.fit(lease)


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({}, "media_unfit", "is no clip that can be read"),
        ({"file": "originals/00/nowhere.mov"}, "media_missing", "not there any more"),
        ({"stored_sha256": "0" * 64}, "media_changed", "not the one"),
    ],
)
def test_what_cannot_be_fitted_fails_in_words(
    narrow: Channel,
    receiver: Receiver,
    fields: dict[str, Any],
    code: str,
    words: str,
) -> None:
    item = a_clip(b"no clip at all")
    if fields:
        MediaItem.objects.filter(pk=item.pk).update(**fields)
    planned = published(a_publication(narrow, media_ids=[item.pk]))
    assert (planned.state, planned.error_code) == (P.FAILED, code)
    assert words in planned.error
    assert receiver.deliveries == []


def test_a_clip_that_is_too_long_is_not_cut(
    narrow: Channel, receiver: Receiver
) -> None:
    item = a_clip(told_video_bytes("mov", 5))
    planned = published(a_publication(narrow, media_ids=[item.pk]))
    assert (planned.state, planned.error_code) == (P.FAILED, "media_unfit")
    assert planned.error == (
        "“walk.mov” is 5 seconds long; at most 3 are taken there. Upload a shorter cut."
    )
    assert receiver.deliveries == []


def test_a_storage_that_is_away_is_tried_again(
    narrow: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = stored_picture()
    planned = a_publication(narrow, media_ids=[item.pk])

    def away(*given: object, **named: object) -> Rendition:
        raise OSError("The storage is away.")

    monkeypatch.setattr(fitting, "rendition_of", away)
    assert published(planned).state == P.RETRY
    assert planned.error_code == "media_unreadable"
    monkeypatch.undo()
    assert published(due_again(planned)).state == P.PUBLISHED


def test_media_share_what_they_may_weigh_together() -> None:
    pictures = [stored_picture(told_jpeg_bytes(seed=55 + n)) for n in range(3)]
    small = stored_picture(jpeg_bytes(16, 16))
    plain = fitting.fitted_media([*pictures, small], Limits())
    total = sum(one.size_bytes for one in plain) // 2
    made = fitting.fitted_media([*pictures, small], Limits(total_media_bytes=total))
    assert total * 0.6 < sum(one.size_bytes for one in made) <= total
    assert made[3] == plain[3], "small ones are left alone"


@pytest.mark.parametrize(
    ("sizes", "total", "share"),
    [([5, 5, 5], 15, 5), ([10, 10, 1], 15, 7), ([9], 4, 4), ([1, 2, 30], 20, 17)],
)
def test_a_fair_share_leaves_to_the_large_what_the_small_do_not_need(
    sizes: list[int], total: int, share: int
) -> None:
    assert fitting._fair_share(sizes, total) == share
    assert sum(min(size, share) for size in sizes) <= total


def test_what_can_never_fit_is_known_without_reading_it() -> None:
    limits = NarrowConnector.limits
    clip = MediaItem(
        kind="video", content_type="video/mp4", name="a.mp4", duration_seconds=60.0
    )
    assert "60 seconds long; at most 3" in str(fitting.can_fit(clip, limits))
    assert fitting.can_fit(clip, Limits()) is None
    few = Limits(video_bytes=100_000)
    assert "as small as 0.1 MB" in str(fitting.can_fit(clip, few))
    pictures_only = Limits(media_types=frozenset({"image/jpeg"}))
    assert "not taken there" in str(fitting.can_fit(clip, pictures_only))
    photo = MediaItem(kind="image", content_type="image/heic", name="a.heic")
    assert fitting.can_fit(photo, limits) is None
    assert fitting.can_fit(photo, Limits(media_types=frozenset({"video/*"})))


def test_the_files_to_hand_over_are_fitted_and_named() -> None:
    channel = a_channel(platform="instagram")
    item = stored_picture(
        told_png_bytes(alpha=True), name="page.heic", content_type="image/png"
    )
    planned = a_publication(channel, media_ids=[item.pk])
    ((name, made),) = fitting.fitted_files(planned)
    limits = limits_of(channel)
    assert made.content_type in (limits.media_types or {made.content_type})
    assert name == f"page.{made.file.rpartition('.')[2]}"
    with default_storage.open(made.file) as content:
        assert told_in(content.read()) == []
    MediaItem.objects.update(file="originals/00/nowhere.jpg")
    Rendition.objects.all().delete()
    with pytest.raises(DomainError, match="not there any more"):
        fitting.fitted_files(planned)


def test_media_are_prepared_before_their_time(
    narrow: Channel, receiver: Receiver, django_assert_max_num_queries: Any
) -> None:
    now = timezone.now()
    item = stored_picture(told_jpeg_bytes(seed=59))
    soon, later = (
        put(
            a_publication(channel, media_ids=[item.pk]),
            next_attempt_at=now + wait,
            late_after=now + wait + timedelta(hours=1),
        )
        for channel, wait in (
            (narrow, timedelta(minutes=20)),
            (a_like_webhook(receiver), timedelta(hours=2)),
        )
    )
    with django_assert_max_num_queries(3):
        assert preparing.unprepared(now) == [soon.pk]
    preparing.prepare.func(str(soon.pk))
    assert Rendition.objects.count() == 1
    assert preparing.unprepared(now) == []
    assert preparing.unprepared(now + timedelta(hours=1, minutes=40)) == []
    put(soon, next_attempt_at=now)
    assert published(soon).state == P.PUBLISHED
    assert Rendition.objects.count() == 1
    later.refresh_from_db()
    assert later.state == P.SCHEDULED


def test_what_cannot_be_prepared_is_left_to_its_time(narrow: Channel) -> None:
    item = a_clip(b"no clip at all")
    planned = a_publication(narrow, media_ids=[item.pk])
    preparing.prepare.func(str(planned.pk))
    assert not Rendition.objects.exists()
    assert preparing.unprepared(timezone.now()) == [planned.pk]


def test_files_of_what_is_not_final_are_kept(narrow: Channel) -> None:
    item = stored_picture(told_jpeg_bytes(seed=60))
    planned = a_publication(narrow, media_ids=[item.pk])
    (lease,) = ledger.claim(10)
    assert fitting.fit(lease)
    file = Rendition.objects.get().file
    assert list(fitting.named_files()) == [file]
    much_later = timezone.now() + timedelta(days=60)
    renditions.sweep(much_later)
    assert default_storage.exists(file)
    put(planned, state=P.PUBLISHED)
    assert list(fitting.named_files()) == []
    renditions.sweep(much_later)
    assert not default_storage.exists(file)


@pytest.mark.django_db(transaction=True)
def test_a_lease_outlasts_the_fitting(
    narrow: Channel, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PUBLISH_LEASE = timedelta(seconds=3)
    item = stored_picture(told_jpeg_bytes(seed=61))
    planned = a_publication(narrow, media_ids=[item.pk])
    (lease,) = ledger.claim(10)
    make, renew = fitting.rendition_of, ledger.renew
    renewed = threading.Event()
    times: list[float] = []

    def count(*given: Any) -> bool:
        held = renew(*given)
        times.append(lease.until)
        if len(times) == 3:
            renewed.set()
        return held

    def make_slowly(*given: Any, **named: Any) -> Rendition:
        assert renewed.wait(30)
        return make(*given, **named)

    monkeypatch.setattr(ledger, "renew", count)
    monkeypatch.setattr(fitting, "rendition_of", make_slowly)
    assert fitting.fit(lease)
    assert times == sorted(set(times))
    planned.refresh_from_db()
    assert (planned.state, planned.payload["fitted"]) == (P.LEASED, True)


@pytest.mark.django_db(transaction=True)
def test_a_publisher_killed_after_fitting_leaves_nothing_to_repeat(
    receiver: Receiver,
) -> None:
    item = stored_picture(told_jpeg_bytes(seed=62))
    planned = a_publication(a_webhook(receiver.url), media_ids=[item.pk])
    with PublisherProcess("--interval", "0.05", stop_at="fitted") as process:
        process.wait_until_stopped("fitted")
        process.kill()
    planned.refresh_from_db()
    assert (planned.state, planned.payload["fitted"]) == (P.LEASED, True)
    put(planned, lease_until=timezone.now() - timedelta(seconds=1))
    publish_once()
    planned.refresh_from_db()
    assert planned.state == P.PUBLISHED
    ((said, data),) = received(receiver)
    assert told_in(data) == []
    assert said["sha256"] == Rendition.objects.get().sha256
