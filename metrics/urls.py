"""Addresses of metrics."""

from django.urls import path

from metrics import pages, views

urlpatterns = [
    path("api/metrics", views.OverviewView.as_view()),
    path("api/metrics/timeseries", views.TimeseriesView.as_view()),
    path("api/audit", views.AuditViewSet.as_view({"get": "list"}), name="audit-log"),
    path("metrics", pages.MetricsPage.as_view(), name="metrics"),
    path("metrics/prometheus", pages.scrape),
    path("activity", pages.ActivityPage.as_view(), name="activity"),
]
