"""Write down what befalls publications, in the transaction in which it does."""

import logging
from typing import Any

from django.db import transaction
from django.utils import timezone

from promura_site import events
from promura_site.events import Event
from scheduling.models import Happening, Notice

logger = logging.getLogger(__name__)

_HEARD = {
    "publication.failed": Notice.Kind.FAILED,
    "publication.unknown": Notice.Kind.UNKNOWN,
    "publication.missed": Notice.Kind.MISSED,
}


def hear(sender: object, event: Event, **kwargs: Any) -> None:
    """Keep what nobody did by hand: whoever did it knows.

    An outcome that is not stored would be taken for doubtful. So what goes wrong here
    is logged and undoes nothing.
    """
    kind = _HEARD.get(event.action)
    if kind is None or event.actor is not None or event.outcome != "done":
        return
    now = timezone.now()
    try:
        with transaction.atomic():
            Happening.objects.bulk_create(
                [Happening(kind=kind, publication_id=one, at=now) for one in event.ids]
            )
    except Exception:
        logger.exception("Nobody will be told that somebody %s", event.message)


def connect() -> None:
    """Start listening."""
    events.happened.connect(hear, dispatch_uid="scheduling.notices")
