"""Shapes of accounts, and of the models they belong to."""

from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from library.models import Creator
from library.serializers import RatingField
from scheduling.models import Channel

_NULLABLE_TEXT = {"type": ["string", "null"]}
_NULLABLE_MOMENT = {"type": ["string", "null"], "format": "date-time"}
_MOMENT = serializers.DateTimeField()


def _written(at: datetime | None) -> str | None:
    return _MOMENT.to_representation(at) if at else None


class AnsweredSerializer(serializers.Serializer):
    """Whose account answered, with its picture as we keep it."""

    external_id = serializers.CharField()
    handle = serializers.CharField()
    name = serializers.CharField()
    avatar_url = serializers.CharField(allow_null=True)


class ChannelSerializer(serializers.ModelSerializer):
    """An account on a platform; its credentials are never shown."""

    model = serializers.CharField(source="creator.slug")
    max_rating = RatingField()
    signed_in = serializers.SerializerMethodField(
        help_text="Whether credentials are stored."
    )
    account = serializers.SerializerMethodField(
        help_text="Whose account answered when it was last verified."
    )

    stopped_at = serializers.SerializerMethodField(
        help_text="When a burst stopped it; it waits for a person."
    )
    blocked_until = serializers.SerializerMethodField(
        help_text="Until when it rests by itself, as after failures."
    )

    class Meta:
        model = Channel
        fields = (
            "id",
            "model",
            "platform",
            "connector",
            "handle",
            "language",
            "max_rating",
            "posts_per_week",
            "is_active",
            "signed_in",
            "account",
            "health",
            "health_detail",
            "stopped_at",
            "blocked_until",
            "verified_at",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(_NULLABLE_MOMENT)
    def get_stopped_at(self, channel: Channel) -> str | None:
        flow = getattr(channel, "flow", None)
        return _written(flow.stopped_at if flow else None)

    @extend_schema_field(_NULLABLE_MOMENT)
    def get_blocked_until(self, channel: Channel) -> str | None:
        flow = getattr(channel, "flow", None)
        until = flow.blocked_until if flow else None
        return _written(until) if until and until > timezone.now() else None

    def get_signed_in(self, channel: Channel) -> bool:
        return bool(channel.credentials)

    @extend_schema_field(AnsweredSerializer(allow_null=True))
    def get_account(self, channel: Channel) -> dict[str, str | None] | None:
        if not channel.account_id:
            return None
        has_face = getattr(channel, "has_face", False)
        return {
            "external_id": channel.account_id,
            "handle": channel.account_handle,
            "name": channel.account_name,
            "avatar_url": reverse("channel-avatar", args=[channel.pk])
            if has_face
            else None,
        }


class AccountSerializer(serializers.Serializer):
    """Whose account answered, as far as the platform says."""

    external_id = serializers.CharField()
    handle = serializers.CharField()
    name = serializers.CharField()
    avatar_url = serializers.CharField()


class CreatorSerializer(serializers.ModelSerializer):
    """A model of the agency with her channels."""

    id = serializers.CharField(source="slug")
    active = serializers.BooleanField(source="is_active")
    avatar_url = serializers.SerializerMethodField()
    channels = ChannelSerializer(many=True)

    class Meta:
        model = Creator
        fields = (
            "id",
            "name",
            "avatar_url",
            "timezone",
            "language",
            "active",
            "channels",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(_NULLABLE_TEXT)
    def get_avatar_url(self, creator: Creator) -> str | None:
        if not creator.avatar:
            return None
        return reverse("model-avatar", args=[creator.slug])
