"""The one way in which a publication changes its state."""

from collections.abc import Collection
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now

from scheduling.models import Publication

_P = Publication.State

# A send is under way, or nobody knows how it ended, or somebody is posting it by
# hand: hands off.
BUSY_STATES = frozenset({_P.LEASED, _P.SENDING, _P.UNKNOWN, _P.CLAIMED})
# A person may still say what, when and whether.
OPEN_STATES = frozenset(
    {_P.DRAFT, _P.SCHEDULED, _P.READY, _P.RETRY, _P.FAILED, _P.MISSED}
)
# A person has said no; a new time brings it back.
TAKEN_OUT_STATES = frozenset({_P.CANCELLED, _P.SKIPPED})


def move(
    publication: Publication,
    to: str,
    *conditions: Q,
    seen: Collection[str] = (),
    **fields: Any,
) -> bool:
    """Move a publication on, if it still is in the state and under the fence seen.

    One conditional UPDATE; `conditions` are checked in it as well, and `seen` may name
    several states to come from. Return False when the row has moved on in the
    meantime, and change nothing then.
    """
    moved = Publication.objects.filter(
        *conditions,
        pk=publication.pk,
        state__in=seen or (publication.state,),
        fence=publication.fence,
    ).update(state=to, updated_at=Now(), **fields)
    if moved:
        publication.state = to
    return bool(moved)


def fresh_key(publication: Publication) -> dict[str, Any]:
    """Return the fields that make the next send a new one, not a repetition.

    What was once sent under a key stays bound to it: a receiver that honours keys
    would answer changed content with what it got first.
    """
    if publication.first_attempt_at is None:
        return {"payload": None}
    return {
        "payload": None,
        "first_attempt_at": None,
        "idempotency_key": f"{publication.pk}-r{publication.fence + 1}",
    }
