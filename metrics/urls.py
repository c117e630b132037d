"""Addresses of metrics."""

from django.urls import path

from metrics import views

urlpatterns = [
    path("api/metrics", views.OverviewView.as_view()),
    path("api/metrics/timeseries", views.TimeseriesView.as_view()),
    path("api/audit", views.AuditViewSet.as_view({"get": "list"})),
]
