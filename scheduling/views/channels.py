"""The API of channels."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from library.services import creators_by_slug
from promura_site.api.filters import filter_parameters
from promura_site.api.responses import success
from promura_site.api.schema import envelope, list_parameters, page_of
from promura_site.api.views import ApiViewSet
from scheduling.channel_shapes import AccountSerializer, ChannelSerializer
from scheduling.filters import ChannelFilter
from scheduling.models import Channel, ChannelFace
from scheduling.serializers import ChannelChangeSerializer, ChannelWriteSerializer
from scheduling.services import channels as services
from scheduling.services.identity import verify_channel

ORDERINGS: dict[str, tuple[str, ...]] = {
    "handle": ("handle",),
    "platform": ("platform", "handle"),
    "-created_at": ("-created_at",),
}
_ONE = envelope("ChannelAnswer", channel=ChannelSerializer())
_PAGE = page_of("ChannelPage", channels=ChannelSerializer(many=True))
_VERIFIED = envelope(
    "ChannelVerified",
    channel=ChannelSerializer(),
    account=AccountSerializer(),
    message=serializers.CharField(),
)
_ENDED = envelope(
    "ChannelDeactivated", channel=ChannelSerializer(), message=serializers.CharField()
)


class ChannelViewSet(ApiViewSet):
    """The models' accounts, and how they are reached."""

    permission_map = {
        "list": "scheduling.view_channel",
        "retrieve": "scheduling.view_channel",
        "create": "scheduling.add_channel",
        "partial_update": "scheduling.change_channel",
        "destroy": "scheduling.delete_channel",
        "verify": "scheduling.change_channel",
        "avatar": "scheduling.view_channel",
    }
    list_key = "channels"
    orderings = ORDERINGS
    default_ordering = "platform"
    filterset_class = ChannelFilter
    serializer_class = ChannelSerializer

    def get_queryset(self) -> QuerySet[Channel]:
        """Return all channels, also those no longer in use."""
        return Channel.objects.to_show()

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        """Return what this action reads."""
        if self.action == "create":
            return ChannelWriteSerializer
        if self.action == "partial_update":
            return ChannelChangeSerializer
        return ChannelSerializer

    @extend_schema(
        parameters=[
            *list_parameters(ORDERINGS, "platform"),
            *filter_parameters(ChannelFilter),
        ],
        responses=_PAGE,
        tags=["channels"],
    )
    def list(self, request: Request) -> Response:
        """List the channels."""
        return self.list_response(self.get_queryset())

    @extend_schema(responses=_ONE, tags=["channels"])
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """Show one channel."""
        return success(channel=ChannelSerializer(self.get_object()).data)

    @extend_schema(
        request=ChannelWriteSerializer, responses={201: _ONE}, tags=["channels"]
    )
    def create(self, request: Request) -> Response:
        """Connect an account to a model."""
        given: dict[str, Any] = dict(self.checked().validated_data)
        (creator,) = creators_by_slug([given.pop("model")], field="model")
        sign_in = given.pop("credentials", None)
        channel = services.add_channel(
            actor=self.actor, creator=creator, sign_in=sign_in, **given
        )
        return success(201, channel=ChannelSerializer(channel).data)

    @extend_schema(request=ChannelChangeSerializer, responses=_ONE, tags=["channels"])
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change a channel, or sign the same account in again."""
        channel = self.get_object()
        changes: dict[str, Any] = dict(self.checked().validated_data)
        sign_in = changes.pop("credentials", None)
        services.update_channel(channel, actor=self.actor, sign_in=sign_in, **changes)
        return success(channel=ChannelSerializer(self.get_object()).data)

    @extend_schema(responses={200: _ENDED}, tags=["channels"])
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Take a channel out of use; what it has published stays on record."""
        channel = services.deactivate_channel(self.get_object(), actor=self.actor)
        return success(
            channel=ChannelSerializer(channel).data, message="Channel deactivated"
        )

    @extend_schema(request=None, responses=_VERIFIED, tags=["channels"])
    def verify(self, request: Request, pk: UUID) -> Response:
        """Ask the platform whether the account can be used."""
        channel = self.get_object()
        account = verify_channel(channel, actor=self.actor)
        return success(
            channel=ChannelSerializer(self.get_object()).data,
            account=AccountSerializer(account).data,
            message="The account answers",
        )

    @extend_schema(
        responses={(200, "image/webp"): OpenApiTypes.BINARY}, tags=["channels"]
    )
    def avatar(self, request: Request, pk: UUID) -> HttpResponse:
        """Send the picture of the account that answered."""
        face = ChannelFace.objects.filter(channel=self.get_object()).first()
        if face is None:
            raise NotFound
        answer = HttpResponse(bytes(face.picture), content_type=face.content_type)
        answer["Cache-Control"] = "private, max-age=3600"
        return answer
