"""Django's admin in the house's colours, with the product's own sign-in."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.sites import UnfoldAdminSite

# What is worked with stands first, what only runs by itself last.
_FIRST = ("library", "templates_app", "scheduling", "metrics", "promura_site")
_CALLED = {"axes": "Sign-in attempts", "django_tasks_database": "Finished work"}
# Rows of these mean nothing to a person.
_LEFT_OUT = ("token_blacklist",)


def _place(app: dict[str, Any]) -> tuple[int, str]:
    label = app["app_label"]
    return (_FIRST.index(label) if label in _FIRST else len(_FIRST), app["name"])


class PromuraAdminSite(UnfoldAdminSite):
    """Sends people to the one sign-in page, which counts failures."""

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[Any]:
        """List the apps in the order of work, under names that people know."""
        apps = super().get_app_list(request, app_label)
        shown = [one for one in apps if one["app_label"] not in _LEFT_OUT]
        for app in shown:
            app["name"] = _CALLED.get(app["app_label"], app["name"])
        return sorted(shown, key=_place)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send strangers to sign in; people who may not enter go to today."""
        if request.user.is_authenticated:
            return redirect("today")
        return redirect_to_login(request.GET.get("next", "/admin/"))
