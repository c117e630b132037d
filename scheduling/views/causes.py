"""The API of the queue doctor: what holds posts up, and what to do about all of it."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from library.models import Creator
from promura_site.api.fields import TextField
from promura_site.api.responses import success
from promura_site.api.schema import envelope
from promura_site.api.views import ApiViewSet
from scheduling.cause_shapes import CauseSerializer, shown_causes
from scheduling.causes import causes
from scheduling.models import Channel
from scheduling.reasons import publishing_works
from scheduling.serializers import StrictBooleanField
from scheduling.services.cause_actions import act_on_cause, preview_cause
from scheduling.services.resuming import KEPT, WAYS
from scheduling.views.control import HeldUpSerializer

_CAUSES = envelope(
    "CauseList",
    causes=CauseSerializer(many=True),
    publishing=serializers.DictField(),
)
_DONE = envelope(
    "CauseHandled", held_up=HeldUpSerializer(), dry_run=serializers.BooleanField()
)


class HandleSerializer(serializers.Serializer):
    """A cause, and what becomes of all that it holds up.

    Name the channel that it is about; for a panic stop the model, or nobody for the
    stop of all. See ResumeSerializer for the ways. A dry run counts and changes
    nothing.
    """

    code = TextField(max_length=60)
    channel = serializers.UUIDField(required=False, allow_null=True)
    model = TextField(max_length=60, required=False, allow_null=True)
    how = serializers.ChoiceField(choices=WAYS, default=KEPT)
    dry_run = StrictBooleanField(default=False)


class CauseViewSet(ApiViewSet):
    """What holds publications up, cause by cause."""

    permission_map = {
        "list": "scheduling.view_publication",
        "handle": "scheduling.retry_publication",
    }
    serializer_class = HandleSerializer

    @extend_schema(responses=_CAUSES, tags=["publishing"])
    def list(self, request: Request) -> Response:
        """List what holds posts up, what wants a person first."""
        now = timezone.now()
        health = publishing_works(now)
        return success(
            causes=shown_causes(causes(now)),
            publishing={"ok": health.ok, "detail": health.detail},
        )

    @extend_schema(request=HandleSerializer, responses=_DONE, tags=["publishing"])
    def handle(self, request: Request) -> Response:
        """Decide about everything that one cause holds up."""
        given: dict[str, Any] = dict(self.checked().validated_data)
        about = {
            "channel": _found(Channel, pk=given.get("channel")),
            "creator": _found(Creator, slug=given.get("model")),
        }
        how, dry_run, now = given["how"], given["dry_run"], timezone.now()
        if dry_run:
            counts = preview_cause(given["code"], now=now, **about)
        else:
            counts = act_on_cause(
                given["code"], how=how, actor=self.actor, now=now, **about
            )
        return success(held_up=counts, dry_run=dry_run)


def _found(model: Any, **named: Any) -> Any:
    """Return the row that was named, or None where nothing was."""
    return get_object_or_404(model, **named) if any(named.values()) else None
