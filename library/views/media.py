"""Media one by one: list, upload, change, trash; tags and figures."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from library import holds, services
from library.filters import MediaFilter, TagFilter
from library.models import MediaItem, Tag
from library.serializers import (
    ChangeSerializer,
    FailedUploadSerializer,
    MediaSerializer,
    StatisticsSerializer,
    TagSerializer,
    UploadSerializer,
    UseSerializer,
    shown_media,
)
from library.services.uploading import Batch
from library.statistics import library_statistics, tags_in_use
from library.trash_jobs import empty_trash
from promura_site.api.errors import PayloadTooLarge
from promura_site.api.filters import filter_parameters
from promura_site.api.responses import success
from promura_site.api.schema import envelope, list_parameters, page_of
from promura_site.api.views import ApiViewSet
from promura_site.serializers import JobSerializer

_ONE = envelope("MediaAnswer", media=MediaSerializer())
_ONE_SAID = envelope(
    "MediaMessage", media=MediaSerializer(), message=serializers.CharField()
)
MEBIBYTE = 1024 * 1024
ORDERINGS: dict[str, tuple[str, ...]] = {
    "-uploaded_at": ("-uploaded_at",),
    "-used_count": ("-used_count",),
    "name": ("name",),
    "size": ("size_bytes",),
}
DEFAULT_ORDERING = "-uploaded_at"
TAG_ORDERINGS: dict[str, tuple[str, ...]] = {
    "-count": ("-media_count",),
    "name": ("key",),
}
DEFAULT_TAG_ORDERING = "-count"


@extend_schema(tags=["library"])
class MediaViewSet(ApiViewSet):
    """Pictures and clips."""

    permission_map = {
        "list": "library.view_mediaitem",
        "retrieve": "library.view_mediaitem",
        "usage": "library.view_mediaitem",
        "stats": "library.view_mediaitem",
        "partial_update": "library.change_mediaitem",
        "use": "library.use_mediaitem",
        "destroy": "library.delete_mediaitem",
        "restore": "library.delete_mediaitem",
        "purge": "library.purge_mediaitem",
        "empty_trash": "library.purge_mediaitem",
    }
    list_key = "media"
    queryset = MediaItem.objects.all()
    serializer_class = MediaSerializer
    filterset_class = MediaFilter
    orderings = ORDERINGS
    default_ordering = DEFAULT_ORDERING

    def get_queryset(self) -> QuerySet[MediaItem]:
        """Return what still has its bytes, in the trash or not."""
        present = MediaItem.objects.filter(purged_at=None)
        return present.select_related("uploaded_by")

    def get_serializer_class(self) -> Any:
        """Return the shape that this action reads."""
        return ChangeSerializer if self.action == "partial_update" else MediaSerializer

    @extend_schema(
        parameters=[
            *list_parameters(ORDERINGS, DEFAULT_ORDERING),
            *filter_parameters(MediaFilter),
        ],
        responses=page_of("MediaList", media=MediaSerializer(many=True)),
    )
    def list(self, request: Request) -> Response:
        """List media; without `trashed` only what is not in the trash."""
        rows = MediaItem.objects.select_related("uploaded_by")
        return self.list_response(rows, shape=shown_media)

    @extend_schema(responses=_ONE)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """Show one item."""
        return self._answer()

    @extend_schema(request=ChangeSerializer, responses=_ONE_SAID)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change what is said of an item."""
        changes = dict(self.checked().validated_data)
        tags, slugs = changes.pop("tags", None), changes.pop("models", None)
        services.update_media(
            pk,
            actor=self.actor,
            changes=changes,
            tags=tags,
            creators=None if slugs is None else services.creators_by_slug(slugs),
        )
        return self._answer(message="Media item updated")

    @extend_schema(request=None, responses={200: _ONE_SAID})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Move an item to the trash, where it stays for 30 days."""
        services.trash_media(pk, actor=self.actor, now=timezone.now())
        return self._answer(message="Media item moved to the trash")

    @extend_schema(request=None, responses=_ONE_SAID)
    def restore(self, request: Request, pk: UUID) -> Response:
        """Take an item back out of the trash."""
        services.restore_media(pk, actor=self.actor)
        return self._answer(message="Media item restored")

    @extend_schema(
        request=None,
        responses=envelope("PurgedMedia", message=serializers.CharField()),
    )
    def purge(self, request: Request, pk: UUID) -> Response:
        """Delete an item of the trash for good and free its bytes."""
        services.purge_media(pk, actor=self.actor, now=timezone.now())
        return success(message="Media item deleted for good")

    @extend_schema(request=None, responses=_ONE)
    def use(self, request: Request, pk: UUID) -> Response:
        """Count one use of an item."""
        services.note_use(pk, actor=self.actor, now=timezone.now())
        return self._answer()

    @extend_schema(
        responses=envelope(
            "MediaUsage",
            templates=UseSerializer(many=True),
            posts=UseSerializer(many=True),
            series=UseSerializer(many=True),
            count=serializers.IntegerField(),
        )
    )
    def usage(self, request: Request, pk: UUID) -> Response:
        """Show the templates, posts and series that hold an item."""
        uses = holds.usage(self.get_object())
        template, post, series = (
            UseSerializer([use for use in uses if use.kind == kind], many=True).data
            for kind in ("template", "post", "series")
        )
        return success(templates=template, posts=post, series=series, count=len(uses))

    @extend_schema(
        responses=envelope("LibraryStatistics", statistics=StatisticsSerializer())
    )
    def stats(self, request: Request) -> Response:
        """Show the library in figures."""
        return success(statistics=library_statistics(timezone.now()))

    @extend_schema(
        request=None,
        responses={
            200: envelope(
                "EmptiedTrash",
                purged_count=serializers.IntegerField(),
                message=serializers.CharField(),
            ),
            202: envelope("EmptyingTrash", job=JobSerializer()),
        },
    )
    def empty_trash(self, request: Request) -> Response:
        """Delete all that lies in the trash for good."""
        outcome = empty_trash(actor=self.actor, now=timezone.now())
        if not isinstance(outcome, int):
            return success(202, job=JobSerializer(outcome).data)
        word = "item" if outcome == 1 else "items"
        return success(
            purged_count=outcome, message=f"Deleted {outcome} media {word} for good"
        )

    def _answer(self, **payload: Any) -> Response:
        return success(media=shown_media([self.get_object()])[0], **payload)


@extend_schema(tags=["library"])
class UploadViewSet(ApiViewSet):
    """Where pictures and clips come in."""

    permission_map = {"upload": "library.add_mediaitem"}
    parser_classes = [MultiPartParser]
    serializer_class = UploadSerializer

    def perform_authentication(self, request: Request) -> None:
        """Refuse a body that is too large before anything reads it."""
        limit = settings.UPLOAD_MAX_BYTES
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > limit + MEBIBYTE:
            raise PayloadTooLarge(
                f"One upload may have {limit // MEBIBYTE} MB; send fewer files at once."
            )
        super().perform_authentication(request)

    @extend_schema(
        request={"multipart/form-data": UploadSerializer},
        responses={
            201: envelope(
                "UploadAnswer",
                media=MediaSerializer(required=False),
                uploaded=MediaSerializer(many=True, required=False),
                duplicates=serializers.ListField(
                    child=serializers.UUIDField(), required=False
                ),
                failed=FailedUploadSerializer(many=True, required=False),
                message=serializers.CharField(),
            ),
            200: envelope(
                "DuplicateAnswer",
                media=MediaSerializer(required=False),
                duplicate=serializers.BooleanField(),
                restored=serializers.BooleanField(required=False),
                uploaded=MediaSerializer(many=True, required=False),
                message=serializers.CharField(),
            ),
            413: OpenApiResponse(description="Too large"),
            415: OpenApiResponse(description="No picture or clip of a known type"),
        },
    )
    def upload(self, request: Request) -> Response:
        """Take one file or several, tagged and described all alike."""
        data = self.checked().validated_data
        about = services.About(
            tags=data.get("tags", ()),
            description=data.get("description", ""),
            alt_text=data.get("alt_text", ""),
            creators=services.creators_by_slug(data.get("models", ())),
        )
        batch = services.upload_batch(data["file"], actor=self.actor, about=about)
        return _one(batch) if len(data["file"]) == 1 else _several(batch)


def _shown(batch: Batch) -> list[dict[str, Any]]:
    """Return the batch's items as they are shown, each once a file."""
    ids = [one.item.pk for one in batch.uploaded]
    rows = MediaItem.objects.select_related("uploaded_by").in_bulk(ids)
    shown = {one["id"]: one for one in shown_media(list(rows.values()))}
    return [shown[str(one)] for one in ids]


def _one(batch: Batch) -> Response:
    (taken,), (media,) = batch.uploaded, _shown(batch)
    if not taken.duplicate:
        return success(201, media=media, message="Media item uploaded")
    message = "This file is in the library already"
    if taken.restored:
        message = "This file was in the trash and has been restored"
    return success(
        media=media, duplicate=True, restored=taken.restored, message=message
    )


def _several(batch: Batch) -> Response:
    duplicates = [str(one.item.pk) for one in batch.uploaded if one.duplicate]
    new = len(batch.uploaded) - len(duplicates)
    message = f"Uploaded {new} of {len(batch.uploaded) + len(batch.failed)} files"
    if duplicates:
        message += f", {len(duplicates)} were in the library already"
    payload: dict[str, Any] = {"uploaded": _shown(batch), "duplicates": duplicates}
    if batch.failed:
        payload["failed"] = [asdict(one) for one in batch.failed]
    if not new and not batch.failed:
        return success(**payload, duplicate=True, message=message)
    return success(201, **payload, message=message)


@extend_schema(tags=["library"])
class TagViewSet(ApiViewSet):
    """The words that media are found by."""

    permission_map = {"list": "library.view_tag"}
    list_key = "tags"
    queryset = Tag.objects.all()
    serializer_class = TagSerializer
    filterset_class = TagFilter
    orderings = TAG_ORDERINGS
    default_ordering = DEFAULT_TAG_ORDERING

    @extend_schema(
        parameters=[
            *list_parameters(TAG_ORDERINGS, DEFAULT_TAG_ORDERING),
            *filter_parameters(TagFilter),
        ],
        responses=page_of("TagList", tags=TagSerializer(many=True)),
    )
    def list(self, request: Request) -> Response:
        """List the tags in use, each with how many items carry it."""
        return self.list_response(tags_in_use())
