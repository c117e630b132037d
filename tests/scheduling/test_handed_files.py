"""What a person gets to post by hand: fitted files that tell nothing, and a ZIP."""

import hashlib
import io
import zipfile
from typing import Any

import pytest
from PIL import Image
from rest_framework.test import APIClient

from library.models import MediaItem
from library.services import upload_media
from promura_site.models import User
from scheduling.models import Publication
from scheduling.publishing import handed_files, handing
from scheduling.publishing.fitting import named_files
from scheduling.services.editing import edit_post
from scheduling.services.handing import claim_hand_over
from tests.factories import MONDAY_NOON
from tests.media_files import CAMERA, camera_jpeg_bytes, told_jpeg_bytes
from tests.scheduling.handing_over import by_hand, planned, ready
from tests.scheduling.planning import a_publication, put

pytestmark = pytest.mark.django_db(transaction=True)

P = Publication.State


def upload(data: bytes, name: str = "beach.jpg") -> MediaItem:
    return upload_media(io.BytesIO(data), actor=None, name=name).item


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def file_of(client: APIClient, row: Publication, item: MediaItem) -> Any:
    return client.get(f"/api/publications/{row.pk}/media/{item.pk}")


@pytest.mark.parametrize("prepared", [True, False])
def test_a_file_tells_neither_camera_nor_place(
    as_viewer: APIClient, prepared: bool
) -> None:
    data = told_jpeg_bytes()
    item = upload(data)
    row = ready(channel=by_hand(platform="instagram"), media_ids=[item.pk])
    if prepared:
        handed_files.prepare(MONDAY_NOON)
    answer = file_of(as_viewer, row, item)
    sent = body(answer)
    assert answer.status_code == 200
    assert CAMERA.encode() in data
    assert CAMERA.encode() not in sent
    assert not Image.open(io.BytesIO(sent)).getexif()
    assert answer["Content-Type"] == "image/jpeg"
    assert 'filename="beach.jpg"' in answer["Content-Disposition"]
    assert answer["Cache-Control"].startswith("private")


def test_a_cameras_picture_is_made_as_large_as_the_platform_takes(
    as_viewer: APIClient,
) -> None:
    item = upload(camera_jpeg_bytes(3000, 2000))
    row = ready(channel=by_hand(platform="instagram"), media_ids=[item.pk])
    sent = body(file_of(as_viewer, row, item))
    assert max(Image.open(io.BytesIO(sent)).size) == 1440


def test_what_was_offered_is_what_is_kept(as_viewer: APIClient, editor: User) -> None:
    item = upload(told_jpeg_bytes())
    row = ready(media_ids=[item.pk])
    handed_files.prepare(MONDAY_NOON)
    row.refresh_from_db()
    assert row.payload["fitted"] is True
    (entry,) = row.payload["media"]
    assert list(named_files()) == [entry["file"]]
    sent = body(file_of(as_viewer, row, item))
    assert hashlib.sha256(sent).hexdigest() == entry["sha256"]
    claim_hand_over(row.pk, actor=editor)
    handed_files.prepare(MONDAY_NOON)
    row.refresh_from_db()
    assert (row.state, row.payload["media"]) == (P.CLAIMED, [entry])


def test_files_made_for_an_earlier_plan_are_not_taken_for_the_new_one(
    editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (
        upload(told_jpeg_bytes()),
        upload(camera_jpeg_bytes(300, 200), "b.jpg"),
    )
    row = ready(media_ids=[first.pk])
    real = handed_files.fitted_files

    def meanwhile(publication: Publication) -> Any:
        made = real(publication)
        edit_post(
            row.post_id,
            actor=editor,
            now=row.post.created_at,
            version=1,
            changes={"media_ids": [second.pk]},
        )
        handing.make_ready()
        return made

    monkeypatch.setattr(handed_files, "fitted_files", meanwhile)
    handed_files.prepare(MONDAY_NOON)
    row.refresh_from_db()
    assert row.state == P.READY
    assert [one["id"] for one in row.payload["media"]] == [str(second.pk)]
    assert "fitted" not in row.payload


def test_what_no_file_can_be_made_of_fails_and_says_why() -> None:
    item = upload(told_jpeg_bytes())
    row = ready(media_ids=[item.pk])
    MediaItem.objects.filter(pk=item.pk).update(stored_sha256="0" * 64)
    handed_files.prepare(MONDAY_NOON)
    row.refresh_from_db()
    assert (row.state, row.error_code) == (P.FAILED, "media_unfit")
    assert row.error


def test_a_text_alone_is_prepared_once() -> None:
    row = ready(channel=by_hand(platform="x"))
    handed_files.prepare(MONDAY_NOON)
    row.refresh_from_db()
    assert (row.payload["media"], row.payload["fitted"]) == ([], True)


def test_all_of_it_comes_as_one_zip(as_viewer: APIClient) -> None:
    items = [upload(told_jpeg_bytes()), upload(camera_jpeg_bytes(300, 200), "sea.jpg")]
    channel = by_hand(platform="instagram", creator__slug="lea")
    row = ready(
        channel=channel,
        media_ids=[one.pk for one in items],
        content="Salt — everywhere",
    )
    answer = as_viewer.get(f"/api/publications/{row.pk}/files.zip")
    assert answer["Content-Type"] == "application/zip"
    assert 'attachment; filename="lea-instagram-' in answer["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(body(answer))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["01-beach.jpg", "02-sea.jpg", "caption.txt"]
        assert CAMERA.encode() not in archive.read("01-beach.jpg")
        assert archive.read("caption.txt").decode() == "Salt — everywhere"


def test_a_coming_one_can_be_looked_at_beforehand(as_viewer: APIClient) -> None:
    item = upload(told_jpeg_bytes())
    row = planned(120, media_ids=[item.pk])
    answer = file_of(as_viewer, row, item)
    assert answer.status_code == 200
    assert CAMERA.encode() not in body(answer)


def test_only_its_own_files_and_only_of_hand_overs(
    as_viewer: APIClient, anonymous: APIClient
) -> None:
    item, other = upload(told_jpeg_bytes()), upload(camera_jpeg_bytes(300, 200))
    row = ready(media_ids=[item.pk])
    assert file_of(as_viewer, row, other).status_code == 404
    assert file_of(anonymous, row, item).status_code == 401
    sent = put(a_publication(media_ids=[item.pk]), state=P.PUBLISHED)
    assert file_of(as_viewer, sent, item).status_code == 404
    assert as_viewer.get(f"/api/publications/{sent.pk}/files.zip").status_code == 404
