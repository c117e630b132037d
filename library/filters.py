"""What a list of media can be asked for."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import QueryDict
from rest_framework.exceptions import ValidationError

from library.models import MediaItem, MediaQuerySet, MediaTag, Tag, tag_key
from promura_site.api.filters import CommaFilter, InstantFilter, TrueOrFalseFilter

MAX_WORDS = 10


class MediaFilter(django_filters.FilterSet):
    """The filters of `GET /api/library`; what lies in the trash only on request."""

    type = django_filters.ChoiceFilter(
        field_name="kind", choices=MediaItem.Kind.choices, label="Image or video"
    )
    tags = CommaFilter(
        method="with_any_tag", label="Has any of these tags (comma-separated)"
    )
    tags_all = CommaFilter(
        method="with_all_tags", label="Has all of these tags (comma-separated)"
    )
    model = CommaFilter(
        method="of_model", label="Shows any of these models (comma-separated ids)"
    )
    used = TrueOrFalseFilter(method="by_use", label="Has been published")
    uploaded_after = InstantFilter(
        field_name="uploaded_at", lookup_expr="gte", label="Uploaded at or after"
    )
    uploaded_before = InstantFilter(
        field_name="uploaded_at", lookup_expr="lt", label="Uploaded before"
    )
    trashed = TrueOrFalseFilter(method="in_trash", label="Lies in the trash")
    search = django_filters.CharFilter(
        method="found", max_length=200, label="Words in name, description or tags"
    )

    class Meta:
        model = MediaItem
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Leave the trash out unless it is asked for."""
        rows = super().filter_queryset(queryset)
        if self.form.cleaned_data.get("trashed") is None:
            rows = rows.present()
        return rows

    def with_any_tag(
        self, rows: MediaQuerySet, name: str, value: list[str]
    ) -> QuerySet[MediaItem]:
        """Keep media with at least one of the tags."""
        return rows.tagged_any([tag_key(one) for one in value]) if value else rows

    def with_all_tags(
        self, rows: MediaQuerySet, name: str, value: list[str]
    ) -> QuerySet[MediaItem]:
        """Keep media with every one of the tags."""
        for one in value:
            rows = rows.tagged_any([tag_key(one)])
        return rows

    def of_model(
        self, rows: MediaQuerySet, name: str, value: list[str]
    ) -> QuerySet[MediaItem]:
        """Keep media of the models."""
        if not value:
            return rows
        shown = MediaItem.creators.through.objects.filter(creator__slug__in=value)
        return rows.filter(pk__in=shown.values("mediaitem"))

    def by_use(
        self, rows: MediaQuerySet, name: str, value: bool
    ) -> QuerySet[MediaItem]:
        """Keep what has been published, or what has not."""
        return rows.filter(used_count__gt=0) if value else rows.filter(used_count=0)

    def in_trash(
        self, rows: MediaQuerySet, name: str, value: bool
    ) -> QuerySet[MediaItem]:
        """Keep the trash, or what is not in it."""
        return rows.trashed() if value else rows.present()

    def found(self, rows: MediaQuerySet, name: str, value: str) -> QuerySet[MediaItem]:
        """Keep media with every word in its name, its description or a tag."""
        words = value.split()
        if len(words) > MAX_WORDS:
            raise ValidationError({"search": [f"Give {MAX_WORDS} words at most."]})
        for word in words:
            tagged = MediaTag.objects.filter(tag__key__contains=tag_key(word))
            rows = rows.filter(
                Q(name__icontains=word)
                | Q(description__icontains=word)
                | Q(pk__in=tagged.values("media"))
            )
        return rows


def matching(wanted: dict[str, Any]) -> QuerySet[MediaItem]:
    """Return the media that a bulk call's `filter` finds.

    `wanted` has the list's own filters; lists stand for words between commas. Raise
    ValidationError naming an unknown filter, since ignoring one would match far more
    than was meant.
    """
    known = MediaFilter.base_filters
    if unknown := [name for name in wanted if name not in known]:
        raise ValidationError(
            {
                f"filter.{name}": [f"No such filter; there are: {', '.join(known)}."]
                for name in unknown
            }
        )
    query = QueryDict(mutable=True)
    for name, value in wanted.items():
        query[name] = _as_text(name, value)
    filterset = MediaFilter(query, queryset=MediaItem.objects.all())
    if not filterset.is_valid():
        raise ValidationError(
            {
                f"filter.{name}": [str(text) for text in texts]
                for name, texts in filterset.errors.items()
            }
        )
    return filterset.qs


def _as_text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ",".join(value)
    raise ValidationError({f"filter.{name}": ["Must be a text, true or false."]})


class TagFilter(django_filters.FilterSet):
    """The filters of the list of tags."""

    search = django_filters.CharFilter(
        method="found", max_length=Tag.MAX_LENGTH, label="Part of the name"
    )

    class Meta:
        model = Tag
        fields: list[str] = []

    def found(self, rows: QuerySet[Tag], name: str, value: str) -> QuerySet[Tag]:
        """Keep tags with these letters in them."""
        return rows.filter(key__contains=tag_key(value))
