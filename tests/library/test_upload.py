"""POST /api/library/upload."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from library.models import MediaItem
from promura_site.events import Event
from tests.factories import CreatorFactory
from tests.media_files import exif_bytes, jpeg_bytes, mp4_bytes

pytestmark = pytest.mark.django_db
Upload = Callable[..., Any]


def stored_files() -> set[Path]:
    return {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}


def test_a_picture_is_taken_with_all_that_is_said_of_it(
    as_editor: APIClient, upload: Upload
) -> None:
    CreatorFactory(slug="mia")
    exif = exif_bytes(taken="2026:03:01 12:00:00", offset="+01:00", gps=True)
    content = jpeg_bytes(640, 480, seed=7, exif=exif)
    response = upload(
        as_editor,
        content,
        names=("../../Beach day.jpeg",),
        tags="Sunset, beach,,SUNSET",
        description="On the beach",
        alt_text="A beach",
        models="mia",
    )
    assert response.status_code == 201
    answer = response.json()
    assert answer["success"] is True
    media = answer["media"]
    assert media["name"] == "Beach day.jpeg"
    assert (media["type"], media["content_type"]) == ("image", "image/jpeg")
    assert (media["width"], media["height"]) == (640, 480)
    assert media["size_bytes"] == len(content)
    assert media["tags"] == ["beach", "Sunset"]
    assert media["models"] == ["mia"]
    assert media["description"] == "On the beach"
    assert media["alt_text"] == "A beach"
    assert media["rating"] == "general"
    assert media["taken_at"] == "2026-03-01T11:00:00Z"
    assert media["uploaded_by"] == "editor"
    assert (media["used_count"], media["planned_count"]) == (0, 0)
    assert media["url"] == f"/api/library/{media['id']}/file"


def test_a_clip_is_taken(as_editor: APIClient, upload: Upload) -> None:
    response = upload(as_editor, mp4_bytes(), names=("clip.mp4",))
    assert response.status_code == 201
    media = response.json()["media"]
    assert (media["type"], media["content_type"]) == ("video", "video/mp4")
    assert media["duration_seconds"] == pytest.approx(1, abs=0.2)


def test_every_field_of_the_contract_is_there(
    as_editor: APIClient, upload: Upload
) -> None:
    assert set(upload(as_editor).json()["media"]) >= {
        "id",
        "name",
        "type",
        "content_type",
        "size_bytes",
        "width",
        "height",
        "duration_seconds",
        "sha256",
        "url",
        "thumbnail_url",
        "tags",
        "description",
        "alt_text",
        "models",
        "rating",
        "not_before",
        "until",
        "taken_at",
        "used_count",
        "planned_count",
        "last_used",
        "uploaded_by",
        "uploaded_at",
        "trashed_at",
    }


def test_the_same_bytes_again_are_a_duplicate(
    as_editor: APIClient, upload: Upload
) -> None:
    first = upload(as_editor, tags="one").json()["media"]
    files = stored_files()
    response = upload(as_editor, names=("other name.jpg",), tags="two")
    assert response.status_code == 200
    answer = response.json()
    assert answer["duplicate"] is True
    assert answer["media"] == first
    assert stored_files() == files


def test_bytes_that_lie_in_the_trash_restore_the_item(
    as_editor: APIClient, upload: Upload, happened: list[Event]
) -> None:
    first = upload(as_editor).json()["media"]
    as_editor.delete(f"/api/library/{first['id']}")
    answer = upload(as_editor).json()
    assert (answer["duplicate"], answer["restored"]) == (True, True)
    assert answer["media"]["id"] == first["id"]
    assert answer["media"]["trashed_at"] is None
    assert [event.action for event in happened] == [
        "media.uploaded",
        "media.trashed",
        "media.restored",
    ]


def test_several_files_come_in_one_request(
    as_editor: APIClient, upload: Upload
) -> None:
    response = upload(as_editor, jpeg_bytes(seed=1), jpeg_bytes(seed=2), tags="both")
    assert response.status_code == 201
    answer = response.json()
    assert [one["name"] for one in answer["uploaded"]] == [
        "picture-0.jpg",
        "picture-1.jpg",
    ]
    assert all(one["tags"] == ["both"] for one in answer["uploaded"])
    assert "failed" not in answer


def test_one_refused_file_keeps_no_other_out(
    as_editor: APIClient, upload: Upload
) -> None:
    names = ("good.jpg", "page.jpg")
    content = b"<html><script>alert(1)</script>"
    response = upload(as_editor, jpeg_bytes(seed=1), content, names=names)
    assert response.status_code == 201
    answer = response.json()
    assert len(answer["uploaded"]) == 1
    (failed,) = answer["failed"]
    assert failed["name"] == "page.jpg"
    assert failed["code"] == "file_type_unsupported"
    assert "page.jpg" in failed["message"]


def test_the_same_file_twice_in_one_request_is_taken_once(
    as_editor: APIClient, upload: Upload
) -> None:
    answer = upload(as_editor, jpeg_bytes(seed=1), jpeg_bytes(seed=1)).json()
    first, second = answer["uploaded"]
    assert first["id"] == second["id"]
    assert answer["duplicates"] == [first["id"]]
    assert MediaItem.objects.count() == 1


def test_several_known_files_are_a_200(as_editor: APIClient, upload: Upload) -> None:
    contents = (jpeg_bytes(seed=1), jpeg_bytes(seed=2))
    upload(as_editor, *contents)
    response = upload(as_editor, *contents)
    assert response.status_code == 200
    assert response.json()["duplicate"] is True


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "file_empty"),
        (b"%PDF-1.7 something", 415, "file_type_unsupported"),
        (jpeg_bytes(seed=3)[:400], 400, "file_corrupt"),
    ],
)
def test_a_file_that_is_no_good_leaves_nothing_behind(
    as_editor: APIClient, upload: Upload, content: bytes, status: int, code: str
) -> None:
    files = stored_files()
    response = upload(as_editor, content)
    assert response.status_code == status
    answer = response.json()
    assert answer["success"] is False
    assert answer["code"] == code
    assert answer["errors"]["file"]
    assert not MediaItem.objects.exists()
    assert stored_files() == files
    assert not list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir())


def test_when_no_file_can_be_taken_each_says_why(
    as_editor: APIClient, upload: Upload
) -> None:
    response = upload(as_editor, b"text", b"")
    assert response.status_code == 415
    assert [one["code"] for one in response.json()["failed"]] == [
        "file_type_unsupported",
        "file_empty",
    ]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"tags": "x" * 51}, "tags"),
        ({"tags": ",".join(map(str, range(51)))}, "tags"),
        ({"models": "nobody"}, "models"),
        ({"description": "x" * 5001}, "description"),
        ({"description": "a\x00b"}, "description"),
    ],
)
def test_bad_words_are_refused_before_anything_is_stored(
    as_editor: APIClient, upload: Upload, fields: dict[str, str], field: str
) -> None:
    response = upload(as_editor, **fields)
    assert response.status_code == 400
    assert [name.split(".")[0] for name in response.json()["errors"]] == [field]
    assert not MediaItem.objects.exists()


def test_an_upload_without_a_file_names_the_field(as_editor: APIClient) -> None:
    response = as_editor.post("/api/library/upload", {"tags": "a"}, format="multipart")
    assert response.status_code == 400
    assert "file" in response.json()["errors"]


def test_a_json_body_is_a_415(as_editor: APIClient) -> None:
    assert as_editor.post("/api/library/upload", {"file": "x"}).status_code == 415


def test_a_body_over_the_limit_is_refused_unread(
    as_editor: APIClient, upload: Upload, settings: Any
) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    response = as_editor.post(
        "/api/library/upload",
        {"file": SimpleUploadedFile("big.jpg", b"x" * 3_000_000)},
        format="multipart",
    )
    assert response.status_code == 413


def test_a_file_over_the_limit_is_a_413(
    as_editor: APIClient, upload: Upload, settings: Any
) -> None:
    settings.UPLOAD_MAX_BYTES = 500
    response = upload(as_editor)
    assert response.status_code == 413
    assert response.json()["code"] == "file_too_large"


def test_original_thumbnail_and_preview_lie_in_the_storage(
    as_editor: APIClient, upload: Upload
) -> None:
    content = jpeg_bytes(700, 500, seed=9)
    item = MediaItem.objects.get(pk=upload(as_editor, content).json()["media"]["id"])
    with default_storage.open(item.file) as original:
        assert original.read() == content
    assert default_storage.exists(item.thumbnail)
    assert default_storage.exists(item.preview)
