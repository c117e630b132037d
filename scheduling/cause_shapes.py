"""How a cause is shown, by the API and on the queue page."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from scheduling.causes import MISSED, WAITING, Cause
from scheduling.models import PanicStop
from scheduling.publishing import gates
from scheduling.reasons import RELEASE, RESUME, RETRY, SIGN_IN
from scheduling.services.resuming import KEPT, MOVED, SKIPPED, SPACED


class StopSerializer(serializers.ModelSerializer):
    """A panic stop; without a model it is for all."""

    model = serializers.CharField(
        source="creator.slug", allow_null=True, default=None, read_only=True
    )
    stopped_by = serializers.CharField(
        source="stopped_by.username", allow_null=True, default=None, read_only=True
    )

    class Meta:
        model = PanicStop
        fields = ("model", "reason", "stopped_by", "stopped_at")
        read_only_fields = fields


class CauseSerializer(serializers.Serializer):
    """One thing that holds publications up, and what helps against it."""

    key = serializers.CharField(help_text="The same as long as the cause is.")
    code = serializers.CharField()
    text = serializers.CharField()
    action = serializers.CharField()
    ways = serializers.ListField(
        child=serializers.CharField(),
        help_text="What can be done to all of it at once; empty: nothing.",
    )
    channel = serializers.UUIDField(allow_null=True)
    model = serializers.CharField(allow_null=True)
    counts = serializers.DictField(child=serializers.IntegerField())
    total = serializers.IntegerField()
    oldest = serializers.DateTimeField(allow_null=True)
    stop = StopSerializer(allow_null=True, help_text="The panic stop, if it is one.")


def shown_causes(found: Iterable[Cause]) -> list[dict[str, Any]]:
    """Return causes as they are shown."""
    return list(CauseSerializer([_shown(one) for one in found], many=True).data)


def _shown(cause: Cause) -> dict[str, Any]:
    channel = cause.channel.pk if cause.channel else None
    model = cause.channel.creator.slug if cause.channel else None
    if cause.stop and cause.stop.creator:
        model = cause.stop.creator.slug
    return {
        "key": cause.key,
        "code": cause.code,
        "text": cause.text,
        "action": cause.action,
        "ways": _ways(cause),
        "channel": channel,
        "model": model,
        "counts": cause.counts,
        "total": cause.total,
        "oldest": cause.oldest,
        "stop": cause.stop,
    }


def _ways(cause: Cause) -> list[str]:
    if cause.action == SIGN_IN:
        # Nothing can be sent before somebody has signed it in.
        return [MOVED, SKIPPED]
    if cause.action in {RESUME, RELEASE}:
        return [SPACED, MOVED, SKIPPED, KEPT]
    if cause.action == RETRY:
        return [SPACED, MOVED, SKIPPED]
    if cause.code == gates.OUTAGE and {WAITING, MISSED} & cause.counts.keys():
        return [SPACED, MOVED, SKIPPED]
    return []
