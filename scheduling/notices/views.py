"""The API of notices."""

from typing import Any

import django_filters
from django.conf import settings
from django.db.models import BooleanField, ExpressionWrapper, F, Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from promura_site.api.filters import TrueOrFalseFilter, filter_parameters
from promura_site.api.responses import success
from promura_site.api.schema import envelope, list_parameters, page_of
from promura_site.api.views import ApiView, ApiViewSet
from promura_site.models import User
from scheduling.models import Notice, NoticeDelivery, OnCall
from scheduling.notices import services
from scheduling.notices.bell import unread_count
from scheduling.notices.kinds import KINDS
from scheduling.notices.people import person_for
from scheduling.notices.serializers import (
    NoticeSerializer,
    OnCallPersonSerializer,
    OnCallSerializer,
    PreferenceChangeSerializer,
    PreferenceSerializer,
    ReadSerializer,
    TestSerializer,
)

ORDERINGS: dict[str, tuple[str, ...]] = {
    "-last_at": ("-last_at",),
    "-first_at": ("-first_at",),
}
_PAGE = page_of("NoticePage", notices=NoticeSerializer(many=True))
_READ = envelope(
    "NoticesRead",
    count=serializers.IntegerField(),
    unread=serializers.IntegerField(),
    read_at=serializers.DateTimeField(allow_null=True),
    message=serializers.CharField(),
)
_PREFERENCES = envelope("NoticePreferences", preferences=PreferenceSerializer())
_TESTED = envelope("NoticeTested", message=serializers.CharField())
_ON_CALL = envelope("OnCallAnswer", people=OnCallPersonSerializer(many=True))


def notices_of(user: User) -> QuerySet[Notice]:
    """Return a person's notices, each with whether there is something unread."""
    unread = Q(receipts__read_at=None) | Q(receipts__read_at__lt=F("last_at"))
    return Notice.objects.filter(receipts__user=user).annotate(
        unread=ExpressionWrapper(unread, output_field=BooleanField())
    )


class NoticeFilter(django_filters.FilterSet):
    """Kind, and whether there is something unread."""

    kind = django_filters.ChoiceFilter(choices=Notice.Kind.choices)
    unread = TrueOrFalseFilter(field_name="unread")

    class Meta:
        model = Notice
        fields: tuple[str, ...] = ()


class NoticeViewSet(ApiViewSet):
    """What the person who asks has been told."""

    permission_map = {
        "list": "scheduling.view_notice",
        "read": "scheduling.view_notice",
    }
    list_key = "notices"
    orderings = ORDERINGS
    default_ordering = "-last_at"
    filterset_class = NoticeFilter
    serializer_class = NoticeSerializer

    def get_queryset(self) -> QuerySet[Notice]:
        """Return the person's own notices."""
        return notices_of(self.actor)

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        """Return what this action reads."""
        return ReadSerializer if self.action == "read" else NoticeSerializer

    @extend_schema(
        parameters=[
            *list_parameters(ORDERINGS, "-last_at"),
            *filter_parameters(NoticeFilter),
        ],
        responses=_PAGE,
        tags=["notices"],
    )
    def list(self, request: Request) -> Response:
        """List one's own notices, the latest first."""
        return self.list_response(self.get_queryset())

    @extend_schema(request=ReadSerializer, responses=_READ, tags=["notices"])
    def read(self, request: Request) -> Response:
        """Mark notices as read, or take that back with `undo`."""
        given, now = self.checked().validated_data, timezone.now()
        if "undo" in given:
            count = services.unread_again(self.actor, given["undo"])
            words, moment = "unread again", None
        else:
            count = services.mark_read(self.actor, now, given.get("ids"))
            words, moment = "marked as read", now
        noun = "notice" if count == 1 else "notices"
        return success(
            count=count,
            unread=unread_count(self.actor),
            read_at=moment,
            message=f"{count} {noun} {words}",
        )


def shown_preferences(user: User) -> dict[str, Any]:
    """Return how a person is told, and what keeps messages from reaching them."""
    person = person_for(user)
    assert person is not None  # HasLevel let nobody else in
    chosen = person.preference
    shape = PreferenceSerializer(
        {
            "email": user.email,
            "mail": chosen.mail,
            "telegram": chosen.telegram,
            "telegram_chat_id": chosen.telegram_chat_id,
            "quiet_from": chosen.quiet_from,
            "quiet_until": chosen.quiet_until,
            "timezone": user.timezone,
            "muted": [kind for kind in KINDS if kind in person.muted],
            "kinds": [
                {"kind": str(kind), "name": spec.name, "urgent": spec.urgent}
                for kind, spec in KINDS.items()
            ],
            "on_call": person.on_call,
            "mail_ready": bool(settings.MAIL_READY),
            "telegram_ready": bool(settings.TELEGRAM_BOT_TOKEN),
            "problems": _problems(user),
        }
    )
    return shape.data


def _problems(user: User) -> dict[str, str]:
    """Return why the latest message of each medium did not go out, if it did not."""
    found = {}
    for medium in NoticeDelivery.Medium.values:
        rows = NoticeDelivery.objects.filter(user=user, medium=medium)
        latest = rows.order_by("-pk").values_list("error", flat=True).first()
        if latest:
            found[medium] = latest
    return found


class PreferencesView(ApiView):
    """How the person who asks wants to be told."""

    # Whoever has notices may say how: it is nobody else's matter.
    permission_map = {
        "get": "scheduling.view_notice",
        "patch": "scheduling.view_notice",
    }

    @extend_schema(responses=_PREFERENCES, tags=["notices"])
    def get(self, request: Request) -> Response:
        """Show one's own preferences."""
        return success(preferences=shown_preferences(self.actor))

    @extend_schema(
        request=PreferenceChangeSerializer, responses=_PREFERENCES, tags=["notices"]
    )
    def patch(self, request: Request) -> Response:
        """Change one's own preferences."""
        serializer = PreferenceChangeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.change_preference(self.actor, **serializer.validated_data)
        return success(preferences=shown_preferences(self.actor))


class SendTestView(ApiView):
    """A test of one's own address."""

    permission_map = {"post": "scheduling.view_notice"}

    @extend_schema(request=TestSerializer, responses=_TESTED, tags=["notices"])
    def post(self, request: Request) -> Response:
        """Send oneself a test."""
        serializer = TestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        medium = serializer.validated_data["medium"]
        services.send_test(self.actor, medium)
        where = "your mail" if medium == NoticeDelivery.Medium.MAIL else "Telegram"
        return success(message=f"A test is on its way: look into {where}")


class OnCallView(ApiView):
    """Who is told what is urgent at any hour."""

    permission_map = {
        "get": "scheduling.view_notice",
        "put": "scheduling.change_oncall",
    }

    @extend_schema(responses=_ON_CALL, tags=["notices"])
    def get(self, request: Request) -> Response:
        """Show who is on call."""
        return self._shown()

    @extend_schema(request=OnCallSerializer, responses=_ON_CALL, tags=["notices"])
    def put(self, request: Request) -> Response:
        """Put exactly these people on call."""
        serializer = OnCallSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        names = serializer.validated_data["usernames"]
        services.set_on_call(names, actor=self.actor, now=timezone.now())
        return self._shown()

    def _shown(self) -> Response:
        rows: QuerySet[OnCall] = services.people_on_call()
        return success(people=OnCallPersonSerializer(rows, many=True).data)
