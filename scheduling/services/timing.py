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
from scheduling.models.posts import EACH_MODELS_OWN
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
) -> Times:
    """Return the due times of a plan.

    `wanted` is aware, or a naive wall-clock time in `zone` (the person's own when
    empty). Without one the plan is due now, or a draft has no time.
    """
    models = list(creators)
    own = actor.timezone
    shown = models[0].timezone if zone == EACH_MODELS_OWN and models else zone or own
    if zone and zone != EACH_MODELS_OWN and zone not in zone_names():
        problems.add("timezone", f"“{zone}” is no IANA time zone, nor “model”.")
        return Times(own, None, {})
    if wanted is None:
        moment = None if draft else now
        return Times(shown, moment, {model.pk: moment for model in models})
    if wanted.tzinfo is not None and zone == EACH_MODELS_OWN:
        problems.add("schedule_time", "In each model's zone, leave the offset out.")
        return Times(shown, None, {})
    try:
        due = {
            model.pk: _in_utc(
                wanted, model.timezone if zone == EACH_MODELS_OWN else shown
            )
            for model in models
        }
    except OverflowError:
        problems.add("schedule_time", "This time is out of range.")
        return Times(shown, None, {})
    _check(due.values(), now, problems)
    return Times(shown, min(due.values(), default=None), {**due})


def utc_text(moment: datetime) -> str:
    """Return an aware time as ISO 8601 in UTC, ending in Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def late_after(publish_at: datetime | None) -> datetime | None:
    """Return when a publication planned for `publish_at` counts as missed."""
    return publish_at and publish_at + settings.PUBLISH_LATE_AFTER


def _in_utc(wanted: datetime, zone: str) -> datetime:
    if wanted.tzinfo is not None:
        return wanted.astimezone(UTC)
    return to_utc(wanted, ZoneInfo(zone))


def _check(times: Iterable[datetime], now: datetime, problems: Problems) -> None:
    due = sorted(times)
    if due and due[0] < now - GRACE:
        problems.add("schedule_time", "This time has passed already.")
    elif due and due[-1] > now + HORIZON:
        problems.add("schedule_time", "This is more than five years ahead.")
