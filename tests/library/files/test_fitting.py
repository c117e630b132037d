"""Files made fit: no metadata is left in any of them, and each fits what is taken."""

import io
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import pytest
from PIL import Image, ImageChops, ImageSequence

from library.files import fitting
from library.files.fitting import Fit, Fitted, Unfit, fit_image, fit_video
from library.files.fitting.stripping import STRIP
from library.files.limits import FileRefused
from library.files.sniffing import HEAD, recognise
from tests.media_files import (
    TOLD,
    animation_bytes,
    avif_bytes,
    camera_jpeg_bytes,
    jpeg_bytes,
    png_bytes,
    srgb_profile,
    swapped_profile,
    told_gif_bytes,
    told_heif_bytes,
    told_jpeg_bytes,
    told_png_bytes,
    told_video_bytes,
    told_webp_bytes,
    webm_bytes,
)

MEGABYTE = 1_000_000
BLUESKY = Fit(frozenset({"image/jpeg", "image/png", "image/webp"}), MEGABYTE, 2000)
ANYTHING = Fit()
MP4_ONLY = frozenset({"video/mp4"})


@pytest.fixture
def fit(tmp_path: Path) -> Callable[..., tuple[Fitted, bytes]]:
    """Fit some bytes; return what they are then, and they themselves."""

    def make(
        data: bytes, wanted: Fit = ANYTHING, *, video: bool = False
    ) -> tuple[Fitted, bytes]:
        source, target = tmp_path / "source", tmp_path / "target"
        source.write_bytes(data)
        done = (fit_video if video else fit_image)(source, target, wanted, name="a.jpg")
        made = target.read_bytes()
        assert source.read_bytes() == data
        assert (done.size, len(done.sha256)) == (len(made), 64)
        assert wanted.has_room_for(done.size)
        form = recognise(made[:HEAD])
        assert form is not None
        assert (form.content_type, form.extension) == (
            done.content_type,
            done.extension,
        )
        return done, made

    return make


def told_in(data: bytes) -> list[bytes]:
    """Return what a file tells that it should not."""
    return [secret for secret in TOLD if secret in data]


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def frames_of(data: bytes) -> list[bytes]:
    frames = ImageSequence.Iterator(Image.open(io.BytesIO(data)))
    return [frame.convert("RGBA").tobytes() for frame in frames]


TELLING = {
    "jpeg": lambda: told_jpeg_bytes(),
    "turned jpeg": lambda: told_jpeg_bytes(orientation=6),
    "jpeg in other colours": lambda: told_jpeg_bytes(icc_profile=swapped_profile()),
    "png": lambda: told_png_bytes(),
    "png with alpha": lambda: told_png_bytes(alpha=True),
    "webp": lambda: told_webp_bytes(),
    "moving webp": lambda: told_webp_bytes(3),
    "gif": lambda: told_gif_bytes(),
    "heic": lambda: told_heif_bytes("HEIF"),
    "avif": lambda: told_heif_bytes("AVIF"),
}
WISHES = {
    "anything": Fit(),
    "jpeg only": Fit(frozenset({"image/jpeg"})),
    "small": Fit(frozenset({"image/*"}), 6_000, 100),
    "bluesky": BLUESKY,
}


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("kind", TELLING)
def test_nothing_told_is_left_in_any_picture(
    fit: Callable[..., tuple[Fitted, bytes]], kind: str, wish: str
) -> None:
    data = TELLING[kind]()
    assert told_in(data), "the file is to prove something"
    done, made = fit(data, WISHES[wish])
    assert told_in(made) == []
    image = opened(made)
    assert dict(image.getexif()) == {}
    assert {"exif", "xmp", "comment", "photoshop", "icc_profile"}.isdisjoint(image.info)
    assert getattr(image, "text", {}) == {}
    assert (done.width, done.height) == image.size
    edge = WISHES[wish].edge
    assert edge is None or max(image.size) <= edge


@pytest.mark.parametrize("kind", ["jpeg", "png", "png with alpha", "webp"])
def test_pixels_stay_as_they_are_where_only_metadata_has_to_go(
    fit: Callable[..., tuple[Fitted, bytes]], kind: str
) -> None:
    data = TELLING[kind]()
    _, made = fit(data)
    before, after = opened(data), opened(made)
    assert (before.format.replace("MPO", "JPEG"), before.mode) == (
        after.format,
        after.mode,
    )
    assert before.tobytes() == after.tobytes()


@pytest.mark.parametrize("kind", ["moving webp", "gif"])
def test_an_animation_keeps_every_frame(
    fit: Callable[..., tuple[Fitted, bytes]], kind: str
) -> None:
    data = TELLING[kind]()
    _, made = fit(data)
    assert frames_of(made) == frames_of(data)
    assert opened(made).info.get("loop") == opened(data).info.get("loop")
    assert opened(made).info["duration"] == opened(data).info["duration"]


def test_an_animated_png_keeps_every_frame(
    fit: Callable[..., tuple[Fitted, bytes]],
) -> None:
    data = animation_bytes("PNG")
    assert frames_of(fit(data)[1]) == frames_of(data)


def test_an_animation_that_is_not_taken_becomes_its_first_frame(
    fit: Callable[..., tuple[Fitted, bytes]],
) -> None:
    data = told_gif_bytes()
    done, made = fit(data, Fit(frozenset({"image/png"})))
    assert done.content_type == "image/png"
    assert frames_of(made) == frames_of(data)[:1]


def test_a_turned_picture_is_set_upright(
    fit: Callable[..., tuple[Fitted, bytes]],
) -> None:
    for orientation in range(1, 9):
        done, _ = fit(told_jpeg_bytes(640, 480, orientation=orientation))
        sides = (640, 480) if orientation < 5 else (480, 640)
        assert (done.width, done.height) == sides
    turned = told_jpeg_bytes(640, 480, orientation=3)
    before, after = opened(turned).convert("RGB"), opened(fit(turned)[1])
    upright = before.transpose(Image.Transpose.ROTATE_180)
    assert max(ImageChops.difference(upright, after).getextrema()[0]) < 80


def test_other_colours_are_turned_into_srgb(
    fit: Callable[..., tuple[Fitted, bytes]],
) -> None:
    red = (220, 30, 30)
    data = jpeg_bytes(64, 64, red, icc_profile=swapped_profile())
    shown = opened(fit(data)[1]).getpixel((32, 32))
    assert isinstance(shown, tuple)
    assert shown[1] > shown[0]
    same = jpeg_bytes(64, 64, red, icc_profile=srgb_profile())
    assert opened(fit(same)[1]).tobytes() == opened(same).tobytes()


def test_heic_and_avif_become_jpeg(
    fit: Callable[..., tuple[Fitted, bytes]],
) -> None:
    for form in ("HEIF", "AVIF"):
        done, _ = fit(told_heif_bytes(form))
        assert (done.content_type, done.width, done.height) == ("image/jpeg", 160, 120)
    assert fit(avif_bytes(), Fit(frozenset({"image/avif", "image/png"})))[
        0
    ].content_type == ("image/png")


def test_transparency_stays_where_it_is_taken(
    fit: Callable[..., tuple[Fitted, bytes]],
) -> None:
    clear = told_png_bytes(alpha=True)
    assert fit(clear)[0].content_type == "image/png"
    webp, made = fit(clear, Fit(frozenset({"image/jpeg", "image/webp"})))
    assert (webp.content_type, opened(made).mode) == ("image/webp", "RGBA")
    flat = png_bytes(40, 40, (0, 0, 0, 0))
    done, made = fit(flat, Fit(frozenset({"image/jpeg"})))
    assert (done.content_type, opened(made).getpixel((9, 9))) == (
        "image/jpeg",
        (255, 255, 255),
    )


def test_a_cameras_picture_becomes_what_bluesky_takes(
    fit: Callable[..., tuple[Fitted, bytes]],
) -> None:
    data = camera_jpeg_bytes()
    assert len(data) > 14 * MEGABYTE
    done, made = fit(data, BLUESKY)
    assert done.size <= MEGABYTE
    assert told_in(made) == []
    assert (done.width, done.height) == (2000, 1333)
    full, _ = fit(data, Fit(max_bytes=MEGABYTE))
    assert full.size <= MEGABYTE
    assert max(full.width, full.height) > 1200


def test_the_same_file_and_wish_give_the_same_bytes(
    fit: Callable[..., tuple[Fitted, bytes]],
) -> None:
    wish = Fit(max_bytes=20_000)
    data = told_jpeg_bytes(orientation=6)
    assert fit(data, wish)[1] == fit(data, wish)[1]


def test_pictures_that_cannot_fit_are_refused_in_words(
    fit: Callable[..., tuple[Fitted, bytes]],
) -> None:
    with pytest.raises(Unfit, match="cannot be turned into a type"):
        fit(jpeg_bytes(), Fit(frozenset({"video/mp4"})))
    with pytest.raises(Unfit, match="as small as 100 bytes"):
        fit(told_jpeg_bytes(), Fit(max_bytes=100))
    with pytest.raises(Unfit):
        fit(b"no picture at all")
    with pytest.raises(FileRefused):
        fit(jpeg_bytes()[:200])


def test_damaged_files_are_never_stripped_by_guessing() -> None:
    samples = (told_jpeg_bytes(), told_png_bytes(), told_webp_bytes(), told_gif_bytes())
    for data in samples:
        form = recognise(data)
        assert form is not None
        whole = STRIP[form](data)
        assert STRIP[form](whole) == whole
        for cut in range(0, len(whole) - 1, max(1, len(whole) // 200)):
            with pytest.raises((ValueError, IndexError)):
                STRIP[form](data[:cut])


def test_wishes_that_are_the_same_have_one_key() -> None:
    one = Fit(frozenset({"image/png", "image/jpeg"}), 5, 6, 7)
    assert one.key() == Fit(frozenset({"image/jpeg", "image/png"}), 5, 6, 7).key()
    others = {Fit().key(), Fit(frozenset()).key(), Fit(max_bytes=5).key(), one.key()}
    assert len(others) == 4


def told_of(data: bytes, tmp_path: Path) -> str:
    """Return what ffmpeg has to say of a clip."""
    path = tmp_path / "told"
    path.write_bytes(data)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(path)]
    return subprocess.run(command, capture_output=True, text=True).stderr


@pytest.mark.parametrize("suffix", ["mov", "mp4", "mkv"])
@pytest.mark.parametrize(
    "wish", [Fit(), Fit(MP4_ONLY), Fit(MP4_ONLY, 40_000)], ids=["any", "mp4", "small"]
)
def test_nothing_told_is_left_in_any_clip(
    fit: Callable[..., tuple[Fitted, bytes]], suffix: str, wish: Fit, tmp_path: Path
) -> None:
    data = told_video_bytes(suffix)
    assert told_in(data), "the file is to prove something"
    done, made = fit(data, wish, video=True)
    assert told_in(made) == []
    said = told_of(made, tmp_path)
    assert all(word not in said for word in ("location", "creation", "Chapter", "make"))
    assert (done.content_type, done.width, done.height) == ("video/mp4", 64, 48)


def test_streams_that_are_taken_are_copied(
    fit: Callable[..., tuple[Fitted, bytes]], tmp_path: Path
) -> None:
    _, made = fit(told_video_bytes("mov", codec="libx265"), video=True)
    assert "Video: hevc" in told_of(made, tmp_path)
    _, made = fit(told_video_bytes("mov", codec="libx265"), Fit(MP4_ONLY), video=True)
    assert "Video: h264" in told_of(made, tmp_path)
    done, made = fit(webm_bytes(), video=True)
    assert (done.content_type, "Video: vp9" in told_of(made, tmp_path)) == (
        "video/webm",
        True,
    )
    done, made = fit(webm_bytes(), Fit(MP4_ONLY), video=True)
    assert (done.content_type, "Video: h264" in told_of(made, tmp_path)) == (
        "video/mp4",
        True,
    )


def test_a_turned_clip_is_upright_copied_or_encoded(
    fit: Callable[..., tuple[Fitted, bytes]],
) -> None:
    data = told_video_bytes("mov", rotation=90)
    for wish in (Fit(), Fit(MP4_ONLY, 40_000)):
        done, made = fit(data, wish, video=True)
        assert (done.width, done.height) == (48, 64)
        assert told_in(made) == []


def test_a_clip_is_encoded_as_small_as_is_taken(
    fit: Callable[..., tuple[Fitted, bytes]],
) -> None:
    data = told_video_bytes("mov", 4, 640, 360, noisy=True)
    limit = 400_000
    assert len(data) > 4 * limit
    done, made = fit(data, Fit(MP4_ONLY, limit), video=True)
    assert limit / 3 < done.size <= limit
    # It plays before it is all there: the index comes first.
    assert made.index(b"moov") < made.index(b"mdat")


def test_clips_that_cannot_fit_are_refused_in_words(
    fit: Callable[..., tuple[Fitted, bytes]],
) -> None:
    clip = told_video_bytes("mov", 4, 640, 360, noisy=True)
    with pytest.raises(Unfit, match="is 4 seconds long; at most 2 are taken"):
        fit(clip, Fit(seconds=2), video=True)
    with pytest.raises(Unfit, match="cannot be made as small as"):
        fit(clip, Fit(MP4_ONLY, 20_000), video=True)
    with pytest.raises(Unfit, match="cannot be turned into a type"):
        fit(clip, Fit(frozenset({"image/jpeg"})), video=True)


def test_encoding_ends_when_its_time_is_up(
    fit: Callable[..., tuple[Fitted, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = told_video_bytes("mov", 4, 640, 360, noisy=True)
    monkeypatch.setattr(fitting.clips, "FIT_SECONDS", 0.001)
    with pytest.raises(FileRefused, match="takes too long"):
        fit(clip, Fit(MP4_ONLY, 400_000), video=True)
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    assert not children.exists() or children.read_text().split() == []
