"""The ground floor's API: tokens, who am I, jobs; and the health pages."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from promura_site import health, levels, services, sign_in
from promura_site.api.responses import success
from promura_site.api.schema import envelope
from promura_site.api.views import ApiView, ApiViewSet
from promura_site.models import Job
from promura_site.serializers import (
    CredentialsSerializer,
    JobSerializer,
    RefreshSerializer,
)

_TOKENS = envelope(
    "TokenPair", access=serializers.CharField(), refresh=serializers.CharField()
)


class OpenEndpoint(ApiView):
    """An endpoint for people who have not signed in yet."""

    authentication_classes = []
    permission_classes = [AllowAny]


class TokenView(OpenEndpoint):
    """Exchange a name and a password for a token pair."""

    @extend_schema(
        request=CredentialsSerializer, responses={200: _TOKENS}, auth=[], tags=["auth"]
    )
    def post(self, request: Request) -> Response:
        """Sign in and receive an access and a refresh token."""
        serializer = CredentialsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user = sign_in.check_credentials(request._request, **serializer.validated_data)
        return success(**services.grant_tokens(user))


class TokenRefreshView(OpenEndpoint):
    """Exchange a refresh token for a new pair."""

    @extend_schema(
        request=RefreshSerializer, responses={200: _TOKENS}, auth=[], tags=["auth"]
    )
    def post(self, request: Request) -> Response:
        """Rotate: the refresh token sent here works no more afterwards."""
        serializer = RefreshSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return success(**services.rotate_tokens(serializer.validated_data["refresh"]))


class TokenRevokeView(OpenEndpoint):
    """Make a refresh token worthless."""

    @extend_schema(
        request=RefreshSerializer,
        responses=envelope("TokenRevoked", message=serializers.CharField()),
        auth=[],
        tags=["auth"],
    )
    def post(self, request: Request) -> Response:
        """Revoke a refresh token."""
        serializer = RefreshSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.revoke_tokens(serializer.validated_data["refresh"])
        return success(message="Token revoked")


class MeView(ApiView):
    """Who is asking."""

    permission_map = {"get": "promura_site.view_job"}

    @extend_schema(
        responses=envelope(
            "Me",
            username=serializers.CharField(),
            full_name=serializers.CharField(),
            level=serializers.CharField(allow_null=True),
            permissions=serializers.ListField(child=serializers.CharField()),
            timezone=serializers.CharField(),
        ),
        tags=["auth"],
    )
    def get(self, request: Request) -> Response:
        """Show name, level and permissions."""
        user = self.actor
        return success(
            username=user.get_username(),
            full_name=user.get_full_name(),
            level=levels.level_of(user),
            permissions=sorted(user.get_all_permissions()),
            timezone=user.timezone,
        )


class JobViewSet(ApiViewSet):
    """Progress of long work."""

    permission_map = {"retrieve": "promura_site.view_job"}
    serializer_class = JobSerializer
    queryset = Job.objects.all()

    def get_queryset(self) -> QuerySet[Job]:
        """Return the person's own jobs; admins see everybody's."""
        rows = Job.objects.all()
        if levels.level_of(self.actor) == levels.ADMIN:
            return rows
        return rows.filter(actor=self.actor)

    @extend_schema(responses=envelope("JobAnswer", job=JobSerializer()), tags=["jobs"])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show a job's progress."""
        return success(job=self.get_serializer(self.get_object()).data)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Say that this process lives; asks nothing else."""
    return JsonResponse({"ok": True})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether this process can serve."""
    return _health_answer(health.READY)


@never_cache
@require_safe
def healthz_publishing(request: HttpRequest) -> JsonResponse:
    """Say whether somebody publishes what is due."""
    return _health_answer(health.PUBLISHING)


def _health_answer(group: str) -> JsonResponse:
    results = health.examine(group, timezone.now())
    ok = all(result.ok for result in results.values())
    checks = {
        name: {"ok": result.ok, "detail": result.detail}
        for name, result in results.items()
    }
    return JsonResponse({"ok": ok, "checks": checks}, status=200 if ok else 503)
