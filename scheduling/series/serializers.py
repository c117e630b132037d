"""Shapes of the API of series: what is read from a request."""

import re
from datetime import datetime, time
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.dateparse import parse_date
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from promura_site.api.fields import TextField
from promura_site.api.filters import TrueOrFalseFilter
from scheduling.models import Series, SeriesModel
from scheduling.serializers import (
    MAX_CHANNELS,
    MAX_MODELS,
    KeepUnknownField,
    OverrideField,
    ScheduleTimeField,
    StrictBooleanField,
    StrictIntegerField,
    TimeZoneField,
)
from scheduling.series.planning import BEST
from scheduling.series.recurrence import MAX_OCCURRENCES
from scheduling.series.shapes import has_posts_to_come
from templates_app.patterns import MAX_LENGTH, PRESETS
from templates_app.serializers import VariablesField

MAX_TIMES = 24
_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_END_OF_DAY = time(23, 59)


@extend_schema_field(
    {
        "type": "string",
        "description": "A date, which is included, or a time as `start`.",
    }
)
class UntilField(ScheduleTimeField):
    """The last date, all of it; or the last time."""

    def to_internal_value(self, data: Any) -> datetime:
        try:
            day = parse_date(data) if isinstance(data, str) else None
        except ValueError:
            day = None
        if day is not None:
            return datetime.combine(day, _END_OF_DAY)
        return super().to_internal_value(data)


@extend_schema_field(
    {
        "oneOf": [
            {
                "type": "array",
                "items": {"type": "string", "pattern": f"^{_HOUR.pattern}$"},
                "maxItems": MAX_TIMES,
            },
            {"type": "string", "const": BEST},
        ]
    }
)
class TimesField(serializers.Field):
    """Hours of the day such as 09:00, or the word for each model's best one."""

    def to_internal_value(self, data: Any) -> list[time] | str:
        if data == BEST:
            return BEST
        if not isinstance(data, list) or not all(map(_is_hour, data)):
            raise serializers.ValidationError(
                f"Must be hours such as 09:00, or the word {BEST}."
            )
        if len(data) > MAX_TIMES:
            raise serializers.ValidationError(f"Give {MAX_TIMES} times at most.")
        return [time.fromisoformat(one) for one in data]


def _is_hour(one: Any) -> bool:
    return isinstance(one, str) and _HOUR.fullmatch(one) is not None


class ScheduleSerializer(serializers.Serializer):
    """A series to begin; what is left out is as the template has it."""

    start = ScheduleTimeField()
    timezone = TimeZoneField(
        required=False,
        help_text="An IANA zone, or “model” for the same wall-clock time in each "
        "model's own; the person's own when left out.",
    )
    until = UntilField(required=False, allow_null=True)
    count = StrictIntegerField(
        required=False, allow_null=True, min_value=1, max_value=MAX_OCCURRENCES
    )
    endless = StrictBooleanField(
        required=False, help_text="It is meant to have no end."
    )
    models = serializers.ListField(
        child=TextField(max_length=60),
        required=False,
        allow_null=True,
        allow_empty=False,
        max_length=MAX_MODELS,
    )
    channels = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        allow_null=True,
        max_length=MAX_CHANNELS,
        help_text="Some of the models' channels; when left out, all that are active "
        "when a post is planned.",
    )
    times = TimesField(
        required=False,
        help_text="In place of the start's time of day; “best” is each model's best "
        "free hour of the day, on her own clocks.",
    )
    pattern = TextField(
        required=False,
        allow_blank=True,
        max_length=MAX_LENGTH,
        help_text=f"{', '.join(PRESETS)}, or a rule of RFC 5545; the template's own "
        "when left out.",
    )
    variables = VariablesField(
        required=False,
        allow_null=True,
        help_text="Values that come before the template's own.",
    )
    keep_unknown = KeepUnknownField()
    override_clearance = OverrideField()
    dry_run = StrictBooleanField(required=False, help_text="Only show what would come.")


class EndSerializer(serializers.Serializer):
    """How a series ends."""

    keep_planned = StrictBooleanField(
        required=False, help_text="What is planned already goes out all the same."
    )


class SeriesFilter(django_filters.FilterSet):
    """Model, template, and whether it goes on."""

    model = django_filters.CharFilter(
        method="of_model", max_length=60, label="A model's id"
    )
    template = django_filters.UUIDFilter(field_name="template_id")
    running = TrueOrFalseFilter(
        method="going_on", label="Neither ended nor at its end yet"
    )

    class Meta:
        model = Series
        fields: list[str] = []

    def of_model(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep series of a model."""
        entries = SeriesModel.objects.filter(series=OuterRef("pk"), creator__slug=value)
        return rows.filter(Exists(entries))

    def going_on(
        self, rows: QuerySet[Any], name: str, value: bool | None
    ) -> QuerySet[Any]:
        """Keep (or leave out) what goes on."""
        if value is None:
            return rows
        running = Q(ended_at=None) & (Q(exhausted=False) | Q(has_posts_to_come()))
        return rows.filter(running if value else ~running)
