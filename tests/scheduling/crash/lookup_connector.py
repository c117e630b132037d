"""A platform that can be asked whether a post is there, by a name chosen beforehand."""

import json
import os
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from scheduling.publishing.connectors.base import (
    Account,
    Connector,
    ConnectorOptions,
    OutcomeUnknown,
    PublishError,
    PublishRequest,
    Receipt,
    Recovery,
)
from scheduling.publishing.connectors.webhook import WebhookConnector
from scheduling.publishing.outbound import (
    NotSent,
    OutboundClient,
    Reply,
    ReplyLost,
    TimeLimits,
)

# How long one request may take; what is killed comes back the sooner the less it is.
SECONDS = float(os.environ.get("CRASH_REQUEST_SECONDS", "30"))
LIMITS = TimeLimits(connect=SECONDS, read=SECONDS, write=SECONDS, total=SECONDS)


class QuickWebhook(WebhookConnector):
    """The webhook, with the time-outs of a test."""

    timeout: ClassVar[float] = SECONDS + 1
    time_limits: ClassVar[TimeLimits] = LIMITS


class LookupConnector(Connector):
    """Post under a name of our own choice, and ask for it in case of doubt."""

    name: ClassVar[str] = "lookup"
    platform: ClassVar[str] = "lookup"
    timeout: ClassVar[float] = SECONDS + 1

    @property
    def recovery(self) -> Recovery:
        """The platform can be asked."""
        return Recovery.LOOKUP

    @classmethod
    def validate_credentials(
        cls, credentials: object, options: ConnectorOptions
    ) -> dict[str, Any]:
        """Take what the tests give."""
        assert isinstance(credentials, Mapping)
        return dict(credentials)

    @classmethod
    def new_record_key(cls) -> str:
        """Return a random name."""
        return uuid.uuid4().hex

    def verify(self) -> Account:
        """There is nothing to prove."""
        return Account()

    def publish(self, request: PublishRequest) -> Receipt:
        """Post the text under its record key."""
        body = json.dumps({"content": request.content}).encode()
        try:
            reply = self._ask("POST", request, body)
        except ReplyLost as error:
            raise OutcomeUnknown(str(error), code="reply_lost") from error
        if reply.status >= 500:
            message = f"The platform answered {reply.status}."
            raise OutcomeUnknown(message, code="server_error")
        return self._receipt(request, reply)

    def lookup(self, request: PublishRequest) -> Receipt | None:
        """Ask for the record; None if the platform does not know it."""
        try:
            reply = self._ask("GET", request)
        except ReplyLost as error:
            raise PublishError(
                str(error), permanent=False, code="unreachable"
            ) from error
        return None if reply.status == 404 else self._receipt(request, reply)

    def _ask(self, method: str, request: PublishRequest, body: bytes = b"") -> Reply:
        client = OutboundClient(
            allow_private=self._options.allow_private_targets, limits=LIMITS
        )
        url = f"{self._credentials['url']}/{request.record_key}"
        try:
            return client.send(method, url, content=body)
        except NotSent as error:
            raise PublishError(
                str(error), permanent=False, code="unreachable"
            ) from error

    def _receipt(self, request: PublishRequest, reply: Reply) -> Receipt:
        if reply.status == 200:
            return Receipt(external_id=request.record_key)
        raise PublishError(
            f"The platform answered {reply.status}.",
            permanent=False,
            retry_after=reply.retry_after(datetime.now(UTC)),
            code="rate_limited" if reply.status == 429 else "unavailable",
        )
