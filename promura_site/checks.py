"""Django system checks of the ground floor."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from promura_site.zones import zone_names


def agency_zone_is_known(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse an agency zone that is no IANA name."""
    if settings.PROMURA_TIME_ZONE in zone_names():
        return []
    return [
        Error(
            f"PROMURA_TIME_ZONE={settings.PROMURA_TIME_ZONE!r} is no IANA time zone.",
            hint="Use a name such as Europe/Berlin.",
            id="promura.E001",
        )
    ]


def register_checks() -> None:
    """Register the checks with Django."""
    register(agency_zone_is_known)
