"""Why a publication has not gone out, in words, and the one safe thing to do."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from promura_site.health import Health
from promura_site.models import Heartbeat
from scheduling.models import Channel, Publication
from scheduling.platform_names import platform_name
from scheduling.publishing import gates

_P = Publication.State

RETRY, EDIT, SETTLE, WAIT, ACTIVATE, START, HAND_OVER = (
    "retry",
    "edit",
    "settle",
    "wait",
    "activate",
    "start_publisher",
    "hand_over",
)
RESUME, SIGN_IN, RELEASE = "resume", "sign_in", "release"
# What helps against each brake; the others let go by themselves.
BRAKE_ACTIONS = {
    gates.STOPPED: RESUME,
    gates.SIGN_IN: SIGN_IN,
    gates.BURST: RELEASE,
}
# The same again would fail again: the post has to change.
UNFIT = frozenset(
    {
        "media_not_cleared",
        "media_missing",
        "media_changed",
        "media_unfit",
        "over_limits",
    }
)
# A publisher looks every second; this much behind, something is in its way.
LATE = timedelta(seconds=60)
SILENT = timedelta(seconds=60)
HEARTBEAT_KIND = "publisher"


@dataclass(frozen=True)
class Reason:
    """`action` is what helps and can do no harm."""

    code: str
    text: str
    action: str


def beats(now: datetime) -> QuerySet[Heartbeat]:
    """Return the publishers that gave a sign of life within the last minute."""
    return Heartbeat.objects.filter(kind=HEARTBEAT_KIND, beaten_at__gt=now - SILENT)


def publisher_beats(now: datetime) -> bool:
    """Tell whether a publisher has given a sign of life within the last minute."""
    return beats(now).exists()


def publishing_works(now: datetime) -> Health:
    """Check that somebody publishes, if anything is due that may be sent."""
    due = Publication.objects.due(now).filter(gates.on_open_channel()).count()
    if not due or publisher_beats(now):
        return Health(True, f"{due} due" if due else "")
    return Health(False, f"{due} due, and no publisher has been alive for a minute")


def reason_for(
    publication: Publication, now: datetime, *, beating: bool
) -> Reason | None:
    """Return why a publication waits, failed or is doubtful; None if all is well.

    The publication comes with its channel and creator; `beating` tells whether a
    publisher is alive.
    """
    state = publication.state
    if state == _P.FAILED:
        action = EDIT if publication.error_code in UNFIT else RETRY
        return Reason(publication.error_code or "failed", publication.error, action)
    if state == _P.MISSED:
        return Reason(publication.error_code or "missed", publication.error, RETRY)
    if state == _P.UNKNOWN:
        return _unknown(publication)
    if state in {_P.SCHEDULED, _P.RETRY} and publication.error_code in gates.CODES:
        code = publication.error_code
        return Reason(code, publication.error, BRAKE_ACTIONS.get(code, WAIT))
    if state == _P.RETRY:
        return Reason(publication.error_code, _again(publication), WAIT)
    if state in {_P.READY, _P.CLAIMED}:
        return _by_hand(publication)
    due = publication.next_attempt_at
    if state != _P.SCHEDULED or due is None or due > now - LATE:
        return None
    if not (publication.channel.is_active and publication.channel.creator.is_active):
        return Reason(
            "channel_inactive", f"{publication.channel} is not active.", ACTIVATE
        )
    if not beating:
        return Reason("no_publisher", "No publisher is running.", START)
    return Reason("waiting_its_turn", "It is due; the publisher is at work.", WAIT)


def _by_hand(publication: Publication) -> Reason:
    person, until = publication.claimed_by, publication.claimed_until
    if publication.state == _P.CLAIMED and person and until:
        text = f"{person.get_username()} has it in hand until {until:%H:%M} UTC."
        return Reason("claimed", text, WAIT)
    return Reason("hand_over", "It waits for somebody to post it by hand.", HAND_OVER)


def _unknown(publication: Publication) -> Reason:
    if publication.next_attempt_at is not None:
        if publication.channel.health == Channel.Health.NEEDS_SIGN_IN:
            text = f"{publication.error} Signed in again, it can be found out."
            return Reason(gates.SIGN_IN, text.strip(), SIGN_IN)
        text = f"{publication.error} It is being found out."
        return Reason(publication.error_code or "unknown", text.strip(), WAIT)
    platform = platform_name(publication.channel.platform)
    text = f"{publication.error} Look on {platform} whether it is there."
    return Reason(publication.error_code or "unknown", text.strip(), SETTLE)


def _again(publication: Publication) -> str:
    if publication.next_attempt_at is None:
        return publication.error
    if publication.late_after and publication.next_attempt_at > publication.late_after:
        return f"{publication.error} That is too late; it will count as missed."
    at = f"{publication.next_attempt_at:%H:%M:%S} UTC"
    return f"{publication.error} It is tried again at {at}."
