"""The API of the metrics: figures, charts and the audit log."""

from typing import Any

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from metrics import overview, timeseries
from metrics.export import csv_lines
from metrics.filters import AuditFilter
from metrics.models import AuditEvent
from metrics.serializers import (
    AuditEventSerializer,
    OverviewSerializer,
    TimeseriesSerializer,
)
from promura_site.api.pagination import chosen_ordering
from promura_site.api.responses import success
from promura_site.api.schema import list_parameters, page_of
from promura_site.api.views import ApiView, ApiViewSet

_AUDIT = page_of("AuditList", events=AuditEventSerializer(many=True))


class OverviewView(ApiView):
    """All figures at a glance."""

    permission_map = {"get": "metrics.view_snapshot"}

    @extend_schema(
        responses={
            200: OverviewSerializer,
            304: OpenApiResponse(description="Nothing has changed"),
        },
        tags=["metrics"],
    )
    def get(self, request: Request) -> Response:
        """Show the system, the API, the posts, what was done and what failed."""
        figures = overview.overview(timezone.now())
        tag = overview.etag(figures)
        known = _is_known(request, tag)
        response = Response(status=304) if known else success(**figures)
        response["ETag"] = tag
        response["Cache-Control"] = "private, no-cache"
        return response


def _is_known(request: Request, tag: str) -> bool:
    """Tell whether If-None-Match names `tag`, compared weakly (RFC 9110, 13.1.2)."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or tag in {f"W/{one.removeprefix('W/')}" for one in known}


class TimeseriesView(ApiView):
    """Figures over time."""

    permission_map = {"get": "metrics.view_snapshot"}

    @extend_schema(
        parameters=[
            OpenApiParameter("range", enum=list(timeseries.RANGES), default="1h")
        ],
        responses={200: TimeseriesSerializer},
        tags=["metrics"],
    )
    def get(self, request: Request) -> Response:
        """Show requests and durations over a range, for the charts."""
        name = request.query_params.get("range") or "1h"
        if name not in timeseries.RANGES:
            known = ", ".join(timeseries.RANGES)
            raise ValidationError({"range": [f"Choose one of: {known}."]})
        response = success(**timeseries.timeseries(name, timezone.now()))
        response["Cache-Control"] = "private, no-cache"
        return response


class AuditViewSet(ApiViewSet):
    """The audit log; nothing can change it."""

    permission_map = {"list": "metrics.view_auditevent"}
    serializer_class = AuditEventSerializer
    filterset_class = AuditFilter
    list_key = "events"
    orderings = {"at": ("at",)}
    default_ordering = "-at"
    queryset = AuditEvent.objects.all()

    @extend_schema(
        operation_id="audit_list",
        parameters=[
            OpenApiParameter("actor", description="A user name"),
            OpenApiParameter("action", description="An action, or a noun: `media.`"),
            OpenApiParameter("outcome", enum=["done", "refused"]),
            OpenApiParameter("kind"),
            OpenApiParameter("from", description="ISO 8601"),
            OpenApiParameter("to", description="ISO 8601"),
            *list_parameters(["at"], "-at"),
            OpenApiParameter("export", enum=["csv"]),
        ],
        responses={200: _AUDIT, (200, "text/csv"): str},
        tags=["metrics"],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """List what was done and refused, latest first; `export=csv` for all of it."""
        export = request.query_params.get("export", "")
        if export not in {"", "csv"}:
            raise ValidationError({"export": ["Choose one of: csv."]})
        rows = AuditEvent.objects.all()
        return self._csv(rows) if export else self.list_response(rows)

    def _csv(self, rows: Any) -> HttpResponseBase:
        ordering = chosen_ordering(self.request, self.orderings, self.default_ordering)
        found = self.filtered(rows).order_by(*ordering)
        name = f"audit-{timezone.now():%Y-%m-%d}.csv"
        return StreamingHttpResponse(
            csv_lines(found),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "private, no-store",
            },
        )
