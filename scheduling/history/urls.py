"""Addresses of imported history."""

from django.urls import URLPattern, path

from scheduling.history import views

imports = views.HistoryImportViewSet.as_view

urlpatterns: list[URLPattern] = [
    path(
        "api/scheduling/history/import",
        views.HistoryFile.as_view(),
        name="history-file",
    ),
    path("api/scheduling/history/imports", imports({"get": "list"})),
    path("api/scheduling/history/imports/<uuid:pk>/undo", imports({"post": "undo"})),
]
