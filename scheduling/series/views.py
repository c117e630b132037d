"""The API of series."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from promura_site import idempotency
from promura_site.api.filters import filter_parameters
from promura_site.api.responses import success
from promura_site.api.schema import envelope, list_parameters, page_of
from promura_site.api.views import ApiViewSet
from scheduling.cautious_shapes import CautionSerializer
from scheduling.models import Series
from scheduling.series import services
from scheduling.series.serializers import (
    EndSerializer,
    ScheduleSerializer,
    SeriesFilter,
)
from scheduling.series.shapes import (
    OccurrenceSerializer,
    SeriesSerializer,
    series_to_show,
    shown_occurrences,
    shown_series,
)

ORDERINGS: dict[str, tuple[str, ...]] = {
    "-created_at": ("-created_at",),
    "name": ("name",),
}
DEFAULT_ORDERING = "-created_at"
SHOWN = 10
_KEY = OpenApiParameter(
    idempotency.HEADER,
    str,
    OpenApiParameter.HEADER,
    description="The same key again is answered as the first time, for 24 hours.",
)
_SCHEDULED = envelope(
    "SeriesScheduled",
    series=SeriesSerializer(allow_null=True, help_text="Null of a dry run."),
    words=serializers.CharField(),
    ends=serializers.CharField(),
    occurrences=OccurrenceSerializer(many=True, help_text=f"The first {SHOWN}."),
    notes=serializers.ListField(child=serializers.CharField()),
    warnings=CautionSerializer(many=True),
    message=serializers.CharField(),
)
_ONE = envelope("SeriesAnswer", series=SeriesSerializer())
_CHANGED = envelope(
    "SeriesChanged",
    series=SeriesSerializer(),
    changed=serializers.IntegerField(help_text="Posts cancelled, or planned again."),
    kept=serializers.IntegerField(help_text="Planned posts that stay as they are."),
    message=serializers.CharField(),
)
_PAGE = page_of("SeriesPage", series=SeriesSerializer(many=True))


class SeriesViewSet(ApiViewSet):
    """Series: templates that come again."""

    permission_map = {
        "list": "scheduling.view_series",
        "retrieve": "scheduling.view_series",
        "schedule": "scheduling.add_series",
        "end": "scheduling.change_series",
        "reopen": "scheduling.change_series",
    }
    list_key = "series"
    orderings = ORDERINGS
    default_ordering = DEFAULT_ORDERING
    filterset_class = SeriesFilter
    serializer_class = SeriesSerializer

    def get_queryset(self) -> QuerySet[Series]:
        """Return series with all that is shown of them."""
        return series_to_show()

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        """Return what this action reads."""
        return {"schedule": ScheduleSerializer, "end": EndSerializer}.get(
            self.action, SeriesSerializer
        )

    @extend_schema(
        parameters=[
            *list_parameters(ORDERINGS, DEFAULT_ORDERING),
            *filter_parameters(SeriesFilter),
        ],
        responses=_PAGE,
        tags=["series"],
    )
    def list(self, request: Request) -> Response:
        """List series, the latest first."""
        now = timezone.now()
        return self.list_response(
            self.get_queryset(), lambda rows: shown_series(rows, now)
        )

    @extend_schema(responses=_ONE, tags=["series"])
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """Show one series."""
        return success(series=self._shown(pk))

    @extend_schema(
        parameters=[_KEY],
        request=ScheduleSerializer,
        responses={201: _SCHEDULED, 200: _SCHEDULED},
        tags=["series", "templates"],
    )
    def schedule(self, request: Request, pk: UUID) -> Response:
        """Begin a series of posts from a template, or only show what would come."""
        wanted = dict(self.checked().validated_data)
        if wanted.pop("dry_run", False):
            return self._tried(pk, wanted)
        return idempotency.once(request, lambda: self._begun(pk, wanted))

    @extend_schema(request=EndSerializer, responses=_CHANGED, tags=["series"])
    def end(self, request: Request, pk: UUID) -> Response:
        """End a series, and cancel what is planned of it as it was."""
        self.get_object()
        ended = services.end_series(
            pk, actor=self.actor, now=timezone.now(), **self.checked().validated_data
        )
        return self._changed(ended, f"Series ended; {_posts(ended.changed)} cancelled")

    @extend_schema(request=None, responses=_CHANGED, tags=["series"])
    def reopen(self, request: Request, pk: UUID) -> Response:
        """Let an ended series go on, with what was cancelled when it ended."""
        self.get_object()
        again = services.reopen_series(pk, actor=self.actor, now=timezone.now())
        return self._changed(
            again, f"Series goes on; {_posts(again.changed)} planned again"
        )

    def _tried(self, pk: UUID, wanted: dict[str, Any]) -> Response:
        tried = services.try_series(
            pk, actor=self.actor, now=timezone.now(), most=SHOWN, **wanted
        )
        return self._answer(200, tried, "This is what would come", series=None)

    def _begun(self, pk: UUID, wanted: dict[str, Any]) -> Response:
        begun = services.begin_series(
            pk, actor=self.actor, now=timezone.now(), most=SHOWN, **wanted
        )
        return self._answer(
            201,
            begun,
            f"Series begun; {_posts(begun.made)} planned"
            if begun.made
            else "Series begun; its first post is planned 60 days ahead",
            series=self._shown(begun.plan.series.pk),
        )

    def _answer(
        self, status: int, begun: services.Begun, message: str, **payload: Any
    ) -> Response:
        return success(
            status,
            **payload,
            words=begun.words,
            ends=begun.ends,
            occurrences=shown_occurrences(begun.coming),
            notes=begun.notes,
            warnings=begun.warnings,
            message=message,
        )

    def _changed(self, ended: services.Ended, message: str) -> Response:
        return success(
            series=self._shown(ended.series.pk),
            changed=ended.changed,
            kept=ended.kept,
            message=message,
        )

    def _shown(self, pk: UUID) -> dict[str, Any]:
        self.kwargs["pk"] = pk
        (shown,) = shown_series([self.get_object()], timezone.now())
        return shown


def _posts(count: int) -> str:
    return "1 post" if count == 1 else f"{count:,} posts"
