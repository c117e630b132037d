"""The one way in: pages, admin, browsable API and the token endpoint use it."""

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest

from promura_site import events
from promura_site.errors import DomainError
from promura_site.models import User

_WRONG = "Name and password do not match, or this person has been deactivated."


def check_credentials(request: HttpRequest, username: str, password: str) -> User:
    """Return the person behind a name and password.

    Raise DomainError 401 when they do not match and 429 while locked out. Failures
    are counted in the database, so every process counts the same.
    """
    credentials = {"username": username}
    user = authenticate(request, username=username, password=password)
    if user is not None:
        return user
    locked = settings.AXES_ENABLED and not AxesProxyHandler.is_allowed(
        request, credentials
    )
    events.refuse(
        "person.sign_in_failed",
        actor=None,
        message=f"failed to sign in as {username[:60]!r}",
        data={"locked": locked},
    )
    if locked:
        seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
        raise DomainError(
            "locked_out",
            f"Too many failed attempts; try again in {seconds // 60} minutes.",
            status=429,
            retry_after=seconds,
        )
    raise DomainError("bad_credentials", _WRONG, status=401)
