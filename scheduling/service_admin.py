"""What scheduling's admin pages share: rows that only services change."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from library.admin.refusals import RefusalsAdmin
from promura_site.errors import DomainError


class ReadOnlyInline(TabularInline):
    """Rows shown beneath another one; nobody writes them here."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds these by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes these by hand."""
        return False


class ServiceAdmin(RefusalsAdmin):
    """Rows that only services change, one at a time, each of which may refuse."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is deleted: what was planned and sent stays on record."""
        return False

    def _each(
        self, request: HttpRequest, rows: QuerySet[Any], work: Callable[[Any], object]
    ) -> None:
        """Do `work` to every row and report what was done and what refused."""
        done, refused = 0, []
        for row in rows:
            try:
                work(row)
                done += 1
            except DomainError as refusal:
                refused.append(f"{row}: {refusal.message}")
        if done:
            self.message_user(request, f"{done} done.", messages.SUCCESS)
        for sentence in refused[:10]:
            self.message_user(request, sentence, messages.WARNING)
