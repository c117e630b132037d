"""Bulk calls and their undo."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from library import bulk, selections, undo
from library.bulk import BulkResult, Refused
from library.models import BulkOperation
from library.serializers import (
    BulkDeleteSerializer,
    BulkFailureSerializer,
    BulkTagSerializer,
    GivenIdField,
)
from promura_site.api.responses import success
from promura_site.api.schema import envelope
from promura_site.api.views import ApiViewSet
from promura_site.models import Job
from promura_site.serializers import JobSerializer


def _answers(name: str, count: str) -> dict[int, Any]:
    return {
        200: envelope(
            name,
            **{count: serializers.IntegerField()},
            failed_ids=serializers.ListField(child=GivenIdField()),
            failures=BulkFailureSerializer(many=True),
            operation_id=serializers.UUIDField(),
            message=serializers.CharField(),
        ),
        202: envelope(
            f"{name}Job",
            job=JobSerializer(),
            operation_id=serializers.UUIDField(),
            message=serializers.CharField(),
        ),
    }


@extend_schema(tags=["library"])
class BulkViewSet(ApiViewSet):
    """The same for many items at once.

    No action bears the name of an HTTP method: Django would call it for that method
    on every address of the viewset.
    """

    permission_map = {
        "bulk_delete": "library.delete_mediaitem",
        "bulk_tag": "library.change_mediaitem",
        "undo": "library.change_mediaitem",
    }
    queryset = BulkOperation.objects.all()

    def get_serializer_class(self) -> Any:
        """Return the shape that this action reads."""
        shapes = {
            "bulk_delete": BulkDeleteSerializer,
            "bulk_tag": BulkTagSerializer,
        }
        return shapes.get(self.action, serializers.Serializer)

    @extend_schema(
        request=BulkDeleteSerializer,
        responses=_answers("BulkDeleteAnswer", "deleted_count"),
    )
    def bulk_delete(self, request: Request) -> Response:
        """Move many items to the trash, all but those that planned posts hold."""
        data = self.checked().validated_data
        if "filter" in data:
            outcome = selections.delete_matching(data["filter"], actor=self.actor)
        else:
            outcome = bulk.delete(data["media_ids"], actor=self.actor)
        if isinstance(outcome, Job):
            return _going_on(outcome)
        count = len(outcome.done)
        message = f"Successfully deleted {_items(count)}"
        return success(deleted_count=count, **_rest(outcome), message=message)

    @extend_schema(
        request=BulkTagSerializer, responses=_answers("BulkTagAnswer", "updated_count")
    )
    def bulk_tag(self, request: Request) -> Response:
        """Add tags to many items, replace theirs, or take some off."""
        data = self.checked().validated_data
        tagging, who = data["tagging"], self.actor
        if "filter" in data:
            outcome = selections.tag_matching(data["filter"], tagging, actor=who)
        else:
            outcome = bulk.tag(data["media_ids"], tagging, actor=who)
        if isinstance(outcome, Job):
            return _going_on(outcome)
        count = len(outcome.done)
        message = f"Successfully updated tags for {_items(count)}"
        return success(updated_count=count, **_rest(outcome), message=message)

    @extend_schema(request=None, responses=_answers("UndoAnswer", "undone_count"))
    def undo(self, request: Request, pk: UUID) -> Response:
        """Put back what a bulk call changed."""
        undone = undo.undo(pk, actor=self.actor)
        if undone.job:
            return _going_on(undone.job)
        count = len(undone.done)
        rest = _rest(BulkResult(undone.operation, undone.done, undone.refused))
        message = f"Undid the change of {_items(count)}"
        return success(undone_count=count, **rest, message=message)


def _items(count: int) -> str:
    return f"{count} media item{'' if count == 1 else 's'}"


def _rest(result: BulkResult) -> dict[str, Any]:
    return {
        "failed_ids": [one.id for one in result.refused],
        "failures": [_failure(one) for one in result.refused],
        "operation_id": str(result.operation.pk),
    }


def _failure(refused: Refused) -> dict[str, Any]:
    return {"id": refused.id, "reason": refused.reason}


def _going_on(job: Job) -> Response:
    return success(
        202,
        job=JobSerializer(job).data,
        operation_id=job.params["operation"],
        message=f"{_items(job.total)} will be changed; the job shows how far it is",
    )
