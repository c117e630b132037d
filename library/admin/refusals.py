"""What the services refuse, shown to the person instead of breaking the page."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.admin import ModelAdmin

from promura_site.errors import DomainError
from promura_site.models import User


def actor_of(request: HttpRequest) -> User:
    """Return the person; the admin lets nobody else in."""
    return cast(User, request.user)


class RefusalsAdmin(ModelAdmin):
    """An admin whose services may say no."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Show the form; go back to the list with the reason when it is refused."""
        view = super().changeform_view
        return self._or_refusal(request, lambda: view(request, *args, **kwargs))

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Ask and delete; go back to the list with the reason when it is refused."""
        view = super().delete_view
        return self._or_refusal(request, lambda: view(request, *args, **kwargs))

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Show the list and run its actions."""
        view = super().changelist_view
        return self._or_refusal(request, lambda: view(request, *args, **kwargs))

    def _or_refusal(
        self, request: HttpRequest, work: Callable[[], HttpResponse]
    ) -> HttpResponse:
        try:
            return work()
        except DomainError as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
            meta = self.model._meta
            return redirect(f"admin:{meta.app_label}_{meta.model_name}_changelist")
