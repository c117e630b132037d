"""Bytes to signed-in people: by range, cached by their own browser only, inert."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.http import content_disposition_header, parse_etags

from promura_site.api.errors import json_failure
from promura_site.errors import DomainError

logger = logging.getLogger(__name__)

CHUNK = 256 * 1024
MAX_AGE = 3600
# RFC 9110, section 14.1.2. More than one range is answered with the whole.
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_TYPES = {"jpg": "image/jpeg", "webp": "image/webp"}
# Even a file that a browser takes for a page may neither run nor load anything.
_INERT = "default-src 'none'; img-src 'self'; media-src 'self'; sandbox"


@dataclass(frozen=True, slots=True)
class Stored:
    """Something in the storage, and what to call it; `etag` without quotes."""

    name: str
    etag: str
    filename: str
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a file, in bytes; both ends belong to it."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """Return how many bytes these are."""
        return self.last - self.first + 1


class NotSatisfiableError(Exception):
    """The range asked for lies behind the end."""


class Slice:
    """Reads a part of an open file and closes it."""

    def __init__(self, content: File, span: Span) -> None:
        self.content = content
        self.span = span

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes in chunks."""
        self.content.seek(self.span.first)
        left = self.span.length
        while left > 0 and (chunk := self.content.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk

    def close(self) -> None:
        """Close the file; the response calls this however it ended."""
        self.content.close()


def serve(request: HttpRequest, stored: Stored) -> HttpResponseBase:
    """Answer GET or HEAD for bytes in the storage.

    Raise DomainError 404 when there are none; a range behind the end is a 416.
    """
    etag = f'"{stored.etag}"'
    if _is_known(request, etag):
        return _with_headers(HttpResponse(status=304), stored, etag)
    size = _size_of(stored)
    try:
        span = wanted_span(request, size, etag)
    except NotSatisfiableError:
        refusal = json_failure(
            request, 416, "The file ends before that range.", "range_not_satisfiable"
        )
        refusal["Content-Range"] = f"bytes */{size}"
        return refusal
    status = 206 if span else 200
    part = span or Span(0, size - 1)
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse(status=status)
    else:
        content = default_storage.open(stored.name, "rb")
        response = StreamingHttpResponse(Slice(content, part), status=status)
    response["Content-Length"] = str(part.length)
    if span:
        response["Content-Range"] = f"bytes {span.first}-{span.last}/{size}"
    return _with_headers(response, stored, etag)


def wanted_span(request: HttpRequest, size: int, etag: str) -> Span | None:
    """Return the part that the request asks for, None for the whole.

    What is no single range of bytes is ignored, as RFC 9110 has it, and so is a range
    of another version of the file (If-Range).
    """
    match = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if match is None or match.groups() == ("", ""):
        return None
    if request.headers.get("If-Range", etag) != etag:
        return None
    first, last = match.groups()
    if not first:
        if not int(last) or not size:
            raise NotSatisfiableError
        return Span(max(0, size - int(last)), size - 1)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise NotSatisfiableError
    return Span(int(first), min(int(last), size - 1) if last else size - 1)


def shown_filename(name: str, stored_name: str) -> str:
    """Return a name to save it under, with the extension of what it really is."""
    return f"{PurePosixPath(name).stem or 'file'}{PurePosixPath(stored_name).suffix}"


def _is_known(request: HttpRequest, etag: str) -> bool:
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or any(one.removeprefix("W/") == etag for one in known)


def _size_of(stored: Stored) -> int:
    try:
        if stored.name:
            return default_storage.size(stored.name)
    except FileNotFoundError:
        logger.error("The bytes of %s are missing from the storage", stored.name)
    raise DomainError("bytes_missing", "The bytes of this file are gone.", 404)


def _with_headers(response: Any, stored: Stored, etag: str) -> HttpResponseBase:
    extension = stored.name.rpartition(".")[2]
    kind = stored.content_type or _TYPES.get(extension, "application/octet-stream")
    inline = kind.startswith(("image/", "video/"))
    response["Content-Type"] = kind
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    response["Cache-Control"] = f"private, max-age={MAX_AGE}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = _INERT
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Content-Disposition"] = content_disposition_header(
        not inline, stored.filename
    )
    # Signed out, the browser must not find it in its cache.
    patch_vary_headers(response, ["Cookie", "Authorization"])
    return response
