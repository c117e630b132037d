"""Figures of every request."""

from collections.abc import Callable
from time import perf_counter

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from metrics.figures import recorder

# Polls would drown what people and programs do.
UNCOUNTED = frozenset(
    {
        "api/metrics",
        "api/metrics/timeseries",
        "metrics/prometheus",
        "notices/unread",
        "healthz",
        "healthz/publishing",
        "readyz",
    }
)
UNMATCHED = "unmatched"


class RequestFiguresMiddleware:
    """Count requests by route, class and duration."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer and count."""
        started = perf_counter()
        response = self.get_response(request)
        route = route_of(request)
        if route is not None:
            milliseconds = (perf_counter() - started) * 1000
            recorder.count(route, response.status_code, milliseconds)
        return response


def route_of(request: HttpRequest) -> str | None:
    """Return the pattern that answered, never the path; None if it is not counted.

    Paths carry ids and whatever strangers try; patterns are few and known.
    """
    match = request.resolver_match
    if match is None:
        return None if request.path_info.startswith(settings.STATIC_URL) else UNMATCHED
    route = match.route[:120]
    return None if route in UNCOUNTED else route
