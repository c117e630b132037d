"""The bytes of media: by range, cached privately, inert, for signed-in people."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, default_storage
from django.test import Client
from django.utils import timezone
from PIL import Image
from rest_framework.test import APIClient

from library import serving
from library.models import MediaItem
from promura_site.api.authentication import issue_tokens
from promura_site.models import User
from tests.factories import CreatorFactory
from tests.media_files import exif_bytes, jpeg_bytes, mp4_bytes, png_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture
def content() -> bytes:
    exif = exif_bytes(gps=True, orientation=6)
    return jpeg_bytes(800, 600, seed=4, exif=exif)


@pytest.fixture
def media(as_editor: APIClient, upload: Callable[..., Any], content: bytes) -> Any:
    return upload(as_editor, content, names=('Bé"ach;\n.html',)).json()["media"]


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_the_original_comes_back_byte_for_byte(
    as_viewer: APIClient, media: Any, content: bytes
) -> None:
    response = as_viewer.get(media["url"])
    assert response.status_code == 200
    assert body(response) == content
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Length"] == str(len(content))
    assert response["Accept-Ranges"] == "bytes"


def test_the_headers_keep_it_private_and_inert(
    as_viewer: APIClient, media: Any
) -> None:
    response = as_viewer.get(media["url"])
    assert response["Cache-Control"].startswith("private")
    assert {"Cookie", "Authorization"} <= set(response["Vary"].split(", "))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert "default-src 'none'" in response["Content-Security-Policy"]
    disposition = response["Content-Disposition"]
    assert disposition.startswith("inline; filename")
    assert ".jpg" in disposition
    assert "html" not in disposition
    assert "\n" not in disposition


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, None),
        ("bytes=-50", -50, None),
        ("bytes=0-999999999", 0, None),
        ("bytes=-999999999", 0, None),
        ("bytes=5-5", 5, 5),
    ],
)
def test_a_range_is_a_206(
    as_viewer: APIClient,
    media: Any,
    content: bytes,
    asked: str,
    first: int,
    last: int | None,
) -> None:
    response = as_viewer.get(media["url"], headers={"Range": asked})
    part = content[first:] if last is None else content[first : last + 1]
    assert response.status_code == 206
    assert body(response) == part
    assert response["Content-Length"] == str(len(part))
    begin = first % len(content)
    assert response["Content-Range"] == (
        f"bytes {begin}-{begin + len(part) - 1}/{len(content)}"
    )


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0"])
def test_a_range_behind_the_end_is_a_416(
    as_viewer: APIClient, media: Any, content: bytes, asked: str
) -> None:
    response = as_viewer.get(media["url"], headers={"Range": asked})
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(content)}"
    assert response.json()["success"] is False


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,5-6", "bytes=-", "bytes=9-1", "lines=0-1", "bytes=a-b", "bytes=٠-١"],
)
def test_what_is_no_single_range_gets_the_whole(
    as_viewer: APIClient, media: Any, content: bytes, asked: str
) -> None:
    response = as_viewer.get(media["url"], headers={"Range": asked})
    assert response.status_code == 200
    assert body(response) == content


def test_a_known_version_is_a_304(as_viewer: APIClient, media: Any) -> None:
    etag = as_viewer.get(media["url"])["ETag"]
    for known in (etag, f'"other", W/{etag}', "*"):
        response = as_viewer.get(media["url"], headers={"If-None-Match": known})
        assert response.status_code == 304
    response = as_viewer.get(media["url"], headers={"If-None-Match": '"other"'})
    assert response.status_code == 200


def test_a_range_of_another_version_gets_the_whole(
    as_viewer: APIClient, media: Any
) -> None:
    headers = {"Range": "bytes=0-9", "If-Range": '"another"'}
    assert as_viewer.get(media["url"], headers=headers).status_code == 200
    headers["If-Range"] = as_viewer.get(media["url"])["ETag"]
    assert as_viewer.get(media["url"], headers=headers).status_code == 206


def test_head_tells_the_size_without_the_bytes(
    as_viewer: APIClient, media: Any, content: bytes
) -> None:
    response = as_viewer.head(media["url"])
    assert response.status_code == 200
    assert response["Content-Length"] == str(len(content))
    assert response["Content-Type"] == "image/jpeg"
    assert response.content == b""


@pytest.mark.parametrize("kind", ["thumbnail_url", "preview_url"])
def test_derivatives_are_upright_and_know_nothing_of_the_place(
    as_viewer: APIClient, media: Any, kind: str
) -> None:
    response = as_viewer.get(media[kind])
    assert response["Content-Type"] == "image/jpeg"
    made = ContentFile(body(response))
    with Image.open(made) as image:
        assert not image.getexif()
        assert image.height > image.width


def test_a_picture_with_transparency_has_webp_derivatives(
    as_editor: APIClient, upload: Callable[..., Any]
) -> None:
    media = upload(as_editor, png_bytes(colour=(255, 0, 0, 90))).json()["media"]
    assert as_editor.get(media["thumbnail_url"])["Content-Type"] == "image/webp"


def test_a_clip_can_be_read_by_ranges(
    as_editor: APIClient, upload: Callable[..., Any]
) -> None:
    media = upload(as_editor, mp4_bytes(), names=("clip.mp4",)).json()["media"]
    response = as_editor.get(media["url"], headers={"Range": "bytes=0-"})
    assert (response.status_code, response["Content-Type"]) == (206, "video/mp4")
    assert body(response) == mp4_bytes()


def test_a_session_and_a_token_both_open_it(
    viewer: User, browse: Callable[[User], Client], media: Any
) -> None:
    page = browse(viewer)
    accept = {"Accept": "image/avif,image/webp"}
    assert page.get(media["thumbnail_url"], headers=accept).status_code == 200
    bearer = {"Authorization": f"Bearer {issue_tokens(viewer)['access']}"}
    assert Client().get(media["url"], headers=bearer).status_code == 200


def test_a_stranger_gets_a_401_even_when_asking_for_a_picture(media: Any) -> None:
    response = Client().get(media["url"], headers={"Accept": "image/png"})
    assert response.status_code == 401
    assert response.json()["code"] == "not_authenticated"


def test_lost_bytes_are_a_404(as_viewer: APIClient, media: Any) -> None:
    default_storage.delete(MediaItem.objects.get(pk=media["id"]).file)
    response = as_viewer.get(media["url"])
    assert response.status_code == 404
    assert response.json()["code"] == "bytes_missing"


def test_media_in_the_trash_can_still_be_seen(as_viewer: APIClient, media: Any) -> None:
    MediaItem.objects.update(trashed_at=timezone.now())
    assert as_viewer.get(media["thumbnail_url"]).status_code == 200


def test_any_storage_will_do(
    as_viewer: APIClient, media: Any, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = InMemoryStorage()
    storage.save(MediaItem.objects.get(pk=media["id"]).file, ContentFile(content))
    monkeypatch.setattr(serving, "default_storage", storage)
    response = as_viewer.get(media["url"], headers={"Range": "bytes=10-19"})
    assert body(response) == content[10:20]


def test_an_admin_gives_a_model_a_face(
    as_admin: APIClient, as_viewer: APIClient, upload: Callable[..., Any]
) -> None:
    creator = CreatorFactory(slug="mia")
    address = "/api/models/mia/avatar"
    assert as_viewer.get(address).status_code == 404
    for seed in (1, 2):
        picture = ContentFile(jpeg_bytes(seed=seed), name="face.jpg")
        response = as_admin.post(address, {"file": picture}, format="multipart")
        assert response.status_code == 200
    assert as_viewer.get(address)["Content-Type"] == "image/jpeg"
    creator.refresh_from_db()
    assert default_storage.exists(creator.avatar)


def test_a_face_is_no_clip(as_admin: APIClient) -> None:
    CreatorFactory(slug="mia")
    clip = ContentFile(mp4_bytes(), name="face.mp4")
    response = as_admin.post(
        "/api/models/mia/avatar", {"file": clip}, format="multipart"
    )
    assert response.status_code == 400
