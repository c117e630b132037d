"""Shapes of the calls that change many posts at once."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from rest_framework import serializers

from promura_site.api.fields import TextField
from promura_site.api.schema import envelope
from scheduling.calendar.shapes import CalendarDayField
from scheduling.cautious_shapes import TooLateSerializer
from scheduling.serializers import (
    ScheduleTimeField,
    StrictBooleanField,
    StrictIntegerField,
    TimeZoneField,
)
from scheduling.services.bulk.loading import MOST
from scheduling.services.bulk.moving import Move
from scheduling.services.bulk.steps import Bulk, Step
from scheduling.services.bulk.times import Shift
from scheduling.services.timing import HORIZON, utc_text

_DAYS = HORIZON.days
_MINUTES = HORIZON // timedelta(minutes=1)
_WAYS = ("date", "days", "minutes")


class PostIdsField(serializers.ListField):
    """Ids of posts; what is none is told among the failures."""

    def __init__(self, **kwargs: Any) -> None:
        child = TextField(max_length=60)
        super().__init__(child=child, allow_empty=False, max_length=MOST, **kwargs)


class MoveSerializer(serializers.Serializer):
    """One post and its new time, or what an answer's `undo` says of it."""

    id = TextField(max_length=60)
    schedule_time = ScheduleTimeField(required=False)
    timezone = TimeZoneField(
        required=False, help_text="When left out, the one that the post has."
    )
    version = StrictIntegerField(required=False, min_value=1, max_value=2**31 - 1)
    restore = TextField(
        required=False, max_length=200_000, help_text="As `undo` has it."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("restore")) == ("schedule_time" in attrs):
            raise serializers.ValidationError(
                {"schedule_time": ["Give a time, or what undo has."]}
            )
        return attrs


class BulkRescheduleSerializer(serializers.Serializer):
    """Posts with a time each; or posts and one date, so many days or minutes later."""

    items = serializers.ListField(
        child=MoveSerializer(), required=False, allow_empty=False, max_length=MOST
    )
    post_ids = PostIdsField(required=False)
    date = CalendarDayField(
        required=False, help_text="Every post keeps its time of day."
    )
    days = StrictIntegerField(required=False, min_value=-_DAYS, max_value=_DAYS)
    minutes = StrictIntegerField(
        required=False, min_value=-_MINUTES, max_value=_MINUTES
    )
    model = TextField(
        required=False,
        max_length=60,
        help_text="On whose clocks; else a post's only model's, else its own zone's.",
    )
    plan_drafts = StrictBooleanField(
        default=False, help_text="Plan drafts; else they stay drafts at the new time."
    )
    dry_run = StrictBooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return `moves`, one a post, from either way of asking."""
        ways = [name for name in _WAYS if name in attrs]
        if ("items" in attrs) == ("post_ids" in attrs):
            raise serializers.ValidationError({"items": ["Give items or post_ids."]})
        if "items" in attrs and (ways or "model" in attrs):
            words = "With items each has a time of its own."
            raise serializers.ValidationError({"items": [words]})
        if "post_ids" in attrs and len(ways) != 1:
            words = "With post_ids give one of date, days and minutes."
            raise serializers.ValidationError({"post_ids": [words]})
        return {
            "moves": list(_moves(attrs)),
            "plan_drafts": attrs["plan_drafts"],
            "dry_run": attrs["dry_run"],
        }


def _moves(attrs: dict[str, Any]) -> Iterable[Move]:
    if "items" in attrs:
        return [Move(**item) for item in attrs["items"]]
    shift = Shift(
        day=attrs.get("date"),
        days=attrs.get("days", 0),
        minutes=attrs.get("minutes", 0),
        model=attrs.get("model", ""),
    )
    return [Move(one, shift=shift) for one in attrs["post_ids"]]


class BulkCancelSerializer(serializers.Serializer):
    """The posts of which nothing more is to go out."""

    post_ids = PostIdsField()
    dry_run = StrictBooleanField(default=False)


class BulkPostFailureSerializer(serializers.Serializer):
    """A post that is left as it is, and why."""

    id = serializers.CharField()
    code = serializers.CharField()
    reason = serializers.CharField()


class PreviousSerializer(serializers.Serializer):
    """When a post was due before."""

    schedule_time = serializers.DateTimeField(allow_null=True)
    timezone = serializers.CharField()


class BulkWarningSerializer(serializers.Serializer):
    """What somebody should know before, or after, it is done."""

    code = serializers.CharField(help_text="clash or over_cap.")
    text = serializers.CharField()


class BulkItemSerializer(serializers.Serializer):
    """A post that is changed, or would be."""

    id = serializers.UUIDField()
    schedule_time = serializers.DateTimeField(allow_null=True)
    timezone = serializers.CharField()
    previous = PreviousSerializer()
    warnings = BulkWarningSerializer(many=True)
    too_late = TooLateSerializer(many=True)


class UndoItemSerializer(serializers.Serializer):
    """What bulk-reschedule takes among its items to put a post back."""

    id = serializers.UUIDField()
    restore = serializers.CharField()


class UndoSerializer(serializers.Serializer):
    """The items that put every post back to how it stood."""

    items = UndoItemSerializer(many=True)


def bulk_answer(name: str, counted: str) -> Any:
    """Return the shape of an answer about many posts, for `extend_schema`."""
    return envelope(
        name,
        dry_run=serializers.BooleanField(),
        **{counted: serializers.IntegerField()},
        failed_ids=serializers.ListField(child=serializers.CharField()),
        failures=BulkPostFailureSerializer(many=True),
        results=BulkItemSerializer(many=True),
        message=serializers.CharField(),
        undo=UndoSerializer(allow_null=True),
    )


def shown_bulk(bulk: Bulk, *, counted: str, verb: str) -> dict[str, Any]:
    """Return what came of a bulk call as the API shows it."""
    items = [
        {"id": str(one.loaded.post.pk), "restore": one.before.sealed(one.loaded.post)}
        for one in ([] if bulk.dry_run else bulk.steps)
    ]
    return {
        "dry_run": bulk.dry_run,
        counted: len(bulk.steps),
        "failed_ids": [one.id for one in bulk.failures],
        "failures": [vars(one) for one in bulk.failures],
        "results": list(map(_result, bulk.steps)),
        "message": _message(bulk, verb),
        "undo": {"items": items} if items else None,
    }


def _result(step: Step) -> dict[str, Any]:
    before = step.before
    return {
        "id": str(step.loaded.post.pk),
        "schedule_time": utc_text(step.publish_at) if step.publish_at else None,
        "timezone": step.zone,
        "previous": {
            "schedule_time": utc_text(before.publish_at) if before.publish_at else None,
            "timezone": before.zone,
        },
        "warnings": step.warnings,
        "too_late": step.too_late,
    }


def _message(bulk: Bulk, verb: str) -> str:
    done, refused = len(bulk.steps), len(bulk.failures)
    would = "would be " if bulk.dry_run else ""
    said = f"{done} post{'s' * (done != 1)} {would}{verb}"
    if not refused:
        return said
    return f"{said}, {refused} left as {'it is' if refused == 1 else 'they are'}"
