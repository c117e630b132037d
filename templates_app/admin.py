"""Templates in Django's admin; what is done here goes through the services."""

from collections.abc import Callable, Iterator
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from library.services.tags import normal_tag_names
from promura_site.errors import DomainError
from promura_site.models import User
from templates_app import references, services
from templates_app.models import PostTemplate
from templates_app.serializers import TemplateWriteSerializer
from templates_app.variables import in_braces

_LISTS = ("models", "media_ids", "tags")
_FEW_LINES = UnfoldAdminTextareaWidget(attrs={"rows": 4})


class TemplateForm(forms.ModelForm):
    """A template with its references as text, one on each line."""

    variables = forms.JSONField(
        required=False,
        widget=_FEW_LINES,
        help_text='Such as {"city": {"lea": "Rome", "mia": "Oslo"}}.',
    )
    models = forms.CharField(
        required=False, widget=_FEW_LINES, help_text="One slug a line."
    )
    media_ids = forms.CharField(
        required=False, widget=_FEW_LINES, help_text="One id a line."
    )
    tags = forms.CharField(
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="With commas between them.",
    )

    class Meta:
        model = PostTemplate
        fields = ("name", "content", "variables", "schedule_pattern")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.created_at is None:
            return
        refs = references.describe([self.instance])[self.instance.pk]
        # The line ends of a form, or all would look changed.
        self.initial["models"] = "\r\n".join(refs.models)
        self.initial["media_ids"] = "\r\n".join(refs.media_ids)
        self.initial["tags"] = ", ".join(refs.tags)

    def clean(self) -> dict[str, Any]:
        """Hold the input against the rules of the API, field by field."""
        cleaned = super().clean() or {}
        for name in _LISTS:
            separator = "," if name == "tags" else "\n"
            words = cleaned.get(name, "").split(separator)
            cleaned[name] = [word.strip() for word in words if word.strip()]
        # An emptied field; what was not readable has been refused already.
        if "variables" in cleaned:
            cleaned["variables"] = cleaned["variables"] or {}
        known = TemplateWriteSerializer().fields.keys()
        data = {name: value for name, value in cleaned.items() if name in known}
        checked = TemplateWriteSerializer(data=data, partial=True)
        if not checked.is_valid():
            for name, errors in checked.errors.items():
                self.add_error(name, _sentences(errors))
        else:
            # As the API would keep them: an empty value is none.
            cleaned |= checked.validated_data
        rules: dict[str, Callable[[Any], object]] = {
            "schedule_pattern": services.check_pattern,
            "tags": normal_tag_names,
        }
        for name, rule in rules.items():
            try:
                rule(cleaned.get(name) or "")
            except DomainError as refusal:
                self.add_error(name, refusal.errors[name])
        return cleaned


def _sentences(errors: Any) -> list[str]:
    """Return the sentences of a field, which a list has by position."""
    if isinstance(errors, dict):
        return [str(one) for sentences in errors.values() for one in sentences]
    return [str(one) for one in errors]


class DeletedFilter(admin.SimpleListFilter):
    """Present templates unless the deleted ones are asked for."""

    title = "state"
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the deleted ones; the rest is the default."""
        return [("true", "Deleted")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Call the default what it is."""
        present, *rest = super().choices(changelist)
        yield present | {"display": "Present"}
        yield from rest

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep one kind."""
        return queryset.filter(deleted_at__isnull=self.value() != "true")


@admin.register(PostTemplate)
class PostTemplateAdmin(ModelAdmin):
    """Recipes: write, copy, delete and restore them."""

    form = TemplateForm
    list_display = (
        "name",
        "schedule_pattern",
        "usage_count",
        "last_used",
        "created_by",
        "deleted_at",
    )
    list_filter = (DeletedFilter, "schedule_pattern", "is_demo")
    search_fields = ("name", "content", "tags__name", "model_refs__slug")
    list_select_related = ("created_by",)
    ordering = ("-usage_count", "-created_at", "-id")
    fields = (
        "name",
        "content",
        "variables",
        "models",
        "media_ids",
        "tags",
        "schedule_pattern",
        "missing",
        "unknown",
        "usage_count",
        "last_used",
        "created_by",
        "created_at",
        "updated_at",
        "deleted_at",
    )
    readonly_fields = fields[7:]
    actions = ("duplicate", "restore")

    @admin.display(description="not there")
    def missing(self, template: PostTemplate) -> str:
        """Return the references that lead nowhere."""
        refs = references.describe([template])[template.pk]
        return ", ".join(refs.missing_models + refs.missing_media_ids) or "nothing"

    @admin.display(description="stays as written")
    def unknown(self, template: PostTemplate) -> str:
        """Return what stands in braces and is no variable."""
        return ", ".join(map(in_braces, template.unknown())) or "nothing"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Leave a deleted template alone until it has been restored."""
        gone = obj is not None and obj.deleted_at is not None
        return not gone and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Do not delete twice."""
        gone = obj is not None and obj.deleted_at is not None
        return not gone and super().has_delete_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: PostTemplate, form: Any, change: bool
    ) -> None:
        """Create or update through the service."""
        actor = cast(User, request.user)
        names = ("name", "content", "variables", "schedule_pattern", *_LISTS)
        values = {name: form.cleaned_data[name] for name in names}
        if not change:
            saved = services.create_template(actor=actor, fields=values)  # type: ignore[arg-type]
            obj.pk = saved.pk
            obj._state.adding = False
            return
        changed = {n: v for n, v in values.items() if n in form.changed_data}
        services.update_template(obj.pk, actor=actor, changes=changed)  # type: ignore[arg-type]

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        """Leave it: the service has saved the references already."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name the templates only: nothing that belongs to them is removed."""
        names = [str(one) for one in objs]
        return names, {"templates": len(names)}, set(), []

    def delete_model(self, request: HttpRequest, obj: PostTemplate) -> None:
        """Delete so that it can be restored."""
        actor = cast(User, request.user)
        services.delete_template(obj.pk, actor=actor, now=timezone.now())

    def delete_queryset(
        self, request: HttpRequest, queryset: QuerySet[PostTemplate]
    ) -> None:
        """Delete many so that they can be restored."""
        for template in queryset.filter(deleted_at=None):
            self.delete_model(request, template)

    @admin.action(description="Duplicate", permissions=["add"])
    def duplicate(self, request: HttpRequest, queryset: QuerySet[PostTemplate]) -> None:
        """Make a copy of each."""
        self._each(request, queryset, "Duplicated", services.duplicate_template)

    @admin.action(description="Restore", permissions=["restore"])
    def restore(self, request: HttpRequest, queryset: QuerySet[PostTemplate]) -> None:
        """Bring deleted templates back."""

        def restore(template_id: UUID, *, actor: User) -> object:
            return services.restore_template(
                template_id, actor=actor, now=timezone.now()
            )

        self._each(request, queryset, "Restored", restore)

    def has_restore_permission(self, request: HttpRequest) -> bool:
        """Ask for the permission that the restore action needs."""
        return request.user.has_perm("templates_app.restore_posttemplate")

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[PostTemplate],
        done_word: str,
        work: Callable[..., object],
    ) -> None:
        """Run a service on each template and say how many it did and refused."""
        done, refusals = 0, []
        for template in queryset:
            try:
                work(template.pk, actor=cast(User, request.user))
                done += 1
            except DomainError as refusal:
                refusals.append(f"{template.name}: {refusal.message}")
        noun = "template" if done == 1 else "templates"
        self.message_user(request, f"{done_word} {done} {noun}.")
        for words in refusals:
            self.message_user(request, words, messages.WARNING)
