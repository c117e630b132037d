"""Middleware of the ground floor."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils import timezone

from promura_site import origin

Handler = Callable[[HttpRequest], HttpResponse]


class RequestOriginMiddleware:
    """Remember where a request comes from while it is being answered."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request under its origin."""
        with origin.originating(origin.of_request(request)) as here:
            response = self.get_response(request)
        response["X-Request-Id"] = here.request_id
        return response


class CompressPagesMiddleware(GZipMiddleware):
    """Compress pages: long lists shrink to a tenth, which a phone is glad of.

    Files answer to ranges and are compressed already, the API's answers are short.
    Django pads at random, so that lengths tell nothing of the tokens in a page.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Compress what is a page."""
        kind = response.get("Content-Type", "")
        if response.streaming or not kind.startswith("text/html"):
            return response
        return super().process_response(request, response)


class ApiPathMiddleware:
    """Answer `/api/x/` as `/api/x`: a redirect would drop a POST's body."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Strip the slash before the path is resolved."""
        if request.path_info.startswith("/api/"):
            request.path_info = request.path_info.rstrip("/")
            request.path = request.path.rstrip("/")
        return self.get_response(request)


class PolicyByPathMiddleware:
    """Loosen the content security policy where a vendored page needs it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Leave a note for django-csp, which writes the header further out."""
        response = self.get_response(request)
        for prefix, directives in settings.CONTENT_SECURITY_POLICY_BY_PATH.items():
            if request.path_info.startswith(prefix):
                response._csp_update = directives | getattr(  # type: ignore[attr-defined]
                    response, "_csp_update", {}
                )
        return response


class AdminZoneMiddleware:
    """Show the admin's times on the person's own clock; the API stays in UTC."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer an admin page in the person's zone."""
        is_admin = request.path_info.startswith("/admin/")
        if not is_admin or not request.user.is_authenticated:
            return self.get_response(request)
        with timezone.override(request.user.timezone):
            return self.get_response(request)
