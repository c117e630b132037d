"""Pictures made fit: stripped if that is enough, else drawn anew as small as needed."""

import io
import math
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from library.files.fitting.stripping import STRIP
from library.files.fitting.wanted import (
    Fit,
    Fitted,
    Unfit,
    measured,
    not_taken,
    too_many_bytes,
)
from library.files.images import (
    COLOUR_EDGE,
    DECODER_FAULTS,
    Layout,
    fitted,
    layout_of,
    shrink_image,
)
from library.files.sniffing import GIF, HEAD, JPEG, PNG, WEBP, Format, recognise

BEST, LEAST = 92, 76
# Each round makes the picture at least a tenth smaller on its longer side.
ROUNDS = 8
BISECTIONS = 2
# Fewer bits for each pixel than this no picture of a camera looks good in.
LEAST_BITS = 0.75
_WEBP_EDGE = 16_383


def fit_image(source: Path, target: Path, wanted: Fit, *, name: str = "") -> Fitted:
    """Write the picture to `target` as it is wanted, without any metadata.

    What draws is copied as it is where that is enough. Otherwise it is drawn anew:
    upright, in sRGB, of a type that is taken, at the best quality and size that fit.
    An animation that does not fit becomes its first frame. HEIC and AVIF become JPEG,
    which everybody can open. The same file and wish give the same bytes. Raise `Unfit`
    where nothing fits, `FileRefused` where the file cannot be read.
    """
    with source.open("rb") as stream:
        form = recognise(stream.read(HEAD))
    if form is None or form.kind != "image":
        raise Unfit(f"{name or 'This file'} is no picture that can be read.")
    layout = layout_of(source, form, name)
    data = _stripped(source, form, layout, wanted)
    if data is not None:
        target.write_bytes(data)
        return measured(target, form, layout.width, layout.height)
    image = shrink_image(source, form, _first_edge(layout, wanted), name)
    return _drawn(image, form, target, wanted, name)


def _stripped(source: Path, form: Format, layout: Layout, wanted: Fit) -> bytes | None:
    """Return the file without metadata, None if that is not enough."""
    longer = max(layout.width, layout.height)
    if not layout.plain or longer > (wanted.edge or longer):
        return None
    if form not in STRIP or not wanted.takes(form):
        return None
    try:
        data = STRIP[form](source.read_bytes())
    except (ValueError, IndexError):
        return None
    sound = wanted.has_room_for(len(data)) and _can_be_read(data, form, layout)
    return data if sound else None


def _can_be_read(data: bytes, form: Format, layout: Layout) -> bool:
    try:
        with Image.open(io.BytesIO(data), formats=[form.reader]) as image:
            size = image.size
            image.draft(None, (COLOUR_EDGE, COLOUR_EDGE))
            image.load()
    except DECODER_FAULTS:
        return False
    return size == (layout.width, layout.height)


def _first_edge(layout: Layout, wanted: Fit) -> int:
    """Return the length to begin with, where all pixels could never fit."""
    longer = max(layout.width, layout.height)
    edge = min(wanted.edge or longer, longer)
    if wanted.max_bytes is None:
        return edge
    most = wanted.max_bytes * 8 / LEAST_BITS
    scale = math.sqrt(most / (layout.width * layout.height))
    return max(1, min(edge, round(longer * scale)))


def _drawn(
    image: Image.Image, form: Format, target: Path, wanted: Fit, name: str
) -> Fitted:
    tried = False
    for kind in _types_for(image, form, wanted):
        tried = True
        drawn = _smaller_until_it_fits(_for_type(image, kind), kind, wanted)
        if drawn is not None:
            data, size = drawn
            target.write_bytes(data)
            return measured(target, kind, *size)
    if not tried or wanted.max_bytes is None:
        raise not_taken(name, wanted)
    raise too_many_bytes(name, wanted.max_bytes)


def _types_for(image: Image.Image, form: Format, wanted: Fit) -> Iterator[Format]:
    """Yield the types taken, the one that suits the picture best first."""
    if image.mode == "RGBA":
        order = (PNG, WEBP, JPEG) if form in (PNG, GIF) else (WEBP, PNG, JPEG)
    elif form in (PNG, WEBP):
        order = (form, JPEG, PNG if form is WEBP else WEBP)
    else:
        order = (JPEG, WEBP, PNG)
    for kind in order:
        if kind is WEBP and max(image.size) > _WEBP_EDGE:
            continue
        if wanted.takes(kind):
            yield kind


def _for_type(image: Image.Image, kind: Format) -> Image.Image:
    if kind is not JPEG or image.mode == "RGB":
        return image
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _smaller_until_it_fits(
    image: Image.Image, kind: Format, wanted: Fit
) -> tuple[bytes, tuple[int, int]] | None:
    """Return the picture encoded, and its size; None if it cannot be that small."""
    others = kind is PNG and (wanted.takes(JPEG) or wanted.takes(WEBP))
    for _ in range(1 if others else ROUNDS):
        data, smallest = _best_quality(image, kind, wanted)
        if data is not None:
            return data, image.size
        scale = math.sqrt((wanted.max_bytes or 0) / smallest) * 0.95
        edge = round(max(image.size) * min(0.9, max(0.2, scale)))
        if edge < 1:
            return None
        image = fitted(image, edge)
    return None


def _best_quality(
    image: Image.Image, kind: Format, wanted: Fit
) -> tuple[bytes | None, int]:
    """Return the best encoding that fits, if any, and how small it can be made."""
    data = _encoded(image, kind, BEST)
    if wanted.has_room_for(len(data)) or kind is PNG:
        return (data if wanted.has_room_for(len(data)) else None), len(data)
    best = _encoded(image, kind, LEAST)
    if not wanted.has_room_for(len(best)):
        return None, len(best)
    low, high = LEAST, BEST
    for _ in range(BISECTIONS):
        middle = (low + high) // 2
        data = _encoded(image, kind, middle)
        if wanted.has_room_for(len(data)):
            low, best = middle, data
        else:
            high = middle
    return best, len(best)


def _encoded(image: Image.Image, kind: Format, quality: int) -> bytes:
    buffer = io.BytesIO()
    if kind is JPEG:
        image.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
    elif kind is WEBP:
        image.save(buffer, "WEBP", quality=quality, method=2)
    else:
        image.save(buffer, "PNG")
    return buffer.getvalue()
