"""Addresses of scheduling; fixed words stand before ids."""

from django.urls import URLPattern, URLResolver, include, path

from scheduling import views

causes = views.CauseViewSet.as_view
creators = views.CreatorViewSet.as_view
channels = views.ChannelViewSet.as_view
posts = views.PostViewSet.as_view
many_posts = views.BulkPostViewSet.as_view
publications = views.PublicationViewSet.as_view
hand_overs = views.HandOverViewSet.as_view
stops = views.StopViewSet.as_view
control = views.ChannelControlViewSet.as_view
paces = views.PaceViewSet.as_view
previews = views.PreviewViewSet.as_view
handed_files = views.HandedFileViewSet.as_view

api: list[URLPattern | URLResolver] = [
    path("api/models", creators({"get": "list", "post": "create"})),
    path("api/models/import", views.RosterImport.as_view(), name="roster-import"),
    path(
        "api/models/<slug:slug>",
        creators({"get": "retrieve", "patch": "partial_update"}),
    ),
    path(
        "api/models/<slug:slug>/pace",
        paces({"get": "retrieve", "patch": "partial_update"}),
    ),
    path("api/publishing/causes", causes({"get": "list", "post": "handle"})),
    path("api/publishing/stops", stops({"get": "list", "post": "create"})),
    path(
        "api/publishing/stops/<slug:slug>/resume",
        stops({"get": "preview", "post": "resume"}),
    ),
    path("api/channels", channels({"get": "list", "post": "create"})),
    path(
        "api/channels/<uuid:pk>",
        channels({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("api/channels/<uuid:pk>/verify", channels({"post": "verify"})),
    path("api/channels/<uuid:pk>/release", control({"post": "release"})),
    path(
        "api/channels/<uuid:pk>/resume",
        control({"get": "preview", "post": "resume"}),
    ),
    path(
        "api/channels/<uuid:pk>/avatar",
        channels({"get": "avatar"}),
        name="channel-avatar",
    ),
    path("api/templates/preview", previews({"post": "written"})),
    path("api/templates/<uuid:pk>/preview", previews({"post": "stored"})),
    path("api/posts", posts({"get": "list", "post": "create"})),
    path("api/posts/check", posts({"post": "check"})),
    path("api/posts/bulk", many_posts({"post": "spread"})),
    path("api/posts/bulk-reschedule", many_posts({"post": "reschedule"})),
    path("api/posts/bulk-cancel", many_posts({"post": "cancel"})),
    path("api/posts/<uuid:pk>", posts({"get": "retrieve", "patch": "partial_update"})),
    path("api/posts/<uuid:pk>/cancel", posts({"post": "cancel"})),
    path("api/posts/<uuid:pk>/skip", posts({"post": "skip"})),
    path("api/posts/<uuid:pk>/reschedule", posts({"post": "reschedule"})),
    path("api/posts/<uuid:pk>/retry", posts({"post": "retry"})),
    path("api/posts/<uuid:pk>/takedown", posts({"post": "takedown"})),
    path("api/posts/<uuid:pk>/duplicate", posts({"post": "duplicate"})),
    path("api/publications", publications({"get": "list"})),
    path("api/publications/<uuid:pk>", publications({"get": "retrieve"})),
    path("api/publications/<uuid:pk>/retry", publications({"post": "retry"})),
    path("api/publications/<uuid:pk>/cancel", publications({"post": "cancel"})),
    path("api/publications/<uuid:pk>/settle", publications({"post": "settle"})),
    path("api/publications/<uuid:pk>/claim", hand_overs({"post": "claim"})),
    path("api/publications/<uuid:pk>/complete", hand_overs({"post": "complete"})),
    path("api/publications/<uuid:pk>/skip", hand_overs({"post": "skip"})),
    path("api/publications/<uuid:pk>/release", hand_overs({"post": "release"})),
    path(
        "api/publications/<uuid:pk>/media/<uuid:media>",
        handed_files({"get": "one"}),
        name="handed-file",
    ),
    path(
        "api/publications/<uuid:pk>/files.zip",
        handed_files({"get": "zip"}),
        name="handed-files",
    ),
    path("api/publications/<uuid:pk>/takedown", hand_overs({"post": "takedown"})),
    path(
        "api/publications/<uuid:pk>/takedown/done",
        hand_overs({"post": "takedown_done"}),
    ),
    path("api/publications/<uuid:pk>/replay", publications({"post": "replay"})),
    path("api/publications/<uuid:pk>/engagement", publications({"post": "engagement"})),
]

pages: list[URLPattern | URLResolver] = [path("", include("scheduling.pages.urls"))]

urlpatterns = [
    *api,
    path("", include("scheduling.calendar.urls")),
    path("", include("scheduling.suggestions.urls")),
    path("", include("scheduling.series.urls")),
    path("", include("scheduling.history.urls")),
    path("", include("scheduling.reactions.urls")),
    path("", include("scheduling.notices.urls")),
    *pages,
]
