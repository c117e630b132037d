"""The API of the brakes: panic stops, channels that were stopped, a model's pace."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F, QuerySet
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
from scheduling.cause_shapes import StopSerializer
from scheduling.channel_shapes import ChannelSerializer
from scheduling.models import Channel, PanicStop, PublishingPace
from scheduling.publishing.pace import pace_of
from scheduling.serializers import StrictIntegerField
from scheduling.services import control as services
from scheduling.services.resuming import WAYS

# More than anybody means by minutes between posts, or by posts a day.
MOST_MINUTES = 24 * 60
MOST_POSTS = 10_000


class StopWriteSerializer(serializers.Serializer):
    """What to stop: one model, or all when none is named."""

    model = TextField(max_length=60, required=False, allow_null=True)
    reason = TextField(max_length=300, required=False, allow_blank=True)


class ResumeSerializer(serializers.Serializer):
    """What becomes of what was held up.

    `spaced`: it goes out from now on, one after the other; `moved`: to the next free
    day at the same wall-clock time; `skipped`: never; `kept`: what is not late goes
    on, what was missed stays missed.
    """

    how = serializers.ChoiceField(choices=WAYS)


class HeldUpSerializer(serializers.Serializer):
    """How many publications were held up, and how many come later."""

    due = serializers.IntegerField()
    late = serializers.IntegerField()
    upcoming = serializers.IntegerField()


class PaceWriteSerializer(serializers.Serializer):
    """A model's own brakes; null: as the settings say, 0: none."""

    min_spacing_minutes = StrictIntegerField(
        min_value=0, max_value=MOST_MINUTES, required=False, allow_null=True
    )
    daily_cap = StrictIntegerField(
        min_value=0, max_value=MOST_POSTS, required=False, allow_null=True
    )


class PaceSerializer(serializers.Serializer):
    """A model's own brakes, and what holds for her."""

    min_spacing_minutes = serializers.IntegerField(allow_null=True)
    daily_cap = serializers.IntegerField(allow_null=True)
    holds = serializers.DictField(
        child=serializers.FloatField(), help_text="With the settings filled in."
    )


_STOP = envelope("StopAnswer", stop=StopSerializer())
_STOPS = envelope("StopList", stops=StopSerializer(many=True))
_COUNTS = envelope("HeldUpAnswer", held_up=HeldUpSerializer())
_RESUMED = envelope(
    "Resumed", held_up=HeldUpSerializer(), message=serializers.CharField()
)
_RELEASED = envelope(
    "ChannelReleased", channel=ChannelSerializer(), message=serializers.CharField()
)
_PACE = envelope("PaceAnswer", pace=PaceSerializer())
_GOES_ON = "It goes on"


class StopViewSet(ApiViewSet):
    """Panic stops: nothing of theirs is published."""

    permission_map = {
        "list": "scheduling.view_panicstop",
        "create": "scheduling.add_panicstop",
        "preview": "scheduling.view_panicstop",
        "resume": "scheduling.delete_panicstop",
    }
    serializer_class = StopWriteSerializer

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        """Return what this action reads."""
        return ResumeSerializer if self.action == "resume" else StopWriteSerializer

    def get_queryset(self) -> QuerySet[PanicStop]:
        """Return the stops, that of all first."""
        rows = PanicStop.objects.select_related("creator", "stopped_by")
        return rows.order_by(F("creator__name").asc(nulls_first=True))

    @extend_schema(responses=_STOPS, tags=["publishing"])
    def list(self, request: Request) -> Response:
        """List what is stopped."""
        return success(stops=StopSerializer(self.get_queryset(), many=True).data)

    @extend_schema(
        request=StopWriteSerializer, responses={201: _STOP}, tags=["publishing"]
    )
    def create(self, request: Request) -> Response:
        """Stop publishing at once, of one model or of all."""
        given: dict[str, Any] = dict(self.checked().validated_data)
        slug = given.get("model")
        creator = get_object_or_404(Creator, slug=slug) if slug else None
        stop = services.stop_publishing(
            creator,
            actor=self.actor,
            now=timezone.now(),
            reason=given.get("reason", ""),
        )
        return success(201, stop=StopSerializer(stop).data)

    @extend_schema(responses=_COUNTS, tags=["publishing"])
    def preview(self, request: Request, slug: str) -> Response:
        """Count what going on would mean, before anything happens."""
        counts = services.resume_preview(_creator(slug), timezone.now())
        return success(held_up=counts)

    @extend_schema(request=ResumeSerializer, responses=_RESUMED, tags=["publishing"])
    def resume(self, request: Request, slug: str) -> Response:
        """Lift a stop, and say what becomes of what it has held up."""
        creator, how = _creator(slug), self.checked().validated_data["how"]
        counts = services.resume_publishing(
            creator, actor=self.actor, now=timezone.now(), how=how
        )
        return success(held_up=counts, message=_GOES_ON)


class ChannelControlViewSet(ApiViewSet):
    """Channels that were stopped, or that did not let anything through."""

    permission_map = {
        "release": "scheduling.change_channel",
        "preview": "scheduling.view_channel",
        "resume": "scheduling.change_channel",
    }
    serializer_class = ResumeSerializer

    def get_queryset(self) -> QuerySet[Channel]:
        """Return all channels."""
        return Channel.objects.to_show()

    @extend_schema(request=None, responses=_RELEASED, tags=["channels"])
    def release(self, request: Request, pk: UUID) -> Response:
        """Let a channel go on that a burst has stopped."""
        services.release_channel(self.get_object(), actor=self.actor)
        shown = ChannelSerializer(self.get_object()).data
        return success(channel=shown, message=_GOES_ON)

    @extend_schema(responses=_COUNTS, tags=["channels"])
    def preview(self, request: Request, pk: UUID) -> Response:
        """Count what a channel's trouble has held up."""
        counts = services.resume_preview(self.get_object(), timezone.now())
        return success(held_up=counts)

    @extend_schema(request=ResumeSerializer, responses=_RESUMED, tags=["channels"])
    def resume(self, request: Request, pk: UUID) -> Response:
        """Let a channel go on, and say what becomes of what its trouble held up."""
        channel, how = self.get_object(), self.checked().validated_data["how"]
        counts = services.resume_channel(
            channel, actor=self.actor, now=timezone.now(), how=how
        )
        return success(held_up=counts, message=_GOES_ON)


class PaceViewSet(ApiViewSet):
    """How fast a model publishes, and how much in a day."""

    permission_map = {
        "retrieve": "scheduling.view_publishingpace",
        "partial_update": "scheduling.change_publishingpace",
    }
    lookup_field = "slug"
    serializer_class = PaceWriteSerializer

    def get_queryset(self) -> QuerySet[Creator]:
        """Return all models, each with her own pace if she has one."""
        return Creator.objects.select_related("pace")

    @extend_schema(responses=_PACE, tags=["models"])
    def retrieve(self, request: Request, slug: str) -> Response:
        """Show a model's brakes."""
        creator = self.get_object()
        return success(pace=_shown(creator, getattr(creator, "pace", None)))

    @extend_schema(request=PaceWriteSerializer, responses=_PACE, tags=["models"])
    def partial_update(self, request: Request, slug: str) -> Response:
        """Set a model's own brakes."""
        creator, changes = self.get_object(), self.checked().validated_data
        pace = services.set_pace(creator, actor=self.actor, **changes)
        return success(pace=_shown(creator, pace))


def _creator(slug: str) -> Creator | None:
    if slug == PanicStop.EVERYONE:
        return None
    return get_object_or_404(Creator, slug=slug)


def _shown(creator: Creator, own: PublishingPace | None) -> dict[str, Any]:
    pace = pace_of(creator, own)
    return {
        "min_spacing_minutes": own.min_spacing_minutes if own else None,
        "daily_cap": own.daily_cap if own else None,
        "holds": {
            "min_spacing_minutes": pace.spacing.total_seconds() / 60,
            "daily_cap": pace.cap,
            "posts_a_minute": settings.CHANNEL_RATE_PER_MINUTE,
        },
    }
