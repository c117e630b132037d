"""Addresses of engagement that people enter."""

from django.urls import URLPattern, path

from scheduling.reactions import views

urlpatterns: list[URLPattern] = [
    path("api/scheduling/engagement", views.UncountedViewSet.as_view({"get": "list"})),
    path(
        "api/scheduling/engagement/import",
        views.ReactionsFile.as_view(),
        name="reactions-file",
    ),
]
