"""People to be told, and what there is to tell them of."""

from datetime import datetime, time, timedelta
from typing import Any

from django.core import mail
from django.utils import timezone

from promura_site import events, levels
from promura_site.models import User
from scheduling.models import Channel, NoticePreference, OnCall, Publication
from scheduling.notices import wiring
from tests.factories import UserFactory
from tests.scheduling.planning import a_publication, put

P = Publication.State


def a_person(level: str = "edit", name: str = "mira", **fields: Any) -> User:
    """Make a person with an address; `quiet` are the two ends, `on_call` a switch."""
    quiet: tuple[time, time] | None = fields.pop("quiet", None)
    on_call: bool = fields.pop("on_call", False)
    wishes: dict[str, Any] = fields.pop("wishes", {})
    user = UserFactory(username=name, email=f"{name}@example.com", **fields)
    levels.set_level(user, level)
    if quiet:
        wishes |= {"quiet_from": quiet[0], "quiet_until": quiet[1]}
    if wishes:
        NoticePreference.objects.create(user=user, **wishes)
    if on_call:
        OnCall.objects.create(user=user, since=timezone.now())
    return user


def failed(channel: Channel, times: int = 1, code: str = "needs_sign_in") -> None:
    """Let this many posts have failed on a channel, as the ledger tells it."""
    befell("failed", [_in_state(channel, P.FAILED, code) for _ in range(times)])


def befell(what: str, publications: list[Publication], actor: Any = None) -> None:
    """Emit what the ledger emits of each publication."""
    for publication in publications:
        events.emit(
            f"publication.{what}",
            actor=actor,
            message=f"{what} on {publication.channel}",
            kind="publication",
            ids=[publication.pk],
            data={"post": str(publication.post_id), "code": publication.error_code},
        )


def _in_state(channel: Channel, state: str, code: str) -> Publication:
    return put(
        a_publication(channel),
        state=state,
        error_code=code,
        error="Sign in again.",
        next_attempt_at=None,
    )


def later(now: datetime, **ahead: float) -> datetime:
    return now + timedelta(**ahead)


def pass_round(now: datetime) -> list[str]:
    """Look and tell once at this time; return the subjects of the mails that went."""
    before = len(mail.outbox)
    wiring.look(now)
    wiring.tell(now)
    return [one.subject for one in mail.outbox[before:]]
