"""The API of publications: the queue, and what a person can do about one."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from promura_site.api.filters import filter_parameters
from promura_site.api.responses import success
from promura_site.api.schema import envelope, list_parameters, page_of
from promura_site.api.views import ApiViewSet
from scheduling.engagement import record_engagement
from scheduling.filters import PublicationFilter
from scheduling.models import Publication
from scheduling.serializers import EngagementSerializer, SettleSerializer
from scheduling.services import publications as services
from scheduling.services.replay import replay_publication
from scheduling.shapes import (
    AttemptSerializer,
    PublicationSerializer,
    publications_to_show,
    shown_publications,
)

ORDERINGS: dict[str, tuple[str, ...]] = {
    "schedule_time": ("planned_for",),
    "-updated_at": ("-updated_at",),
}
_CHANGED = envelope(
    "PublicationChanged",
    publication=PublicationSerializer(),
    message=serializers.CharField(),
)
_ONE = envelope(
    "PublicationAnswer",
    publication=PublicationSerializer(),
    attempts=AttemptSerializer(many=True),
)
_REPLAYED = envelope(
    "PublicationReplayed",
    publication=PublicationSerializer(),
    attempt=AttemptSerializer(),
    message=serializers.CharField(),
)
_PAGE = page_of("PublicationPage", publications=PublicationSerializer(many=True))


class PublicationViewSet(ApiViewSet):
    """Posts channel by channel."""

    permission_map = {
        "list": "scheduling.view_publication",
        "retrieve": "scheduling.view_publication",
        "retry": "scheduling.retry_publication",
        "cancel": "scheduling.change_publication",
        "settle": "scheduling.settle_publication",
        "engagement": "scheduling.change_publication",
        "replay": "scheduling.retry_publication",
    }
    list_key = "publications"
    orderings = ORDERINGS
    default_ordering = "schedule_time"
    filterset_class = PublicationFilter
    serializer_class = PublicationSerializer

    def get_queryset(self) -> QuerySet[Publication]:
        """Return publications with all that is shown of them."""
        return publications_to_show().annotate(
            planned_for=Coalesce("publish_at", "created_at")
        )

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        """Return what this action reads."""
        return {"settle": SettleSerializer, "engagement": EngagementSerializer}.get(
            self.action, PublicationSerializer
        )

    @extend_schema(
        parameters=[
            *list_parameters(ORDERINGS, "schedule_time"),
            *filter_parameters(PublicationFilter),
        ],
        responses=_PAGE,
        tags=["publications"],
    )
    def list(self, request: Request) -> Response:
        """List publications, the earliest first, each with why it waits."""
        now = timezone.now()
        return self.list_response(
            self.get_queryset(), lambda rows: shown_publications(rows, now)
        )

    @extend_schema(responses=_ONE, tags=["publications"])
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """Show one publication with every attempt to send it."""
        attempts = self.get_object().attempts.order_by("number")
        return self._answer(pk, attempts=AttemptSerializer(attempts, many=True).data)

    @extend_schema(request=None, responses=_CHANGED, tags=["publications"])
    def retry(self, request: Request, pk: UUID) -> Response:
        """Send a failed or missed publication now."""
        self.get_object()
        services.retry_publication(pk, actor=self.actor, now=timezone.now())
        return self._answer(pk, message="It is tried again")

    @extend_schema(request=None, responses=_CHANGED, tags=["publications"])
    def cancel(self, request: Request, pk: UUID) -> Response:
        """Take this channel out of the post."""
        self.get_object()
        services.cancel_publication(pk, actor=self.actor)
        return self._answer(pk, message="It is cancelled")

    @extend_schema(request=SettleSerializer, responses=_CHANGED, tags=["publications"])
    def settle(self, request: Request, pk: UUID) -> Response:
        """Say whether a publication of unknown outcome is there or not."""
        self.get_object()
        services.settle_publication(
            pk, actor=self.actor, now=timezone.now(), **self.checked().validated_data
        )
        return self._answer(pk, message="Settled")

    @extend_schema(
        request=EngagementSerializer, responses=_CHANGED, tags=["publications"]
    )
    def engagement(self, request: Request, pk: UUID) -> Response:
        """Record how people reacted so far."""
        self.get_object()
        counts = self.checked().validated_data
        record_engagement(pk, actor=self.actor, now=timezone.now(), counts=counts)
        return self._answer(pk, message="Engagement recorded")

    @extend_schema(request=None, responses=_REPLAYED, tags=["publications"])
    def replay(self, request: Request, pk: UUID) -> Response:
        """Send again what a webhook's receiver has lost; nothing else changes."""
        self.get_object()
        attempt = replay_publication(pk, actor=self.actor)
        message = f"Sent again: {attempt.error or 'the receiver took it'}"
        return self._answer(
            pk, attempt=AttemptSerializer(attempt).data, message=message
        )

    def _answer(self, pk: UUID, **payload: Any) -> Response:
        self.kwargs["pk"] = pk
        (shown,) = shown_publications([self.get_object()], timezone.now())
        return success(publication=shown, **payload)
