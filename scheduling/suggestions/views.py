"""The API of suggestions, insights and the heatmap."""

from datetime import date
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from library.models import Creator
from promura_site.api.responses import success
from promura_site.api.schema import envelope
from promura_site.api.views import ApiView, PermissionMap
from scheduling.suggestions.advice import suggest
from scheduling.suggestions.days import best_times_on
from scheduling.suggestions.insights import heatmap, insights
from scheduling.suggestions.realised import realised
from scheduling.suggestions.serializers import (
    FreeTimesQuerySerializer,
    HeatmapSerializer,
    InsightsSerializer,
    RealisedSerializer,
    SuggestionSerializer,
    SuggestionsQuerySerializer,
    WhoseSerializer,
)
from scheduling.suggestions.words import DAYS

_MAY: PermissionMap = {"get": "scheduling.view_slotstatistic"}
_SUGGESTED = envelope(
    "SuggestionsAnswer",
    suggestions=SuggestionSerializer(many=True),
    message=serializers.CharField(),
)


def _asked(
    request: Request, shape: type[serializers.Serializer[Any]]
) -> dict[str, Any]:
    """Return the checked query; an empty value is one that was left out."""
    given = {name: value for name, value in request.query_params.items() if value}
    serializer = shape(data=given)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def _told(count: int, creator: Creator, day: date) -> str:
    if not count:
        return f"{creator.name} has no free time left on {day:%A, %d %B %Y}."
    return f"{count} free time{'s' * (count != 1)} of {creator.name}, best first"


class SuggestionsView(ApiView):
    """When to post."""

    permission_map = _MAY

    @extend_schema(
        parameters=[SuggestionsQuerySerializer],
        responses=_SUGGESTED,
        tags=["scheduling"],
    )
    def get(self, request: Request) -> Response:
        """Return as many times to post as asked for, best first."""
        asked = _asked(request, SuggestionsQuerySerializer)
        creator = asked["model"]
        own = creator.timezone if creator else self.actor.timezone
        found = suggest(
            creator,
            asked["count"],
            now=timezone.now(),
            zone=asked.get("timezone", own),
        )
        noun = "suggestion" if len(found) == 1 else "suggestions"
        return success(
            suggestions=SuggestionSerializer(found, many=True).data,
            message=f"Generated {len(found)} scheduling {noun}",
        )


class FreeTimesView(ApiView):
    """When to post on one day."""

    permission_map = _MAY

    @extend_schema(
        parameters=[FreeTimesQuerySerializer],
        responses=_SUGGESTED,
        tags=["scheduling"],
    )
    def get(self, request: Request) -> Response:
        """Return the best free times of a day of the model's clocks, best first."""
        asked = _asked(request, FreeTimesQuerySerializer)
        found = best_times_on(
            asked["model"], asked["date"], asked["count"], now=timezone.now()
        )
        return success(
            suggestions=SuggestionSerializer(found, many=True).data,
            message=_told(len(found), asked["model"], asked["date"]),
        )


class InsightsView(ApiView):
    """What past posts say."""

    permission_map = _MAY

    @extend_schema(
        parameters=[WhoseSerializer],
        responses=envelope("InsightsAnswer", insights=InsightsSerializer()),
        tags=["scheduling"],
    )
    def get(self, request: Request) -> Response:
        """Return the best day and the best hour so far."""
        asked = _asked(request, WhoseSerializer)
        found = insights(asked["model"], timezone.now())
        return success(insights=InsightsSerializer(found).data)


class HeatmapView(ApiView):
    """The week as a picture."""

    permission_map = _MAY

    @extend_schema(
        parameters=[WhoseSerializer],
        responses=envelope("HeatmapAnswer", **HeatmapSerializer().fields),
        tags=["scheduling"],
    )
    def get(self, request: Request) -> Response:
        """Return the expected lift of every hour of the week."""
        creator = _asked(request, WhoseSerializer)["model"]
        found = heatmap(creator, timezone.now())
        return success(
            timezone=creator.timezone if creator else self.actor.timezone,
            basis=found.basis,
            total_posts=found.total_posts,
            days=DAYS,
            heatmap=[[vars(cell) for cell in day] for day in found.cells],
        )


class RealisedView(ApiView):
    """What suggestions have gained."""

    permission_map = _MAY

    @extend_schema(
        parameters=[WhoseSerializer],
        responses=envelope("RealisedAnswer", realised=RealisedSerializer()),
        tags=["scheduling"],
    )
    def get(self, request: Request) -> Response:
        """Compare posts at suggested times with all others of the last year."""
        creator = _asked(request, WhoseSerializer)["model"]
        found = realised(creator, timezone.now())
        return success(realised=RealisedSerializer(found).data)
