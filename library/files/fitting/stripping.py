"""Pictures without their metadata, the pixels untouched: only what draws is copied.

Each function gets a whole file and returns it without metadata, previews, profiles and
whatever follows its end. They raise ValueError where the file is not built as its
format has it; it can be drawn anew then.
"""

import re
from collections.abc import Callable, Iterator

from library.files.sniffing import GIF, JPEG, PNG, WEBP, Format

_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"
_SOS, _APP0, _APP14 = 0xDA, 0xE0, 0xEE
# ITU T.81, table B.1: frames, tables and intervals. No APPn, no comments.
_DRAWING = {*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDC, 0xDD} - {0xC8}
# Any marker that has a meaning of its own: not stuffing, padding or a restart.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
# JFIF 1.02 with square pixels and no thumbnail.
_JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00"
_ADOBE_BYTES = 12

# PNG, third edition: what draws, what animates, what colours mean.
_CHUNKS = {
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"acTL", b"fcTL", b"fdAT"),
    *(b"sRGB", b"gAMA", b"cHRM", b"cICP", b"sBIT"),
}

_WEBP_CHUNKS = {b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"}
_ANMF_HEADER = 16
# Bits of VP8X that announce a profile, EXIF and XMP.
_ANNOUNCED = 0x20 | 0x08 | 0x04

_LOOPS = {b"NETSCAPE2.0", b"ANIMEXTS1.0"}


def strip_jpeg(data: bytes) -> bytes:
    """Copy frames, tables and scans up to the end of the first picture."""
    if not data.startswith(_SOI):
        raise ValueError("no JPEG")
    kept = [_SOI]
    position = 2
    while match := _MARKER.search(data, position):
        marker = data[match.start() + 1]
        if marker == _EOI[1]:
            return b"".join([*kept, _EOI])
        start = match.end()
        length = int.from_bytes(data[start : start + 2], "big")
        position = start + length
        if length < 2 or position > len(data):
            break
        body = data[start + 2 : position]
        if marker in _DRAWING:
            kept.append(data[match.start() : position])
        elif marker == _APP0 and body.startswith(b"JFIF\0"):
            kept.append(_JFIF)
        elif marker == _APP14 and body.startswith(b"Adobe"):
            # How colours were turned; what may follow means nothing.
            kept.append(b"\xff\xee\x00\x0e" + body[:_ADOBE_BYTES])
        if marker == _SOS:
            end = _MARKER.search(data, position)
            if end is None:
                break
            kept.append(data[position : end.start()])
            position = end.start()
    raise ValueError("no end of the picture")


def strip_png(data: bytes) -> bytes:
    """Copy the chunks that draw; checksums go with them."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        raise ValueError("no PNG")
    kept = [data[:8]]
    position = 8
    while position + 12 <= len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        kind = data[position + 4 : position + 8]
        end = position + 12 + length
        if end > len(data):
            break
        if kind in _CHUNKS:
            kept.append(data[position:end])
        if kind == b"IEND":
            return b"".join(kept)
        position = end
    raise ValueError("no end of the picture")


def strip_webp(data: bytes) -> bytes:
    """Copy the chunks that draw, in frames as well, and announce no others."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise ValueError("no WebP")
    size = int.from_bytes(data[4:8], "little")
    if size < 12 or len(data) < 8 + size:
        raise ValueError("no end of the picture")
    body = b"".join(_webp_kept(data[12 : 8 + size]))
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def strip_gif(data: bytes) -> bytes:
    """Copy the frames and how often they are shown."""
    if data[:6] not in (b"GIF87a", b"GIF89a"):
        raise ValueError("no GIF")
    position = 13 + _colour_table(data[10])
    kept = [data[:position]]
    while position < len(data):
        start, mark = position, data[position]
        if mark == 0x3B:
            return b"".join([*kept, b"\x3b"])
        if mark == 0x2C:
            pixels = start + 10 + _colour_table(data[start + 9]) + 1
            position = _after_blocks(data, pixels)
            kept.append(data[start:position])
        elif mark == 0x21:
            position = _after_blocks(data, start + 2)
            kept.append(_gif_extension(data[start:position]))
        else:
            break
    raise ValueError("no end of the picture")


STRIP: dict[Format, Callable[[bytes], bytes]] = {
    JPEG: strip_jpeg,
    PNG: strip_png,
    WEBP: strip_webp,
    GIF: strip_gif,
}


def _webp_kept(body: bytes) -> Iterator[bytes]:
    position = 0
    while position + 8 <= len(body):
        kind = body[position : position + 4]
        length = int.from_bytes(body[position + 4 : position + 8], "little")
        content = body[position + 8 : position + 8 + length]
        if len(content) < length:
            raise ValueError("no end of the picture")
        position += 8 + length + length % 2
        if kind not in _WEBP_CHUNKS:
            continue
        if kind == b"VP8X":
            content = bytes([content[0] & ~_ANNOUNCED]) + content[1:]
        elif kind == b"ANMF":
            frame = b"".join(_webp_kept(content[_ANMF_HEADER:]))
            content = content[:_ANMF_HEADER] + frame
        yield kind + len(content).to_bytes(4, "little") + content
        if len(content) % 2:
            yield b"\0"


def _gif_extension(block: bytes) -> bytes:
    if block[1] == 0xF9:
        return block
    # Block: 21 FF 0B, eleven letters, then sub-blocks; of these the count of rounds.
    if block[1] == 0xFF and block[3:14] in _LOOPS and block[14:16] == b"\x03\x01":
        return block[:18] + b"\0"
    return b""


def _colour_table(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, position: int) -> int:
    while position < len(data) and data[position]:
        position += 1 + data[position]
    if position >= len(data):
        raise ValueError("no end of a block")
    return position + 1
