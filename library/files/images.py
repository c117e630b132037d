"""Pictures: decoded to prove that they are sound, and made smaller."""

import io
import mmap
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import pillow_heif
from PIL import Image, ImageCms

from library.files.limits import FileRefused, Limits, corrupt, quoted
from library.files.sniffing import AVIF, GIF, JPEG, PNG, WEBP, Format

pillow_heif.register_heif_opener()

# What Pillow's readers raise on bytes that somebody bent. Their code is many hands'
# work and promises no common error.
DECODER_FAULTS = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
COLOUR_EDGE = 64
MAX_PROFILE_BYTES = 4 * 1024 * 1024
MAX_JPEG_SCANS = 50

_ANIMATED = {GIF, PNG, WEBP, AVIF}
_ORIENTATION = 0x0112
_EXIF_IFD = 0x8769
_DATE_TIME_ORIGINAL = 0x9003
_OFFSET_TIME_ORIGINAL = 0x9011
# How to set upright what EXIF's Orientation says was stored otherwise.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = {5, 6, 7, 8}
_SRGB = ImageCms.createProfile("sRGB")
# Any marker that has a meaning of its own: not stuffing, padding or a restart.
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


@dataclass(frozen=True, slots=True)
class Picture:
    """What is to be known of a picture; width and height are those seen upright."""

    width: int
    height: int
    taken_at: datetime | None
    colour: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How a picture is stored; width and height before it is set upright.

    `plain` tells whether pixels mean what they say: upright, and colours in sRGB.
    """

    width: int
    height: int
    plain: bool
    animated: bool


def read_image(path: Path, form: Format, limits: Limits, name: str) -> Picture:
    """Decode the picture, every frame of it, and say what it is.

    Raise `FileRefused` for a damaged picture and for one whose pixels or frames are
    past the limits, before memory is taken for them.
    """
    if form is JPEG:
        _refuse_scan_bomb(path, name)
    with path.open("rb") as stream, _opened(stream, form, name) as image:
        _refuse_many_pixels(image, limits, name)
        width, height = image.size
        # Every byte is decoded all the same, but an eighth of the pixels computed.
        _ask_for_fewer(image, form, COLOUR_EDGE)
        image.load()
        if form is not JPEG:
            width, height = image.size
        colour = mean_colour(fitted(image, COLOUR_EDGE))
        exif = _exif_of(image)
        if form in _ANIMATED:
            _decode_further_frames(image, limits, name)
    if _orientation(exif) in _SIDEWAYS:
        width, height = height, width
    return Picture(width, height, _taken_at(exif), colour)


def layout_of(path: Path, form: Format, name: str) -> Layout:
    """Read how a picture is stored, from its head alone."""
    with path.open("rb") as stream, _opened(stream, form, name) as image:
        plain = (
            _orientation(_exif_of(image)) not in _UPRIGHT
            and image.mode not in {"CMYK", "YCCK"}
            and _is_srgb(image.info.get("icc_profile"))
        )
        animated = form in _ANIMATED and getattr(image, "is_animated", False)
        return Layout(*image.size, plain, animated)


def shrink_image(path: Path, form: Format, edge: int, name: str) -> Image.Image:
    """Return the picture's first frame, upright, in sRGB, at most `edge` long."""
    with path.open("rb") as stream, _opened(stream, form, name) as image:
        orientation = _orientation(_exif_of(image))
        _ask_for_fewer(image, form, edge)
        small = fitted(image, edge)
    if orientation in _UPRIGHT:
        small = small.transpose(_UPRIGHT[orientation])
    return small


def fitted(image: Image.Image, edge: int) -> Image.Image:
    """Return an sRGB copy (RGB or RGBA) at most `edge` long, without metadata."""
    profile = image.info.get("icc_profile")
    plain = _with_continuous_tones(image)
    size = _scaled(plain, min(1.0, edge / max(plain.size)))
    if size != plain.size:
        plain = plain.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    plain = _in_srgb(plain, profile)
    if plain.mode == "RGBA" and plain.getchannel("A").getextrema()[0] == 255:
        # Screenshots have an alpha channel and use none of it.
        plain = plain.convert("RGB")
    # Encoders write out what they find here: profile, comment, XMP.
    plain.info = {}
    return plain


def mean_colour(image: Image.Image) -> str:
    """Return the mean of the visible pixels as `#rrggbb`, white if there are none."""
    pixel = image.convert("RGBA").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    red, green, blue, alpha = pixel  # type: ignore[misc]
    return f"#{red:02x}{green:02x}{blue:02x}" if alpha else "#ffffff"


@contextmanager
def _opened(stream: IO[bytes], form: Format, name: str) -> Iterator[Image.Image]:
    try:
        with Image.open(stream, formats=[form.reader]) as image:
            yield image
    except BOMBS as error:
        raise _too_many_pixels(name) from error
    except DECODER_FAULTS as error:
        raise corrupt(name, "picture") from error


def _too_many_pixels(name: str) -> FileRefused:
    return FileRefused(
        "dimensions_too_large",
        f"{quoted(name)} has more pixels than a picture here may have. "
        "Export it at a smaller size.",
    )


def _refuse_many_pixels(image: Image.Image, limits: Limits, name: str) -> None:
    width, height = image.size
    if width * height > limits.max_image_pixels:
        raise _too_many_pixels(name)


def _decode_further_frames(image: Image.Image, limits: Limits, name: str) -> None:
    # Frames are counted by decoding them: a header that lies about them, or a GIF,
    # which has no count at all, costs no more than the limits.
    frames = 1
    pixels = 0
    while True:
        pixels += image.width * image.height
        if frames > limits.max_frames or pixels > limits.max_animation_pixels:
            raise FileRefused(
                "too_many_frames",
                f"{quoted(name)} is too long an animation. Upload it as a video (MP4).",
            )
        image.load()
        try:
            image.seek(frames)
        except EOFError:
            return
        frames += 1


def _refuse_scan_bomb(path: Path, name: str) -> None:
    """Refuse a JPEG that repeats its pixels in very many tiny passes.

    Each pass of a progressive JPEG goes over the whole picture and may cost only a few
    bytes of file; cameras and encoders write about ten.
    """
    with (
        path.open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        position, scans = 2, 0
        while match := _JPEG_MARKER.search(data, position):
            marker = data[match.start() + 1]
            if marker == 0xD9:
                return
            scans += marker == 0xDA
            if scans > MAX_JPEG_SCANS:
                raise corrupt(name, "picture")
            length = int.from_bytes(data[match.end() : match.end() + 2], "big")
            position = match.end() + length


def _ask_for_fewer(image: Image.Image, form: Format, edge: int) -> None:
    # JPEG is the one format that can be decoded at a fraction of its size.
    if form is JPEG:
        image.draft(None, _scaled(image, edge / max(image.size)))


def _scaled(image: Image.Image, scale: float) -> tuple[int, int]:
    return max(1, round(image.width * scale)), max(1, round(image.height * scale))


def _with_continuous_tones(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # Sixteen bits of grey; a plain conversion would cut instead of scaling.
        return image.point(lambda value: value * (1 / 257)).convert("L")
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    if image.mode in {"RGB", "L", "CMYK"}:
        return image
    return image.convert("RGB")


def _in_srgb(image: Image.Image, profile: object) -> Image.Image:
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if isinstance(profile, bytes) and 0 < len(profile) <= MAX_PROFILE_BYTES:
        try:
            converted = ImageCms.profileToProfile(
                image, io.BytesIO(profile), _SRGB, outputMode=mode
            )
        except (ImageCms.PyCMSError, *DECODER_FAULTS):
            # A broken profile costs the picture its exact colours, nothing more.
            converted = None
        if converted is not None:
            return converted
    return image.convert(mode)


def _is_srgb(profile: object) -> bool:
    """Tell whether a profile says nothing that is not taken for granted without it."""
    if not isinstance(profile, bytes) or not profile:
        return True
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        said = ImageCms.getProfileDescription(opened).strip()
    except (ImageCms.PyCMSError, *DECODER_FAULTS):
        # It cannot be converted from either.
        return True
    # c2 is the small sRGB that social networks put in.
    return said.startswith("sRGB") or said == "c2"


def _exif_of(image: Image.Image) -> Image.Exif:
    try:
        return image.getexif()
    except DECODER_FAULTS:
        return Image.Exif()


def _orientation(exif: Image.Exif) -> int:
    value = exif.get(_ORIENTATION)
    return value if isinstance(value, int) else 1


def _taken_at(exif: Image.Exif) -> datetime | None:
    """Return when the camera says it was, in UTC.

    Only with an offset beside it: a bare wall-clock time may be off by half a day, and
    nobody could tell afterwards that it was a guess, so it counts as unknown.
    """
    try:
        details = exif.get_ifd(_EXIF_IFD)
        wall_clock = str(details[_DATE_TIME_ORIGINAL]).strip("\0 ")
        offset = str(details[_OFFSET_TIME_ORIGINAL]).strip("\0 ")
        local = datetime.strptime(wall_clock + offset, "%Y:%m:%d %H:%M:%S%z")
        return local.astimezone(UTC)
    except DECODER_FAULTS:
        return None
