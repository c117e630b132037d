"""The API of posts."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from promura_site import idempotency
from promura_site.api.filters import filter_parameters
from promura_site.api.responses import success
from promura_site.api.schema import envelope, list_parameters, page_of
from promura_site.api.views import ApiViewSet
from scheduling.cautious_shapes import (
    CautionSerializer,
    CheckedChannelSerializer,
    TooLateSerializer,
)
from scheduling.filters import PostFilter
from scheduling.models import Post
from scheduling.serializers import (
    CheckSerializer,
    EditSerializer,
    PlanSerializer,
    RescheduleSerializer,
    VersionSerializer,
)
from scheduling.services import posts as services
from scheduling.services.cautions import cautions_about
from scheduling.services.checking import check_edit, check_plan
from scheduling.services.editing import edit_post
from scheduling.services.takedown import take_down_post
from scheduling.services.writing import Changed
from scheduling.shapes import PostSerializer, posts_to_show, shown_posts

ORDERINGS: dict[str, tuple[str, ...]] = {
    "-created_at": ("-created_at",),
    "-updated_at": ("-updated_at",),
    # A draft without a time stands where it was made.
    "-schedule_time": ("-planned_for",),
}
DEFAULT_ORDERING = "-created_at"
# What a PATCH brings beside the changes themselves.
_ABOUT_AN_EDIT = ("version", "override_clearance", "keep_unknown")
_KEY = OpenApiParameter(
    idempotency.HEADER,
    str,
    OpenApiParameter.HEADER,
    description="The same key again is answered as the first time, for 24 hours.",
)
_ONE = envelope("PostAnswer", post=PostSerializer())
_CHANGED = envelope(
    "PostChanged", post=PostSerializer(), message=serializers.CharField()
)
_PLANNED = envelope(
    "PostPlanned",
    post=PostSerializer(),
    message=serializers.CharField(),
    warnings=CautionSerializer(many=True),
)
_EDITED = envelope(
    "PostEdited",
    post=PostSerializer(),
    message=serializers.CharField(),
    too_late=TooLateSerializer(many=True),
    warnings=CautionSerializer(many=True),
)
_CANCELLED = envelope(
    "PostCancelled",
    post=PostSerializer(),
    message=serializers.CharField(),
    too_late=TooLateSerializer(many=True),
)
_CHECKED = envelope(
    "PostChecked",
    ok=serializers.BooleanField(),
    problems=CautionSerializer(many=True),
    warnings=CautionSerializer(many=True),
    too_late=TooLateSerializer(many=True),
    channels=CheckedChannelSerializer(many=True),
)
_PAGE = page_of("PostPage", posts=PostSerializer(many=True))


class PostViewSet(ApiViewSet):
    """Posts: plans, and what became of them."""

    permission_map = {
        "list": "scheduling.view_post",
        "retrieve": "scheduling.view_post",
        "create": "scheduling.add_post",
        "check": "scheduling.add_post",
        "duplicate": "scheduling.add_post",
        "partial_update": "scheduling.change_post",
        "cancel": "scheduling.change_post",
        "skip": "scheduling.change_post",
        "reschedule": "scheduling.change_post",
        "retry": "scheduling.retry_publication",
        "takedown": "scheduling.change_publication",
    }
    list_key = "posts"
    orderings = ORDERINGS
    default_ordering = DEFAULT_ORDERING
    filterset_class = PostFilter
    serializer_class = PostSerializer

    def get_queryset(self) -> QuerySet[Post]:
        """Return posts with all that is shown of them."""
        rows = posts_to_show()
        if "schedule_time" in self.request.query_params.get("ordering", ""):
            rows = rows.annotate(planned_for=Coalesce("publish_at", "created_at"))
        return rows

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        """Return what this action reads."""
        return {
            "create": PlanSerializer,
            "check": CheckSerializer,
            "partial_update": EditSerializer,
            "reschedule": RescheduleSerializer,
            "cancel": VersionSerializer,
            "skip": VersionSerializer,
            "retry": VersionSerializer,
        }.get(self.action, PostSerializer)

    @extend_schema(
        parameters=[
            *list_parameters(ORDERINGS, DEFAULT_ORDERING),
            *filter_parameters(PostFilter),
        ],
        responses=_PAGE,
        tags=["posts"],
    )
    def list(self, request: Request) -> Response:
        """List posts, the latest first."""
        now = timezone.now()
        return self.list_response(
            self.get_queryset(), lambda posts: shown_posts(posts, now)
        )

    @extend_schema(responses=_ONE, tags=["posts"])
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """Show one post with its publications."""
        return self._answer(pk)

    @extend_schema(
        parameters=[_KEY],
        request=PlanSerializer,
        responses={201: _PLANNED},
        tags=["posts"],
    )
    def create(self, request: Request) -> Response:
        """Plan a post for one or more models; without a time it goes out now."""
        plan = self.checked().validated_data
        return idempotency.once(request, lambda: self._planned(plan))

    @extend_schema(request=CheckSerializer, responses=_CHECKED, tags=["posts"])
    def check(self, request: Request) -> Response:
        """Say what would come of a plan or an edit; nothing is stored."""
        wanted, now = dict(self.checked().validated_data), timezone.now()
        post, reason = wanted.pop("post", None), wanted.pop("override_clearance", "")
        wanted.pop("tags", None)
        asked = {"actor": self.actor, "now": now, "override_clearance": reason}
        if post:
            return success(**check_edit(post, changes=wanted, **asked))
        return success(**check_plan(**asked, **wanted))

    @extend_schema(request=EditSerializer, responses=_EDITED, tags=["posts"])
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change what has not gone out, if nobody else has meanwhile."""
        self.get_object()
        changes = dict(self.checked().validated_data)
        said = {name: changes.pop(name) for name in _ABOUT_AN_EDIT if name in changes}
        edited = edit_post(
            pk, actor=self.actor, now=timezone.now(), changes=changes, **said
        )
        return self._edited(edited, "Post changed")

    @extend_schema(request=VersionSerializer, responses=_CANCELLED, tags=["posts"])
    def cancel(self, request: Request, pk: UUID) -> Response:
        """Cancel what has not gone out."""
        self.get_object()
        data = self.checked().validated_data
        cancelled = services.cancel_post(pk, actor=self.actor, **data)
        return self._answer(pk, message="Post cancelled", too_late=cancelled.too_late)

    @extend_schema(request=VersionSerializer, responses=_CANCELLED, tags=["posts"])
    def skip(self, request: Request, pk: UUID) -> Response:
        """Leave out what has not gone out; another time brings it back."""
        self.get_object()
        data = self.checked().validated_data
        skipped = services.skip_post(pk, actor=self.actor, **data)
        return self._answer(pk, message="Post skipped", too_late=skipped.too_late)

    @extend_schema(request=RescheduleSerializer, responses=_EDITED, tags=["posts"])
    def reschedule(self, request: Request, pk: UUID) -> Response:
        """Move what has not gone out to another time; without one it goes out now."""
        self.get_object()
        moved = services.reschedule_post(
            pk, actor=self.actor, now=timezone.now(), **self.checked().validated_data
        )
        return self._edited(moved, "Post rescheduled")

    @extend_schema(request=VersionSerializer, responses=_CHANGED, tags=["posts"])
    def retry(self, request: Request, pk: UUID) -> Response:
        """Try again now whatever failed or was missed."""
        self.get_object()
        services.retry_post(
            pk, actor=self.actor, now=timezone.now(), **self.checked().validated_data
        )
        return self._answer(pk, message="Post is tried again")

    @extend_schema(request=None, responses=_CHANGED, tags=["posts"])
    def takedown(self, request: Request, pk: UUID) -> Response:
        """Have it taken off every platform that it is published on."""
        self.get_object()
        take_down_post(pk, actor=self.actor, now=timezone.now())
        return self._answer(pk, message="Post is being taken down")

    @extend_schema(
        parameters=[_KEY], request=None, responses={201: _CHANGED}, tags=["posts"]
    )
    def duplicate(self, request: Request, pk: UUID) -> Response:
        """Make a draft like this post."""
        post = self.get_object()
        return idempotency.once(request, lambda: self._duplicated(post))

    def _planned(self, plan: dict[str, Any]) -> Response:
        post = services.plan_post(actor=self.actor, now=timezone.now(), **plan)
        draft = post.state == Post.State.DRAFT
        return self._answer(
            post.pk,
            201,
            message="Draft saved" if draft else "Post scheduled",
            warnings=cautions_about(post.pk),
        )

    def _edited(self, edited: Changed, message: str) -> Response:
        return self._answer(
            edited.post.pk,
            message=message,
            too_late=edited.too_late,
            warnings=cautions_about(edited.post.pk),
        )

    def _duplicated(self, post: Post) -> Response:
        copy = services.duplicate_post(post, actor=self.actor)
        return self._answer(copy.pk, 201, message="Post duplicated")

    def _answer(self, pk: UUID, status: int = 200, **payload: Any) -> Response:
        self.kwargs["pk"] = pk
        (shown,) = shown_posts([self.get_object()], timezone.now())
        return success(status, post=shown, **payload)
