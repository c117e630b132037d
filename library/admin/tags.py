"""The words that media are found by."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from library import services
from library.admin.refusals import RefusalsAdmin, actor_of
from library.models import Tag
from library.statistics import counted_tags
from promura_site.errors import DomainError


class TagForm(forms.ModelForm):
    """A tag's spelling."""

    class Meta:
        model = Tag
        fields = ("name",)

    def clean_name(self) -> str:
        """Hold the name against the rules for tags."""
        try:
            names = services.normal_tag_names([self.cleaned_data["name"]], field="name")
        except DomainError as refusal:
            raise forms.ValidationError(refusal.errors["name"]) from None
        if not names:
            raise forms.ValidationError("Give the tag a name.")
        return names[0]


@admin.register(Tag)
class TagAdmin(RefusalsAdmin):
    """Tags; they are made where they are first used."""

    form = TagForm
    list_display = ("name", "media_count")
    search_fields = ("key",)
    ordering = ("key",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tag]:
        """Count the media that carry each tag."""
        return counted_tags()

    @admin.display(description="media", ordering="media_count")
    def media_count(self, tag: Any) -> int:
        """Return how many items carry it."""
        return int(tag.media_count)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave it to where tags are used."""
        return False

    def save_model(
        self, request: HttpRequest, obj: Tag, form: Any, change: bool
    ) -> None:
        """Rename the tag everywhere."""
        tag = Tag.objects.get(pk=obj.pk)
        services.rename_tag(tag, form.cleaned_data["name"], actor=actor_of(request))

    def delete_model(self, request: HttpRequest, obj: Tag) -> None:
        """Take the tag off everything."""
        services.delete_tag(obj, actor=actor_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Tag]) -> None:
        """Take the tags off everything."""
        for tag in queryset:
            services.delete_tag(tag, actor=actor_of(request))
