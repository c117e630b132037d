"""Shapes of the notices' API."""

import re
from typing import Any

from rest_framework import serializers

from promura_site.api.fields import TextField
from scheduling.models import Notice, NoticeDelivery
from scheduling.notices.kinds import KINDS

# A number, also a negative one for groups, or a channel's public name.
_CHAT = re.compile(r"-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31}")
MOST_IDS = 1000


class NoticeSerializer(serializers.ModelSerializer):
    """A notice as one person sees it."""

    unread = serializers.BooleanField()

    class Meta:
        model = Notice
        fields = (
            "id",
            "kind",
            "title",
            "text",
            "count",
            "link",
            "urgent",
            "first_at",
            "last_at",
            "resolved_at",
            "unread",
        )
        read_only_fields = fields


class ReadSerializer(serializers.Serializer):
    """Which notices: these, all without `ids`, or those that were just marked."""

    ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MOST_IDS
    )
    undo = serializers.DateTimeField(
        required=False, help_text="The `read_at` that is to be taken back."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "ids" in attrs and "undo" in attrs:
            raise serializers.ValidationError({"undo": ["Not together with ids."]})
        return attrs


class KindSerializer(serializers.Serializer):
    """A kind of notice."""

    kind = serializers.ChoiceField(choices=Notice.Kind.choices)
    name = serializers.CharField()
    urgent = serializers.BooleanField()


class PreferenceSerializer(serializers.Serializer):
    """How somebody is told, with what this installation can do."""

    email = serializers.CharField(allow_blank=True)
    mail = serializers.BooleanField()
    telegram = serializers.BooleanField()
    telegram_chat_id = serializers.CharField(allow_blank=True)
    quiet_from = serializers.TimeField(format="%H:%M", allow_null=True)
    quiet_until = serializers.TimeField(format="%H:%M", allow_null=True)
    timezone = serializers.CharField()
    muted = serializers.ListField(child=serializers.CharField())
    kinds = KindSerializer(many=True)
    on_call = serializers.BooleanField()
    mail_ready = serializers.BooleanField()
    telegram_ready = serializers.BooleanField()
    problems = serializers.DictField(child=serializers.CharField())


class PreferenceChangeSerializer(serializers.Serializer):
    """What may be changed; what is left out stays."""

    email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    mail = serializers.BooleanField(required=False)
    telegram = serializers.BooleanField(required=False)
    telegram_chat_id = TextField(required=False, allow_blank=True, max_length=64)
    quiet_from = serializers.TimeField(required=False, allow_null=True)
    quiet_until = serializers.TimeField(required=False, allow_null=True)
    muted = serializers.ListField(
        child=serializers.ChoiceField(choices=list(KINDS)),
        required=False,
        allow_null=True,
        help_text="Kinds that are not wanted; null: as is usual for the level.",
    )

    def validate_telegram_chat_id(self, value: str) -> str:
        """Refuse what is no chat id."""
        if value and not _CHAT.fullmatch(value):
            raise serializers.ValidationError(
                "A number such as 123456789, which @userinfobot tells you."
            )
        return value

    def validate_muted(self, value: list[str] | None) -> list[str] | None:
        """Name each kind once."""
        return value if value is None else list(dict.fromkeys(value))


class TestSerializer(serializers.Serializer):
    """By which means to send a test."""

    medium = serializers.ChoiceField(choices=NoticeDelivery.Medium.choices)


class OnCallPersonSerializer(serializers.Serializer):
    """Somebody on call."""

    username = serializers.CharField(source="user.username")
    full_name = serializers.CharField(source="user.get_full_name")
    since = serializers.DateTimeField()


class OnCallSerializer(serializers.Serializer):
    """Who shall be on call: exactly these."""

    usernames = serializers.ListField(child=TextField(max_length=150), max_length=100)
