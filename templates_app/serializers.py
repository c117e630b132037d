"""Shapes of templates."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from library.services.tags import MAX_TAGS_A_CALL
from promura_site.api.fields import NameField, TextField
from templates_app import patterns, variables
from templates_app.models import PostTemplate, TemplateMedia, TemplateModel
from templates_app.references import References

MAX_MODELS = 100
MAX_MEDIA = 100
MAX_VARIABLES = 20
MAX_VALUE = 500


def _longest(model: Any, name: str) -> int:
    return model._meta.get_field(name).max_length


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "additionalProperties": {"type": "string"},
        },
        "example": {"city": {"model1": "Rome"}},
    }
)
class VariablesField(serializers.Field):
    """Values of own variables: {name: {model's id: value}}.

    An empty value is none: the name stays, and the model has no value for it.
    """

    _slug = TextField(max_length=_longest(TemplateModel, "slug"))
    _value = TextField(max_length=MAX_VALUE, allow_blank=True, trim_whitespace=False)

    def to_internal_value(self, data: Any) -> dict[str, dict[str, str]]:
        """Refuse what is too much, and names that are none or built in."""
        if not isinstance(data, dict):
            raise serializers.ValidationError("Must be an object of names.")
        if len(data) > MAX_VARIABLES:
            raise serializers.ValidationError(
                f"At most {MAX_VARIABLES} variables of your own are possible."
            )
        return {self._name(name): self._values(name, data[name]) for name in data}

    def to_representation(self, value: Any) -> Any:
        return value

    def _name(self, name: Any) -> str:
        if name in variables.BUILT_IN:
            raise serializers.ValidationError(
                f"{variables.in_braces(name)} is filled in by itself; choose another."
            )
        if not (isinstance(name, str) and variables.NAME.fullmatch(name)):
            raise serializers.ValidationError(
                f"“{str(name)[:40]}” is no name: small letters, digits and _, with a "
                "letter first, 30 at most."
            )
        return name

    def _values(self, name: str, given: Any) -> dict[str, str]:
        if not isinstance(given, dict):
            raise serializers.ValidationError(
                f"{variables.in_braces(name)}: must be an object of models' ids."
            )
        if len(given) > MAX_MODELS:
            raise serializers.ValidationError(
                f"{variables.in_braces(name)}: at most {MAX_MODELS} models."
            )
        try:
            values = {
                self._slug.run_validation(slug): self._value.run_validation(value)
                for slug, value in given.items()
            }
        except serializers.ValidationError as error:
            sentences = [f"{variables.in_braces(name)}: {one}" for one in error.detail]
            raise serializers.ValidationError(sentences) from None
        return {slug: value for slug, value in values.items() if value.strip()}


class TemplateWarningSerializer(serializers.Serializer):
    """Something to know of a template that is saved all the same."""

    code = serializers.CharField()
    name = serializers.CharField()
    text = serializers.CharField()


class TemplateMissingSerializer(serializers.Serializer):
    """References to models and media that do not exist, or lie in the trash."""

    models = serializers.ListField(child=serializers.CharField())
    media_ids = serializers.ListField(child=serializers.CharField())


class TemplateSerializer(serializers.ModelSerializer):
    """A template as it is shown; the context brings its `references` by id."""

    models = serializers.SerializerMethodField()
    tags = serializers.SerializerMethodField()
    media_ids = serializers.SerializerMethodField()
    schedule_pattern = serializers.SerializerMethodField()
    created_by = serializers.CharField(
        source="created_by.username", default=None, allow_null=True, read_only=True
    )
    missing = serializers.SerializerMethodField()
    variables = VariablesField()
    unknown = serializers.SerializerMethodField(
        help_text="What stands in braces and is no variable, as it is written."
    )

    class Meta:
        model = PostTemplate
        fields = (
            "id",
            "name",
            "content",
            "models",
            "tags",
            "media_ids",
            "schedule_pattern",
            "variables",
            "unknown",
            "created_by",
            "created_at",
            "updated_at",
            "usage_count",
            "last_used",
            "missing",
        )
        read_only_fields = fields

    def _references(self, template: PostTemplate) -> References:
        return self.context["references"][template.pk]

    def get_models(self, template: PostTemplate) -> list[str]:
        """Return the models' slugs in the order given."""
        return self._references(template).models

    def get_tags(self, template: PostTemplate) -> list[str]:
        """Return the tags in the order given."""
        return self._references(template).tags

    def get_media_ids(self, template: PostTemplate) -> list[str]:
        """Return the media ids in the order given."""
        return self._references(template).media_ids

    def get_schedule_pattern(self, template: PostTemplate) -> str | None:
        """Return the word or the rule; null for none."""
        return template.schedule_pattern or None

    def get_unknown(self, template: PostTemplate) -> list[str]:
        """Return what stays in its braces without anybody having said it shall."""
        return template.unknown()

    @extend_schema_field(TemplateMissingSerializer)
    def get_missing(self, template: PostTemplate) -> dict[str, list[str]]:
        """Return the ids that lead nowhere."""
        refs = self._references(template)
        return {"models": refs.missing_models, "media_ids": refs.missing_media_ids}


class DeletedTemplateSerializer(TemplateSerializer):
    """A template in the list of deleted ones."""

    class Meta:
        model = PostTemplate
        fields = (*TemplateSerializer.Meta.fields, "deleted_at")
        read_only_fields = fields


class TemplateWriteSerializer(serializers.Serializer):
    """What a person may set."""

    name = NameField(max_length=_longest(PostTemplate, "name"))
    content = TextField(
        max_length=_longest(PostTemplate, "content"),
        allow_blank=True,
        trim_whitespace=False,
    )
    models = serializers.ListField(
        child=TextField(max_length=_longest(TemplateModel, "slug")),
        max_length=MAX_MODELS,
        required=False,
    )
    # What a tag may be is the library's rule; `get_tags` names this field.
    tags = serializers.ListField(
        child=TextField(allow_blank=True), max_length=MAX_TAGS_A_CALL, required=False
    )
    media_ids = serializers.ListField(
        child=TextField(max_length=_longest(TemplateMedia, "media_ref")),
        max_length=MAX_MEDIA,
        required=False,
    )
    schedule_pattern = TextField(
        max_length=patterns.MAX_LENGTH,
        allow_blank=True,
        allow_null=True,
        required=False,
        help_text="daily, weekly, biweekly, monthly or an RRULE (RFC 5545).",
    )
    variables = VariablesField(required=False)


class TemplateDuplicateSerializer(serializers.Serializer):
    """What the copy is to be called."""

    new_name = NameField(
        max_length=_longest(PostTemplate, "name"), required=False, allow_blank=True
    )


class TemplateStatisticsSerializer(serializers.Serializer):
    """Figures over all templates."""

    total_templates = serializers.IntegerField()
    total_uses = serializers.IntegerField()
    most_popular = TemplateSerializer(allow_null=True)
    recently_used = serializers.IntegerField(help_text="Used in the last 7 days.")
