"""The bytes of media and of models' faces, for signed-in people."""

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from library import services
from library.models import Creator, MediaItem
from library.serving import Stored, serve, shown_filename
from promura_site.api.responses import success
from promura_site.api.schema import envelope
from promura_site.api.views import ApiViewSet

_PARTS = {200: "All of it", 206: "The range asked for"}
BYTES = {
    (status, kind): OpenApiResponse(OpenApiTypes.BINARY, said)
    for status, said in _PARTS.items()
    for kind in ("image/*", "video/*")
} | {
    304: OpenApiResponse(description="Unchanged"),
    416: OpenApiResponse(description="The file ends before that range"),
}
RANGE = OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="bytes=0-")


class WhateverIsAccepted(DefaultContentNegotiation):
    """Answers with what there is: an img element accepts pictures and no JSON."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[Any, str]:
        """Take the first renderer, which only failures need."""
        return renderers[0], renderers[0].media_type


@extend_schema(tags=["library"], parameters=[RANGE], responses=BYTES)
class FileViewSet(ApiViewSet):
    """An item's bytes as they came, and the two pictures made of them."""

    permission_map = dict.fromkeys(
        ("file", "thumbnail", "preview"), "library.view_mediaitem"
    )
    content_negotiation_class = WhateverIsAccepted
    queryset = MediaItem.objects.filter(purged_at=None)
    serializer_class = serializers.Serializer

    def file(self, request: Request, pk: UUID) -> HttpResponseBase:
        """Send the picture or clip as it was uploaded."""
        item: MediaItem = self.get_object()
        filename = shown_filename(item.name, item.file)
        stored = Stored(item.file, item.stored_sha256, filename, item.content_type)
        return serve(request._request, stored)

    def thumbnail(self, request: Request, pk: UUID) -> HttpResponseBase:
        """Send the small picture (480 pixels), without any metadata."""
        return self._derivative("thumbnail")

    def preview(self, request: Request, pk: UUID) -> HttpResponseBase:
        """Send the large picture (1600 pixels), without any metadata."""
        return self._derivative("preview")

    def _derivative(self, kind: str) -> HttpResponseBase:
        item: MediaItem = self.get_object()
        name = getattr(item, kind)
        etag = f"{item.stored_sha256[:32]}-{kind}"
        return serve(
            self.request._request, Stored(name, etag, shown_filename(item.name, name))
        )


class AvatarSerializer(serializers.Serializer):
    """A picture."""

    file = serializers.FileField(max_length=None, allow_empty_file=True)


@extend_schema(tags=["models"])
class AvatarViewSet(ApiViewSet):
    """A model's face."""

    permission_map = {
        "avatar": "library.view_creator",
        "set_avatar": "library.change_creator",
    }
    content_negotiation_class = WhateverIsAccepted
    parser_classes = [MultiPartParser]
    queryset = Creator.objects.all()
    lookup_field = "slug"
    serializer_class = AvatarSerializer

    @extend_schema(parameters=[RANGE], responses=BYTES)
    def avatar(self, request: Request, slug: str) -> HttpResponseBase:
        """Send the model's picture."""
        creator: Creator = self.get_object()
        filename = shown_filename(creator.slug, creator.avatar)
        return serve(request._request, Stored(creator.avatar, creator.avatar, filename))

    @extend_schema(
        request={"multipart/form-data": AvatarSerializer},
        responses=envelope("AvatarAnswer", message=serializers.CharField()),
    )
    def set_avatar(self, request: Request, slug: str) -> Response:
        """Take a new picture of the model."""
        creator = get_object_or_404(Creator, slug=slug)
        upload = self.checked().validated_data["file"]
        services.set_avatar(creator, upload, actor=self.actor, name=upload.name)
        return success(message="Picture updated")
