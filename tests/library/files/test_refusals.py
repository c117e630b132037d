"""Files that are not taken, and files that were bent."""

import io
import random
import struct
import zipfile
import zlib

import pytest

from library import files
from library.files import FileRefused, Limits
from tests import media_files as made
from tests.library.files.judging import LIMITS, refusal


def png_of(width: int, height: int, pixels: bytes = b"") -> bytes:
    """Make a PNG whose header claims a size that its data need not have."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checksum = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(pixels))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


def zip_bytes() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.html", "<script>alert(1)</script>")
    return buffer.getvalue()


@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (12_000, 8_000)])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_refused_before_it_unfolds(look, width: int, height: int):
    code = refusal(look, png_of(width, height, b"\0" * 1000))
    assert code == ("dimensions_too_large", 400)


def test_the_pixel_limit_is_the_callers(look):
    limits = Limits(max_image_pixels=64 * 48)
    assert look(made.jpeg_bytes(64, 48), limits=limits).width == 64
    assert refusal(look, made.jpeg_bytes(65, 48), limits=limits)[1] == 400


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "AVIF"])
def test_too_many_frames_are_refused(look, form: str):
    data = made.animation_bytes(form, frames=5)
    assert look(data, limits=Limits(max_frames=5)).kind == "image"
    for limits in (
        Limits(max_frames=4),
        Limits(max_animation_pixels=4 * 64 * 48),
    ):
        assert refusal(look, data, limits=limits) == ("too_many_frames", 400)


def test_a_jpeg_of_endless_scans_is_refused(look):
    data = made.jpeg_bytes(64, 48, seed=2, progressive=True)
    last_scan = data[data.rindex(b"\xff\xda") : -2]
    assert look(data[:-2] + last_scan * 20 + b"\xff\xd9").kind == "image"
    bomb = data[:-2] + last_scan * 200 + b"\xff\xd9"
    assert refusal(look, bomb) == ("file_corrupt", 400)


def test_a_picture_of_too_many_bytes_is_refused(look):
    limits = Limits(max_image_bytes=100)
    assert refusal(look, made.jpeg_bytes(), limits=limits) == (
        "file_too_large",
        413,
    )
    assert look(made.mp4_bytes(), limits=limits).kind == "video"


@pytest.mark.parametrize(
    "make", [made.jpeg_bytes, made.png_bytes, made.webp_bytes, made.heic_bytes]
)
@pytest.mark.parametrize("kept", [0.3, 0.8])
def test_a_truncated_picture_is_refused(look, make, kept: float):
    data = make(640, 480, seed=5)
    part = data[: int(len(data) * kept)]
    assert refusal(look, part) == ("file_corrupt", 400)


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE html><html><body>hello</body></html>",
        b"\n  <html><script>alert(1)</script></html>",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
        b"MZ\x90\x00\x03\x00\x00\x00\x04\x00",
        b"\x7fELF\x02\x01\x01\x00" + b"\0" * 64,
        b"#!/bin/sh\nrm -rf /\n",
        b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"BM\x36\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00",
        b"II*\x00\x08\x00\x00\x00",
        b"x",
        random.Random(7).randbytes(5000),
        zip_bytes(),
    ],
)
def test_what_is_neither_picture_nor_video_is_refused(look, data: bytes):
    for name in ("holiday.jpg", "clip.mp4"):
        assert refusal(look, data, name) == ("file_type_unsupported", 415)


def test_an_empty_file_is_refused(look):
    assert refusal(look, b"") == ("file_empty", 400)


@pytest.mark.parametrize(
    "data",
    [
        made.jpeg_bytes() + zip_bytes(),
        made.png_bytes() + zip_bytes(),
        b"GIF89a/*<script>alert(1)</script>*/",
        made.jpeg_bytes()[:2] + b"\xff\xfe\x00\x0c%PDF-1.7\n." + made.jpeg_bytes(),
    ],
    ids=["jpeg+zip", "png+zip", "gif+html", "jpeg+pdf"],
)
def test_a_file_that_is_two_files_is_refused(look, data: bytes):
    assert refusal(look, data) == ("file_disguised", 400)


def test_a_motion_photo_is_taken(look):
    # Phones append a short film to the picture.
    data = made.jpeg_bytes(seed=3) + made.mp4_bytes()
    assert look(data).content_type == "image/jpeg"


def test_the_message_names_the_file_and_what_to_do(look):
    with pytest.raises(FileRefused) as caught:
        look(b"%PDF-1.7", "../../etc/\u202egpj.exe")
    assert caught.value.message == (
        "“gpj.exe” is a PDF document, whatever its name says. Upload JPEG, PNG, "
        "WebP, GIF, HEIC, AVIF, MP4, MOV, WebM or MKV."
    )


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Bend a sound file: change, cut, insert, repeat."""
    bent = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 30))):
        at = chance.randrange(len(bent)) if len(bent) > 1 else 0
        match chance.randrange(5):
            case 0 | 1:
                bent[at : at + 1] = chance.randbytes(1)
            case 2:
                bent[at : at + 4] = chance.choice((b"\xff" * 4, b"\0" * 4, b"\x7f" * 4))
            case 3:
                bent[at : at + chance.randrange(40)] = chance.randbytes(8)
            case 4:
                del bent[max(at, len(bent) // 2) :]
    return bytes(bent)


@pytest.mark.parametrize(
    ("make", "rounds"),
    [
        (lambda: made.jpeg_bytes(seed=9, exif=made.exif_bytes(gps=True)), 60),
        (lambda: made.png_bytes(seed=9), 60),
        (lambda: made.webp_bytes(seed=9), 60),
        (lambda: made.heic_bytes(seed=9), 60),
        (lambda: made.avif_bytes(seed=9), 60),
        (lambda: made.animation_bytes("GIF"), 60),
        (lambda: made.animation_bytes("WEBP"), 60),
        (lambda: made.animation_bytes("PNG"), 60),
        (made.mp4_bytes, 12),
        (made.webm_bytes, 12),
    ],
    ids=[
        "jpeg",
        "png",
        "webp",
        "heic",
        "avif",
        "gif",
        "animated-webp",
        "apng",
        "mp4",
        "webm",
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_a_bent_file_is_taken_or_refused_and_nothing_else(
    write, make, rounds, tmp_path
):
    chance = random.Random(20260301)
    statuses = set()
    for _ in range(rounds):
        path = write(mutated(make(), chance))
        try:
            seen = files.inspect(path, claimed_name="bent", limits=LIMITS)
            files.make_derivatives(path, seen, tmp_path / "made")
        except FileRefused as refused:
            statuses.add(refused.status)
        else:
            assert min(seen.width, seen.height) > 0
    assert statuses <= {400, 413, 415}
