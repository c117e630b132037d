"""Django's admin in the house's colours, with the product's own sign-in."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.sites import UnfoldAdminSite


class PromuraAdminSite(UnfoldAdminSite):
    """Sends people to the one sign-in page, which counts failures."""

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send strangers to sign in; people who may not enter go to today."""
        if request.user.is_authenticated:
            return redirect("today")
        return redirect_to_login(request.GET.get("next", "/admin/"))
