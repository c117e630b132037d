"""What lists of posts, publications, channels and models can be narrowed by."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet

from library.models import Creator, tag_key
from promura_site.api.filters import (
    CommaFilter,
    InstantFilter,
    TrueOrFalseFilter,
    WordsFilter,
)
from scheduling.models import Channel, Post, Publication

_MAX_WORDS = 10


class PostFilter(django_filters.FilterSet):
    """State, model, time, template, tags, and words that all occur in the text."""

    status = WordsFilter(
        field_name="state",
        lookup_expr="in",
        choices=Post.State.values,
        label="Any of these states (comma-separated)",
    )
    model = django_filters.CharFilter(
        method="of_model", max_length=60, label="A model's id"
    )
    template = django_filters.UUIDFilter(field_name="template_id")
    series = django_filters.UUIDFilter(field_name="series_id")
    tags = CommaFilter(
        method="with_any_tag", label="Has any of these tags (comma-separated)"
    )
    search = django_filters.CharFilter(
        method="found", max_length=200, label="Words in the text"
    )

    class Meta:
        model = Post
        fields: list[str] = []

    def of_model(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep posts that go to a channel of the model."""
        held = Publication.objects.filter(
            post=OuterRef("pk"), channel__creator__slug=value
        )
        return rows.filter(Exists(held))

    def with_any_tag(
        self, rows: QuerySet[Any], name: str, value: list[str]
    ) -> QuerySet[Any]:
        """Keep posts with at least one of the tags."""
        if not value:
            return rows
        held = Post.tags.through.objects.filter(
            post=OuterRef("pk"), tag__key__in=[tag_key(one) for one in value]
        )
        return rows.filter(Exists(held))

    def found(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep posts in whose text every word occurs."""
        for word in value.split()[:_MAX_WORDS]:
            rows = rows.filter(content__icontains=word)
        return rows


# `from` is a word of Python's own, so these two cannot be written in the class.
PostFilter.base_filters["from"] = InstantFilter(
    field_name="publish_at", lookup_expr="gte", label="Due at or after"
)
PostFilter.base_filters["to"] = InstantFilter(
    field_name="publish_at", lookup_expr="lt", label="Due before"
)


class PublicationFilter(django_filters.FilterSet):
    """State, channel, model, post and due time."""

    status = WordsFilter(
        field_name="state",
        lookup_expr="in",
        choices=Publication.State.values,
        label="Any of these states (comma-separated)",
    )
    channel = django_filters.UUIDFilter(field_name="channel_id")
    model = django_filters.CharFilter(
        field_name="channel__creator__slug", max_length=60, label="A model's id"
    )
    post = django_filters.UUIDFilter(field_name="post_id")
    due_before = InstantFilter(
        field_name="publish_at", lookup_expr="lt", label="Due before"
    )
    due_after = InstantFilter(
        field_name="publish_at", lookup_expr="gte", label="Due at or after"
    )
    attention = TrueOrFalseFilter(
        method="needing_attention", label="Failed, missed, unknown or tried again"
    )

    class Meta:
        model = Publication
        fields: list[str] = []

    def needing_attention(
        self, rows: QuerySet[Any], name: str, value: bool | None
    ) -> QuerySet[Any]:
        """Keep (or leave out) what somebody should look at."""
        if value is None:
            return rows
        wanted = Q(state__in=("failed", "missed", "unknown", "retry"))
        return rows.filter(wanted if value else ~wanted)


class ChannelFilter(django_filters.FilterSet):
    """Model, platform, whether in use, health."""

    model = django_filters.CharFilter(
        field_name="creator__slug", max_length=60, label="A model's id"
    )
    platform = django_filters.CharFilter(max_length=30)
    active = TrueOrFalseFilter(field_name="is_active")
    health = django_filters.ChoiceFilter(choices=Channel.Health.choices)
    search = django_filters.CharFilter(
        field_name="handle", lookup_expr="icontains", max_length=120
    )

    class Meta:
        model = Channel
        fields: list[str] = []


class CreatorFilter(django_filters.FilterSet):
    """Whether the agency works with the model now, and words of the name."""

    active = TrueOrFalseFilter(field_name="is_active")
    search = django_filters.CharFilter(method="found", max_length=120)

    class Meta:
        model = Creator
        fields: list[str] = []

    def found(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep models with every word in name or id."""
        for word in value.split()[:_MAX_WORDS]:
            rows = rows.filter(Q(name__icontains=word) | Q(slug__icontains=word))
        return rows
