"""Bulk calls, and their undo."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from library import undo
from library.admin.refusals import RefusalsAdmin, actor_of
from library.models import BulkOperation
from promura_site.admin import ReadOnlyAdmin
from promura_site.errors import DomainError


@admin.register(BulkOperation)
class BulkOperationAdmin(ReadOnlyAdmin, RefusalsAdmin):
    """What was done to many at once, and by whom."""

    list_display = ("created_at", "kind", "actor", "done", "refused", "undone_at")
    list_filter = ("kind", "actor")
    list_select_related = ("actor",)
    actions = ("undo_selected",)

    def has_undo_permission(self, request: HttpRequest) -> bool:
        """Let undo whoever may change media."""
        return request.user.has_perm("library.change_mediaitem")

    @admin.action(description="Undo", permissions=["undo"])
    def undo_selected(
        self, request: HttpRequest, queryset: QuerySet[BulkOperation]
    ) -> None:
        """Put back what the operations changed, the latest first."""
        for operation in queryset.order_by("-pk"):
            try:
                undone = undo.undo(operation.pk, actor=actor_of(request))
            except DomainError as refusal:
                message = f"{operation}: {refusal.message}"
                self.message_user(request, message, messages.WARNING)
                continue
            done = f"{len(undone.done)} put back"
            if undone.job:
                done = "being put back in the background"
            self.message_user(request, f"{operation}: {done}.")
