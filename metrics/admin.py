"""The records in Django's admin: to read, never to change."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from metrics.models import AuditEvent, ErrorEvent, RequestMinute


class ReadOnlyAdmin(ModelAdmin):
    """Rows that nobody adds, changes or deletes by hand."""

    list_per_page = 50
    # Counting everything is slow on a long record, and nobody needs the sum.
    show_full_result_count = False

    def has_add_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Refuse: the record writes itself."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Refuse: what happened, happened."""
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Refuse: the record is deleted when its keeping time is over."""
        return False


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """What people did."""

    list_display = ("at", "actor_name", "message", "action", "outcome", "via")
    list_filter = ("outcome", "via", "kind")
    search_fields = ("actor_name", "action", "message", "request_id")
    date_hierarchy = "at"


@admin.register(ErrorEvent)
class ErrorEventAdmin(ReadOnlyAdmin):
    """What went wrong."""

    list_display = ("last_at", "type", "where", "message", "count")
    search_fields = ("type", "where", "message")


@admin.register(RequestMinute)
class RequestMinuteAdmin(ReadOnlyAdmin):
    """How requests fared, by minute, route and class."""

    list_display = ("minute", "route", "status_class", "count", "mean_ms", "process")
    list_filter = ("status_class",)
    search_fields = ("route",)

    @admin.display(description="Mean, ms")
    def mean_ms(self, row: RequestMinute) -> str:
        """Show the mean duration."""
        return f"{row.total_ms / row.count:.1f}" if row.count else ""
