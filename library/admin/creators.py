"""The models of the agency."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminSelectWidget

from library import services
from library.admin.refusals import RefusalsAdmin, actor_of
from library.models import Creator
from promura_site.zones import agency_zone, zone_names


class CreatorForm(forms.ModelForm):
    """A model; the zone is one of those there are."""

    timezone = forms.ChoiceField(
        choices=lambda: [(name, name) for name in sorted(zone_names())],
        initial=agency_zone,
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = Creator
        fields = ("slug", "name", "timezone", "language", "is_active")


@admin.register(Creator)
class CreatorAdmin(RefusalsAdmin):
    """Whom the agency works for; let go, never deleted."""

    form = CreatorForm
    list_display = ("face", "name", "slug", "timezone", "language", "is_active")
    list_display_links = ("face", "name")
    list_filter = ("is_active", "is_demo")
    search_fields = ("name", "slug")
    ordering = ("name",)

    @admin.display(description="picture")
    def face(self, creator: Creator) -> SafeString | str:
        """Show the model's picture."""
        if not creator.avatar:
            return ""
        return format_html(
            '<img src="{}" alt="" loading="lazy" '
            'class="h-10 w-10 object-cover rounded-default">',
            reverse("model-avatar", args=[creator.slug]),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep the slug, which is for ever."""
        return ("slug",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody is deleted."""
        return False

    def save_model(
        self, request: HttpRequest, obj: Creator, form: Any, change: bool
    ) -> None:
        """Add or change the model as the API would."""
        actor, data = actor_of(request), form.cleaned_data
        said = {name: data[name] for name in ("name", "timezone", "language")}
        if change:
            services.update_creator(obj, actor=actor, **said)
        else:
            added = services.create_creator(actor=actor, slug=data["slug"], **said)
            obj.pk = added.pk
        services.set_creator_active(obj, data["is_active"], actor=actor)
