"""Any server that speaks Mastodon's API.

Media are uploaded first, each under its own id; until the status is posted nobody
sees them, and the server clears away what stays unused. So whatever fails before that
is known not to be published. The status goes out under an ``Idempotency-Key``, which
the server keeps for an hour with what it posted: a second one under the same key is
answered with the first, whatever media it names.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

import regex

from scheduling.publishing.connectors.answers import (
    QUICK,
    Budget,
    ask,
    reason_in,
    seconds_with,
    server_origin,
    server_problem,
    short_text,
    token_problem,
    web_link,
)
from scheduling.publishing.connectors.base import (
    Account,
    Connector,
    ConnectorOptions,
    CredentialsInvalid,
    Engagement,
    Limits,
    MediaFile,
    OutcomeUnknown,
    PublishError,
    PublishRequest,
    Receipt,
    Recovery,
    refuse_unknown_fields,
)
from scheduling.publishing.connectors.multipart import Multipart
from scheduling.publishing.outbound import MAX_RETRY_AFTER, Reply

FIELDS = frozenset({"server", "access_token"})
MAX_ALT_TEXT = 1_500
MAX_REPLY_BYTES = 2_000_000
STATUSES = "/api/v1/statuses"
# How many statuses the server tells of at once.
BATCH = 20
# Posting the status must not begin with less time left than this.
SECONDS_TO_POST = 20.0
LONGEST_POLL = 5.0

# A link counts as 23 characters, however long; of @lea@server.example only @lea counts.
LINK_LENGTH = 23
_LINK = regex.compile(
    r"(?<![\w@#/$])https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*[A-Za-z0-9/_=%&#-]"
)
_MENTION = regex.compile(r"(?<![=/\w])(@[A-Za-z0-9_]+(?:[.-]+\w+)*)@[\w.-]*\w")
_LETTER = regex.compile(r"\X")

REFUSALS: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "needs_sign_in",
    HTTPStatus.FORBIDDEN: "needs_sign_in",
    HTTPStatus.GONE: "gone",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
}
TRY_LATER: dict[int, str] = {
    HTTPStatus.REQUEST_TIMEOUT: "unavailable",
    HTTPStatus.TOO_EARLY: "unavailable",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limited",
}


class MastodonConnector(Connector):
    """Post statuses; the credentials are ``server`` and ``access_token``."""

    name: ClassVar[str] = "mastodon"
    platform: ClassVar[str] = "mastodon"
    # What a server has that was never adjusted. A picture may have 33,177,600 pixels.
    limits: ClassVar[Limits] = Limits(
        characters=500,
        media_count=4,
        media_types=frozenset(
            {
                "image/jpeg",
                "image/png",
                "image/webp",
                "image/gif",
                "video/mp4",
                "video/quicktime",
                "video/webm",
            }
        ),
        image_bytes=16_000_000,
        image_edge=5_760,
        video_bytes=99_000_000,
        video_count=1,
    )
    # Room for a long clip: its upload, and the server's work on it.
    timeout: ClassVar[float] = 240.0
    reads_engagement: ClassVar[bool] = True
    deletes: ClassVar[bool] = True
    first_poll: ClassVar[float] = 1.0

    @property
    def recovery(self) -> Recovery:
        """The key of a post says whether it is there."""
        return Recovery.IDEMPOTENT

    @property
    def recovery_window(self) -> timedelta | None:
        """The server's hour, less what a last attempt may take."""
        return timedelta(minutes=50)

    def seconds_for(self, request: PublishRequest) -> float:
        """Allow for the files' way there, and for the work on them."""
        return seconds_with(request.media, self.timeout)

    @classmethod
    def validate_credentials(
        cls, credentials: object, options: ConnectorOptions
    ) -> dict[str, Any]:
        """Take a server's name or address, and a token that fits into a header."""
        given = refuse_unknown_fields(credentials, FIELDS)
        errors: dict[str, list[str]] = {}
        if problem := server_problem(given.get("server"), options):
            errors["server"] = [problem]
        if problem := token_problem(given.get("access_token")):
            errors["access_token"] = [problem]
        if errors:
            raise CredentialsInvalid(errors)
        return {
            "server": server_origin(given["server"]),
            "access_token": given["access_token"].strip(),
        }

    @classmethod
    def text_length(cls, text: str) -> int:
        """Count what people see as one character as one, as the server does."""
        counted = _MENTION.sub(r"\1", _LINK.sub("x" * LINK_LENGTH, text))
        return len(_LETTER.findall(counted))

    def verify(self) -> Account:
        """Ask whose token this is."""
        path = "/api/v1/accounts/verify_credentials"
        answer = self._ask(Budget(QUICK), "GET", path).json_object()
        account_id, name = short_text(answer.get("id")), short_text(answer.get("acct"))
        if not account_id or not name:
            raise _unreadable()
        # Two servers may well use the same id.
        host = self._host()
        return Account(
            external_id=f"{account_id}@{host}",
            handle=name if "@" in name else f"{name}@{host}",
            name=short_text(answer.get("display_name")),
            avatar_url=web_link(answer.get("avatar")),
        )

    def publish(self, request: PublishRequest) -> Receipt:
        """Upload the media, wait until they are ready, and post the status."""
        self.refuse_over_limits(request)
        _refuse_mixed(request)
        budget = Budget(self.seconds_for(request))
        media = [self._upload(budget, item) for item in request.media]
        if budget.left() < SECONDS_TO_POST:
            raise _too_slow("Uploading the media")
        status = {
            "status": request.content,
            "language": request.language,
            "media_ids": media,
        }
        reply = self._call(
            budget,
            "POST",
            STATUSES,
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": request.idempotency_key,
            },
            content=json.dumps(status).encode(),
        )
        if reply.status >= 500:
            raise OutcomeUnknown(
                self._sentence(reply), code="server_error", retry_after=_wish(reply)
            )
        self._raise_for_status(reply)
        return _receipt(reply.json_object(), request)

    def engagement(self, external_ids: Sequence[str]) -> dict[str, Engagement]:
        """Ask for statuses together, or one by one where the server is an old one."""
        budget = Budget(QUICK)
        found: dict[str, Engagement] = {}
        for start in range(0, len(external_ids), BATCH):
            batch = external_ids[start : start + BATCH]
            for status in self._statuses(budget, batch):
                found[short_text(status.get("id"))] = Engagement(
                    likes=_count(status.get("favourites_count")),
                    comments=_count(status.get("replies_count")),
                    shares=_count(status.get("reblogs_count")),
                )
        return {one: found[one] for one in external_ids if one in found}

    def delete(self, external_id: str) -> None:
        """Delete a status; one that is not there is deleted."""
        path = f"{STATUSES}/{quote(external_id, safe='')}"
        self._ask(Budget(QUICK), "DELETE", path, passing={HTTPStatus.NOT_FOUND})

    def _statuses(self, budget: Budget, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield what the server knows of these statuses."""
        query = urlencode([("id[]", one) for one in ids])
        old = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
        reply = self._ask(budget, "GET", f"{STATUSES}?{query}", passing=old)
        if reply.status not in old:
            answer = reply.json()
            if not isinstance(answer, list):
                raise _unreadable()
            yield from (one for one in answer if isinstance(one, dict))
            return
        for one in ids:
            path = f"{STATUSES}/{quote(one, safe='')}"
            reply = self._ask(budget, "GET", path, passing={HTTPStatus.NOT_FOUND})
            yield reply.json_object()

    def _upload(self, budget: Budget, item: MediaFile) -> str:
        """Upload one file and wait until it is ready; return its id."""
        fields = {"description": item.alt_text[:MAX_ALT_TEXT]} if item.alt_text else {}
        form = Multipart(fields, {"file": item})
        reply = self._ask(
            budget, "POST", "/api/v2/media", headers=form.headers(), content=form
        )
        media_id = short_text(reply.json_object().get("id"))
        if not media_id:
            raise _unreadable()
        pause = self.first_poll
        while reply.status != HTTPStatus.OK:
            if budget.left() < pause + SECONDS_TO_POST:
                raise _too_slow(f"The server's work on {item.name}")
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_POLL)
            path = f"/api/v1/media/{quote(media_id, safe='')}"
            reply = self._ask(budget, "GET", path)
        return media_id

    def _ask(
        self,
        budget: Budget,
        method: str,
        path: str,
        *,
        passing: Iterable[int] = (),
        headers: Mapping[str, str] | None = None,
        content: bytes | Iterable[bytes] = b"",
    ) -> Reply:
        """Send what may be sent again. Raises PublishError, never OutcomeUnknown."""
        try:
            reply = self._call(budget, method, path, headers=headers, content=content)
        except OutcomeUnknown as error:
            raise PublishError(
                error.message, permanent=False, code=error.code
            ) from error
        if reply.status not in passing:
            self._raise_for_status(reply)
        return reply

    def _call(
        self,
        budget: Budget,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | Iterable[bytes] = b"",
    ) -> Reply:
        token = self._credentials["access_token"]
        return ask(
            budget.client(self._options, max_reply_bytes=MAX_REPLY_BYTES),
            method,
            f"{self._credentials['server']}{path}",
            headers={"Authorization": f"Bearer {token}", **(headers or {})},
            content=content,
        )

    def _raise_for_status(self, reply: Reply) -> None:
        status, message = reply.status, self._sentence(reply)
        if 200 <= status < 300:
            return
        if status < 400:
            message = f"{self._host()} redirects ({status}). Enter the final address."
            raise PublishError(message, permanent=True, code="redirected")
        later = "unavailable" if status >= 500 else TRY_LATER.get(status)
        if later:
            wish = _wish(reply)
            raise PublishError(message, permanent=False, retry_after=wish, code=later)
        raise PublishError(
            message, permanent=True, code=REFUSALS.get(status, "refused")
        )

    def _sentence(self, reply: Reply) -> str:
        answer, private = reply.json_object(), [self._credentials["access_token"]]
        said = reason_in(answer, ("error_description", "error"), private)
        return f"{self._host()} answered {reply.status}{said}."

    def _host(self) -> str:
        return str(self._credentials["server"]).partition("://")[2]


def _refuse_mixed(request: PublishRequest) -> None:
    if len(request.media) > 1 and any(item.is_video for item in request.media):
        message = "A clip goes alone on Mastodon, without pictures."
        raise PublishError(message, permanent=True, code="over_limits")


def _receipt(answer: Mapping[str, Any], request: PublishRequest) -> Receipt:
    status_id = short_text(answer.get("id"))
    if not status_id:
        message = "The server took the post, but its answer could not be read."
        raise OutcomeUnknown(message, code="reply_lost")
    return Receipt(
        external_id=status_id,
        url=web_link(answer.get("url")) or web_link(answer.get("uri")),
        published_at=_posted_at(answer.get("created_at"), request),
    )


def _posted_at(value: object, request: PublishRequest) -> datetime | None:
    """Return when the server says it posted, if its clock agrees with ours.

    The answer to a later attempt tells of the first one, which got through.
    """
    moment = _moment(value)
    if moment and request.first_attempt_at <= moment <= datetime.now(UTC):
        return moment
    return None


def _wish(reply: Reply) -> float | None:
    """Return the seconds to wait: until the server counts anew, if it says so."""
    now = datetime.now(UTC)
    wish = reply.retry_after(now)
    reset = _moment(reply.headers.get("x-ratelimit-reset"))
    if wish is not None or reset is None:
        return wish
    return min(max((reset - now).total_seconds(), 0.0), MAX_RETRY_AFTER)


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return max(value, 0)


def _unreadable() -> PublishError:
    message = "The server's answer could not be read; is it a Mastodon server?"
    return PublishError(message, permanent=False, code="unavailable")


def _too_slow(what: str) -> PublishError:
    return PublishError(
        f"{what} took too long.", permanent=False, code="media_too_slow"
    )
