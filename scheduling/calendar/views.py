"""The API of the calendars: days of one model, and the week of all."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from library.models import Creator
from promura_site.api.pagination import MAX_OFFSET, paginate
from promura_site.api.responses import success
from promura_site.api.schema import envelope, page_of
from promura_site.api.views import ApiView, PermissionMap
from scheduling.calendar.shapes import (
    CalendarDaySerializer,
    CalendarPostSerializer,
    CalendarQuerySerializer,
    ModelWeekSerializer,
    WeekQuerySerializer,
)
from scheduling.calendar.showing import WEEK, days_of_model, weeks_of_models
from scheduling.filters import CreatorFilter

_MAY: PermissionMap = {"get": "scheduling.view_post"}
# A week of so many models is read at a time.
MODELS, MOST_MODELS = 20, 60


def _asked(serializer: serializers.Serializer) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def _given(request: Request) -> dict[str, Any]:
    """Return the query; an empty value is one that was left out."""
    return {name: value for name, value in request.query_params.items() if value}


class CalendarView(ApiView):
    """The calendar of one model."""

    permission_map = _MAY

    @extend_schema(
        parameters=[CalendarQuerySerializer],
        responses=envelope(
            "CalendarAnswer",
            model=serializers.CharField(),
            timezone=serializers.CharField(),
            days=CalendarDaySerializer(many=True),
            posts=CalendarPostSerializer(many=True),
            count=serializers.IntegerField(),
        ),
        tags=["calendar"],
    )
    def get(self, request: Request) -> Response:
        """Count the posts of each day, and list the first of each."""
        asked = _asked(CalendarQuerySerializer(data=_given(request)))
        found = days_of_model(
            asked["model"],
            asked["from"],
            asked["to"],
            statuses=asked.get("status", ()),
            per_day=asked["per_day"],
        )
        return success(**found)


class WeekView(ApiView):
    """The week of all models."""

    permission_map = _MAY

    @extend_schema(
        parameters=[
            WeekQuerySerializer,
            OpenApiParameter(
                "limit",
                {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MOST_MODELS,
                    "default": MODELS,
                },
            ),
            OpenApiParameter(
                "offset", {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET}
            ),
            OpenApiParameter(
                "cursor", str, description="As `next` and `previous` have it."
            ),
            OpenApiParameter("count", bool, description="False leaves it out."),
        ],
        responses=page_of(
            "WeekPage",
            start=serializers.DateField(),
            days=serializers.ListField(child=serializers.DateField()),
            models=ModelWeekSerializer(many=True),
        ),
        tags=["calendar"],
    )
    def get(self, request: Request) -> Response:
        """Show seven days of each active model: posts, clashes, gaps."""
        clocks = ZoneInfo(self.actor.timezone)
        asked = _asked(
            WeekQuerySerializer(data=_given(request), context={"clocks": clocks})
        )
        rows = CreatorFilter(
            {"search": asked.get("search", "")}, queryset=Creator.objects.active()
        ).qs
        page = paginate(request, rows, ("name", "id"), limit=MODELS, most=MOST_MODELS)
        start = asked["start"]
        shown = weeks_of_models(page.items, start, timezone.now())
        days = [(start + timedelta(days=n)).isoformat() for n in range(WEEK)]
        return success(start=days[0], days=days, **page.payload("models", shown))
