"""What a platform takes of one file, and what was made of it."""

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path

from library.files.limits import quoted
from library.files.sniffing import FORMATS, JPEG, MP4, PNG, WEBM, WEBP, Format
from promura_site.errors import DomainError

# Part of every key: raise it when the same wish is to give other bytes.
VERSION = 1
CHUNK = 1024 * 1024
_MEGABYTE = 1_000_000
# A clip may be stated a little longer than its last frame is shown.
LENIENT_SECONDS = 0.5
AUDIO_KILOBITS = 96
LEAST_VIDEO_KILOBITS = 110
# Of the bytes allowed, what is left for the container after the streams.
STREAMS_SHARE = 0.94


class Unfit(DomainError):
    """A file that cannot be made what a platform takes; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__("media_unfit", message, 409)


@dataclass(frozen=True, slots=True)
class Fit:
    """What is taken of one file. None: no limit.

    `types` are content types, whole or as a kind (`image/*`); `edge` is the longer
    side in pixels and holds for pictures, `seconds` for clips.
    """

    types: frozenset[str] | None = None
    max_bytes: int | None = None
    edge: int | None = None
    seconds: float | None = None

    def takes(self, form: Format) -> bool:
        """Tell whether files of a format are taken."""
        kinds = {form.content_type, f"{form.kind}/*"}
        return self.types is None or not self.types.isdisjoint(kinds)

    def has_room_for(self, size: int) -> bool:
        """Tell whether a file of so many bytes is taken."""
        return self.max_bytes is None or size <= self.max_bytes

    def key(self) -> str:
        """Return what two equal wishes have in common: a hexadecimal hash."""
        taken = None if self.types is None else sorted(self.types)
        wish = [VERSION, taken, self.max_bytes, self.edge, self.seconds]
        return hashlib.sha256(json.dumps(wish).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Fitted:
    """A file as it may be sent; `sha256` is hexadecimal, pixels as seen upright."""

    content_type: str
    extension: str
    size: int
    sha256: str
    width: int
    height: int


def measured(path: Path, form: Format, width: int, height: int) -> Fitted:
    """Return what a finished file is."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
    size = path.stat().st_size
    return Fitted(
        form.content_type, form.extension, size, digest.hexdigest(), width, height
    )


def why_unfit(
    kind: str, form: Format | None, seconds: float | None, wanted: Fit, *, name: str
) -> Unfit | None:
    """Tell from what is known of a file whether it can never fit; read nothing.

    `kind` is image or video, `form` what the file is now.
    """
    possible = {JPEG, WEBP, PNG, form} if kind == "image" else {MP4}
    if form is WEBM:
        possible.add(WEBM)
    if not any(one is not None and wanted.takes(one) for one in possible):
        return not_taken(name, wanted)
    if kind != "video" or seconds is None:
        return None
    if wanted.seconds is not None and seconds > wanted.seconds + LENIENT_SECONDS:
        return too_long(name, seconds, wanted.seconds)
    if wanted.max_bytes is not None and wanted.max_bytes < least_bytes(seconds):
        return too_many_bytes(name, wanted.max_bytes)
    return None


def least_bytes(seconds: float) -> int:
    """Return how many bytes a clip of so many seconds needs to be worth showing."""
    kilobits = LEAST_VIDEO_KILOBITS + AUDIO_KILOBITS
    return math.ceil(kilobits * 125 * seconds / STREAMS_SHARE)


def not_taken(name: str, wanted: Fit) -> Unfit:
    """Refuse a file that can be turned into none of the types taken."""
    if not wanted.types:
        return Unfit(f"{quoted(name)}: files of its kind are not taken there.")
    types = ", ".join(
        sorted(
            FORMATS[one].extension.upper() if one in FORMATS else one
            for one in wanted.types
        )
    )
    return Unfit(
        f"{quoted(name)} cannot be turned into a type that is taken there ({types})."
    )


def too_long(name: str, seconds: float, limit: float) -> Unfit:
    """Refuse a clip of more seconds than are taken."""
    return Unfit(
        f"{quoted(name)} is {seconds:.0f} seconds long; at most {limit:g} are taken "
        "there. Upload a shorter cut."
    )


def too_many_bytes(name: str, limit: int) -> Unfit:
    """Refuse a file that cannot be made so small and still be worth showing."""
    size = f"{limit / _MEGABYTE:.1f} MB" if limit >= 100_000 else f"{limit} bytes"
    return Unfit(f"{quoted(name)} cannot be made as small as {size}.")
