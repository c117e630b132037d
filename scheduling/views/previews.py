"""The API of a look at what a template's text comes to."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from promura_site.api.responses import success
from promura_site.api.schema import envelope
from promura_site.api.views import ApiViewSet
from scheduling.preview_shapes import (
    MissingValueSerializer,
    PreviewedChannelSerializer,
    PreviewSerializer,
    StoredPreviewSerializer,
)
from scheduling.services.previewing import preview_template, preview_text
from templates_app.services import get_template

_PREVIEW = envelope(
    "TemplatePreview",
    channels=PreviewedChannelSerializer(many=True),
    unknown=serializers.ListField(child=serializers.CharField()),
    missing=MissingValueSerializer(many=True),
)


class PreviewViewSet(ApiViewSet):
    """A text with variables as each account would get it."""

    permission_map = {
        "written": "templates_app.view_posttemplate",
        "stored": "templates_app.view_posttemplate",
    }

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        """Return what this action reads."""
        return StoredPreviewSerializer if self.action == "stored" else PreviewSerializer

    @extend_schema(request=PreviewSerializer, responses=_PREVIEW, tags=["templates"])
    def written(self, request: Request) -> Response:
        """Show what a text would come to for each account; nothing is stored."""
        wanted = self.checked().validated_data
        return success(**preview_text(actor=self.actor, now=timezone.now(), **wanted))

    @extend_schema(
        operation_id="templates_stored_preview_create",
        request=StoredPreviewSerializer,
        responses=_PREVIEW,
        tags=["templates"],
    )
    def stored(self, request: Request, pk: UUID) -> Response:
        """Show what a template comes to, with changes that are not stored yet."""
        template, changes = get_template(pk), self.checked().validated_data
        return success(
            **preview_template(
                template, actor=self.actor, now=timezone.now(), changes=changes
            )
        )
