"""Addresses of the API of series."""

from django.urls import URLPattern, path

from scheduling.series.views import SeriesViewSet

series = SeriesViewSet.as_view

urlpatterns: list[URLPattern] = [
    path("api/templates/<uuid:pk>/schedule", series({"post": "schedule"})),
    path("api/series", series({"get": "list"})),
    path("api/series/<uuid:pk>", series({"get": "retrieve"})),
    path("api/series/<uuid:pk>/end", series({"post": "end"})),
    path("api/series/<uuid:pk>/reopen", series({"post": "reopen"})),
]
