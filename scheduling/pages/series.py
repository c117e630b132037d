"""The pages of series: those there are, and the form that begins one."""

import calendar
from dataclasses import dataclass
from typing import Any, cast

from django.core.paginator import Page as PageOfRows
from django.core.paginator import Paginator
from django.http import Http404
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from library.models import Creator
from promura_site.models import User
from promura_site.pages import Page
from scheduling.models import Series
from scheduling.pages.compose import choices, city_of
from scheduling.series.serializers import SeriesFilter
from scheduling.series.shapes import series_to_show, shown_series
from scheduling.services.clearance import OVERRIDE
from templates_app import patterns, references
from templates_app.models import PostTemplate
from templates_app.references import media_id as id_in

ROWS_A_PAGE = 50
_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_STATES = {
    "running": ("scheduled", "Goes on"),
    "held_up": ("missed", "Held up"),
    "finished": ("completed", "At its end"),
    "ended": ("cancelled", "Ended"),
}
# What the address may narrow the list by.
_NARROWS = ("series", "model", "running", "template")
_WEEKDAYS = list(zip(_CODES, calendar.day_name, strict=True))
_WORDS = {
    "daily": "Every day",
    "weekly": "Every week",
    "biweekly": "Every two weeks",
    "monthly": "Every month",
}


@dataclass(frozen=True)
class Row:
    """A series as its row shows it; `shown` is as the API has it."""

    series: Series
    shown: dict[str, Any]

    @property
    def models(self) -> list[Creator]:
        """Return the models in the order given."""
        return [entry.creator for entry in self.series.model_entries.all()]

    @property
    def state(self) -> tuple[str, str]:
        """Return which badge it wears, and the word on it."""
        return _STATES[self.shown["status"]]

    @property
    def clocks(self) -> str:
        """Say on whose clocks its hour is."""
        if self.series.timezone == "model":
            return "on each model’s own clocks"
        return f"in {city_of(self.series.timezone)}"

    @property
    def next_at(self) -> Any:
        """Return when the next post is due."""
        return self.shown["next_at"] and parse_datetime(self.shown["next_at"])


# Going back to the page must not show what has been ended since.
@method_decorator(never_cache, "dispatch")
class SeriesPage(Page):
    """Series: how they come round, what is next, and where they end."""

    template_name = "scheduling/series.html"
    permission_required = "scheduling.view_series"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add a page of rows and what they can be narrowed by."""
        person, asked = cast(User, self.request.user), self.request.GET
        page = self._page()
        query = asked.copy()
        query.pop("page", None)
        return super().get_context_data(
            page=page,
            rows=_rows(page),
            query=query.urlencode(),
            narrowed=any(map(asked.get, _NARROWS)),
            creators=Creator.objects.order_by("-is_active", "name"),
            can_change=person.has_perm("scheduling.change_series"),
            can_begin=person.has_perm("scheduling.add_series"),
            nav_current="templates",
            **kwargs,
        )

    def _page(self) -> PageOfRows[Series]:
        narrowed = SeriesFilter(self.request.GET, queryset=series_to_show())
        rows = narrowed.qs if narrowed.is_valid() else Series.objects.none()
        if one := id_in(self.request.GET.get("series", "")):
            rows = rows.filter(pk=one)
        return Paginator(rows.order_by("-created_at", "-pk"), ROWS_A_PAGE).get_page(
            self.request.GET.get("page")
        )


@method_decorator(never_cache, "dispatch")
class NewSeriesPage(Page):
    """Let a template come again: when, how often, for whom and how long."""

    template_name = "scheduling/series_new.html"
    permission_required = "scheduling.add_series"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the template, who can be posted for, and what the person may do."""
        person, template = cast(User, self.request.user), self._template()
        refs = references.describe([template])[template.pk]
        models = choices()
        zones = sorted({one.creator.timezone for one in models if not one.refused})
        pattern = template.schedule_pattern
        return super().get_context_data(
            template=template,
            chosen=refs.models,
            models=models,
            zones=[(zone, city_of(zone)) for zone in zones if zone != person.timezone],
            own_city=city_of(person.timezone),
            presets=_WORDS,
            weekdays=_WEEKDAYS,
            own_rule="" if pattern in patterns.PRESETS else pattern,
            may_override=person.has_perm(OVERRIDE),
            page_data={
                "template": str(template.pk),
                "pattern": pattern,
                "names": {one.creator.slug: one.creator.name for one in models},
            },
            nav_current="templates",
            **kwargs,
        )

    def _template(self) -> PostTemplate:
        key = id_in(self.request.GET.get("template", ""))
        found = key and PostTemplate.objects.present().filter(pk=key).first()
        if not found:
            raise Http404
        return found


def _rows(page: PageOfRows[Series]) -> list[Row]:
    rows = list(page)
    shown = shown_series(rows, timezone.now())
    return [Row(one, as_shown) for one, as_shown in zip(rows, shown, strict=True)]
