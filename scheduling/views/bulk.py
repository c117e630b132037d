"""The API of many posts at once."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from promura_site.api.responses import success
from promura_site.api.views import ApiViewSet
from scheduling.bulk_shapes import (
    BulkCancelSerializer,
    BulkRescheduleSerializer,
    bulk_answer,
    shown_bulk,
)
from scheduling.services.bulk.moving import cancel_posts, move_posts


class BulkPostViewSet(ApiViewSet):
    """Many posts at once: what can be done is done, the rest is given reasons."""

    permission_map = {
        "reschedule": "scheduling.change_post",
        "cancel": "scheduling.change_post",
    }

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        """Return what this action reads."""
        return {
            "reschedule": BulkRescheduleSerializer,
            "cancel": BulkCancelSerializer,
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
