"""What templates refer to, and which of it is not there.

A template keeps every id that it was given. Nothing in the database ties it to a model
or an item, so what is missing is worked out when a template is shown.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from library.holds import MAX_USES, Use
from library.models import Creator, MediaItem
from templates_app.models import PostTemplate, TemplateMedia, TemplateModel

# The one spelling under which the library's own addresses know an item.
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# A page of a thousand templates may name more items than one query takes parameters.
_IDS_A_QUERY = 5_000


@dataclass(slots=True)
class References:
    """A template's models, media and tags in the order given, and what is missing."""

    models: list[str] = field(default_factory=list)
    media_ids: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    missing_models: list[str] = field(default_factory=list)
    missing_media_ids: list[str] = field(default_factory=list)


def media_id(ref: str) -> UUID | None:
    """Return the id that a reference to media means; None when it can mean none."""
    return UUID(ref) if _UUID.fullmatch(ref) else None


def canonical(ref: str) -> str:
    """Return a media reference as it is stored: ids in lower case, the rest as is."""
    return ref.lower() if _UUID.fullmatch(ref) else ref


def describe(templates: Sequence[PostTemplate]) -> dict[UUID, References]:
    """Return the references of templates, in a fixed number of queries for all."""
    described = {template.pk: References() for template in templates}
    ids = list(described)
    for owner, slug in (
        TemplateModel.objects.filter(template__in=ids)
        .order_by("position", "id")
        .values_list("template_id", "slug")
    ):
        described[owner].models.append(slug)
    for owner, ref in (
        TemplateMedia.objects.filter(template__in=ids)
        .order_by("position", "id")
        .values_list("template_id", "media_ref")
    ):
        described[owner].media_ids.append(ref)
    # The rows of the relation are written in the order given.
    for owner, name in (
        PostTemplate.tags.through.objects.filter(posttemplate__in=ids)
        .order_by("id")
        .values_list("posttemplate_id", "tag__name")
    ):
        described[owner].tags.append(name)
    _mark_missing(described.values())
    return described


def _mark_missing(described: Collection[References]) -> None:
    slugs = {slug for one in described for slug in one.models}
    models = set(Creator.objects.filter(slug__in=slugs).values_list("slug", flat=True))
    media = _present_media(ref for one in described for ref in one.media_ids)
    for one in described:
        one.missing_models = [slug for slug in one.models if slug not in models]
        one.missing_media_ids = [ref for ref in one.media_ids if ref not in media]


def _present_media(refs: Iterable[str]) -> set[str]:
    ids = list({item for ref in refs if (item := media_id(ref))})
    present: set[str] = set()
    for start in range(0, len(ids), _IDS_A_QUERY):
        few = ids[start : start + _IDS_A_QUERY]
        rows = MediaItem.objects.present().filter(pk__in=few)
        present.update(map(str, rows.values_list("pk", flat=True)))
    return present


def uses_of(media: MediaItem) -> list[Use]:
    """Return the templates that refer to an item, the latest first."""
    held = TemplateMedia.objects.filter(media_ref=str(media.pk)).values("template")
    templates = PostTemplate.objects.present().filter(pk__in=held)
    latest = templates.order_by("-updated_at", "-id")[:MAX_USES]
    return [Use("template", one.pk, one.name) for one in latest]
