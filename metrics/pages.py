"""The pages of the metrics: the dashboard, the audit log, and the scrapers' text."""

from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode

from django.db import connection
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from metrics import overview, prometheus, timeseries, words
from metrics.filters import AuditFilter
from metrics.models import AuditEvent
from metrics.retention import KEEP_AUDIT
from promura_site.api.pagination import Page as Pagination
from promura_site.api.pagination import paginate
from promura_site.models import User
from promura_site.pages import Page

LATEST_FIRST = ("-at", "-id")


class MetricsPage(Page):
    """How the system, the API and the posts are doing, kept fresh by a script."""

    permission_required = "metrics.view_snapshot"
    template_name = "metrics/metrics.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show real figures at once, so that nothing flashes."""
        now = timezone.now()
        figures = overview.overview(now)
        return super().get_context_data(
            now=now,
            figures=figures,
            etag=overview.etag(figures),
            system=words.shown(figures, words.SYSTEM),
            api=words.shown(figures, words.API),
            posts=words.shown(figures, words.POSTS),
            activity=_with_moment(figures["recent_activity"]),
            errors=_with_moment(figures["errors"]),
            points=timeseries.timeseries("1h", now)["points"],
            database=connection.display_name,
            **kwargs,
        )


def _with_moment(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"at": datetime.fromisoformat(row["timestamp"])} for row in rows]


class ActivityPage(Page):
    """The audit log, for admins."""

    permission_required = "metrics.view_auditevent"
    template_name = "metrics/activity.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show one page of what the filter keeps; times are the person's own."""
        with timezone.override(cast(User, self.request.user).timezone):
            filterset = AuditFilter(self.request.GET, AuditEvent.objects.all())
            errors = {} if filterset.is_valid() else filterset.errors
            rows = AuditEvent.objects.none() if errors else filterset.qs
        page = _page(self.request, rows)
        kept = {} if errors else filterset.form.cleaned_data
        return super().get_context_data(
            events=page.items,
            page=page,
            total=words.in_words(page.count, "count"),
            errors=errors,
            chosen=self.request.GET,
            outcomes=[("", "All"), ("done", "Done"), ("refused", "Refused")],
            is_filtered=any(kept.values()) or bool(errors),
            export_query=_export_query(kept),
            keep_days=KEEP_AUDIT.days,
            nav_current="metrics",
            **kwargs,
        )


def _page(request: HttpRequest, rows: QuerySet[AuditEvent]) -> Pagination:
    """Return the asked page; an address that was tampered with is not found."""
    try:
        return paginate(Request(request), rows, LATEST_FIRST)
    except ValidationError as error:
        raise Http404 from error


def _export_query(kept: dict[str, Any]) -> str:
    """Return the filters for the API, times with their offset."""
    plain = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in kept.items()
        if value
    }
    return urlencode({"export": "csv", **plain})


@never_cache
@require_safe
def scrape(request: HttpRequest) -> HttpResponse:
    """Answer a scraper that has the token or an allowed address."""
    if not prometheus.may_scrape(request):
        return HttpResponse("Not allowed.\n", "text/plain", status=403)
    text = prometheus.exposition(timezone.now())
    return HttpResponse(text, content_type=prometheus.CONTENT_TYPE)
