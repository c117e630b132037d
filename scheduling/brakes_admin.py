"""What is stopped, in Django's admin: to be read, and let go on by the services."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from library.admin.refusals import actor_of
from scheduling.models import ChannelFlow, PanicStop
from scheduling.service_admin import ServiceAdmin
from scheduling.services import control
from scheduling.services.resuming import KEPT


class BrakeAdmin(ServiceAdmin):
    """Brakes: nobody makes or changes them here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave it to the queue page and to the publisher."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There is nothing in them to change."""
        return False


@admin.register(PanicStop)
class PanicStopAdmin(BrakeAdmin):
    """Of whom nothing is published."""

    list_display = ("whom", "reason", "stopped_by", "stopped_at")
    list_select_related = ("creator", "stopped_by")
    fields = ("whom", "reason", "stopped_by", "stopped_at")
    readonly_fields = fields
    actions = ("let_go_on",)

    def has_resume_permission(self, request: HttpRequest) -> bool:
        """Tell whether the person may lift a stop."""
        return request.user.has_perm("scheduling.delete_panicstop")

    @admin.display(description="whom")
    def whom(self, stop: PanicStop) -> str:
        """Name the model, or all."""
        return stop.creator.name if stop.creator else "All models"

    @admin.action(
        description="Let it go on; what is too late stays missed",
        permissions=["resume"],
    )
    def let_go_on(self, request: HttpRequest, queryset: QuerySet[PanicStop]) -> None:
        """Lift the stops; the queue page offers further ways."""
        actor, now = actor_of(request), timezone.now()
        self._each(
            request,
            queryset.select_related("creator"),
            lambda stop: control.resume_publishing(
                stop.creator, actor=actor, now=now, how=KEPT
            ),
        )


@admin.register(ChannelFlow)
class ChannelFlowAdmin(BrakeAdmin):
    """How fast accounts publish just now, and which of them rest or were stopped."""

    list_display = ("channel", "stopped_at", "blocked_until", "failures", "counted_at")
    list_select_related = ("channel",)
    list_filter = (("stopped_at", admin.EmptyFieldListFilter),)
    search_fields = ("channel__handle",)
    fields = (
        "channel",
        "stopped_at",
        "blocked_until",
        "failures",
        "tokens",
        "counted_at",
        "burst_from",
    )
    readonly_fields = fields
    actions = ("release",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show it to whoever may see the channels."""
        return request.user.has_perm("scheduling.view_channel")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show it to whoever may see the channels."""
        return self.has_view_permission(request)

    def has_release_permission(self, request: HttpRequest) -> bool:
        """Tell whether the person may let an account go on."""
        return request.user.has_perm("scheduling.change_channel")

    @admin.action(description="Let it go on after a burst", permissions=["release"])
    def release(self, request: HttpRequest, queryset: QuerySet[ChannelFlow]) -> None:
        """Let the accounts go on; what waits goes out at their pace."""
        actor = actor_of(request)
        self._each(
            request,
            queryset.select_related("channel__creator"),
            lambda flow: control.release_channel(flow.channel, actor=actor),
        )
