"""When a plan is due: one instant for all, or one wall-clock time in each zone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from library.models import Creator
from promura_site.models import User
from promura_site.zones import to_utc, zone_names
from scheduling.models.moments import EACH_MODELS_OWN
from scheduling.services.naming import Problems

# What a person typed a moment ago still means now.
GRACE = timedelta(minutes=1)
HORIZON = timedelta(days=5 * 366)


@dataclass(frozen=True)
class Times:
    """When each model's publications are due, in UTC; None: no time yet."""

    zone: str
    first: datetime | None
    of_creator: dict[UUID, datetime | None]


def planned_times(
    wanted: datetime | None,
    zone: str,
    creators: Iterable[Creator],
    *,
    draft: bool,
    actor: User,
    now: datetime,
    problems: Problems,
    kept: str = "",
) -> Times:
    """Return the due times of a plan.

    `wanted` is aware, or a naive wall-clock time in `zone`: where that is empty, in
    the one that was `kept` with the post, else in the person's own. Without a time
    the plan is due now, or a draft has none.
    """
    models = list(creators)
    clocks = zone or kept or actor.timezone
    if clocks != EACH_MODELS_OWN and clocks not in zone_names():
        problems.add("timezone", f"“{clocks}” is no IANA time zone, nor “model”.")
        return Times(actor.timezone, None, {})
    moment = wanted or (None if draft else now)
    if moment is None:
        return Times(clocks, None, dict.fromkeys((model.pk for model in models), None))
    if moment.tzinfo is not None:
        if wanted and zone == EACH_MODELS_OWN:
            problems.add("schedule_time", "In each model's zone, leave the offset out.")
        # One instant is as many hours as the models have zones.
        if clocks == EACH_MODELS_OWN and len({one.timezone for one in models}) > 1:
            clocks = actor.timezone
    try:
        due = {model.pk: due_at(moment, clocks, model) for model in models}
    except OverflowError:
        problems.add("schedule_time", "This time is out of range.")
        return Times(clocks, None, {})
    if wanted:
        _check(due.values(), now, problems)
    return Times(clocks, min(due.values(), default=None), {**due})


def due_at(wanted: datetime, clocks: str, creator: Creator) -> datetime:
    """Return a time in UTC: wall-clock time of a zone, or of the model's own.

    Raise OverflowError for one that no calendar holds.
    """
    if wanted.tzinfo is not None:
        return wanted.astimezone(UTC)
    zone = creator.timezone if clocks == EACH_MODELS_OWN else clocks
    return to_utc(wanted, ZoneInfo(zone))


def wall_clock(due: Iterable[tuple[datetime, Creator]]) -> datetime | None:
    """Return the wall-clock time that was meant in each model's own zone.

    A change of the clocks only ever moved one of them forward, so it is the earliest.
    """
    walls = [
        at.astimezone(ZoneInfo(creator.timezone)).replace(tzinfo=None)
        for at, creator in due
    ]
    return min(walls, default=None)


def utc_text(moment: datetime) -> str:
    """Return an aware time as ISO 8601 in UTC, ending in Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def late_after(publish_at: datetime | None) -> datetime | None:
    """Return when a publication planned for `publish_at` counts as missed."""
    return publish_at and publish_at + settings.PUBLISH_LATE_AFTER


def _check(times: Iterable[datetime], now: datetime, problems: Problems) -> None:
    due = sorted(times)
    if due and due[0] < now - GRACE:
        problems.add("schedule_time", "This time has passed already.")
    elif due and due[-1] > now + HORIZON:
        problems.add("schedule_time", "This is more than five years ahead.")
