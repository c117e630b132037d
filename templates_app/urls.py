"""Addresses of templates_app."""

from django.urls import path

from templates_app.pages import TemplatesPage
from templates_app.views import TemplateViewSet

urlpatterns = [
    path(
        "api/templates",
        TemplateViewSet.as_view({"get": "list", "post": "create"}),
    ),
    path("api/templates/stats/popular", TemplateViewSet.as_view({"get": "popular"})),
    path("api/templates/stats/recent", TemplateViewSet.as_view({"get": "recent"})),
    path("api/templates/stats/overview", TemplateViewSet.as_view({"get": "overview"})),
    path(
        "api/templates/<uuid:pk>",
        TemplateViewSet.as_view(
            {
                "get": "retrieve",
                "put": "update",
                "patch": "partial_update",
                "delete": "destroy",
            }
        ),
    ),
    path("api/templates/<uuid:pk>/use", TemplateViewSet.as_view({"post": "use"})),
    path(
        "api/templates/<uuid:pk>/duplicate",
        TemplateViewSet.as_view({"post": "duplicate"}),
    ),
    path(
        "api/templates/<uuid:pk>/restore",
        TemplateViewSet.as_view({"post": "restore"}),
    ),
    path("templates", TemplatesPage.as_view(), name="templates"),
]
