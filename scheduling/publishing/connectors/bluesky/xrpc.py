"""Calls to an AT Protocol server, and what its answers mean for a publication.

atproto's own client is not used: it follows redirects, resolves names by itself, reads
answers of any size and tells a lost reply from a refused connection only by its cause.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import httpx

from scheduling.publishing.connectors.answers import (
    Budget,
    ask,
    reason_in,
    short_text,
)
from scheduling.publishing.connectors.base import (
    NEEDS_SIGN_IN,
    OutcomeUnknown,
    PublishError,
)
from scheduling.publishing.outbound import (
    MAX_RETRY_AFTER,
    OutboundClient,
    Reply,
    TimeLimits,
)

# Where an account keeps its posts.
COLLECTION = "app.bsky.feed.post"
# Many posts with their embeds, as getPosts gives them.
MAX_REPLY_BYTES = 4_000_000
NOT_OFFERED = "not_offered"
# Another token may be taken where this one was not.
STALE_TOKEN = frozenset({"ExpiredToken", "InvalidToken"})
SHUT_ACCOUNT = frozenset(
    {
        "AccountDeactivated",
        "AccountSuspended",
        "AccountTakedown",
        "RepoDeactivated",
        "RepoSuspended",
        "RepoTakendown",
    }
)
NOT_SERVED = frozenset({"MethodNotImplemented", "XRPCNotSupported"})
# The reference server gives this one no name of its own.
NOT_SERVED_WORDS = "No service configured for"
UNAVAILABLE = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


class Refused(PublishError):
    """A call that the server answered with an error of the protocol (``name``)."""

    name = ""


class TokenRefused(Refused):
    """The token was not taken; a new one may be."""


@dataclass(frozen=True)
class Call:
    """One call. ``writes``: if its outcome is not known, a post may be there.

    ``at_most`` seconds, of which ``keep`` seconds of the budget stay untouched.
    """

    nsid: str
    params: Mapping[str, str | list[str]] = field(default_factory=dict)
    content: bytes | None = None
    content_type: str = "application/json"
    writes: bool = False
    at_most: float = 20.0
    keep: float = 0.0


@dataclass(frozen=True)
class Server:
    """One server. ``private`` texts are never repeated from what it answers."""

    service: str
    allow_private: bool
    budget: Budget
    private: tuple[str, ...] = field(default=(), repr=False)

    @property
    def host(self) -> str:
        """Return the name by which people know it."""
        return httpx.URL(self.service).host

    def call(self, call: Call, token: str = "") -> dict[str, Any]:
        """Return the answer as an object. Raises PublishError or OutcomeUnknown."""
        reply = self._ask(call, token)
        if not 200 <= reply.status < 300:
            self._refuse(call, reply, token)
        return reply.json_object()

    def _ask(self, call: Call, token: str) -> Reply:
        seconds = min(self.budget.left() - call.keep, call.at_most)
        if seconds <= 0:
            message = f"{self.host} took too long."
            raise PublishError(message, permanent=False, code="unavailable")
        client = OutboundClient(
            allow_private=self.allow_private,
            limits=TimeLimits(read=seconds, write=seconds, total=seconds),
            max_reply_bytes=MAX_REPLY_BYTES,
        )
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if call.content is not None:
            headers["Content-Type"] = call.content_type
        try:
            return ask(
                client,
                "GET" if call.content is None else "POST",
                f"{self.service}/xrpc/{call.nsid}{_query(call.params)}",
                headers={**headers, **_length(call.content)},
                content=call.content or b"",
            )
        except OutcomeUnknown as error:
            if call.writes:
                raise
            raise PublishError(
                error.message, permanent=False, code=error.code
            ) from None

    def _refuse(self, call: Call, reply: Reply, token: str) -> None:
        answer, wish = reply.json_object(), _retry_after(reply)
        name, status = short_text(answer.get("error")), reply.status
        words = reason_in(answer, ("message", "error"), (*self.private, token))
        message = f"{self.host} answered {status}{words}."
        code = _code_of(status, name, short_text(answer.get("message")))
        if status < 400:
            message = f"{self.host} redirects ({status}). Enter the final address."
        if code in ("server_error", "unavailable") and status >= 500 and call.writes:
            # One behind the server may have taken it before it failed.
            raise OutcomeUnknown(
                message,
                code="server_error",
                retry_after=wish,
                reply=f"{status}{words}",
            )
        later = code in ("server_error", "unavailable", "rate_limited")
        stale = code == NEEDS_SIGN_IN and name not in SHUT_ACCOUNT
        kind = TokenRefused if stale else Refused
        refused = kind(
            message,
            permanent=not later,
            retry_after=wish,
            code=code,
            reply=f"{status}{words}",
        )
        refused.name = name
        raise refused


def _code_of(status: int, name: str, words: str) -> str:
    if status < 400:
        return "redirected"
    served = status != HTTPStatus.NOT_IMPLEMENTED and name not in NOT_SERVED
    if not served or words.startswith(NOT_SERVED_WORDS):
        return NOT_OFFERED
    turned_away = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    if status in turned_away or name in STALE_TOKEN | SHUT_ACCOUNT:
        return NEEDS_SIGN_IN
    if status in UNAVAILABLE:
        return "unavailable"
    if status >= 500:
        return "server_error"
    named = {
        HTTPStatus.TOO_MANY_REQUESTS: "rate_limited",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    }
    return named.get(HTTPStatus(status), "refused") if status in named else "refused"


def _retry_after(reply: Reply) -> float | None:
    """Return the seconds to wait: what is asked for, or until a limit begins anew."""
    now = datetime.now(UTC)
    if (asked := reply.retry_after(now)) is not None:
        return asked
    reset = reply.headers.get("ratelimit-reset", "")
    if reply.status != HTTPStatus.TOO_MANY_REQUESTS or not reset.isascii():
        return None
    if not reset.isdigit():
        return None
    return min(max(float(reset) - now.timestamp(), 0.0), MAX_RETRY_AFTER)


def _query(params: Mapping[str, str | list[str]]) -> str:
    return f"?{urlencode(params, doseq=True, safe=':/')}" if params else ""


def _length(content: bytes | None) -> dict[str, str]:
    return {} if content is None else {"Content-Length": str(len(content))}


def strings(answer: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    """Return these fields of an answer, "" for each that is no text."""
    found = (answer.get(name) for name in names)
    return [one if isinstance(one, str) else "" for one in found]
