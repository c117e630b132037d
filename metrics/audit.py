"""The record of what people did, written in the transaction of the deed itself."""

import json
import logging
from ipaddress import ip_address
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone

from metrics.models import AuditEvent
from promura_site import events
from promura_site.events import Event

logger = logging.getLogger(__name__)


def storable(text: str, length: int) -> str:
    """Return `text` cut to `length`, without what PostgreSQL cannot hold."""
    clean = text.replace("\x00", "").encode(errors="replace").decode()
    return clean if len(clean) <= length else f"{clean[: length - 1]}…"


def record(sender: object, event: Event, **kwargs: Any) -> None:
    """Write the audit row of `event`.

    What was done shares the caller's transaction: if the row cannot be written, the
    deed is undone. A refusal has nothing to undo and must stay a refusal.
    """
    if event.outcome != "refused":
        _row(event).save(force_insert=True)
        return
    try:
        with transaction.atomic():
            _row(event).save(force_insert=True)
    except DatabaseError:
        logger.exception("A refusal could not be recorded: %s", event.message)


def _row(event: Event) -> AuditEvent:
    return AuditEvent(
        at=timezone.now(),
        actor=event.actor,
        actor_name=event.actor.get_username() if event.actor else "",
        action=storable(event.action, 60),
        outcome=event.outcome,
        message=storable(event.message, 300),
        kind=storable(event.kind, 30),
        ids=list(event.ids),
        count=event.count,
        via=event.origin.via,
        address=_address(event.origin.address),
        request_id=event.origin.request_id,
        data=_plain(event.data),
    )


def _address(text: str) -> str | None:
    """Return an IP address in its shortest form; a Unix socket has none."""
    try:
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        return None


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    """Return `data` as JSON can hold it: ids and times become strings."""
    text = json.dumps(data, default=str)
    plain: dict[str, Any] = json.loads(text.replace("\\u0000", ""))
    return plain


def connect() -> None:
    """Start listening to what is done."""
    events.happened.connect(record, dispatch_uid="metrics.audit")
