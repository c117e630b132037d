"""What a person can do with templates."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID

from django.db import transaction
from django.db.models import F

from library.services.tags import get_tags
from promura_site import events
from promura_site.errors import DomainError
from promura_site.models import User
from templates_app import patterns, references, variables
from templates_app.models import PostTemplate, TemplateMedia, TemplateModel
from templates_app.variables import Values

# How long a deleted template can be restored.
KEEP_DELETED = timedelta(days=30)
# More than a text has room for; the latest come first.
MAX_PLAIN_BRACES = 10_000
_PURGED_AT_ONCE = 500
_KIND = "template"
_COPY_OF = "Copy of "


class TemplateFields(TypedDict, total=False):
    """What a person may set; a field left out keeps its value."""

    name: str
    content: str
    schedule_pattern: str | None
    models: Sequence[str]
    media_ids: Sequence[str]
    tags: Sequence[str]
    variables: Values


def get_template(template_id: UUID) -> PostTemplate:
    """Return a template that has not been deleted; raise DomainError 404."""
    found = (
        PostTemplate.objects.present()
        .select_related("created_by")
        .filter(pk=template_id)
        .first()
    )
    if found is None:
        raise _gone()
    return found


def check_pattern(pattern: str | None) -> str:
    """Return the pattern as it is stored, empty for none; raise DomainError.

    It is stored on one line, as it is typed into a field.
    """
    text = " ".join((pattern or "").split())
    if text:
        try:
            patterns.check(text)
        except patterns.PatternError as error:
            raise DomainError(
                "invalid",
                f"schedule_pattern: {error}",
                errors={"schedule_pattern": [str(error)]},
            ) from None
    return text


@transaction.atomic
def create_template(*, actor: User, fields: TemplateFields) -> PostTemplate:
    """Save a new recipe; raise DomainError for a schedule pattern that is none."""
    template = PostTemplate(
        name=fields["name"],
        content=fields.get("content", ""),
        schedule_pattern=check_pattern(fields.get("schedule_pattern")),
        variables=fields.get("variables", {}),
        created_by=actor,
    )
    template.save(force_insert=True)
    _set_references(template, fields)
    _tell("created", template, actor)
    return template


@transaction.atomic
def update_template(
    template_id: UUID, *, actor: User, changes: TemplateFields
) -> PostTemplate:
    """Change the given fields and leave the rest as it is."""
    template = _locked(template_id)
    if "name" in changes:
        template.name = changes["name"]
    if "content" in changes:
        template.content = changes["content"]
    if "schedule_pattern" in changes:
        template.schedule_pattern = check_pattern(changes["schedule_pattern"])
    if "variables" in changes:
        template.variables = changes["variables"]
    changed = ["name", "content", "schedule_pattern", "variables", "updated_at"]
    template.save(update_fields=changed)
    _set_references(template, changes)
    _tell("updated", template, actor, {"fields": sorted(changes)})
    return template


@transaction.atomic
def use_template(template_id: UUID, *, actor: User, now: datetime) -> PostTemplate:
    """Count one use, however many happen at once, and return the template."""
    counted = (
        PostTemplate.objects.present()
        .filter(pk=template_id)
        .update(usage_count=F("usage_count") + 1, last_used=now)
    )
    if not counted:
        raise _gone()
    template = get_template(template_id)
    _tell("used", template, actor)
    return template


@transaction.atomic
def duplicate_template(
    template_id: UUID, *, actor: User, new_name: str = ""
) -> PostTemplate:
    """Make a copy that nobody has used yet."""
    original = _locked(template_id)
    refs = references.describe([original])[original.pk]
    copy = PostTemplate(
        name=new_name or _copy_name(original.name),
        content=original.content,
        schedule_pattern=original.schedule_pattern,
        variables=original.variables,
        plain_braces=original.plain_braces,
        created_by=actor,
    )
    copy.save(force_insert=True)
    _set_references(
        copy,
        {"models": refs.models, "media_ids": refs.media_ids, "tags": refs.tags},
    )
    _tell("duplicated", copy, actor, {"original": str(original.pk)})
    return copy


@transaction.atomic
def keep_braces(template_id: UUID, names: Iterable[str], *, actor: User) -> None:
    """Remember that these names in a template's braces are to stay as written."""
    template = PostTemplate.objects.select_for_update().filter(pk=template_id).first()
    if template is None:
        raise _gone()
    held = set(template.plain_braces)
    fresh = [name for name in dict.fromkeys(names) if name not in held]
    if not fresh:
        return
    template.plain_braces = [*fresh, *template.plain_braces][:MAX_PLAIN_BRACES]
    template.save(update_fields=["plain_braces"])
    _tell("updated", template, actor, {"fields": ["plain_braces"]})


def warnings_about(template: PostTemplate) -> list[dict[str, str]]:
    """Return a warning for each thing in braces that is no variable."""
    return [
        {
            "code": variables.UNKNOWN_VARIABLE,
            "name": name,
            "text": variables.stays_as_written(name),
        }
        for name in template.unknown()
    ]


@transaction.atomic
def delete_template(template_id: UUID, *, actor: User, now: datetime) -> None:
    """Take a template out of sight; it can be restored for `KEEP_DELETED`."""
    template = _locked(template_id)
    template.deleted_at = now
    template.save(update_fields=["deleted_at"])
    _tell("deleted", template, actor)


@transaction.atomic
def restore_template(template_id: UUID, *, actor: User, now: datetime) -> PostTemplate:
    """Bring a deleted template back; raise DomainError 409 or 410 when it cannot be."""
    template = (
        PostTemplate.objects.select_for_update(of=("self",))
        .select_related("created_by")
        .filter(pk=template_id)
        .first()
    )
    if template is None:
        raise _gone()
    if template.deleted_at is None:
        raise DomainError(
            "not_deleted", "This template has not been deleted.", status=409
        )
    if template.deleted_at < now - KEEP_DELETED:
        raise DomainError(
            "restore_expired",
            f"A deleted template can be restored for {KEEP_DELETED.days} days only.",
            status=410,
        )
    template.deleted_at = None
    template.save(update_fields=["deleted_at"])
    _tell("restored", template, actor)
    return template


def purge_deleted(now: datetime) -> None:
    """Remove for good what can no longer be restored."""
    stale = PostTemplate.objects.filter(deleted_at__lt=now - KEEP_DELETED)
    while ids := list(stale.values_list("pk", flat=True)[:_PURGED_AT_ONCE]):
        with transaction.atomic():
            PostTemplate.objects.filter(pk__in=ids).delete()
            events.emit(
                "template.purged",
                actor=None,
                kind=_KIND,
                ids=ids,
                message=f"removed {len(ids)} deleted templates for good",
            )


def _locked(template_id: UUID) -> PostTemplate:
    found = (
        PostTemplate.objects.present()
        .select_for_update(of=("self",))
        .select_related("created_by")
        .filter(pk=template_id)
        .first()
    )
    if found is None:
        raise _gone()
    return found


def _gone() -> DomainError:
    return DomainError(
        "not_found", "There is no such template, or it has been deleted.", status=404
    )


def _copy_name(name: str) -> str:
    longest = PostTemplate._meta.get_field("name").max_length
    return f"{_COPY_OF}{name}"[:longest].rstrip()


def _set_references(template: PostTemplate, fields: TemplateFields) -> None:
    """Replace the references that are given, each once and in the order given."""
    if "models" in fields:
        template.model_refs.all().delete()
        TemplateModel.objects.bulk_create(
            TemplateModel(template=template, position=position, slug=slug)
            for position, slug in enumerate(dict.fromkeys(fields["models"]))
        )
    if "media_ids" in fields:
        template.media_refs.all().delete()
        refs = dict.fromkeys(map(references.canonical, fields["media_ids"]))
        TemplateMedia.objects.bulk_create(
            TemplateMedia(template=template, position=position, media_ref=ref)
            for position, ref in enumerate(refs)
        )
    if "tags" in fields:
        held = PostTemplate.tags.through
        held.objects.filter(posttemplate=template).delete()
        held.objects.bulk_create(
            held(posttemplate=template, tag=tag) for tag in get_tags(fields["tags"])
        )


def _tell(
    what: str, template: PostTemplate, actor: User, data: dict[str, Any] | None = None
) -> None:
    events.emit(
        f"template.{what}",
        actor=actor,
        kind=_KIND,
        ids=[template.pk],
        message=f"{what} the template “{template.name}”",
        data=data,
    )
