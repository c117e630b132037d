"""Request bodies at the door: chunked ones get a length, unread ones are read.

Django reads as much as Content-Length says, so a chunked body would pass for an empty
one. And a server that has part of a body left unread when the answer is there closes
the connection, on which the client is about to send its next request.
"""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.conf import settings

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

PIECE = 64 * 1024
# More than this is not worth reading for nothing; then the connection is closed.
MOST_DRAINED = 4 * 1024 * 1024
# What a form may have around and between its files.
FORM_AROUND_FILES = 2 * 1024 * 1024


class WholeBodies:
    """A WSGI application that finds every body whole and leaves none half read."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(
        self, environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer one request."""
        with ExitStack() as spools:
            if _is_chunked(environ):
                _take_in(environ, spools)
            body = environ["wsgi.input"] = CountedBody(
                environ["wsgi.input"], _length(environ)
            )
            answer = self.application(environ, start_response)
            body.drain()
        return answer


class CountedBody:
    """A body that knows how much of it is left."""

    def __init__(self, stream: IO[bytes], left: int) -> None:
        self._stream = stream
        self._left = left

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes; all that is left when negative."""
        return self._counted(self._stream.read(self._bounded(size)))

    def readline(self, size: int = -1) -> bytes:
        """Return up to `size` bytes of one line."""
        return self._counted(self._stream.readline(self._bounded(size)))

    def drain(self) -> None:
        """Read what nobody wanted, if it is not too much."""
        if self._left > MOST_DRAINED:
            return
        try:
            while self.read(PIECE):
                pass
        except OSError:
            # The client has gone away.
            return

    def _bounded(self, size: int) -> int:
        return self._left if size is None or size < 0 else min(size, self._left)

    def _counted(self, piece: bytes) -> bytes:
        self._left -= len(piece)
        return piece


def _is_chunked(environ: Environ) -> bool:
    coding = environ.get("HTTP_TRANSFER_ENCODING", "").lower()
    # Only such a server says where a body without a length ends.
    return "chunked" in coding and bool(environ.get("wsgi.input_terminated"))


def _length(environ: Environ) -> int:
    length = environ.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isascii() and length.isdecimal() else 0


def _take_in(environ: Environ, spools: ExitStack) -> None:
    """Spool a chunked body, up to one byte too many, which is refused later."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if environ.get("CONTENT_TYPE", "").startswith("multipart/"):
        limit = settings.UPLOAD_MAX_BYTES + FORM_AROUND_FILES
    spool = SpooledTemporaryFile(  # noqa: SIM115 - the stack closes it
        settings.FILE_UPLOAD_MAX_MEMORY_SIZE, dir=str(settings.FILE_UPLOAD_TEMP_DIR)
    )
    spools.enter_context(spool)
    stream, size = environ["wsgi.input"], 0
    while size <= limit and (piece := stream.read(min(PIECE, limit + 1 - size))):
        spool.write(piece)
        size += len(piece)
    spool.seek(0)
    environ["wsgi.input"] = spool
    environ["CONTENT_LENGTH"] = str(size)
