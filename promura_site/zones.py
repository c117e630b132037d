"""IANA time zones and wall-clock time."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError


@cache
def zone_names() -> frozenset[str]:
    """Return the IANA names that a person may choose."""
    return frozenset(
        name
        for name in available_timezones()
        if name == "UTC" or ("/" in name and not name.startswith(("Etc/", "SystemV/")))
    )


def agency_zone() -> str:
    """Return the agency's own zone."""
    return settings.PROMURA_TIME_ZONE


def validate_zone(name: str) -> None:
    """Raise ValidationError unless `name` is an IANA zone."""
    if name not in zone_names():
        raise ValidationError(
            f"“{name}” is no IANA time zone such as Europe/Berlin.", code="zone"
        )


def exists(wall: datetime, zone: ZoneInfo) -> bool:
    """Tell whether the naive `wall` clock time occurs in `zone` at all."""
    there = wall.replace(tzinfo=zone).astimezone(UTC)
    return there.astimezone(zone).replace(tzinfo=None) == wall.replace(fold=0)


def to_utc(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the naive `wall` clock time of `zone` in UTC.

    A time that a clock change skips moves forward by the size of the gap; one that
    occurs twice means its first occurrence (PEP 495, fold=0).
    """
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
