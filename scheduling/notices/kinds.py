"""The kinds of notices: who is told of them, how soon, and how often."""

from dataclasses import dataclass
from datetime import timedelta

from promura_site.levels import ADMIN, EDIT, VIEW
from scheduling.models import Notice

K = Notice.Kind
NOW = timedelta()
# What belongs together comes in together: wait for the rest before the first word.
COLLECT = timedelta(seconds=90)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PLANNERS = frozenset({EDIT, ADMIN})
EVERYBODY = PLANNERS | {VIEW}
# Hand-overs are told of this long before they are due.
HANDOVER_AHEAD = timedelta(minutes=15)


@dataclass(frozen=True)
class Kind:
    """`levels` are told unless they choose otherwise; `gap` lies between two messages.

    What lasts (`remind`) is spoken of again after that time; the others are over when
    nothing new has come for an hour. `clear` says that it is over, with the subject.
    """

    name: str
    levels: frozenset[str]
    urgent: bool = False
    collect: timedelta = COLLECT
    gap: timedelta = HOUR
    remind: timedelta | None = None
    clear: str = ""


KINDS: dict[str, Kind] = {
    K.SILENT: Kind(
        "Nothing is published",
        PLANNERS,
        urgent=True,
        collect=NOW,
        remind=HOUR,
        clear="Posts are being published again",
    ),
    K.SIGN_IN: Kind(
        "An account needs sign-in",
        PLANNERS,
        urgent=True,
        remind=DAY,
        clear="{subject} is signed in again",
    ),
    K.FAILED: Kind("Posts failed", PLANNERS),
    K.UNKNOWN: Kind("Posts in doubt", PLANNERS),
    K.MISSED: Kind("Posts missed their time", PLANNERS),
    K.HANDOVER: Kind(
        "Hand-overs due in 15 minutes",
        frozenset({VIEW}),
        urgent=True,
        collect=NOW,
        gap=timedelta(minutes=10),
        remind=DAY,
    ),
    K.BURST: Kind(
        "An account stopped after a burst",
        PLANNERS,
        urgent=True,
        remind=DAY,
        clear="{subject} may publish again",
    ),
    K.PANIC: Kind(
        "Publishing stopped by hand",
        EVERYBODY,
        urgent=True,
        collect=NOW,
        remind=DAY,
        clear="Publishing goes on for {subject}",
    ),
    K.SERIES: Kind(
        "A series cannot go on",
        PLANNERS,
        remind=DAY,
        clear="The series {subject} goes on",
    ),
}
LASTING = tuple(kind for kind, spec in KINDS.items() if spec.remind)
PASSING = tuple(kind for kind in KINDS if kind not in LASTING)

# What is wrong, in few words, for the codes that publications carry.
_CAUSES = {
    "needs_sign_in": "needs sign-in",
    "rate_limited": "the platform asks for a pause",
    "unreachable": "the platform cannot be reached",
    "unavailable": "the platform has an outage",
    "server_error": "the platform has an outage",
    "reply_lost": "no answer came",
    "publisher_lost": "a publisher ended while sending",
    "over_limits": "over the platform's limits",
    "media_missing": "media is missing",
    "media_changed": "media has changed since its upload",
    "media_unfit": "media does not fit the platform",
    "missed": "nothing sent them in time",
    "daily_cap": "over the daily cap",
    "spacing": "too close together",
    "rate": "over the account's rate",
    "burst": "stopped after a burst",
    "stopped": "publishing was stopped",
    "outage": "the platform had an outage",
}


def cause_in_words(code: str) -> str:
    """Return a code as it reads in a sentence."""
    return _CAUSES.get(code, code.replace("_", " "))
