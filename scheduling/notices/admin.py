"""Notices and who is on call, in Django's admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from library.admin.refusals import RefusalsAdmin, actor_of
from promura_site.admin import ReadOnlyAdmin
from scheduling.models import Notice, OnCall
from scheduling.notices import services


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """What people have been told of; the product writes it."""

    list_display = ("title", "kind", "count", "first_at", "last_at", "resolved_at")
    list_filter = ("kind", "urgent")
    search_fields = ("title", "text")
    date_hierarchy = "last_at"


@admin.register(OnCall)
class OnCallAdmin(RefusalsAdmin):
    """Who is told what is urgent at any hour."""

    list_display = ("user", "since")
    list_select_related = ("user",)
    fields = ("user",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show it to whoever may change it."""
        return request.user.has_perm("scheduling.change_oncall")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave it to whoever may change it."""
        return request.user.has_perm("scheduling.change_oncall")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Leave it to whoever may change it."""
        return request.user.has_perm("scheduling.change_oncall")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Somebody is on call or is not: there is nothing to change."""
        return obj is None and request.user.has_perm("scheduling.change_oncall")

    def save_model(
        self, request: HttpRequest, obj: OnCall, form: Any, change: Any
    ) -> None:
        """Put one more person on call."""
        names = [*self._on_call(), obj.user.username]
        services.set_on_call(names, actor=actor_of(request), now=timezone.now())

    def delete_model(self, request: HttpRequest, obj: OnCall) -> None:
        """Take one person off."""
        self._take_off(request, {obj.user.username})

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[OnCall]) -> None:
        """Take people off."""
        rows = queryset.select_related("user")
        self._take_off(request, {row.user.username for row in rows})

    def _take_off(self, request: HttpRequest, names: set[str]) -> None:
        left = [name for name in self._on_call() if name not in names]
        services.set_on_call(left, actor=actor_of(request), now=timezone.now())

    def _on_call(self) -> list[str]:
        return [row.user.username for row in services.people_on_call()]
