"""Shapes of the calendars' API."""

import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from scheduling.models import Post
from scheduling.suggestions.serializers import MOST_DAYS_AHEAD, CreatorField

MOST_DAYS = 100
MOST_PER_DAY = 500


class CalendarDayField(serializers.DateField):
    """A day that a calendar may be asked for."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Refuse what is further away than anybody plans."""
        day = super().run_validation(data)
        if day is not None:
            away = (day - timezone.now().date()).days
            if abs(away) > MOST_DAYS_AHEAD:
                raise serializers.ValidationError("This is more than five years away.")
        return day


class CalendarQuerySerializer(serializers.Serializer):
    """Which days of which model are asked for."""

    model = CreatorField(help_text="A model's id.")
    to = CalendarDayField(help_text="The day after the last one.")
    status = serializers.CharField(
        required=False,
        help_text="Any of these states (comma-separated); else all but cancelled.",
    )
    per_day = serializers.IntegerField(
        min_value=1,
        max_value=MOST_PER_DAY,
        default=30,
        help_text="So many posts of each day are listed; all are counted.",
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return the fields; `from` is a word of Python's own."""
        first = CalendarDayField(help_text="The first day, on the model's clocks.")
        return {"from": first} | super().get_fields()

    def validate_status(self, given: str) -> list[str]:
        """Refuse a state that posts do not have."""
        words = [word.strip() for word in given.split(",") if word.strip()]
        for word in words:
            if word not in Post.State.values:
                known = ", ".join(Post.State.values)
                raise serializers.ValidationError(
                    f"There is no state “{word}”. Choose among: {known}."
                )
        return words

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse more days than anybody looks at."""
        days = (attrs["to"] - attrs["from"]).days
        if not 1 <= days <= MOST_DAYS:
            words = f"Must be 1 to {MOST_DAYS} days after the first one."
            raise serializers.ValidationError({"to": [words]})
        return attrs


class WeekQuerySerializer(serializers.Serializer):
    """Which week is asked for."""

    start = CalendarDayField(
        required=False, help_text="Its first day; else this week's Monday."
    )
    search = serializers.CharField(
        required=False, max_length=120, help_text="Words of a model's name or id."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Put in this week on the person's clocks where none is named."""
        if "start" not in attrs:
            today = timezone.now().astimezone(self.context["clocks"]).date()
            attrs["start"] = today - datetime.timedelta(days=today.weekday())
        return attrs


class CalendarChannelSerializer(serializers.Serializer):
    """A channel, in short."""

    id = serializers.UUIDField()
    platform = serializers.CharField()
    handle = serializers.CharField()


class CalendarPostSerializer(serializers.Serializer):
    """A post as it stands in one model's calendar."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    local = serializers.CharField(
        help_text="Wall-clock time of the model, as in 2026-11-02T09:00."
    )
    status = serializers.ChoiceField(Post.State.choices)
    text = serializers.CharField(help_text="In one line, cut where it is long.")
    thumbnail_url = serializers.CharField(allow_null=True)
    media_count = serializers.IntegerField()
    channels = CalendarChannelSerializer(many=True, help_text="Those of the model.")
    series = serializers.UUIDField(allow_null=True)
    version = serializers.IntegerField()
    movable = serializers.BooleanField()
    clash = serializers.CharField(
        allow_null=True, help_text="What stands too close, in a sentence."
    )


class CalendarDaySerializer(serializers.Serializer):
    """One day of a model, counted."""

    date = serializers.DateField()
    count = serializers.IntegerField()
    states = serializers.DictField(child=serializers.IntegerField())
    cap = serializers.IntegerField(help_text="So many posts a day at most; 0: no cap.")
    over_cap = serializers.BooleanField()


class CadenceSerializer(CalendarChannelSerializer):
    """A channel with what stands in the week against what is wanted."""

    posts_per_week = serializers.IntegerField(allow_null=True)
    planned = serializers.IntegerField()
    missing = serializers.IntegerField()


class ClashSerializer(serializers.Serializer):
    """Two posts that stand too close on one channel."""

    text = serializers.CharField()
    posts = serializers.ListField(child=serializers.UUIDField())


class WeekCellSerializer(serializers.Serializer):
    """One day of one model."""

    date = serializers.DateField()
    count = serializers.IntegerField()
    posts = CalendarPostSerializer(many=True)
    more = serializers.IntegerField(help_text="Posts that are not listed.")
    over_cap = serializers.BooleanField()
    clashes = ClashSerializer(many=True)


class ModelWeekSerializer(serializers.Serializer):
    """The week of one model, on its own clocks."""

    id = serializers.CharField()
    name = serializers.CharField()
    avatar_url = serializers.CharField(allow_null=True)
    timezone = serializers.CharField()
    today = serializers.DateField()
    cap = serializers.IntegerField()
    channels = CadenceSerializer(many=True)
    days = WeekCellSerializer(many=True)
    gaps = serializers.ListField(child=serializers.CharField())
