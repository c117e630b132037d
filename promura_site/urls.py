"""Every address of the product. The apps are reached by name only."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from promura_site import pages, views
from promura_site.api.views import UnknownEndpoint

api = [
    path("auth/token", views.TokenView.as_view()),
    path("auth/token/refresh", views.TokenRefreshView.as_view()),
    path("auth/token/revoke", views.TokenRevokeView.as_view()),
    path("auth/me", views.MeView.as_view()),
    path("jobs/<uuid:pk>", views.JobViewSet.as_view({"get": "retrieve"}), name="job"),
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path(
        "docs",
        SpectacularSwaggerSplitView.as_view(
            url_name="schema", template_name="promura_site/api_docs.html"
        ),
        name="docs",
    ),
]

urlpatterns = [
    path("api/", include(api)),
    path("", include("library.urls")),
    path("", include("templates_app.urls")),
    path("", include("scheduling.urls")),
    path("", include("metrics.urls")),
    path("sign-in", pages.SignInPage.as_view(), name="sign-in"),
    path("sign-out", pages.sign_out, name="sign-out"),
    path("sign-out-everywhere", pages.sign_out_everywhere, name="sign-out-everywhere"),
    path("setup/<str:token>", pages.SetupPage.as_view(), name="setup"),
    path("favicon.ico", pages.favicon),
    path("healthz", views.healthz),
    path("healthz/publishing", views.healthz_publishing),
    path("readyz", views.readyz),
    path("admin/", admin.site.urls),
    path("api", UnknownEndpoint.as_view()),
    path("api/<path:rest>", UnknownEndpoint.as_view()),
]

handler400 = "promura_site.pages.bad_request"
handler403 = "promura_site.pages.forbidden"
handler404 = "promura_site.pages.not_found"
handler500 = "promura_site.pages.server_error"
