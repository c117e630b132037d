"""People, groups and background work in Django's admin."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from promura_site import levels
from promura_site.models import Heartbeat, Job, Periodic, User

admin.site.unregister(Group)


class ReadOnlyAdmin(ModelAdmin):
    """Rows that the product writes and people only read."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds these by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes these by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes these by hand."""
        return False


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    """People. Only superusers touch superusers, groups and single permissions."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "full_name", "shown_level", "timezone", "is_active")
    list_filter = ("is_active", "groups")
    ordering = ("username",)
    filter_horizontal = ()
    _owner_fields = ("is_superuser", "is_staff", "groups", "user_permissions")

    @admin.display(description="name")
    def full_name(self, user: User) -> str:
        """Return first and last name."""
        return user.get_full_name()

    @admin.display(description="level")
    def shown_level(self, user: User) -> str:
        """Return the person's level."""
        return levels.level_of(user) or "none"

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Fetch the groups along, which the level is read from."""
        rows: QuerySet[User] = super().get_queryset(request)
        if not request.user.is_superuser:
            rows = rows.filter(is_superuser=False)
        return rows.prefetch_related("groups")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Add zone and language to Django's fields of an existing person."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return fieldsets
        return (*fieldsets, ("Place", {"fields": ("timezone", "language")}))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep levels and superusers in the owner's hands."""
        fixed = ("last_login", "date_joined")
        return fixed if request.user.is_superuser else fixed + self._owner_fields

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        """Keep staff and level in step after the groups have been saved."""
        super().save_related(request, form, formsets, change)
        user: User = form.instance
        user.__dict__.pop("_promura_level", None)
        user.refresh_from_db()
        if level := levels.level_of(user):
            actor = request.user if isinstance(request.user, User) else None
            levels.set_level(user, level, actor=actor)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People are deactivated, never deleted."""
        return False


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Long work and how far it is."""

    list_display = ("kind", "state", "done", "total", "actor", "created_at")
    list_filter = ("state", "kind")
    list_select_related = ("actor",)


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    """Which processes are alive."""

    list_display = ("name", "kind", "started_at", "beaten_at")


@admin.register(Periodic)
class PeriodicAdmin(ReadOnlyAdmin):
    """Recurring work and when it runs next."""

    list_display = ("name", "next_at", "last_finished_at", "last_error")
