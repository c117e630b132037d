"""Shapes of the preview of templates: what is asked, and what each account gets."""

from rest_framework import serializers

from promura_site.api.fields import TextField
from scheduling.serializers import ScheduleTimeField, TimeZoneField
from templates_app.models import PostTemplate
from templates_app.serializers import MAX_MODELS, VariablesField


class PreviewSerializer(serializers.Serializer):
    """A text with variables, and for whom and when it is looked at."""

    content = TextField(
        allow_blank=True,
        max_length=PostTemplate._meta.get_field("content").max_length,
        trim_whitespace=False,
    )
    variables = VariablesField(required=False)
    models = serializers.ListField(
        child=TextField(max_length=60), max_length=MAX_MODELS
    )
    schedule_time = ScheduleTimeField(
        required=False, allow_null=True, help_text="None: now."
    )
    timezone = TimeZoneField(
        required=False,
        help_text="Of a schedule_time without an offset: an IANA zone, or “model” "
        "for each model's own; the person's own when left out.",
    )


class StoredPreviewSerializer(PreviewSerializer):
    """The same of a stored template; what is left out is as it is stored."""

    content = TextField(
        required=False,
        allow_blank=True,
        max_length=PostTemplate._meta.get_field("content").max_length,
        trim_whitespace=False,
    )
    models = serializers.ListField(
        child=TextField(max_length=60), max_length=MAX_MODELS, required=False
    )


class PreviewedChannelSerializer(serializers.Serializer):
    """The text as one account would get it."""

    channel = serializers.UUIDField()
    model = serializers.CharField()
    handle = serializers.CharField()
    platform = serializers.CharField()
    text = serializers.CharField()
    length = serializers.IntegerField()
    limit = serializers.IntegerField(allow_null=True)
    schedule_time = serializers.DateTimeField()


class MissingValueSerializer(serializers.Serializer):
    """A variable in the text that has no value for a model."""

    name = serializers.CharField()
    model = serializers.CharField()
