"""What was done, told to whoever keeps a record of it.

A service calls `emit` inside its transaction, so that the record and the deed are
one; `refuse` and `fault` are told after a rollback, by the exception handler.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.dispatch import Signal

from promura_site.origin import Origin, current

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from promura_site.models import User

# An event carries counts and at most this many ids.
MAX_IDS = 100

happened = Signal()
failed = Signal()


@dataclass(frozen=True)
class Event:
    """One action: `action` reads noun.verb_past, `message` is a sentence."""

    action: str
    message: str
    actor: "User | None" = None
    kind: str = ""
    ids: tuple[str, ...] = ()
    count: int = 0
    outcome: str = "done"
    data: dict[str, Any] = field(default_factory=dict)
    origin: Origin = field(default_factory=current)


@dataclass(frozen=True)
class Fault:
    """Something unexpected: `type` is the exception's name or an error code."""

    type: str
    message: str
    where: str = ""
    origin: Origin = field(default_factory=current)


def emit(
    action: str,
    *,
    actor: "User | AnonymousUser | None",
    message: str,
    kind: str = "",
    ids: Iterable[object] = (),
    count: int | None = None,
    data: dict[str, Any] | None = None,
    outcome: str = "done",
) -> None:
    """Tell the record keepers what has been done; call it in the transaction."""
    all_ids = [str(one) for one in ids]
    happened.send(
        sender=None,
        event=Event(
            action=action,
            message=message,
            actor=actor if actor is not None and actor.is_authenticated else None,
            kind=kind,
            ids=tuple(all_ids[:MAX_IDS]),
            count=len(all_ids) if count is None else count,
            data=data or {},
            outcome=outcome,
        ),
    )


def refuse(
    action: str,
    *,
    actor: "User | AnonymousUser | None",
    message: str,
    data: dict[str, Any] | None = None,
) -> None:
    """Tell the record keepers what was refused; call it after the rollback."""
    emit(action, actor=actor, message=message, data=data, outcome="refused")


def fault(error_type: str, message: str, where: str = "") -> None:
    """Tell the record keepers of an error; call it after the rollback."""
    failed.send(sender=None, fault=Fault(error_type, message, where))
