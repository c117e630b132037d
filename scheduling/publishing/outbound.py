"""The one way out: every HTTP request to an address that a person typed in.

A name is resolved once, every address it has is checked, and the connection goes to
a checked address; the name is used again only for ``Host`` and the TLS certificate.
A name server that answers differently the second time is therefore never asked a
second time. Redirects are not followed and no proxy is taken from the environment.

Every request has a connection of its own. One kept from an earlier request may have
been closed by the other side just when the next is written to it, and then nobody
knows whether that one arrived.
"""

import contextlib
import functools
import json
import logging
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpcore
import httpx

from scheduling.publishing.targets import (
    NameUnresolved,
    Resolver,
    TargetRefused,
    check_target,
    checked_addresses,
    parse_target,
)

__all__ = [
    "NotSent",
    "OutboundClient",
    "OutboundTransport",
    "Reply",
    "ReplyLost",
    "TargetRefused",
    "TimeLimits",
    "check_target",
]

MAX_RETRY_AFTER = 24 * 3600.0
# Small enough that the deadline is looked at often while a slow reader takes it in.
WRITE_PIECE = 16 * 1024
# At DEBUG httpcore writes answers' headers down; a redirect's may hold a whole URL.
logging.getLogger("httpcore").setLevel(logging.INFO)


class NotSent(Exception):
    """No connection came about, so that the other side cannot have seen anything."""


class ReplyLost(Exception):
    """Something was sent and no answer came back: what happened is not known."""


@dataclass(frozen=True)
class TimeLimits:
    """Seconds. ``total`` runs from looking up the name to the last byte read."""

    connect: float = 5.0
    read: float = 20.0
    write: float = 20.0
    total: float = 30.0


@dataclass(frozen=True)
class Reply:
    """An answer. ``complete`` is false if the body was cut: lost or over the limit."""

    status: int
    headers: httpx.Headers
    body: bytes
    complete: bool = True

    def json(self) -> Any:
        """Return what the body says if it is whole JSON, else None."""
        try:
            return json.loads(self.body) if self.complete else None
        except (ValueError, RecursionError):
            return None

    def json_object(self) -> dict[str, Any]:
        """Return the body if it is a whole JSON object, else an empty dict."""
        value = self.json()
        return value if isinstance(value, dict) else {}

    def retry_after(self, now: datetime) -> float | None:
        """Return the seconds that ``Retry-After`` asks for, at most a day."""
        value = self.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdigit():
            return min(float(value), MAX_RETRY_AFTER)
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return min(max((moment - now).total_seconds(), 0.0), MAX_RETRY_AFTER)


class _Deadline:
    def __init__(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds

    def left(self, timeout: float | None, late: type[Exception]) -> float:
        """Return the seconds one step may take; raise ``late`` if none are left."""
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise late("the time for the whole request is over")
        return left if timeout is None else min(timeout, left)


class _TimedStream(httpcore.NetworkStream):
    """A stream on which no number of small steps outlasts the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, request: "_CheckedBackend"):
        self._stream = stream
        self._request = request

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._request.deadline.left(timeout, httpcore.ReadTimeout)
        return self._stream.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), WRITE_PIECE):
            left = self._request.deadline.left(timeout, httpcore.WriteTimeout)
            self._request.sent = True
            self._stream.write(buffer[start : start + WRITE_PIECE], left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._request.deadline.left(timeout, httpcore.ConnectTimeout)
        secured = self._stream.start_tls(ssl_context, server_hostname, left)
        return _TimedStream(secured, self._request)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _CheckedBackend(httpcore.NetworkBackend):
    """Resolve, check and connect for one request, and remember whether it wrote."""

    def __init__(
        self, deadline: _Deadline, *, allow_private: bool, resolver: Resolver | None
    ) -> None:
        self.deadline = deadline
        self.sent = False
        self._allow_private = allow_private
        self._resolver = resolver

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in self._addresses(host, port, timeout):
            left = self.deadline.left(timeout, httpcore.ConnectTimeout)
            try:
                stream = httpcore.SyncBackend().connect_tcp(
                    address, port, left, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _TimedStream(stream, self)
        raise failure

    def _addresses(self, host: str, port: int, timeout: float | None) -> list[str]:
        left = self.deadline.left(timeout, httpcore.ConnectTimeout)
        try:
            return checked_addresses(
                host,
                port,
                left,
                allow_private=self._allow_private,
                resolver=self._resolver,
            )
        except NameUnresolved as error:
            kind = httpcore.ConnectTimeout if error.late else httpcore.ConnectError
            raise kind(str(error)) from error


@contextlib.contextmanager
def _httpx_errors(request: _CheckedBackend) -> Iterator[None]:
    """Turn httpcore's errors into httpx's; which one says if anything was written."""
    try:
        yield
    except httpcore.TimeoutException as error:
        late = httpx.ReadTimeout if request.sent else httpx.ConnectTimeout
        raise late(str(error)) from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        broken = httpx.ReadError if request.sent else httpx.ConnectError
        raise broken(str(error)) from error


class _ReplyStream(httpx.SyncByteStream):
    """The body of an answer; closing it closes the connection."""

    def __init__(
        self,
        pool: httpcore.ConnectionPool,
        answer: httpcore.Response,
        request: _CheckedBackend,
    ) -> None:
        self._pool = pool
        self._answer = answer
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        with _httpx_errors(self._request):
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()
        self._pool.close()


@functools.cache
def _trusted_roots() -> ssl.SSLContext:
    # Reading the root certificates takes longer than a whole request.
    return httpx.create_ssl_context()


class OutboundTransport(httpx.BaseTransport):
    """An httpx transport that resolves once, checks, and keeps to a deadline.

    Raises TargetRefused; httpx.ConnectError or ConnectTimeout while not one byte was
    written; any other httpx.TransportError after that.
    """

    def __init__(
        self,
        *,
        allow_private: bool,
        limits: TimeLimits | None = None,
        resolver: Resolver | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._limits = limits or TimeLimits()
        self._resolver = resolver
        self._ssl_context = ssl_context

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request over a connection of its own."""
        parse_target(str(request.url))
        backend = _CheckedBackend(
            _Deadline(self._limits.total),
            allow_private=self._allow_private,
            resolver=self._resolver,
        )
        pool = httpcore.ConnectionPool(
            ssl_context=self._ssl_context or _trusted_roots(),
            max_keepalive_connections=0,
            network_backend=backend,
        )
        try:
            with _httpx_errors(backend):
                answer = pool.handle_request(self._for_core(request))
        except BaseException:
            pool.close()
            raise
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_ReplyStream(pool, answer, backend),
            extensions=answer.extensions,
        )

    def _for_core(self, request: httpx.Request) -> httpcore.Request:
        limits = self._limits
        return httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions={
                "timeout": {
                    "connect": limits.connect,
                    "read": limits.read,
                    "write": limits.write,
                    "pool": limits.connect,
                }
            },
        )


class OutboundClient:
    """Send single requests; safe to share between threads."""

    def __init__(
        self,
        *,
        allow_private: bool,
        limits: TimeLimits | None = None,
        max_reply_bytes: int = 64 * 1024,
        resolver: Resolver | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._max_reply_bytes = max_reply_bytes
        self._transport = OutboundTransport(
            allow_private=allow_private,
            limits=limits,
            resolver=resolver,
            ssl_context=ssl_context,
        )

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | Iterable[bytes] = b"",
    ) -> Reply:
        """Send one request. Raises TargetRefused, NotSent or ReplyLost.

        Content in pieces is sent as they come, and needs a Content-Length; what goes
        wrong with them is raised as it is, and the request breaks off.
        Their messages name the host alone, since a path or a query may hold a key.
        httpx.Client is not used because it logs every URL whole.
        """
        target = parse_target(url)
        fixed = {"User-Agent": "PROMURA", "Accept-Encoding": "identity"}
        request = httpx.Request(
            method, target, headers={**fixed, **(headers or {})}, content=content
        )
        try:
            answer = self._transport.handle_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            message = f"{target.host} could not be reached: {error}."
            raise NotSent(message) from error
        except httpx.TransportError as error:
            message = f"{target.host} gave no answer: {error}."
            raise ReplyLost(message) from error
        return self._read(answer)

    def _read(self, answer: httpx.Response) -> Reply:
        # The status is known by now, so a body that breaks off is no ReplyLost.
        body, complete = b"", True
        try:
            for piece in answer.stream:  # type: ignore[union-attr]
                body += piece
                if len(body) > self._max_reply_bytes:
                    body, complete = body[: self._max_reply_bytes], False
                    break
        except httpx.TransportError:
            complete = False
        finally:
            answer.close()
        return Reply(answer.status_code, answer.headers, body, complete)
