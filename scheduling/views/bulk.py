"""The API of many posts at once."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from promura_site import idempotency
from promura_site.api.responses import success
from promura_site.api.views import ApiViewSet
from scheduling.bulk_shapes import (
    BulkCancelSerializer,
    BulkRescheduleSerializer,
    bulk_answer,
    shown_bulk,
)
from scheduling.services.bulk.drafting import spread_media
from scheduling.services.bulk.moving import cancel_posts, move_posts
from scheduling.services.bulk.spreading import Spread
from scheduling.spread_shapes import (
    SPREAD_CHECKED,
    SPREAD_DONE,
    SpreadSerializer,
    shown_spread,
)

_KEY = OpenApiParameter(
    idempotency.HEADER,
    str,
    OpenApiParameter.HEADER,
    description="The same key again is answered as the first time, for 24 hours.",
)


class BulkPostViewSet(ApiViewSet):
    """Many posts at once: what can be done is done, the rest is given reasons."""

    permission_map = {
        "reschedule": "scheduling.change_post",
        "cancel": "scheduling.change_post",
        "spread": "scheduling.add_post",
    }

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        """Return what this action reads."""
        return {
            "reschedule": BulkRescheduleSerializer,
            "cancel": BulkCancelSerializer,
            "spread": SpreadSerializer,
        }[self.action]

    @extend_schema(
        request=BulkRescheduleSerializer,
        responses=bulk_answer("BulkRescheduled", "updated_count"),
        tags=["posts"],
    )
    def reschedule(self, request: Request) -> Response:
        """Move posts to other times; a dry run tells what would come of it."""
        asked = self.checked().validated_data
        moved = move_posts(actor=self.actor, now=timezone.now(), **asked)
        return success(**shown_bulk(moved, counted="updated_count", verb="rescheduled"))

    @extend_schema(
        request=BulkCancelSerializer,
        responses=bulk_answer("BulkCancelled", "cancelled_count"),
        tags=["posts"],
    )
    def cancel(self, request: Request) -> Response:
        """Cancel what of posts has not gone out."""
        asked = self.checked().validated_data
        cancelled = cancel_posts(
            asked["post_ids"],
            actor=self.actor,
            now=timezone.now(),
            dry_run=asked["dry_run"],
        )
        return success(
            **shown_bulk(cancelled, counted="cancelled_count", verb="cancelled")
        )

    @extend_schema(
        parameters=[_KEY],
        request=SpreadSerializer,
        responses={200: SPREAD_CHECKED, 201: SPREAD_DONE},
        tags=["posts"],
    )
    def spread(self, request: Request) -> Response:
        """Spread media over the models' best free times as drafts; dry run first."""
        asked = self.checked().validated_data
        if asked["dry_run"]:
            return self._spread(**asked)
        return idempotency.once(request, lambda: self._spread(**asked))

    def _spread(self, spread: Spread, *, dry_run: bool) -> Response:
        found = spread_media(
            spread, actor=self.actor, now=timezone.now(), dry_run=dry_run
        )
        shown = shown_spread(found, dry_run=dry_run)
        return success(200 if dry_run else 201, **shown)
