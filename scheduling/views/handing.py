"""The API of hand-overs: what somebody posts, and takes down, by hand."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from library.serving import serve
from library.views.files import BYTES, RANGE, WhateverIsAccepted
from promura_site.api.responses import success
from promura_site.api.schema import envelope
from promura_site.api.views import ApiViewSet
from scheduling.models import Publication
from scheduling.publishing import handed_files
from scheduling.publishing.connectors import registry
from scheduling.serializers import ClaimSerializer, CompleteSerializer, SkipSerializer
from scheduling.services import handing, takedown
from scheduling.shapes import (
    PublicationSerializer,
    publications_to_show,
    shown_publications,
)

_CHANGED = envelope(
    "PublicationHandedOver",
    publication=PublicationSerializer(),
    message=serializers.CharField(),
)


@extend_schema(tags=["publications"])
class HandOverViewSet(ApiViewSet):
    """Publications that a person posts by hand."""

    permission_map = {
        "claim": "scheduling.hand_over_publication",
        "complete": "scheduling.hand_over_publication",
        "skip": "scheduling.hand_over_publication",
        "release": "scheduling.hand_over_publication",
        "takedown": "scheduling.change_publication",
        "takedown_done": "scheduling.hand_over_publication",
    }
    queryset = Publication.objects.all()
    serializer_class = serializers.Serializer

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        """Return what this action reads."""
        return {
            "claim": ClaimSerializer,
            "complete": CompleteSerializer,
            "skip": SkipSerializer,
        }.get(self.action, serializers.Serializer)

    @extend_schema(request=ClaimSerializer, responses=_CHANGED)
    def claim(self, request: Request, pk: UUID) -> Response:
        """Take a hand-over for 20 minutes, or keep it so much longer."""
        self.get_object()
        handing.claim_hand_over(pk, actor=self.actor, **self._given())
        return self._answer(pk, "It is yours for 20 minutes")

    @extend_schema(request=CompleteSerializer, responses=_CHANGED)
    def complete(self, request: Request, pk: UUID) -> Response:
        """Say that it is posted, and where it can be seen."""
        self.get_object()
        handing.complete_hand_over(
            pk, actor=self.actor, now=timezone.now(), **self._given()
        )
        return self._answer(pk, "It is posted")

    @extend_schema(request=SkipSerializer, responses=_CHANGED)
    def skip(self, request: Request, pk: UUID) -> Response:
        """Leave out what you have in hand; releasing it takes that back."""
        self.get_object()
        handing.skip_hand_over(pk, actor=self.actor, **self._given())
        return self._answer(pk, "It is skipped")

    @extend_schema(request=None, responses=_CHANGED)
    def release(self, request: Request, pk: UUID) -> Response:
        """Give a hand-over back, so that somebody else can take it."""
        self.get_object()
        handing.release_hand_over(pk, actor=self.actor)
        return self._answer(pk, "It can be taken by anybody")

    @extend_schema(request=None, responses=_CHANGED)
    def takedown(self, request: Request, pk: UUID) -> Response:
        """Have it taken off its platform: by its API, else by a person."""
        self.get_object()
        takedown.take_down_publication(pk, actor=self.actor, now=timezone.now())
        return self._answer(pk, "It is being taken down")

    @extend_schema(request=None, responses=_CHANGED)
    def takedown_done(self, request: Request, pk: UUID) -> Response:
        """Say that you have taken it down by hand."""
        self.get_object()
        takedown.finish_takedown(pk, actor=self.actor, now=timezone.now())
        return self._answer(pk, "It is taken down")

    def _given(self) -> dict[str, Any]:
        return dict(self.checked().validated_data)

    def _answer(self, pk: UUID, message: str) -> Response:
        row = publications_to_show().get(pk=pk)
        (shown,) = shown_publications([row], timezone.now())
        return success(publication=shown, message=message)


@extend_schema(tags=["publications"])
class HandedFileViewSet(ApiViewSet):
    """What is to be posted by hand: fitted to the platform, without metadata."""

    permission_map = dict.fromkeys(("one", "zip"), "scheduling.view_publication")
    content_negotiation_class = WhateverIsAccepted
    serializer_class = serializers.Serializer

    def get_queryset(self) -> QuerySet[Publication]:
        """Return hand-overs; what a program sends has no files for people."""
        rows = Publication.objects.select_related("channel__creator", "post")
        return rows.filter(channel__connector__in=registry.by_hand())

    @extend_schema(parameters=[RANGE], responses=BYTES)
    def one(self, request: Request, pk: UUID, media: UUID) -> HttpResponseBase:
        """Send one picture or clip."""
        files = handed_files.files_of(self.get_object())
        found = next((one for one in files if one.media_id == media), None)
        if found is None:
            raise NotFound()
        return serve(request._request, found.stored)

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def zip(self, request: Request, pk: UUID) -> HttpResponseBase:
        """Send all of them and the text, as one ZIP."""
        publication = self.get_object()
        # What cannot be made is said now, and not in the middle of the ZIP.
        handed_files.files_of(publication)
        response = StreamingHttpResponse(
            handed_files.zip_chunks(publication), content_type="application/zip"
        )
        name = handed_files.zip_name(publication)
        response["Content-Disposition"] = content_disposition_header(True, name)
        response["Cache-Control"] = "private, no-store"
        return response
