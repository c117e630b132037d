"""What a file is by its bytes; its name and claimed type are never asked."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import puremagic

from library.files.limits import FileRefused, empty, quoted, unsupported

HEAD = 4096
# A ZIP directory ends within its longest comment (65,535 bytes) of the file's end.
TAIL = 65_535 + 22


@dataclass(frozen=True, slots=True)
class Format:
    """A type that the library takes; `reader` is Pillow's or ffmpeg's name for it."""

    kind: Literal["image", "video"]
    content_type: str
    extension: str
    reader: str


JPEG = Format("image", "image/jpeg", "jpg", "JPEG")
PNG = Format("image", "image/png", "png", "PNG")
GIF = Format("image", "image/gif", "gif", "GIF")
WEBP = Format("image", "image/webp", "webp", "WEBP")
HEIC = Format("image", "image/heic", "heic", "HEIF")
HEIF = Format("image", "image/heif", "heif", "HEIF")
AVIF = Format("image", "image/avif", "avif", "AVIF")
MP4 = Format("video", "video/mp4", "mp4", "mov")
MOV = Format("video", "video/quicktime", "mov", "mov")
WEBM = Format("video", "video/webm", "webm", "matroska")
MKV = Format("video", "video/x-matroska", "mkv", "matroska")

FORMATS = {
    form.content_type: form
    for form in (JPEG, PNG, GIF, WEBP, HEIC, HEIF, AVIF, MP4, MOV, WEBM, MKV)
}

_SIGNATURES = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
)
# Major brands of ISO base media files, https://mp4ra.org/registered-types/brands
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), HEIC),
    **dict.fromkeys((b"avif", b"avis"), AVIF),
    b"qt  ": MOV,
}
_GENERIC_IMAGE_BRANDS = {b"mif1", b"mif2", b"msf1", b"miaf"}
_OTHER_BRANDS = {
    **dict.fromkeys((b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"aax "), "a sound file"),
    b"crx ": "a camera's raw file",
}
# QuickTime files from before the ftyp box begin with one of these.
_BARE_QUICKTIME = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}

# Browsers and PDF readers look for these near a file's beginning, whatever it is.
_ACTIVE = re.compile(rb"%PDF-|<!doctype html|<html|<script|<svg|<\?php", re.IGNORECASE)
_ACTIVE_WITHIN = 1024

# puremagic offers some fifty types each for the first two and picks an odd one.
_PLAIN_BEGINNINGS = (
    (b"PK\x03\x04", "an archive or office document (ZIP)"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a program"),
)
_PLAIN_WORDS = {
    "text/html": "a web page (HTML)",
    "image/svg+xml": "an SVG drawing",
    "application/pdf": "a PDF document",
    "application/vnd.apple.mpegurl": "a streaming playlist",
    "image/tiff": "a TIFF picture",
    "image/x-ms-bmp": "a BMP picture",
    "video/x-msvideo": "an AVI video",
    "video/avi": "an AVI video",
}


def sniff(path: Path, name: str) -> Format:
    """Tell the type by the content.

    Raise `FileRefused`: 415 for a type that the library does not take, 400 for an empty
    file and for a picture that is a second kind of file as well.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(HEAD)
        stream.seek(max(0, size - TAIL), os.SEEK_SET)
        tail = stream.read(TAIL)
    if not head:
        raise empty(name)
    form = recognise(head)
    if form is None:
        raise unsupported(name, _described(head))
    if _ACTIVE.search(head[:_ACTIVE_WITHIN]) or _ends_as_zip(tail):
        raise FileRefused(
            "file_disguised",
            f"{quoted(name)} hides a second file (a document, page or archive) inside "
            "a picture or video. Export a clean copy and upload that.",
        )
    return form


def recognise(head: bytes) -> Format | None:
    """Tell the type by a file's first bytes, None if it is no known one."""
    for signature, form in _SIGNATURES:
        if head.startswith(signature):
            return form
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    if head[4:8] in _BARE_QUICKTIME:
        return MOV
    if head.startswith(b"\x1aE\xdf\xa3"):
        return _by_doctype(head)
    return None


def _by_brand(head: bytes) -> Format | None:
    major = head[8:12]
    if major in _BRANDS:
        return _BRANDS[major]
    if major in _OTHER_BRANDS:
        return None
    if major not in _GENERIC_IMAGE_BRANDS:
        return MP4
    length = int.from_bytes(head[:4], "big")
    compatible = head[16 : min(length, len(head))]
    for start in range(0, len(compatible), 4):
        form = _BRANDS.get(compatible[start : start + 4])
        if form in (HEIC, AVIF):
            return form
    return HEIF


def _by_doctype(head: bytes) -> Format | None:
    # EBML element 0x4282 is the DocType; its length is one byte: 0x80 | length.
    match = re.search(rb"\x42\x82[\x81-\x90](webm|matroska)", head[:256])
    if match is None:
        return None
    return WEBM if match[1] == b"webm" else MKV


def _ends_as_zip(tail: bytes) -> bool:
    # An archive counts only if its comment ends where the file does; the four bytes
    # of the mark alone turn up in large pictures by chance.
    start = tail.rfind(b"PK\x05\x06")
    if start < 0 or start + 22 > len(tail):
        return False
    comment = int.from_bytes(tail[start + 20 : start + 22], "little")
    return start + 22 + comment == len(tail)


def _described(head: bytes) -> str:
    if head[4:8] == b"ftyp":
        return f"is {_OTHER_BRANDS[head[8:12]]}"
    for beginning, words in _PLAIN_BEGINNINGS:
        if head.startswith(beginning):
            return f"is {words}, whatever its name says"
    try:
        best = puremagic.magic_string(head)[0]
    except (LookupError, ValueError):
        return "is not a picture or video that the library knows"
    if best.mime_type in _PLAIN_WORDS:
        return f"is {_PLAIN_WORDS[best.mime_type]}, whatever its name says"
    kind = (best.name or best.mime_type).strip()
    return f"looks like another type of file ({kind})"
