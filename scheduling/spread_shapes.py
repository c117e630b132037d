"""Shapes of spreading media over free times."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers

from library.models import Tag
from promura_site.api.fields import TextField
from promura_site.api.schema import envelope
from scheduling.bulk_shapes import BulkWarningSerializer
from scheduling.calendar.shapes import CalendarDayField
from scheduling.models import Post
from scheduling.serializers import (
    MAX_CHANNELS,
    MAX_TAGS,
    ScheduleTimeField,
    StrictBooleanField,
    StrictIntegerField,
)
from scheduling.services.bulk.spreading import (
    MOST_DAYS,
    MOST_POSTS,
    Draft,
    Slot,
    Spread,
    Spreading,
)
from scheduling.services.timing import utc_text
from scheduling.suggestions.serializers import MOST_OF_A_DAY
from templates_app.serializers import VariablesField

MAX_MEDIA = 200
MAX_MODELS = 60
MAX_MEDIA_A_POST = 20


class SlotSerializer(serializers.Serializer):
    """A post as the dry run has it; what else stands there is told anew."""

    model = TextField(max_length=60)
    media_ids = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=False, max_length=MAX_MEDIA_A_POST
    )
    schedule_time = ScheduleTimeField(help_text="With an offset.")

    def validate_schedule_time(self, at: datetime) -> datetime:
        """Refuse a time that could be meant on any clocks."""
        if at.tzinfo is None:
            raise serializers.ValidationError("Give the offset, as the dry run does.")
        return at


class SpreadSerializer(serializers.Serializer):
    """Which media, on whose channels, over which days."""

    media_ids = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=False, max_length=MAX_MEDIA
    )
    models = serializers.ListField(
        child=TextField(max_length=60), allow_empty=False, max_length=MAX_MODELS
    )
    channels = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        allow_null=True,
        max_length=MAX_CHANNELS,
        help_text="Some of the models' active channels; all of them when left out.",
    )
    template = serializers.UUIDField(required=False, allow_null=True)
    content = TextField(
        required=False,
        allow_null=True,
        allow_blank=True,
        max_length=Post._meta.get_field("content").max_length,
        trim_whitespace=False,
        help_text="The text; the template's when left out.",
    )
    variables = VariablesField(required=False, allow_null=True)
    tags = serializers.ListField(
        child=TextField(max_length=Tag.MAX_LENGTH),
        required=False,
        max_length=MAX_TAGS,
        help_text="The template's when left out.",
    )
    to = CalendarDayField(
        required=False,
        help_text="The day after the last one: they are spread evenly until then. "
        "When left out, the days are filled one after the other.",
    )
    per_day = StrictIntegerField(default=1, min_value=1, max_value=MOST_OF_A_DAY)
    media_per_post = StrictIntegerField(
        default=1, min_value=1, max_value=MAX_MEDIA_A_POST
    )
    plan = serializers.ListField(
        child=SlotSerializer(),
        required=False,
        allow_empty=False,
        max_length=MOST_POSTS,
        help_text="As a dry run had it, or with other times: followed as it is.",
    )
    dry_run = StrictBooleanField(default=False)

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return the fields; `from` is a word of Python's own."""
        first = CalendarDayField(
            required=False,
            help_text="The first day, on each model's clocks; else tomorrow.",
        )
        return super().get_fields() | {"from": first}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the `spread` that is asked for."""
        first, end = attrs.pop("from", None), attrs.pop("to", None)
        if first and end and not 1 <= (end - first).days <= MOST_DAYS:
            words = f"Must be 1 to {MOST_DAYS} days after the first one."
            raise serializers.ValidationError({"to": [words]})
        dry_run = attrs.pop("dry_run")
        slots = [Slot(**one) for one in attrs.pop("plan", ())]
        media_ids = list(dict.fromkeys(attrs.pop("media_ids")))
        spread = Spread(**attrs, media_ids=media_ids, first=first, end=end, slots=slots)
        return {"spread": spread, "dry_run": dry_run}


class PlannedSlotSerializer(serializers.Serializer):
    """One post of a spread."""

    model = serializers.CharField()
    media_ids = serializers.ListField(child=serializers.UUIDField())
    schedule_time = serializers.DateTimeField()
    local = serializers.CharField(
        help_text="Wall-clock time in `timezone`, as in 2026-11-02T09:00."
    )
    timezone = serializers.CharField(help_text="The model's own.")
    text = serializers.CharField(help_text="As its first channel gets it.")
    reason = serializers.CharField(help_text="Why this time; empty where none is told.")
    lift = serializers.FloatField(
        allow_null=True, help_text="The gain over the account's average as a share."
    )
    warnings = BulkWarningSerializer(many=True)


class SkippedSerializer(serializers.Serializer):
    """A media item that no post is made of, for one model or for all."""

    media_id = serializers.UUIDField()
    model = serializers.CharField(allow_null=True)
    reason = serializers.CharField()


def _answer(name: str, **more: Any) -> Any:
    return envelope(
        name,
        **more,
        plan=PlannedSlotSerializer(many=True),
        skipped=SkippedSerializer(many=True),
        message=serializers.CharField(),
    )


SPREAD_CHECKED = _answer("SpreadChecked", dry_run=serializers.BooleanField())
SPREAD_DONE = _answer(
    "SpreadDone",
    created_count=serializers.IntegerField(),
    posts=serializers.ListField(child=serializers.UUIDField()),
)


def shown_spread(found: Spreading, *, dry_run: bool) -> dict[str, Any]:
    """Return what came of a spread, or would come of it, as the API shows it."""
    drafts, count = found.drafts, len(found.drafts)
    made: dict[str, Any] = {
        "created_count": count,
        "posts": [str(one.id) for one in drafts],
    }
    return {
        **({"dry_run": True} if dry_run else made),
        "plan": list(map(_slot, drafts)),
        "skipped": [
            vars(one) | {"media_id": str(one.media_id)} for one in found.skipped
        ],
        "message": _message(count, len(found.skipped), dry_run=dry_run),
    }


def _slot(draft: Draft) -> dict[str, Any]:
    local = draft.at.astimezone(ZoneInfo(draft.creator.timezone))
    suggestion = draft.suggestion
    return {
        "model": draft.creator.slug,
        "media_ids": [str(item.pk) for item in draft.plan.media],
        "schedule_time": utc_text(draft.at),
        "local": f"{local:%Y-%m-%dT%H:%M}",
        "timezone": draft.creator.timezone,
        "text": draft.plan.going[0].text,
        "reason": suggestion.reason if suggestion else "",
        "lift": suggestion.lift if suggestion else None,
        "warnings": [
            {"code": one["code"], "text": one["text"]} for one in draft.warnings
        ],
    }


def _message(count: int, skipped: int, *, dry_run: bool) -> str:
    drafts = f"{count} draft{'s' * (count != 1)}"
    said = f"{drafts} would be made" if dry_run else f"{drafts} made"
    if not skipped:
        return said
    left = "1 picture or clip" if skipped == 1 else f"{skipped} pictures or clips"
    return f"{said}; {left} left out"
