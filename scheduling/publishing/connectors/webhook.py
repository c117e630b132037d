"""Any receiver that speaks Standard Webhooks (specification 1.0.0).

The body is signed as a whole, so media travel inside it in base64: a link would need
a public address of PROMURA, and several parts could not be signed together.

How answers are read. 2xx: published. 3xx: refused, the address is to be corrected.
408, 425, 429, and 503 with ``Retry-After``: not accepted, try later. 409 from a
receiver that honours the key: an earlier send is still being worked on. Other 4xx:
refused for good. Every other 5xx, and no answer at all: the receiver, or one behind
it, may have taken the post before it failed, so the outcome is unknown.
"""

import base64
import binascii
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, ClassVar

import httpx

from scheduling.publishing.connectors.answers import (
    ask,
    holds,
    reason_in,
    short_text,
    web_link,
)
from scheduling.publishing.connectors.base import (
    Account,
    Connector,
    ConnectorOptions,
    CredentialsInvalid,
    Limits,
    MediaFile,
    OutcomeUnknown,
    PublishError,
    PublishRequest,
    Receipt,
    Recovery,
    refuse_unknown_fields,
    utc_text,
)
from scheduling.publishing.outbound import (
    OutboundClient,
    Reply,
    TargetRefused,
    TimeLimits,
    check_target,
)

FIELDS = frozenset({"url", "secret", "idempotent"})
SECRET_PREFIX = "whsec_"
MIN_SECRET_BYTES = 24
MAX_SECRET_CHARACTERS = 2000
MAX_REPLY = 300
TRY_LATER: dict[int, str] = {
    HTTPStatus.REQUEST_TIMEOUT: "unavailable",
    HTTPStatus.TOO_EARLY: "unavailable",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limited",
}
REFUSALS: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "needs_sign_in",
    HTTPStatus.FORBIDDEN: "needs_sign_in",
    HTTPStatus.GONE: "gone",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
}


class WebhookConnector(Connector):
    """Send posts to a URL; the credentials are ``url``, ``secret``, ``idempotent``."""

    name: ClassVar[str] = "webhook"
    platform: ClassVar[str] = "webhook"
    account_fields: ClassVar[frozenset[str]] = frozenset({"url"})
    limits: ClassVar[Limits] = Limits(total_media_bytes=25_000_000)
    replays: ClassVar[bool] = True
    # The client's 30 seconds, and reading the media before it.
    timeout: ClassVar[float] = 45.0
    time_limits: ClassVar[TimeLimits] = TimeLimits(total=30.0)

    @property
    def recovery(self) -> Recovery:
        """Only the receiver's owner can know whether it honours the key."""
        honoured = self._credentials.get("idempotent") is True
        return Recovery.IDEMPOTENT if honoured else Recovery.MANUAL

    @property
    def recovery_window(self) -> timedelta | None:
        """A day: what receivers that honour keys commonly keep them for."""
        return timedelta(hours=24) if self.recovery == Recovery.IDEMPOTENT else None

    @classmethod
    def validate_credentials(
        cls, credentials: object, options: ConnectorOptions
    ) -> dict[str, Any]:
        """Check the URL's target, the secret's strength and the promise's type."""
        given = refuse_unknown_fields(credentials, FIELDS)
        errors: dict[str, list[str]] = {}
        if problem := _url_problem(given.get("url"), options):
            errors["url"] = [problem]
        if problem := _secret_problem(given.get("secret")):
            errors["secret"] = [problem]
        if not isinstance(given.get("idempotent", False), bool):
            errors["idempotent"] = ["This must be true or false."]
        if errors:
            raise CredentialsInvalid(errors)
        return {
            "url": given["url"].strip(),
            "secret": " ".join(given["secret"].split()),
            "idempotent": given.get("idempotent", False),
        }

    def verify(self) -> Account:
        """Send a signed ``ping``; any 2xx will do."""
        now = utc_text(datetime.now(UTC))
        body = _json_bytes({"type": "ping", "timestamp": now, "data": {}})
        self._send(f"ping_{uuid.uuid4().hex}", body)
        return Account()

    def publish(self, request: PublishRequest) -> Receipt:
        """Send ``post.publish``, the same bytes under the same id each time."""
        self.refuse_over_limits(request)
        body = _json_bytes(
            {
                "type": "post.publish",
                "timestamp": utc_text(request.publish_at),
                "data": {
                    **request.described(),
                    "media": [_with_bytes(item) for item in request.media],
                },
            }
        )
        reply, said = self._send(request.idempotency_key, body)
        answer = reply.json_object()
        return Receipt(
            external_id=short_text(answer.get("id")) or request.idempotency_key,
            url=web_link(answer.get("url")),
            reply=said,
        )

    def _send(self, message_id: str, body: bytes) -> tuple[Reply, str]:
        timestamp = str(int(time.time()))
        signature = sign(self._credentials["secret"], message_id, timestamp, body)
        client = OutboundClient(
            allow_private=self._options.allow_private_targets, limits=self.time_limits
        )
        started = time.monotonic()
        reply = ask(
            client,
            "POST",
            self._credentials["url"],
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": message_id,
                "webhook-id": message_id,
                "webhook-timestamp": timestamp,
                "webhook-signature": signature,
            },
            content=body,
        )
        said = self._in_short(reply, time.monotonic() - started)
        try:
            self._raise_for_status(reply)
        except PublishError as error:
            error.reply = said
            raise
        return reply, said

    def _raise_for_status(self, reply: Reply) -> None:
        status, wish = reply.status, reply.retry_after(datetime.now(UTC))
        if 200 <= status < 300:
            return
        message = f"The receiver answered {status}{self._reason(reply)}."
        if status < 400:
            message = f"The receiver redirects ({status}). Enter the final address."
            raise PublishError(message, permanent=True, code="redirected")
        if status == HTTPStatus.CONFLICT and self.recovery == Recovery.IDEMPOTENT:
            raise OutcomeUnknown(message, code="in_progress", retry_after=wish)
        later = TRY_LATER.get(status)
        if status == HTTPStatus.SERVICE_UNAVAILABLE and wish is not None:
            later = "unavailable"
        if later:
            raise PublishError(message, permanent=False, retry_after=wish, code=later)
        if status >= 500:
            raise OutcomeUnknown(message, code="server_error", retry_after=wish)
        raise PublishError(
            message, permanent=True, code=REFUSALS.get(status, "refused")
        )

    def _reason(self, reply: Reply) -> str:
        answer = reply.json_object()
        return reason_in(answer, ("message", "error"), self._private())

    def _in_short(self, reply: Reply, seconds: float) -> str:
        """Return status, time and first words of an answer, for the log."""
        line = f"{reply.status} in {seconds * 1000:.0f} ms"
        body = reply.body.decode(errors="replace")
        words = "" if holds(body, self._private()) else short_text(body)
        return f"{line}: {words}"[:MAX_REPLY] if words else line

    def _private(self) -> list[str]:
        """Return what an answer may send back and nobody is to read."""
        url = httpx.URL(self._credentials["url"])
        secrets = self._credentials["secret"].split()
        keys = [secret.removeprefix(SECRET_PREFIX) for secret in secrets]
        paths = [url.path, url.query.decode()]
        return [str(url), *secrets, *keys, *(part for part in paths if len(part) > 1)]


def sign(secrets: str, message_id: str, timestamp: str, body: bytes) -> str:
    """Return the ``webhook-signature`` header: one signature for each secret.

    Several secrets, separated by spaces, let a receiver change over to a new one.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(
        "v1,"
        + base64.b64encode(hmac.digest(_key_of(secret), signed, "sha256")).decode()
        for secret in secrets.split()
    )


def _key_of(secret: str) -> bytes:
    """Return the key's bytes. Raises ValueError if what follows whsec_ is no base64."""
    if secret.startswith(SECRET_PREFIX):
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    return secret.encode()


def _url_problem(url: object, options: ConnectorOptions) -> str | None:
    if not isinstance(url, str) or not url.strip():
        return "A URL is needed."
    try:
        check_target(url.strip(), options.allow_private_targets)
    except TargetRefused as error:
        return str(error)
    return None


def _secret_problem(secret: object) -> str | None:
    if not isinstance(secret, str) or not secret.strip():
        return "A secret is needed."
    if len(secret) > MAX_SECRET_CHARACTERS:
        return f"The secret is longer than {MAX_SECRET_CHARACTERS} characters."
    try:
        keys = [_key_of(part) for part in secret.split()]
    except (binascii.Error, ValueError):
        return "What follows whsec_ must be base64."
    if min(map(len, keys)) < MIN_SECRET_BYTES:
        return f"The secret must be at least {MIN_SECRET_BYTES} bytes long."
    return None


def _with_bytes(item: MediaFile) -> dict[str, Any]:
    data = base64.b64encode(b"".join(item.chunks())).decode()
    return {**item.described(), "data": data}


def _json_bytes(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
