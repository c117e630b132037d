"""The record of what went wrong: one row a type, place and hour, counted."""

import logging
from datetime import datetime
from typing import Any

from django.db import DatabaseError
from django.utils import timezone

from metrics.audit import storable
from metrics.counting import add_up
from metrics.models import ErrorEvent
from promura_site import events
from promura_site.events import Fault

logger = logging.getLogger(__name__)


def record(sender: object, fault: Fault, **kwargs: Any) -> None:
    """Count `fault`; a database that refuses must not hide the fault itself."""
    try:
        count_error(fault.type, fault.message, fault.where, timezone.now())
    except DatabaseError:
        logger.exception("An error could not be recorded: %s", fault.type)


def count_error(error_type: str, message: str, where: str, now: datetime) -> None:
    """Raise the count of an error in the present hour; keep its latest message."""
    add_up(
        ErrorEvent,
        {
            "type": storable(error_type, 80),
            "where": storable(where, 80),
            "hour": now.replace(minute=0, second=0, microsecond=0),
        },
        {"count": 1},
        first={"first_at": now},
        latest={"last_at": now, "message": storable(message, 300)},
    )


def connect() -> None:
    """Start listening to what fails."""
    events.failed.connect(record, dispatch_uid="metrics.errors")
