"""From a received file to what the library knows and shows of it."""

import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from PIL import Image

from library.files.images import fitted, read_image, shrink_image
from library.files.limits import Limits, too_large
from library.files.names import clean_filename
from library.files.placing import new_file
from library.files.sniffing import FORMATS, sniff
from library.files.videos import grab_frame, read_video

THUMBNAIL_EDGE = 480
PREVIEW_EDGE = 1600
QUALITY = 82


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a file really is; width and height in pixels as seen upright.

    `taken_at` is UTC, None unless the file states it with its offset. `colour` is the
    mean colour as `#rrggbb`, for the space that a picture is to fill.
    """

    kind: Literal["image", "video"]
    content_type: str
    extension: str
    width: int
    height: int
    duration_seconds: float | None
    taken_at: datetime | None
    colour: str


@dataclass(frozen=True, slots=True)
class Derivative:
    """A smaller picture made by us, in a temporary file."""

    path: Path
    content_type: str
    extension: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Derivatives:
    """The two pictures that stand for an item on the pages."""

    thumbnail: Derivative
    preview: Derivative


def inspect(path: Path, *, claimed_name: str, limits: Limits) -> Inspected:
    """Tell what a file is by its content and prove it by decoding.

    The claimed name appears in the messages of `FileRefused` (400, 413, 415) and
    decides nothing.
    """
    name = clean_filename(claimed_name) if claimed_name else ""
    form = sniff(path, name)
    if form.kind == "video":
        footage = read_video(path, form, limits, name)
        return Inspected(
            form.kind,
            form.content_type,
            form.extension,
            footage.width,
            footage.height,
            footage.duration_seconds,
            footage.taken_at,
            footage.colour,
        )
    if path.stat().st_size > limits.max_image_bytes:
        raise too_large(name, limits.max_image_bytes)
    picture = read_image(path, form, limits, name)
    return Inspected(
        form.kind,
        form.content_type,
        form.extension,
        picture.width,
        picture.height,
        None,
        picture.taken_at,
        picture.colour,
    )


def make_derivatives(
    path: Path, inspected: Inspected, directory: Path, *, limits: Limits | None = None
) -> Derivatives:
    """Make the thumbnail (480 pixels long) and the preview (1600) of an inspected file.

    Upright, in sRGB, never larger than the original, and drawn anew from pixels alone:
    neither place nor camera nor any other metadata is in them. JPEG, or WebP where
    there is transparency.
    """
    form = FORMATS[inspected.content_type]
    if form.kind == "video":
        duration = inspected.duration_seconds or 0.0
        frame = grab_frame(path, form, duration, limits or Limits(), "")
        preview = fitted(frame, PREVIEW_EDGE)
    else:
        preview = shrink_image(path, form, PREVIEW_EDGE, "")
    thumbnail = fitted(preview, THUMBNAIL_EDGE)
    # Both are encoded before either is written: nothing half done is left behind.
    encoded = [_encoded(image) for image in (thumbnail, preview)]
    return Derivatives(
        _written(thumbnail, *encoded[0], directory, "thumbnail-"),
        _written(preview, *encoded[1], directory, "preview-"),
    )


def _encoded(image: Image.Image) -> tuple[bytes, str]:
    buffer = io.BytesIO()
    if image.mode == "RGBA":
        image.save(buffer, "WEBP", quality=QUALITY, method=2)
        return buffer.getvalue(), "webp"
    image.save(buffer, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return buffer.getvalue(), "jpg"


def _written(
    image: Image.Image, data: bytes, extension: str, directory: Path, prefix: str
) -> Derivative:
    stream, path = new_file(directory, prefix, f".{extension}")
    with stream:
        stream.write(data)
    content_type = "image/webp" if extension == "webp" else "image/jpeg"
    return Derivative(path, content_type, extension, image.width, image.height)
