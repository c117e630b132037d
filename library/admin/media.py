"""Media: look through, describe, tag, trash and restore."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from library import bulk, services
from library.admin.refusals import RefusalsAdmin, actor_of
from library.bulk import BulkResult, GivenIds, Tagging
from library.models import MediaItem
from promura_site.errors import DomainError

_DESCRIBED = ("name", "description", "alt_text", "rating", "not_before", "until")


class MediaForm(forms.ModelForm):
    """What is said of an item; the tags as one line of text."""

    tag_names = forms.CharField(
        label="Tags",
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="With commas between them.",
    )

    class Meta:
        model = MediaItem
        fields = (*_DESCRIBED, "creators")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [tag.name for tag in self.instance.tags.all()]
        self.initial["tag_names"] = ", ".join(names)

    def clean_tag_names(self) -> list[str]:
        """Hold the tags against the rules for tags."""
        try:
            return services.normal_tag_names(self.cleaned_data["tag_names"].split(","))
        except DomainError as refusal:
            raise forms.ValidationError(refusal.errors["tags"]) from None


class TagActionForm(ActionForm):
    """The list's actions with the tags that two of them want."""

    tags = forms.CharField(
        required=False,
        label="",
        widget=UnfoldAdminTextInputWidget(
            {"placeholder": "tag, another tag", "aria-label": "Tags to add or remove"}
        ),
    )


class StateFilter(admin.SimpleListFilter):
    """What is there, unless the trash or what was deleted for good is asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the two other states."""
        return [("trashed", "In the trash"), ("purged", "Deleted for good")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep one state."""
        if self.value() == "purged":
            return queryset.exclude(purged_at=None)
        trashed = self.value() == "trashed"
        return queryset.filter(purged_at=None, trashed_at__isnull=not trashed)


class UsedFilter(admin.SimpleListFilter):
    """Published already or not."""

    title = "use"
    parameter_name = "used"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer both."""
        return [("yes", "Published"), ("no", "Never published")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep one kind."""
        if self.value() == "no":
            return queryset.filter(used_count=0)
        return queryset.filter(used_count__gt=0) if self.value() else queryset


@admin.register(MediaItem)
class MediaAdmin(RefusalsAdmin):
    """Pictures and clips. They come in on the library page, through the front door."""

    form = MediaForm
    action_form = TagActionForm
    list_display = (
        "picture",
        "name",
        "kind",
        "shown_tags",
        "shown_models",
        "rating",
        "used_count",
        "uploaded_by",
        "uploaded_at",
    )
    list_display_links = ("picture", "name")
    list_filter = (StateFilter, "kind", "rating", UsedFilter, "creators", "is_demo")
    search_fields = ("name", "description", "tags__key")
    list_per_page = 50
    show_full_result_count = False
    fields = (
        "picture",
        "name",
        "tag_names",
        "description",
        "alt_text",
        "creators",
        "rating",
        "not_before",
        "until",
        "kind",
        "content_type",
        "size_bytes",
        "width",
        "height",
        "used_count",
        "last_used",
        "taken_at",
        "uploaded_by",
        "uploaded_at",
        "trashed_at",
        "purged_at",
    )
    readonly_fields = ("picture", *fields[9:])
    filter_horizontal = ("creators",)
    actions = ("move_to_trash", "restore", "add_tags", "remove_tags")

    def get_queryset(self, request: HttpRequest) -> QuerySet[MediaItem]:
        """Fetch along what the list shows."""
        return MediaItem.objects.complete()

    @admin.display(description="picture")
    def picture(self, item: MediaItem) -> SafeString | str:
        """Show the thumbnail."""
        if not item.thumbnail:
            return ""
        return format_html(
            '<img src="{}" alt="{}" loading="lazy" '
            'class="h-16 w-16 object-cover rounded-default">',
            reverse("media-thumbnail", args=[item.pk]),
            item.alt_text or item.name,
        )

    @admin.display(description="tags")
    def shown_tags(self, item: MediaItem) -> str:
        """Return the tags in a line."""
        return ", ".join(tag.name for tag in item.tags.all())

    @admin.display(description="models")
    def shown_models(self, item: MediaItem) -> str:
        """Return the models in a line."""
        return ", ".join(creator.name for creator in item.creators.all())

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave uploading to the library page, where it shows how far it is."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Leave alone what lies in the trash."""
        there = obj is None or (obj.trashed_at is None and obj.purged_at is None)
        return there and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Trash once only."""
        there = obj is None or (obj.trashed_at is None and obj.purged_at is None)
        return there and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> Any:
        """Leave out Django's own deletion, which would delete rows."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Say what goes to the trash: nothing that hangs on it is deleted."""
        return [str(one) for one in objs], {}, set(), []

    def save_model(
        self, request: HttpRequest, obj: MediaItem, form: Any, change: bool
    ) -> None:
        """Change the item as the API would."""
        data = form.cleaned_data
        services.update_media(
            obj.pk,
            actor=actor_of(request),
            changes={name: data[name] for name in _DESCRIBED},
            tags=data["tag_names"],
            creators=data["creators"],
        )

    def save_related(self, *args: Any, **kwargs: Any) -> None:
        """Leave it: `save_model` has set tags and models already."""

    def delete_model(self, request: HttpRequest, obj: MediaItem) -> None:
        """Move the item to the trash."""
        services.trash_media(obj.pk, actor=actor_of(request), now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Move the items to the trash."""
        bulk.delete(_ids(queryset), actor=actor_of(request))

    @admin.action(description="Move to the trash", permissions=["delete"])
    def move_to_trash(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Trash what no planned post holds."""
        result = bulk.delete(_ids(queryset), actor=actor_of(request))
        self._report(request, result, "moved to the trash")

    @admin.action(description="Restore from the trash", permissions=["delete"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Take items back out of the trash."""
        ids = _ids(queryset).ids
        count = services.restore_many(ids, actor=actor_of(request))
        self.message_user(request, f"{count} restored.")

    @admin.action(description="Add tags", permissions=["change"])
    def add_tags(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Add the tags typed beside the actions."""
        self._tag(request, queryset, "add")

    @admin.action(description="Remove tags", permissions=["change"])
    def remove_tags(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Remove the tags typed beside the actions."""
        self._tag(request, queryset, "remove")

    def _tag(
        self, request: HttpRequest, rows: QuerySet[Any], action: bulk.TagAction
    ) -> None:
        tagging = Tagging(action, request.POST.get("tags", "").split(","))
        result = bulk.tag(_ids(rows), tagging, actor=actor_of(request))
        self._report(request, result, "changed")

    def _report(self, request: HttpRequest, result: BulkResult, what: str) -> None:
        message = f"{len(result.done)} {what}. Bulk operations can be undone."
        self.message_user(request, message, messages.SUCCESS)
        for reason in sorted({one.reason for one in result.refused}):
            count = sum(one.reason == reason for one in result.refused)
            self.message_user(request, f"{count} left: {reason}", messages.WARNING)


def _ids(rows: QuerySet[MediaItem]) -> GivenIds:
    return GivenIds(tuple(rows.order_by("pk").values_list("pk", flat=True)))
