"""Pictures that are taken, and what is made of them."""

import io
from datetime import UTC, datetime

import numpy
import pytest
from PIL import Image, ImageCms

from tests import media_files as made
from tests.library.files.judging import channels, encoded

TRACES = (b"Exif", b"GPS", made.CAMERA.encode(), b"ICC_PROFILE", b"xmpmeta", b"seed 0")


def quadrants(width: int, height: int) -> Image.Image:
    """Draw a picture that is red at its top left and blue elsewhere."""
    image = Image.new("RGB", (width, height), (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, width // 2, height // 2))
    return image


@pytest.mark.parametrize(
    ("make", "content_type", "extension"),
    [
        (made.jpeg_bytes, "image/jpeg", "jpg"),
        (made.png_bytes, "image/png", "png"),
        (made.webp_bytes, "image/webp", "webp"),
        (made.heic_bytes, "image/heic", "heic"),
        (made.avif_bytes, "image/avif", "avif"),
    ],
)
def test_the_type_is_told_by_the_content(look, make, content_type: str, extension: str):
    seen = look(make(64, 48), "clip.mp4")
    assert (seen.kind, seen.content_type) == ("image", content_type)
    assert (seen.extension, seen.width, seen.height) == (extension, 64, 48)
    assert seen.duration_seconds is None
    assert seen.taken_at is None
    assert channels(seen) == pytest.approx(made.BRAND, abs=4)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "AVIF"])
def test_an_animation_is_a_picture_of_its_first_frame(derive, look, form):
    data = made.animation_bytes(form)
    assert look(data).kind == "image"
    preview = derive(data).preview
    with Image.open(preview.path) as image:
        assert image.size == (64, 48)
        assert getattr(image, "n_frames", 1) == 1


@pytest.mark.parametrize(
    ("orientation", "stored_as"),
    [
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (4, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.TRANSPOSE),
        (6, Image.Transpose.ROTATE_90),
        (7, Image.Transpose.TRANSVERSE),
        (8, Image.Transpose.ROTATE_270),
    ],
)
def test_the_orientation_is_applied(derive, look, orientation, stored_as):
    exif = made.exif_bytes(orientation=orientation)
    stored = quadrants(80, 40).transpose(stored_as)
    data = encoded(stored, "JPEG", quality=95, exif=exif)
    seen = look(data)
    assert (seen.width, seen.height) == (80, 40)
    with Image.open(derive(data).preview.path) as upright:
        assert upright.size == (80, 40)
        assert upright.getpixel((10, 5)) == pytest.approx((255, 0, 0), abs=40)
        for elsewhere in ((70, 5), (10, 35), (70, 35)):
            assert upright.getpixel(elsewhere) == pytest.approx((0, 0, 255), abs=40)


@pytest.mark.parametrize("make", [made.heic_bytes, made.avif_bytes, made.png_bytes])
def test_the_orientation_is_applied_once_in_every_format(derive, look, make):
    data = make(64, 48, exif=made.exif_bytes(orientation=6))
    seen = look(data)
    assert (seen.width, seen.height) == (48, 64)
    thumbnail = derive(data).thumbnail
    assert (thumbnail.width, thumbnail.height) == (48, 64)


def test_neither_place_nor_camera_nor_profile_is_left_in_derivatives(derive):
    exif = made.exif_bytes(
        orientation=6, taken="2026:03:01 12:00:00", offset="+01:00", gps=True
    )
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(
        made.picture(2000, 1000),
        "JPEG",
        exif=exif,
        icc_profile=profile,
        xmp=b"<x:xmpmeta>Berlin</x:xmpmeta>",
        comment="seed 0",
    )
    assert all(trace in data for trace in TRACES if trace != b"GPS")
    with Image.open(io.BytesIO(data)) as original:
        assert original.getexif().get_ifd(made.GPS_IFD)
    derivatives = derive(data)
    for derivative in (derivatives.thumbnail, derivatives.preview):
        small = derivative.path.read_bytes()
        assert not [trace for trace in TRACES if trace in small]
        with Image.open(derivative.path) as image:
            assert not dict(image.getexif())
            assert not {"exif", "icc_profile", "xmp", "comment"} & set(image.info)


def test_transparency_is_kept_and_carries_no_metadata(derive):
    data = made.png_bytes(600, 300, (10, 200, 30, 128), exif=made.exif_bytes(gps=True))
    derivatives = derive(data)
    for derivative in (derivatives.thumbnail, derivatives.preview):
        assert derivative.content_type == "image/webp"
        assert b"EXIF" not in derivative.path.read_bytes()
        with Image.open(derivative.path) as image:
            assert image.mode == "RGBA"
            assert image.getpixel((5, 5))[3] == pytest.approx(128, abs=2)


def test_an_unused_alpha_channel_makes_a_jpeg(derive):
    data = made.png_bytes(60, 30, (10, 200, 30, 255))
    assert derive(data).preview.content_type == "image/jpeg"


def test_a_transparent_grey_stays_transparent(derive):
    data = encoded(Image.new("L", (60, 30), 40), "PNG", transparency=40)
    assert derive(data).preview.content_type == "image/webp"


def test_transparent_pixels_do_not_tint_the_mean(look):
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    image.paste((200, 100, 50, 255), (0, 0, 20, 40))
    assert channels(look(encoded(image, "PNG"))) == pytest.approx((200, 100, 50), abs=2)
    clear = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    assert look(encoded(clear, "PNG")).colour == "#ffffff"


def test_derivatives_have_their_sizes(derive):
    derivatives = derive(made.jpeg_bytes(3000, 2000))
    assert (derivatives.preview.width, derivatives.preview.height) == (1600, 1067)
    assert (derivatives.thumbnail.width, derivatives.thumbnail.height) == (480, 320)
    for derivative in (derivatives.thumbnail, derivatives.preview):
        with Image.open(derivative.path, formats=["JPEG"]) as image:
            assert image.size == (derivative.width, derivative.height)


def test_a_small_picture_is_not_blown_up(derive):
    assert derive(made.jpeg_bytes(60, 40)).preview.width == 60


def test_a_hair_thin_picture_keeps_one_pixel(derive):
    derivatives = derive(encoded(Image.new("RGB", (20_000, 1)), "PNG"))
    assert (derivatives.preview.width, derivatives.preview.height) == (1600, 1)


def test_colours_are_converted_by_the_profile(look, derive):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # A profile of its own: red and blue have changed their places.
    swapped = srgb.replace(b"rXYZ", b"tXYZ").replace(b"bXYZ", b"rXYZ")
    profile = swapped.replace(b"tXYZ", b"bXYZ")
    data = made.jpeg_bytes(64, 48, (255, 0, 0), icc_profile=profile)
    with Image.open(derive(data).preview.path) as image:
        assert image.getpixel((10, 10)) == pytest.approx((0, 0, 255), abs=10)
    assert channels(look(data)) == pytest.approx((0, 0, 255), abs=4)


def test_a_broken_profile_costs_only_the_exact_colours(look):
    assert look(made.jpeg_bytes(icc_profile=b"nonsense")).colour == "#d6336c"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "CMYK"])
def test_every_kind_of_pixel_is_taken(look, derive, mode: str):
    if mode == "I;16":
        image = Image.fromarray(numpy.full((48, 64), 0x8080, dtype=numpy.uint16))
    else:
        image = Image.new("RGB", (64, 48), (128, 128, 128)).convert(mode)
    data = encoded(image, "JPEG" if mode == "CMYK" else "PNG")
    assert channels(look(data)) == pytest.approx((128, 128, 128), abs=4)
    assert derive(data).thumbnail.width == 64


def test_a_time_with_an_offset_becomes_utc(look):
    exif = made.exif_bytes(taken="2026:03:01 00:30:00", offset="+05:45")
    expected = datetime(2026, 2, 28, 18, 45, tzinfo=UTC)
    for make in (made.jpeg_bytes, made.heic_bytes, made.avif_bytes, made.png_bytes):
        assert look(make(64, 48, exif=exif)).taken_at == expected


@pytest.mark.parametrize(
    ("taken", "offset"),
    [
        ("2026:03:01 12:00:00", None),
        ("0000:00:00 00:00:00", "+01:00"),
        ("0001:01:01 00:00:00", "+14:00"),
        ("yesterday", "+01:00"),
        ("2026:03:01 12:00:00", "+99:99"),
        (None, "+01:00"),
    ],
)
def test_a_time_that_is_not_sure_is_unknown(look, taken, offset):
    exif = made.exif_bytes(taken=taken, offset=offset)
    assert look(made.jpeg_bytes(exif=exif)).taken_at is None


def test_broken_exif_does_not_cost_the_picture(look):
    exif = made.exif_bytes(orientation=6, gps=True)
    assert look(made.jpeg_bytes(exif=exif[:20] + b"\xff" * 30)).kind == "image"
