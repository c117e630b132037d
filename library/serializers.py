"""Shapes of the library's API."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from library import holds, labels
from library.bulk import TAG_ACTIONS, GivenIds, Tagging
from library.models import MediaItem, Rating, Tag
from library.services.tags import MAX_TAGS_A_CALL
from promura_site.api.fields import NameField, TextField

# Tags that come twice count once, so that a list may be longer than what is allowed.
MAX_TAGS_LISTED = 1_000
MAX_MODELS = 100
_UUID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)


@extend_schema_field({"type": "string", "enum": [str(one) for one in Rating.labels]})
class RatingField(serializers.Field):
    """A rating as its word: general, suggestive or explicit."""

    def to_representation(self, value: int) -> str:
        return str(Rating(value).label)

    def to_internal_value(self, data: Any) -> Rating:
        for rating in Rating:
            if rating.label == data:
                return rating
        words = ", ".join(str(one) for one in Rating.labels)
        raise serializers.ValidationError(f"Choose one of: {words}.")


class MediaSerializer(serializers.ModelSerializer):
    """A media item as it is shown.

    The context's `planned` says how many posts are still to be published with each,
    `tags` and `models` its labels, `address` where the list is; `shown_media` fills it
    for a whole page at once.
    """

    type = serializers.ChoiceField(source="kind", choices=MediaItem.Kind.choices)
    url = serializers.SerializerMethodField()
    thumbnail_url = serializers.SerializerMethodField()
    preview_url = serializers.SerializerMethodField()
    tags = serializers.SerializerMethodField()
    models = serializers.SerializerMethodField()
    rating = RatingField()
    planned_count = serializers.SerializerMethodField()
    uploaded_by = serializers.SerializerMethodField()

    class Meta:
        model = MediaItem
        fields = (
            "id",
            "name",
            "type",
            "content_type",
            "size_bytes",
            "width",
            "height",
            "duration_seconds",
            "sha256",
            "url",
            "thumbnail_url",
            "preview_url",
            "colour",
            "tags",
            "description",
            "alt_text",
            "models",
            "rating",
            "not_before",
            "until",
            "taken_at",
            "used_count",
            "planned_count",
            "last_used",
            "uploaded_by",
            "uploaded_at",
            "trashed_at",
        )
        read_only_fields = fields

    def get_url(self, item: MediaItem) -> str:
        return f"{self.context['address']}/{item.pk}/file"

    def get_thumbnail_url(self, item: MediaItem) -> str:
        return f"{self.context['address']}/{item.pk}/thumbnail"

    def get_preview_url(self, item: MediaItem) -> str:
        return f"{self.context['address']}/{item.pk}/preview"

    def get_tags(self, item: MediaItem) -> list[str]:
        return self.context["tags"].get(item.pk, [])

    def get_models(self, item: MediaItem) -> list[str]:
        return self.context["models"].get(item.pk, [])

    def get_planned_count(self, item: MediaItem) -> int:
        return self.context["planned"].get(item.pk, 0)

    @extend_schema_field({"type": ["string", "null"]})
    def get_uploaded_by(self, item: MediaItem) -> str | None:
        return item.uploaded_by.get_username() if item.uploaded_by else None


def shown_media(items: Sequence[MediaItem]) -> list[dict[str, Any]]:
    """Return the items as the API shows them, each question asked once for all."""
    ids = [item.pk for item in items]
    context = {
        "planned": holds.planned_counts(ids),
        "tags": labels.tags_of(ids),
        "models": labels.models_of(ids),
        # Resolving three addresses an item would take longer than reading the rows.
        "address": reverse("media-list"),
    }
    return list(MediaSerializer(items, many=True, context=context).data)


class CommaListField(serializers.ListField):
    """Words: a list, or one text with commas between them (as in a form)."""

    child = serializers.CharField(allow_blank=True, max_length=500)

    def get_value(self, dictionary: Mapping[str, Any]) -> Any:
        if not hasattr(dictionary, "getlist"):
            return super().get_value(dictionary)
        if self.field_name not in dictionary:
            return serializers.empty
        texts: Iterable[str] = dictionary.getlist(self.field_name)
        return [word.strip() for text in texts for word in text.split(",")]

    def to_internal_value(self, data: Any) -> list[str]:
        return [word for word in super().to_internal_value(data) if word]


class UploadSerializer(serializers.Serializer):
    """One or many files and what is said of all of them."""

    file = serializers.ListField(
        child=serializers.FileField(max_length=None, allow_empty_file=True),
        allow_empty=False,
    )
    tags = CommaListField(required=False)
    description = serializers.CharField(
        required=False, allow_blank=True, max_length=5000
    )
    alt_text = serializers.CharField(required=False, allow_blank=True, max_length=1500)
    models = CommaListField(required=False)


class ChangeSerializer(serializers.Serializer):
    """What may be changed of an item; what is left out stays."""

    name = NameField(required=False, max_length=200)
    description = TextField(required=False, allow_blank=True, max_length=5000)
    alt_text = TextField(required=False, allow_blank=True, max_length=1500)
    tags = serializers.ListField(
        child=TextField(allow_blank=True), max_length=MAX_TAGS_LISTED, required=False
    )
    models = serializers.ListField(
        child=TextField(max_length=60), max_length=MAX_MODELS, required=False
    )
    rating = RatingField(required=False)
    not_before = serializers.DateTimeField(required=False, allow_null=True)
    until = serializers.DateTimeField(required=False, allow_null=True)
    taken_at = serializers.DateTimeField(required=False, allow_null=True)


@extend_schema_field(
    {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 10_000}
)
class MediaIdsField(serializers.Field):
    """A list of ids; those that are none are kept apart rather than refused."""

    def to_internal_value(self, data: Any) -> GivenIds:
        if not isinstance(data, list):
            raise serializers.ValidationError("Must be a list of media ids.")
        if not data:
            raise serializers.ValidationError("Give at least one media id.")
        if any(isinstance(one, list | dict) for one in data):
            raise serializers.ValidationError("Every id must be a text.")
        ids: dict[UUID, str] = {}
        no_ids: dict[tuple[type, Any], Any] = {}
        for one in data:
            if isinstance(one, str) and _UUID.fullmatch(one):
                ids.setdefault(UUID(one), one)
            else:
                no_ids.setdefault((type(one), one), one)
        return GivenIds(tuple(ids), tuple(no_ids.values()), ids)

    def to_representation(self, value: GivenIds) -> list[str]:
        return list(map(str, value.ids))


class BulkDeleteSerializer(serializers.Serializer):
    """What a bulk call is about: ids, or the filter that finds them."""

    media_ids = MediaIdsField(required=False)
    filter = serializers.DictField(
        required=False, help_text="The filters of the list instead of ids"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "media_ids" in attrs and "filter" in attrs:
            raise serializers.ValidationError(
                {"filter": ["Give media_ids or filter, not both."]}
            )
        if "media_ids" not in attrs and "filter" not in attrs:
            raise serializers.ValidationError(
                {"media_ids": ["This field is required."]}
            )
        return attrs


class BulkTagSerializer(BulkDeleteSerializer):
    """A bulk call that changes tags."""

    tags = serializers.ListField(
        child=TextField(allow_blank=True, trim_whitespace=False),
        max_length=MAX_TAGS_LISTED,
        help_text=f"1 to {MAX_TAGS_A_CALL}; empty with replace to clear",
    )
    action = serializers.ChoiceField(choices=TAG_ACTIONS, default="add")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        attrs["tagging"] = Tagging(attrs["action"], attrs["tags"])
        return attrs


class TagSerializer(serializers.ModelSerializer):
    """A tag and how many items in the library carry it."""

    count = serializers.IntegerField(source="media_count")

    class Meta:
        model = Tag
        fields = ("name", "count")
        read_only_fields = fields


class UseSerializer(serializers.Serializer):
    """A place where an item is used."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    state = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    holds = serializers.BooleanField()


@extend_schema_field({"type": ["string", "number", "boolean", "null"]})
class GivenIdField(serializers.JSONField):
    """An id as it was given, which may have been anything."""


class BulkFailureSerializer(serializers.Serializer):
    """An id of a bulk call that nothing was done to."""

    id = GivenIdField()
    reason = serializers.CharField()


class FailedUploadSerializer(serializers.Serializer):
    """A file of an upload that was not taken."""

    name = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class StatisticsSerializer(serializers.Serializer):
    """The library in figures."""

    total = serializers.IntegerField()
    images = serializers.IntegerField()
    videos = serializers.IntegerField()
    total_bytes = serializers.IntegerField()
    used = serializers.IntegerField()
    unused = serializers.IntegerField()
    untagged = serializers.IntegerField()
    without_alt_text = serializers.IntegerField()
    uploaded_last_7_days = serializers.IntegerField()
    trashed = serializers.IntegerField()
    trashed_bytes = serializers.IntegerField()
