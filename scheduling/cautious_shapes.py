"""Shapes of scheduling's API: what is said about a plan, or about a change of one."""

from rest_framework import serializers

from scheduling.services.duplicates import NEAR_DUPLICATE


class VariantShape(serializers.Serializer):
    """Another text, for a channel or for all of a language."""

    channel = serializers.UUIDField(source="channel_id", allow_null=True)
    language = serializers.CharField()
    content = serializers.CharField()


class TooLateSerializer(serializers.Serializer):
    """A channel that a change came too late for, and why in words."""

    channel = serializers.UUIDField()
    handle = serializers.CharField()
    platform = serializers.CharField()
    status = serializers.CharField()
    text = serializers.CharField()


class CautionSerializer(serializers.Serializer):
    """Something to know of, in words; what else is there depends on the code.

    `near_duplicate` names the other `post`, when (`at`) and what is the `same` (text
    or media); `media_not_cleared` the media, the model or channel, and the rule;
    `unknown_variable` the `name` that stands in braces.
    """

    code = serializers.CharField(help_text=f"Such as {NEAR_DUPLICATE}.")
    text = serializers.CharField()
    field = serializers.CharField(required=False)
    name = serializers.CharField(required=False)
    channel = serializers.UUIDField(required=False, allow_null=True)
    handle = serializers.CharField(required=False)
    platform = serializers.CharField(required=False)
    post = serializers.UUIDField(required=False)
    at = serializers.DateTimeField(required=False)
    same = serializers.CharField(required=False)
    media = serializers.UUIDField(required=False)
    media_name = serializers.CharField(required=False)
    model = serializers.CharField(required=False)
    rule = serializers.CharField(required=False)


class CheckedChannelSerializer(serializers.Serializer):
    """A post as one channel would get it; `variant` says whose text it is."""

    channel = serializers.UUIDField()
    model = serializers.CharField()
    handle = serializers.CharField()
    platform = serializers.CharField()
    language = serializers.CharField()
    variant = serializers.ChoiceField(["", "channel", "language"])
    text = serializers.CharField()
    length = serializers.IntegerField()
    limit = serializers.IntegerField(allow_null=True)
    schedule_time = serializers.DateTimeField(allow_null=True)
