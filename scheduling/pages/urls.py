"""Addresses of scheduling's pages."""

from django.urls import URLPattern, URLResolver, path

from scheduling.pages.calendar import calendar_page
from scheduling.pages.compose import ComposePage
from scheduling.pages.handing import HandOverPage, HandOverRows, TaskPage, TaskRow
from scheduling.pages.insights import InsightsPage
from scheduling.pages.models import ModelsPage
from scheduling.pages.queue import QueuePage, QueueRows
from scheduling.pages.series import NewSeriesPage, SeriesPage
from scheduling.pages.today import TodayPage

urlpatterns: list[URLPattern | URLResolver] = [
    path("", TodayPage.as_view(), name="today"),
    path("compose", ComposePage.as_view(), name="compose"),
    path("calendar", calendar_page, name="calendar"),
    path("queue", QueuePage.as_view(), name="queue"),
    path("queue/rows", QueueRows.as_view(), name="queue-rows"),
    path("hand-over", HandOverPage.as_view(), name="hand-over"),
    path("hand-over/rows", HandOverRows.as_view(), name="hand-over-rows"),
    path("hand-over/<uuid:pk>", TaskPage.as_view(), name="hand-over-task"),
    path("hand-over/<uuid:pk>/row", TaskRow.as_view(), name="hand-over-row"),
    path("series", SeriesPage.as_view(), name="series"),
    path("series/new", NewSeriesPage.as_view(), name="series-new"),
    path("insights", InsightsPage.as_view(), name="insights"),
    path("models", ModelsPage.as_view(), name="models"),
]
