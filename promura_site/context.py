"""What every page template knows."""

from typing import Any

from django.http import HttpRequest

from promura_site import levels


def person(request: HttpRequest) -> dict[str, Any]:
    """Add the person's level and zone."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"level": None, "person_timezone": "UTC"}
    return {"level": levels.level_of(user), "person_timezone": user.timezone}
