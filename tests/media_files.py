"""Real pictures and videos, made on the spot and kept for the session."""

import io
import random
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import imageio_ffmpeg
import numpy
import pillow_heif
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

pillow_heif.register_heif_opener()

BRAND = (214, 51, 108)
MAKE = 0x010F
ORIENTATION = 0x0112
EXIF_IFD = 0x8769
GPS_IFD = 0x8825
CAMERA = "SecretCameraMaker"
PLACE = "+52.5200+013.4050/"
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description exif:GPSLatitude="52,31.2N" '
    b'xmlns:exif="http://ns.adobe.com/exif/1.0/" tiff:Make="SecretCameraMaker" '
    b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/"/></rdf:RDF></x:xmpmeta>'
)
# What no file that is sent may hold: names of cameras, places, and the marks of the
# segments that carry such things.
TOLD = (
    *(CAMERA.encode(), b"52.52", b"52,31", b"SecretCaption", b"SecretComment"),
    *(b"Exif\0", b"EXIF", b"eXIf", b"xmpmeta", b"ns.adobe.com", b"XMP "),
    *(b"Photoshop 3.0", b"8BIM", b"ISO6709", b"\xa9xyz", b"tEXt", b"iTXt", b"zTXt"),
    *(b"SecretTrailer", b"SecretChapter", b"creation_time", b"2026-03-01"),
)


def exif_bytes(
    *,
    orientation: int | None = None,
    taken: str | None = None,
    offset: str | None = None,
    gps: bool = False,
    preview: bytes = b"",
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
    if preview:
        details[0x927C] = b"SecretCameraMaker's note" + preview
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


def _segment(marker: int, body: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + (len(body) + 2).to_bytes(2, "big") + body


@cache
def told_jpeg_bytes(
    width: int = 640,
    height: int = 480,
    *,
    orientation: int = 1,
    seed: int = 1,
    icc_profile: bytes | None = None,
) -> bytes:
    """Make a JPEG that tells all: EXIF, GPS, preview, XMP, IPTC, comment, trailer."""
    exif = exif_bytes(
        orientation=orientation,
        taken="2026:03:01 12:00:00",
        gps=True,
        preview=jpeg_bytes(160, 120, seed=seed),
    )
    plain = jpeg_bytes(width, height, seed=seed, exif=exif, icc_profile=icc_profile)
    caption = b"\x1c\x02\x78\x00\x0dSecretCaption"
    told = (
        _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)
        + _segment(0xED, b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0\0\0\0\x12" + caption)
        + _segment(0xFE, b"SecretComment")
    )
    return plain[:2] + told + plain[2:] + b"SecretTrailer" + jpeg_bytes(32, 24)


@cache
def camera_jpeg_bytes(width: int = 6000, height: int = 4000) -> bytes:
    """Make a camera's JPEG of 24 megapixels and some 15 MB: noisy, told all about."""
    chance = numpy.random.default_rng(7)
    rough = Image.fromarray(chance.integers(0, 255, (60, 90, 3), dtype=numpy.uint8))
    smooth = numpy.asarray(rough.resize((width, height))).astype(numpy.int16)
    noise = chance.integers(-40, 41, (height, width, 3), dtype=numpy.int16)
    grainy = Image.fromarray((smooth + noise).clip(0, 255).astype(numpy.uint8))
    buffer = io.BytesIO()
    exif = exif_bytes(taken="2026:03:01 12:00:00", gps=True)
    grainy.save(buffer, "JPEG", quality=92, exif=exif)
    return buffer.getvalue()


def srgb_profile() -> bytes:
    """Make a profile that says no more than sRGB."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile() -> bytes:
    """Make a profile of other colours than sRGB: red and green change places."""
    profile = bytearray(srgb_profile())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return (
        bytes(profile).replace(b"s\0R\0G\0B", b"X\0R\0G\0B").replace(b"sRGB", b"XRGB")
    )


@cache
def told_png_bytes(*, alpha: bool = False, width: int = 320) -> bytes:
    """Make a PNG with EXIF, XMP and texts."""
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "SecretComment")
    texts.add_text("Caption", "SecretCaption", zip=True)
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
    colour = (*BRAND, 120) if alpha else BRAND
    buffer = io.BytesIO()
    image = picture(width, 200, colour, seed=3)
    image.save(buffer, "PNG", exif=exif_bytes(gps=True), pnginfo=texts)
    return buffer.getvalue() + b"SecretTrailer"


@cache
def told_webp_bytes(frames: int = 1) -> bytes:
    """Make a WebP with EXIF and XMP, animated with more than one frame."""
    images = [picture(120, 80, seed=number + 1) for number in range(frames)]
    buffer = io.BytesIO()
    images[0].save(
        buffer,
        "WEBP",
        save_all=frames > 1,
        append_images=images[1:],
        exif=exif_bytes(gps=True),
        xmp=XMP,
    )
    return buffer.getvalue()


@cache
def told_gif_bytes(frames: int = 4) -> bytes:
    """Make an animated GIF with a comment and XMP."""
    plain = animation_bytes("GIF", frames)
    table = 13 + (3 * 2 ** ((plain[10] & 7) + 1) if plain[10] & 0x80 else 0)
    comment = b"\x21\xfe\x0dSecretComment\0"
    magic = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    told = comment + b"\x21\xff\x0bXMP DataXMP" + XMP + magic
    return plain[:table] + told + plain[table:] + b"SecretTrailer"


@cache
def told_heif_bytes(form: str, orientation: int | None = None) -> bytes:
    """Make a HEIC or AVIF with EXIF and XMP; `form` is Pillow's name."""
    buffer = io.BytesIO()
    exif = exif_bytes(gps=True, orientation=orientation)
    picture(160, 120, seed=4).save(buffer, form, exif=exif, xmp=XMP)
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
def told_video_bytes(
    suffix: str = "mov",
    seconds: float = 1,
    width: int = 64,
    height: int = 48,
    *,
    codec: str = "libx264",
    rotation: int = 0,
    noisy: bool = False,
) -> bytes:
    """Make a phone's clip: place, device, date and chapters told, H.264 or HEVC."""
    chapters = (
        ";FFMETADATA1\n"
        f"location={PLACE}\ncom.apple.quicktime.location.ISO6709={PLACE}\n"
        f"com.apple.quicktime.make={CAMERA}\ncreation_time=2026-03-01T12:00:00Z\n"
        "comment=SecretComment\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=900\ntitle=SecretChapter\n"
    )
    noise = ("-vf", "noise=alls=60:allf=t") if noisy else ()
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder, "told.txt")
        told.write_text(chapters)
        flat = _ffmpeg(
            *_test_picture(seconds, width, height),
            *("-f", "lavfi", "-i", f"sine=duration={seconds}", "-i", str(told)),
            *("-map", "0:v", "-map", "1:a", "-map_metadata", "2", *noise),
            *("-map_chapters", "2", "-c:v", codec, "-preset", "ultrafast"),
            *("-pix_fmt", "yuv420p", "-c:a", "aac"),
            *("-metadata:s:v", f"title={CAMERA}"),
            *("-movflags", "+use_metadata_tags") if suffix == "mov" else (),
            suffix=suffix,
        )
        if not rotation:
            return flat
        source = Path(folder, f"flat.{suffix}")
        source.write_bytes(flat)
        turned = ("-display_rotation", str(rotation), "-i", str(source), "-c", "copy")
        told_on = ("-map_metadata", "0", "-movflags", "+use_metadata_tags")
        return _ffmpeg(*turned, *told_on, suffix=suffix)


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
