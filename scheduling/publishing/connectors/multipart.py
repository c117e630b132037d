"""A form with files, read from the storage while it is sent."""

import mimetypes
import secrets
from collections.abc import Iterator, Mapping

from scheduling.publishing.connectors.base import MediaFile, PublishError

# What mimetypes would answer differently from one system to the next.
EXTENSIONS = {
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "image/heif": ".heif",
    "image/avif": ".avif",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
}


class Multipart:
    """A ``multipart/form-data`` body of known length; iterate it once to send it.

    Files travel under neutral names: a camera's or a person's own say more than the
    world needs to know.
    """

    def __init__(
        self, fields: Mapping[str, str], files: Mapping[str, MediaFile]
    ) -> None:
        self._boundary = secrets.token_hex(16)
        self._fields = b"".join(
            self._head(name) + value.encode() + b"\r\n"
            for name, value in fields.items()
        )
        self._files = [
            (self._head(name, item, number), item)
            for number, (name, item) in enumerate(files.items(), start=1)
        ]
        self._end = f"--{self._boundary}--\r\n".encode()

    def headers(self) -> dict[str, str]:
        """Return the headers that describe the body."""
        length = len(self._fields) + len(self._end)
        length += sum(len(head) + item.size_bytes + 2 for head, item in self._files)
        return {
            "Content-Type": f"multipart/form-data; boundary={self._boundary}",
            "Content-Length": str(length),
        }

    def __iter__(self) -> Iterator[bytes]:
        """Yield the body. Raises PublishError if a file is not the one planned.

        That is before the last boundary, so nobody can have taken the form for whole.
        """
        yield self._fields
        for head, item in self._files:
            yield head
            yield from _exactly(item)
            yield b"\r\n"
        yield self._end

    def _head(self, name: str, item: MediaFile | None = None, number: int = 0) -> bytes:
        head = f'--{self._boundary}\r\nContent-Disposition: form-data; name="{name}"'
        if item is not None:
            head += f'; filename="{number}{extension_of(item.content_type)}"'
            head += f"\r\nContent-Type: {item.content_type}"
        return f"{head}\r\n\r\n".encode()


def extension_of(content_type: str) -> str:
    """Return the ending of a file's name, with its dot."""
    return (
        EXTENSIONS.get(content_type)
        or mimetypes.guess_extension(content_type, strict=False)
        or ".bin"
    )


def _exactly(item: MediaFile) -> Iterator[bytes]:
    left = item.size_bytes
    for chunk in item.chunks():
        left -= len(chunk)
        if left < 0:
            break
        yield chunk
    if left:
        message = f"The file of {item.name} is not the one that was planned."
        raise PublishError(message, permanent=True, code="media_changed")
