"""The templates page: rows are written by the server, actions go through the API."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Page as PageOfRows
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from library.models import Creator, MediaItem, Tag
from promura_site.models import User
from promura_site.pages import Page
from templates_app import patterns, references
from templates_app.filters import DEFAULT_ORDERING, ORDERINGS, TemplateFilter
from templates_app.models import PostTemplate
from templates_app.references import References
from templates_app.variables import DATE, HANDLE, MODEL, WEEKDAY, in_braces

ROWS_A_PAGE = 50
_THUMBS = 3
_TAG_CHOICES = 16
_ORDER_WORDS = {
    "-usage_count": "Most used",
    "-created_at": "Newest",
    "-last_used": "Used last",
    "-updated_at": "Changed last",
    "name": "By name",
}
_BUILT_IN_WORDS = [
    (MODEL, "The model’s name"),
    (HANDLE, "The account’s handle"),
    (DATE, "The day it goes out, on the model’s clocks"),
    (WEEKDAY, "The weekday it goes out"),
]


@dataclass(frozen=True, slots=True)
class TagChoice:
    """A tag to filter by; `address` switches it on or off."""

    name: str
    address: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A template with everything that its row shows."""

    template: PostTemplate
    refs: References
    models: list[Creator]
    thumbs: list[MediaItem]
    repeats: str

    @property
    def more_media(self) -> int:
        """Return how many items are there besides the thumbs."""
        there = len(self.refs.media_ids) - len(self.refs.missing_media_ids)
        return there - len(self.thumbs)

    @property
    def unknown(self) -> str:
        """Return what stays in its braces; empty when nothing does."""
        return ", ".join(map(in_braces, self.template.unknown()))

    @property
    def missing(self) -> str:
        """Say in words what is not there; empty when nothing is missing."""
        models, media = self.refs.missing_models, len(self.refs.missing_media_ids)
        said = [f"model {slug}" for slug in models]
        if media:
            said.append("1 media item" if media == 1 else f"{media} media items")
        return ", ".join(said)


# Going back to the page must not show what has been deleted since.
@method_decorator(never_cache, "dispatch")
class TemplatesPage(Page):
    """Templates to find, use, write, copy, delete and restore."""

    template_name = "templates_app/templates.html"
    permission_required = "templates_app.view_posttemplate"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add a page of rows, what they can be narrowed by, what the editor offers."""
        person = cast(User, self.request.user)
        can_restore = person.has_perm("templates_app.restore_posttemplate")
        deleted = can_restore and self.request.GET.get("deleted") == "true"
        page = self._page(deleted)
        narrowed = any(self.request.GET.get(one) for one in ("search", "tags", "model"))
        return super().get_context_data(
            page=page,
            rows=_rows(page),
            deleted=deleted,
            narrowed=narrowed,
            query=self._query(page=None),
            tag_choices=[] if deleted else self._tag_choices(),
            orders=[(name, _ORDER_WORDS[name]) for name in _ORDER_WORDS],
            order=self._order(),
            creators=list(Creator.objects.order_by("-is_active", "name")),
            presets=list(patterns.PRESETS),
            built_in=_BUILT_IN_WORDS,
            can_edit=person.has_perm("templates_app.change_posttemplate"),
            can_delete=person.has_perm("templates_app.delete_posttemplate"),
            can_restore=can_restore,
            **kwargs,
        )

    def _order(self) -> str:
        asked = self.request.GET.get("ordering", "")
        return asked if asked in _ORDER_WORDS else DEFAULT_ORDERING

    def _page(self, deleted: bool) -> PageOfRows[PostTemplate]:
        rows = PostTemplate.objects.filter(deleted_at__isnull=not deleted)
        rows = rows.with_last_use().order_by(*ORDERINGS[self._order()], "-id")
        narrowed = TemplateFilter(self.request.GET, queryset=rows)
        found: QuerySet[PostTemplate] = (
            narrowed.qs if narrowed.is_valid() else rows.none()
        )
        return Paginator(found, ROWS_A_PAGE).get_page(self.request.GET.get("page"))

    def _query(self, **changes: str | None) -> str:
        """Return the page's query string with some of it changed or left out."""
        query = {name: value for name, value in self.request.GET.items() if value}
        return urlencode({k: v for k, v in (query | changes).items() if v})

    def _tag_choices(self) -> list[TagChoice]:
        """Return the tags that templates carry, the most frequent first."""
        asked = self.request.GET.get("tags", "").split(",")
        chosen = list(dict.fromkeys(filter(None, map(str.strip, asked))))
        often = (
            Tag.objects.filter(templates__deleted_at=None, templates__isnull=False)
            .annotate(number=Count("pk"))
            .order_by("-number", "key")
            .values_list("name", flat=True)[:_TAG_CHOICES]
        )
        return [
            TagChoice(
                name,
                "?" + self._query(tags=",".join(_toggled(chosen, name)), page=None),
                name in chosen,
            )
            for name in dict.fromkeys([*chosen, *often])
        ]


def _toggled(chosen: list[str], name: str) -> list[str]:
    if name in chosen:
        return [one for one in chosen if one != name]
    return [*chosen, name]


def _rows(templates: Iterable[PostTemplate]) -> list[Row]:
    rows = list(templates)
    described = references.describe(rows)
    slugs = {slug for refs in described.values() for slug in refs.models}
    creators = {one.slug: one for one in Creator.objects.filter(slug__in=slugs)}
    shown = {pk: _first_there(refs) for pk, refs in described.items()}
    media = MediaItem.objects.in_bulk({one for few in shown.values() for one in few})
    return [
        Row(
            template=template,
            refs=(refs := described[template.pk]),
            models=[creators[slug] for slug in refs.models if slug in creators],
            thumbs=[media[one] for one in shown[template.pk] if one in media],
            repeats=patterns.in_words(template.schedule_pattern)
            if template.schedule_pattern
            else "",
        )
        for template in rows
    ]


def _first_there(refs: References) -> list[UUID]:
    there = [one for one in refs.media_ids if one not in refs.missing_media_ids]
    return [UUID(one) for one in there[:_THUMBS]]
