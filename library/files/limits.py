"""What an upload may be, and the one error that says it may not."""

from dataclasses import dataclass

from promura_site.errors import DomainError

MEBIBYTE = 1024 * 1024
TAKEN = "JPEG, PNG, WebP, GIF, HEIC, AVIF, MP4, MOV, WebM or MKV"


@dataclass(frozen=True, slots=True)
class Limits:
    """The sizes that uploads are held to; the caller builds it from settings.

    Pixels are width times height. `max_animation_pixels` is the sum over all frames
    of an animated picture, which bounds the time that decoding it may take. A still
    picture needs up to eight bytes of memory a pixel while it is made smaller.
    """

    max_bytes: int = 1024 * MEBIBYTE
    max_image_bytes: int = 64 * MEBIBYTE
    max_image_pixels: int = 80_000_000
    max_frames: int = 1_000
    max_animation_pixels: int = 400_000_000
    max_video_pixels: int = 8192 * 4320
    ffmpeg_seconds: float = 30.0


class FileRefused(DomainError):
    """A file that the library does not take.

    Status 400 is a damaged or dangerous file, 413 one too large, 415 one of a type
    that the library does not know.
    """


def quoted(name: str) -> str:
    """Name the file in a message; nameless ones are called what they are."""
    return f"“{name}”" if name else "This file"


def empty(name: str) -> FileRefused:
    """Refuse a file of no bytes."""
    return FileRefused(
        "file_empty",
        f"{quoted(name)} is empty. Choose it again; the upload may have been cut off.",
    )


def too_large(name: str, limit: int) -> FileRefused:
    """Refuse a file of more than `limit` bytes."""
    size = f"{limit // MEBIBYTE} MB" if limit >= MEBIBYTE else f"{limit} bytes"
    return FileRefused(
        "file_too_large",
        f"{quoted(name)} is larger than the {size} allowed. Upload a smaller version.",
        413,
    )


def unsupported(name: str, reason: str) -> FileRefused:
    """Refuse a file that is no picture or video of a known type."""
    return FileRefused(
        "file_type_unsupported", f"{quoted(name)} {reason}. Upload {TAKEN}.", 415
    )


def corrupt(name: str, kind: str) -> FileRefused:
    """Refuse a picture or video that cannot be read to its end."""
    return FileRefused(
        "file_corrupt",
        f"{quoted(name)} is damaged or incomplete and cannot be read as a {kind}. "
        "Export or download it again.",
    )
