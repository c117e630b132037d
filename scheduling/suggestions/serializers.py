"""Shapes of the suggestions' API."""

import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from library.models import Creator
from promura_site.zones import zone_names
from scheduling.suggestions.advice import Suggestion
from scheduling.suggestions.evidence import ENOUGH_POSTS
from scheduling.suggestions.insights import Insights, sentences
from scheduling.suggestions.words import DAYS, clock

MOST_SUGGESTIONS = 50
# Times of a day are two hours apart.
MOST_OF_A_DAY = 12
MOST_DAYS_AHEAD = 5 * 366


class CreatorField(serializers.SlugRelatedField):
    """A model, by its id."""

    default_error_messages = {"does_not_exist": "There is no model “{value}”."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="slug", queryset=Creator.objects.all(), **kwargs)


class WhoseSerializer(serializers.Serializer):
    """Whose posts are asked: those of one model, or of the whole agency."""

    model = CreatorField(
        default=None,
        help_text="A model's id; without it the whole agency's posts are asked.",
    )


def _count_field(most: int, default: int) -> serializers.IntegerField:
    words = f"Must be a whole number from 1 to {most}."
    return serializers.IntegerField(
        min_value=1,
        max_value=most,
        default=default,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value", "max_string_length"), words
        ),
    )


class FreeTimesQuerySerializer(serializers.Serializer):
    """Of which model, and of which day of its own clocks, the best times are asked."""

    model = CreatorField(help_text="A model's id.")
    date = serializers.DateField(help_text="A day of the model's own clocks.")
    count = _count_field(MOST_OF_A_DAY, 3)

    def validate_date(self, day: datetime.date) -> datetime.date:
        """Refuse what no calendar of ours reaches."""
        ahead = (day - timezone.now().date()).days
        if abs(ahead) > MOST_DAYS_AHEAD:
            raise serializers.ValidationError("This is more than five years away.")
        return day


class SuggestionsQuerySerializer(WhoseSerializer):
    """What may be asked of suggestions."""

    count = _count_field(MOST_SUGGESTIONS, 5)
    timezone = serializers.CharField(
        required=False,
        help_text="The zone that times are told in: the model's, else the person's.",
    )

    def validate_timezone(self, name: str) -> str:
        """Refuse what is no IANA zone."""
        if name not in zone_names():
            raise serializers.ValidationError(
                f"“{name}” is no IANA time zone such as Europe/Berlin."
            )
        return name


class IntervalSerializer(serializers.Serializer):
    """An 80 % interval."""

    low = serializers.FloatField()
    high = serializers.FloatField()


class SuggestionSerializer(serializers.Serializer):
    """One time to post."""

    datetime = serializers.SerializerMethodField(
        help_text="Wall-clock time in `timezone`, without an offset."
    )
    timezone = serializers.CharField()
    utc = serializers.DateTimeField(source="at")
    day_name = serializers.SerializerMethodField()
    time = serializers.SerializerMethodField(help_text="As in 10:00 AM.")
    confidence = serializers.IntegerField(
        help_text="The probability in per cent that this beats the average time."
    )
    avg_engagement = serializers.FloatField(help_text="The engagement to expect.")
    success_rate = serializers.FloatField(
        help_text="How many publications of 100 succeed at this hour."
    )
    reason = serializers.CharField()
    lift = serializers.FloatField(
        help_text="The gain over the account's average as a share: 0.1 is 10 %."
    )
    interval = IntervalSerializer(source="*", help_text="The 80 % interval of `lift`.")
    sample_size = serializers.IntegerField()
    basis = serializers.ChoiceField(["slot", "model", "agency", "default"])

    def get_datetime(self, suggestion: Suggestion) -> str:
        """Return what a datetime-local input takes."""
        return suggestion.local.isoformat()

    def get_day_name(self, suggestion: Suggestion) -> str:
        """Return the weekday."""
        return DAYS[suggestion.local.weekday()]

    def get_time(self, suggestion: Suggestion) -> str:
        """Return the time of day."""
        return clock(suggestion.local)


class BestDaySerializer(serializers.Serializer):
    """The best weekday and the mean engagement of its posts."""

    day = serializers.CharField()
    avg_engagement = serializers.FloatField()


class BestHourSerializer(serializers.Serializer):
    """The best hour of the day and the mean engagement of its posts."""

    hour = serializers.IntegerField()
    formatted = serializers.CharField()
    avg_engagement = serializers.FloatField()


class InsightsSerializer(serializers.Serializer):
    """What past posts say; `message` is there when there are too few of them."""

    status = serializers.ChoiceField(["success", "insufficient_data"])
    total_posts = serializers.IntegerField()
    best_day = BestDaySerializer(allow_null=True)
    best_hour = BestHourSerializer(allow_null=True)
    insights = serializers.ListField(child=serializers.CharField())
    message = serializers.CharField(required=False)

    def to_representation(self, found: Insights) -> dict[str, Any]:
        """Return the insights with their sentences."""
        if found.day is None or found.hour is None:
            return {
                "status": "insufficient_data",
                "total_posts": found.total_posts,
                "best_day": None,
                "best_hour": None,
                "insights": [],
                "message": missing(found.total_posts),
            }
        (day, of_day), (hour, of_hour) = found.day, found.hour
        return {
            "status": "success",
            "total_posts": found.total_posts,
            "best_day": {"day": DAYS[day], "avg_engagement": round(of_day, 1)},
            "best_hour": {
                "hour": hour,
                "formatted": f"{hour:02d}:00",
                "avg_engagement": round(of_hour, 1),
            },
            "insights": sentences(found),
        }


def missing(total_posts: int) -> str:
    """Say how many completed posts are missing."""
    more = ENOUGH_POSTS - total_posts
    posts = "1 more completed post" if more == 1 else f"{more} more completed posts"
    return (
        f"Insights need at least {ENOUGH_POSTS} completed posts with engagement: "
        f"{posts} to go."
    )


class CellSerializer(serializers.Serializer):
    """What to expect of one hour of the week."""

    lift = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    sample_size = serializers.IntegerField()
    few = serializers.BooleanField(help_text="Its own posts say little.")


class HeatmapSerializer(serializers.Serializer):
    """The expected lift of every hour of the week."""

    timezone = serializers.CharField()
    basis = serializers.ChoiceField(["model", "agency", "default"])
    total_posts = serializers.IntegerField()
    days = serializers.ListField(child=serializers.CharField())
    heatmap = serializers.ListField(
        child=serializers.ListField(child=CellSerializer()),
        help_text="Seven days, Monday first, of 24 hours.",
    )


class RealisedSerializer(serializers.Serializer):
    """Posts at suggested times against all others; no lift while there are too few."""

    suggested = serializers.IntegerField(help_text="Posts at a suggested time.")
    others = serializers.IntegerField()
    lift = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True, help_text="Of the 80 % interval.")
    high = serializers.FloatField(allow_null=True)
    confidence = serializers.IntegerField(allow_null=True)
