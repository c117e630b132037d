"""Addresses of library; fixed words stand before ids."""

from django.urls import URLPattern, URLResolver, path

from library import views
from library.pages import LibraryPage

media = views.MediaViewSet.as_view
bulk = views.BulkViewSet.as_view
files = views.FileViewSet.as_view

api: list[URLPattern | URLResolver] = [
    path("api/library", media({"get": "list"}), name="media-list"),
    path("api/library/upload", views.UploadViewSet.as_view({"post": "upload"})),
    path("api/library/stats", media({"get": "stats"})),
    path("api/library/tags", views.TagViewSet.as_view({"get": "list"})),
    path("api/library/empty-trash", media({"post": "empty_trash"})),
    path("api/library/bulk-delete", bulk({"post": "bulk_delete"})),
    path("api/library/bulk-tag", bulk({"post": "bulk_tag"})),
    path("api/library/bulk-operations/<uuid:pk>/undo", bulk({"post": "undo"})),
    path(
        "api/library/<uuid:pk>",
        media({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="media",
    ),
    path("api/library/<uuid:pk>/use", media({"post": "use"})),
    path("api/library/<uuid:pk>/usage", media({"get": "usage"})),
    path("api/library/<uuid:pk>/restore", media({"post": "restore"})),
    path("api/library/<uuid:pk>/purge", media({"post": "purge"})),
    path("api/library/<uuid:pk>/file", files({"get": "file"}), name="media-file"),
    path(
        "api/library/<uuid:pk>/thumbnail",
        files({"get": "thumbnail"}),
        name="media-thumbnail",
    ),
    path(
        "api/library/<uuid:pk>/preview", files({"get": "preview"}), name="media-preview"
    ),
    path(
        "api/models/<slug:slug>/avatar",
        views.AvatarViewSet.as_view({"get": "avatar", "post": "set_avatar"}),
        name="model-avatar",
    ),
]

pages: list[URLPattern | URLResolver] = [
    path("library", LibraryPage.as_view(), name="library"),
]

urlpatterns = [*api, *pages]
