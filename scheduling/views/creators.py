"""The API of the agency's models."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from library.models import Creator
from library.services import create_creator, set_creator_active, update_creator
from promura_site.api.filters import filter_parameters
from promura_site.api.responses import success
from promura_site.api.schema import envelope, list_parameters, page_of
from promura_site.api.views import ApiViewSet
from scheduling.channel_shapes import CreatorSerializer
from scheduling.filters import CreatorFilter
from scheduling.models import Channel
from scheduling.serializers import CreatorChangeSerializer, CreatorWriteSerializer

ORDERINGS: dict[str, tuple[str, ...]] = {
    "name": ("name",),
    "-created_at": ("-created_at",),
}
_ONE = envelope("ModelAnswer", model=CreatorSerializer())
_PAGE = page_of("ModelPage", models=CreatorSerializer(many=True))


class CreatorViewSet(ApiViewSet):
    """The models: who they are and which accounts they have."""

    permission_map = {
        "list": "library.view_creator",
        "retrieve": "library.view_creator",
        "create": "library.add_creator",
        "partial_update": "library.change_creator",
    }
    list_key = "models"
    orderings = ORDERINGS
    default_ordering = "name"
    filterset_class = CreatorFilter
    serializer_class = CreatorSerializer
    lookup_field = "slug"

    def get_queryset(self) -> QuerySet[Creator]:
        """Return all models, also those who have left, each with her channels."""
        channels = Channel.objects.to_show().order_by("platform", "handle", "pk")
        return Creator.objects.prefetch_related(Prefetch("channels", channels))

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        """Return what this action reads."""
        if self.action == "create":
            return CreatorWriteSerializer
        if self.action == "partial_update":
            return CreatorChangeSerializer
        return CreatorSerializer

    @extend_schema(
        parameters=[
            *list_parameters(ORDERINGS, "name"),
            *filter_parameters(CreatorFilter),
        ],
        responses=_PAGE,
        tags=["models"],
    )
    def list(self, request: Request) -> Response:
        """List the models by name."""
        return self.list_response(self.get_queryset())

    @extend_schema(responses=_ONE, tags=["models"])
    def retrieve(self, request: Request, slug: str) -> Response:
        """Show one model."""
        return self._answer(slug)

    @extend_schema(
        request=CreatorWriteSerializer, responses={201: _ONE}, tags=["models"]
    )
    def create(self, request: Request) -> Response:
        """Take a model into the agency."""
        given = dict(self.checked().validated_data)
        slug = given.pop("id")
        create_creator(actor=self.actor, slug=slug, **given)
        return self._answer(slug, 201)

    @extend_schema(request=CreatorChangeSerializer, responses=_ONE, tags=["models"])
    def partial_update(self, request: Request, slug: str) -> Response:
        """Change a model; the id stays."""
        creator = self.get_object()
        changes = dict(self.checked().validated_data)
        active = changes.pop("active", None)
        if changes:
            update_creator(creator, actor=self.actor, **changes)
        if active is not None:
            set_creator_active(creator, active, actor=self.actor)
        return self._answer(slug)

    def _answer(self, slug: str, status: int = 200) -> Response:
        self.kwargs["slug"] = slug
        shown: dict[str, Any] = CreatorSerializer(self.get_object()).data
        return success(status, model=shown)
