"""What holds posts up, by cause: how many, since when, and what to do about all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import (
    BooleanField,
    Count,
    ExpressionWrapper,
    Max,
    Min,
    Q,
    QuerySet,
)

from scheduling.models import Channel, PanicStop, Publication
from scheduling.platform_names import platform_name
from scheduling.publishing import gates
from scheduling.reasons import (
    ACTIVATE,
    BRAKE_ACTIONS,
    EDIT,
    HAND_OVER,
    LATE,
    RELEASE,
    RESUME,
    RETRY,
    SETTLE,
    SIGN_IN,
    START,
    UNFIT,
    WAIT,
    publisher_beats,
)

_P = Publication.State

NO_PUBLISHER, ITS_TURN = "no_publisher", "waiting_its_turn"
INACTIVE = "channel_inactive"
BY_HAND, DOUBT = "hand_over", "unknown"
WAITING, MISSED, FAILED, DOUBTFUL = "waiting", "missed", "failed", "doubtful"
# What failed or was missed longer ago is history, not work.
RECENT = timedelta(days=7)
# Causes of the whole installation; all others are of a channel, a stop of its own.
_EVERYWHERE = frozenset({NO_PUBLISHER, ITS_TURN})
# What wants a person comes first, what goes on by itself last.
_URGENCY = {START: 0, RESUME: 0, SETTLE: 1, HAND_OVER: 2, WAIT: 9}
# Nothing finds out about a doubt any more, unless a time is set for it.
_IS_SETTLED_BY_PERSON = ExpressionWrapper(
    Q(next_attempt_at=None), output_field=BooleanField()
)
_KINDS: dict[str, str] = {
    _P.MISSED: MISSED,
    _P.FAILED: FAILED,
    _P.UNKNOWN: DOUBTFUL,
}

Group = tuple[str, str, bool]


@dataclass
class Cause:
    """One thing that holds publications up.

    `channel` is the one it is about, if any; `stop` the key of the panic stop.
    `counts` are by waiting, missed, failed and doubtful; `error` is what one of them
    says; `oldest` when the first of them was due; `groups` are the rows that were
    counted: state, code, whether a time is known, and the channels.
    """

    code: str
    action: str
    channel: Channel | None = None
    stop: PanicStop | None = None
    counts: dict[str, int] = field(default_factory=dict)
    oldest: datetime | None = None
    error: str = ""
    groups: dict[Group, set[UUID]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Return what names it as long as it lasts."""
        about = self.channel.pk if self.channel else "all"
        if self.stop and self.stop.creator:
            about = self.stop.creator.slug
        return f"{self.code}~{about}~{self.action}"

    def held_up(self, now: datetime) -> Q:
        """Return the condition of the publications that were counted."""
        ours = Q(pk__in=())
        for (state, code, timeless), channels in self.groups.items():
            ours |= Q(
                state=state,
                error_code=code,
                next_attempt_at__isnull=timeless,
                channel__in=channels,
            )
        return _held_up(now) & ours

    @property
    def total(self) -> int:
        """Return how many publications it holds up."""
        return sum(self.counts.values())

    @property
    def text(self) -> str:
        """Return it as a sentence such as “38 wait: @lea on Bluesky needs sign-in”."""
        said = [
            _counted(self.counts[kind], kind) for kind in _VERBS if kind in self.counts
        ]
        why = _why(self)
        return f"{', '.join(said)}: {why}" if said else why[:1].upper() + why[1:]

    def _add(self, row: Mapping[str, Any]) -> None:
        kind = _kind_of(row)
        self.counts[kind] = self.counts.get(kind, 0) + row["count"]
        known = [one for one in (self.oldest, row["oldest"]) if one]
        self.oldest = min(known, default=None)
        self.error = self.error or row["said"]
        group = row["state"], row["error_code"], row["to_settle"]
        self.groups.setdefault(group, set()).add(row["channel_id"])


_VERBS = {
    WAITING: ("waits", "wait"),
    MISSED: ("was missed", "were missed"),
    FAILED: ("failed", "failed"),
    DOUBTFUL: ("is in doubt", "are in doubt"),
}


def causes(now: datetime) -> list[Cause]:
    """Return what holds publications up now, what wants a person first.

    A fixed number of queries; as many rows as channels have different causes.
    """
    rows = list(
        Publication.objects.filter(_held_up(now))
        .order_by()
        .annotate(to_settle=_IS_SETTLED_BY_PERSON)
        .values("state", "error_code", "channel_id", "to_settle")
        .annotate(count=Count("pk"), oldest=Min("publish_at"), said=Max("error"))
    )
    if not rows:
        return []
    channels = _channels({row["channel_id"] for row in rows})
    stops = {one.key: one for one in _stops()}
    beating = publisher_beats(now)
    found: dict[tuple[str, str], Cause] = {}
    # What still waits says what helps; what was missed meanwhile goes with it.
    for row in sorted(rows, key=lambda one: (_kind_of(one) != WAITING, one["state"])):
        cause = _cause_of(row, channels[row["channel_id"]], stops, beating=beating)
        found.setdefault(_key(cause), cause)._add(row)
    return sorted(found.values(), key=lambda one: (_urgency(one), -one.total, one.code))


def idle_stops(known: Iterable[Cause]) -> list[Cause]:
    """Return the panic stops that hold nothing up yet, as causes."""
    working = {one.stop.key for one in known if one.stop}
    return [
        Cause(gates.STOPPED, BRAKE_ACTIONS[gates.STOPPED], stop=stop)
        for stop in _stops().exclude(key__in=working).order_by("stopped_at")
    ]


def _stops() -> QuerySet[PanicStop]:
    return PanicStop.objects.select_related("creator", "stopped_by")


def _held_up(now: datetime) -> Q:
    """Return the condition of what waits, failed, was missed or is doubtful."""
    braked = Q(error_code__in=gates.CODES)
    late = Q(next_attempt_at__lte=now - LATE)
    ended = Q(state__in=(_P.FAILED, _P.MISSED), publish_at__gte=now - RECENT)
    by_hand = Q(state=_P.READY, publish_at__lte=now)
    return (
        Q(Q(state=_P.SCHEDULED), braked | late)
        | Q(state__in=(_P.RETRY, _P.UNKNOWN))
        | ended
        | by_hand
    )


def _kind_of(row: Mapping[str, Any]) -> str:
    return _KINDS.get(row["state"], WAITING)


def _channels(ids: Iterable[UUID]) -> dict[UUID, Channel]:
    rows = Channel.objects.filter(pk__in=ids).select_related("creator", "flow")
    return {one.pk: one for one in rows.defer("credentials")}


def _cause_of(
    row: Mapping[str, Any],
    channel: Channel,
    stops: Mapping[str, PanicStop],
    *,
    beating: bool,
) -> Cause:
    state, code = row["state"], row["error_code"]
    if code == gates.STOPPED:
        own = stops.get(str(channel.creator_id)) or stops.get(PanicStop.EVERYONE)
        if own is not None:
            return Cause(code, BRAKE_ACTIONS[code], stop=own)
        if _kind_of(row) == WAITING:
            # It was lifted a moment ago.
            return Cause(ITS_TURN, WAIT) if beating else Cause(NO_PUBLISHER, START)
    if state == _P.READY:
        return Cause(BY_HAND, HAND_OVER, channel)
    needs_sign_in = channel.health == Channel.Health.NEEDS_SIGN_IN
    if state == _P.UNKNOWN and needs_sign_in and not row["to_settle"]:
        return Cause(gates.SIGN_IN, SIGN_IN, channel)
    if state == _P.UNKNOWN:
        action = SETTLE if row["to_settle"] else WAIT
        return Cause(DOUBT, action, channel)
    if state in {_P.FAILED, _P.MISSED}:
        return Cause(code or state, _action_after(code, channel), channel)
    if code in gates.CODES or state == _P.RETRY:
        return Cause(code, BRAKE_ACTIONS.get(code, WAIT), channel)
    if not (channel.is_active and channel.creator.is_active):
        return Cause(INACTIVE, ACTIVATE, channel)
    if not beating:
        return Cause(NO_PUBLISHER, START)
    return Cause(ITS_TURN, WAIT)


def _action_after(code: str, channel: Channel) -> str:
    """Return what helps what failed or was missed; the cause may still be there."""
    if code in UNFIT:
        return EDIT
    if code == gates.SIGN_IN and channel.health == Channel.Health.NEEDS_SIGN_IN:
        return SIGN_IN
    if code == gates.BURST and _is_stopped(channel):
        return RELEASE
    return RETRY


def _is_stopped(channel: Channel) -> bool:
    flow = getattr(channel, "flow", None)
    return flow is not None and flow.stopped_at is not None


def _key(cause: Cause) -> tuple[str, str]:
    if cause.stop:
        return cause.code, cause.stop.key
    if cause.code in _EVERYWHERE or cause.channel is None:
        return cause.code, ""
    # What goes on by itself is another matter than what wants a person.
    own = "" if cause.code in gates.CODES else cause.action
    return cause.code, f"{cause.channel.pk} {own}"


def _urgency(cause: Cause) -> int:
    return _URGENCY.get(cause.action, 5)


def _counted(count: int, kind: str) -> str:
    one, many = _VERBS[kind]
    return f"{count:,} {one if count == 1 else many}"


def _why(cause: Cause) -> str:
    if cause.stop:
        who = cause.stop.creator.name if cause.stop.creator else "all models"
        return f"publishing is stopped for {who}"
    if cause.channel is None:
        return {
            NO_PUBLISHER: "no publisher is running",
            ITS_TURN: "the publisher is at work on them",
        }[cause.code]
    if cause.code in gates.CODES and WAITING not in cause.counts:
        return gates.past(cause.code, cause.channel)
    account = f"{cause.channel.handle} on {platform_name(cause.channel.platform)}"
    words = {
        gates.SIGN_IN: f"{account} needs sign-in",
        gates.BURST: f"{account} was stopped after a burst",
        gates.OUTAGE: f"{account} does not take posts at the moment",
        gates.SPACING: f"{account} keeps a distance between posts",
        gates.RATE: f"{account} takes no more so fast",
        gates.DAILY_CAP: f"{cause.channel.creator.name} has her posts for the day",
        INACTIVE: f"{account} is out of use",
        BY_HAND: f"somebody has to post on {account} by hand",
        DOUBT: f"nobody knows whether it is on {account}",
        "missed": f"their time on {account} went by",
    }
    said = f"{account}: {cause.error or cause.code}".rstrip(".")
    return words.get(cause.code, said)
