"""Real pictures and videos, made on the spot and kept for the session."""

import io
import random
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import imageio_ffmpeg
import pillow_heif
from PIL import Image, ImageDraw

pillow_heif.register_heif_opener()

BRAND = (214, 51, 108)
MAKE = 0x010F
ORIENTATION = 0x0112
EXIF_IFD = 0x8769
GPS_IFD = 0x8825
CAMERA = "SecretCameraMaker"


def exif_bytes(
    *,
    orientation: int | None = None,
    taken: str | None = None,
    offset: str | None = None,
    gps: bool = False,
) -> bytes:
    """Make EXIF as a phone writes it; `taken` is like `2026:03:01 12:00:00`."""
    exif = Image.Exif()
    exif[MAKE] = CAMERA
    if orientation is not None:
        exif[ORIENTATION] = orientation
    details = exif.get_ifd(EXIF_IFD)
    if taken is not None:
        details[0x9003] = taken
    if offset is not None:
        details[0x9011] = offset
    if gps:
        exif.get_ifd(GPS_IFD).update(
            {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)}
        )
    return exif.tobytes()


def picture(
    width: int,
    height: int,
    colour: tuple[int, ...] = BRAND,
    seed: int = 0,
) -> Image.Image:
    """Draw a picture: plain for seed 0, else with blocks that the seed places."""
    mode = "RGBA" if len(colour) == 4 else "RGB"
    image = Image.new(mode, (width, height), colour)
    if seed:
        chance = random.Random(seed)
        draw = ImageDraw.Draw(image)
        for _ in range(6):
            x, y = chance.randrange(width), chance.randrange(height)
            block = (x, y, x + width // 5, y + height // 5)
            draw.rectangle(block, fill=tuple(chance.randrange(256) for _ in range(3)))
    return image


@cache
def jpeg_bytes(
    width: int = 64,
    height: int = 48,
    colour: tuple[int, int, int] = BRAND,
    *,
    seed: int = 0,
    exif: bytes = b"",
    icc_profile: bytes | None = None,
    progressive: bool = False,
) -> bytes:
    """Make a JPEG; another seed is another picture and other bytes."""
    buffer = io.BytesIO()
    picture(width, height, colour, seed).save(
        buffer,
        "JPEG",
        quality=90,
        exif=exif,
        icc_profile=icc_profile,
        progressive=progressive,
        comment=f"seed {seed}",
    )
    return buffer.getvalue()


@cache
def png_bytes(
    width: int = 64,
    height: int = 48,
    colour: tuple[int, ...] = BRAND,
    *,
    seed: int = 0,
    exif: bytes = b"",
) -> bytes:
    """Make a PNG; a colour of four numbers makes one with transparency."""
    buffer = io.BytesIO()
    picture(width, height, colour, seed).save(buffer, "PNG", exif=exif)
    return buffer.getvalue()


@cache
def webp_bytes(width: int = 64, height: int = 48, *, seed: int = 0) -> bytes:
    """Make a still WebP."""
    buffer = io.BytesIO()
    picture(width, height, seed=seed).save(buffer, "WEBP")
    return buffer.getvalue()


@cache
def animation_bytes(form: str, frames: int = 4, width: int = 64) -> bytes:
    """Make an animation; `form` is Pillow's name: GIF, WEBP, PNG or AVIF."""
    images = [picture(width, 48, seed=number + 1) for number in range(frames)]
    buffer = io.BytesIO()
    images[0].save(
        buffer, form, save_all=True, append_images=images[1:], duration=50, loop=0
    )
    return buffer.getvalue()


@cache
def heic_bytes(
    width: int = 64, height: int = 48, *, seed: int = 0, exif: bytes = b""
) -> bytes:
    """Make a HEIC as an iPhone takes them."""
    buffer = io.BytesIO()
    picture(width, height, seed=seed).save(buffer, "HEIF", exif=exif or None)
    return buffer.getvalue()


@cache
def avif_bytes(
    width: int = 64, height: int = 48, *, seed: int = 0, exif: bytes = b""
) -> bytes:
    """Make an AVIF."""
    buffer = io.BytesIO()
    picture(width, height, seed=seed).save(buffer, "AVIF", speed=10, exif=exif)
    return buffer.getvalue()


@cache
def mp4_bytes(
    seconds: float = 1,
    width: int = 64,
    height: int = 48,
    *,
    rotation: int = 0,
    created: str = "",
    seed: int = 0,
) -> bytes:
    """Make an MP4 (H.264 and AAC) that can be played while it loads."""
    metadata = ("-metadata", f"creation_time={created}") if created else ()
    plain = _ffmpeg(
        *_test_picture(seconds, width, height),
        *("-f", "lavfi", "-i", f"sine=duration={seconds}:frequency={440 + seed}"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"),
        *("-c:a", "aac", "-movflags", "+faststart", *metadata),
        suffix="mp4",
    )
    if not rotation:
        return plain
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "plain.mp4")
        source.write_bytes(plain)
        turned = ("-display_rotation", str(rotation), "-i", str(source), "-c", "copy")
        return _ffmpeg(*turned, *metadata, suffix="mp4")


@cache
def webm_bytes(seconds: float = 1, width: int = 64, height: int = 48) -> bytes:
    """Make a WebM (VP9, no sound)."""
    return _ffmpeg(*_test_picture(seconds, width, height), *_VP9, suffix="webm")


@cache
def recorded_webm_bytes(seconds: float = 1) -> bytes:
    """Make a WebM that states no duration, as recorders in browsers do."""
    picture_of = _test_picture(seconds, 64, 48)
    return _ffmpeg(*picture_of, *_VP9, "-live", "1", suffix="webm")


@cache
def mkv_bytes(seconds: float = 1) -> bytes:
    """Make a Matroska file (H.264)."""
    h264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p")
    return _ffmpeg(*_test_picture(seconds, 64, 48), *h264, suffix="mkv")


@cache
def mov_bytes(seconds: float = 1) -> bytes:
    """Make a QuickTime file (H.264)."""
    h264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p")
    return _ffmpeg(*_test_picture(seconds, 64, 48), *h264, suffix="mov")


@cache
def sound_bytes(suffix: str = "mp4") -> bytes:
    """Make a file that has sound and no picture."""
    return _ffmpeg("-f", "lavfi", "-i", "sine=duration=1", suffix=suffix)


_VP9 = ("-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p", "-deadline", "realtime")


def _test_picture(seconds: float, width: int, height: int) -> tuple[str, ...]:
    size = f"size={width}x{height}"
    source = f"testsrc=duration={seconds}:{size}:rate=10"
    return ("-f", "lavfi", "-i", source)


def _ffmpeg(*arguments: str, suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, f"made.{suffix}")
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin"]
        subprocess.run(
            [*command, *arguments, "-threads", "1", str(target)], check=True, timeout=60
        )
        return target.read_bytes()
