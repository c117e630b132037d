"""The API of engagement that people enter: a list to fill in, and tables by link."""

from dataclasses import asdict
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from promura_site.api.filters import TrueOrFalseFilter, filter_parameters
from promura_site.api.responses import success
from promura_site.api.schema import envelope, list_parameters, page_of
from promura_site.api.views import ApiView, ApiViewSet
from promura_site.csv_files import read_rows
from promura_site.errors import DomainError
from scheduling.engagement import COUNTS
from scheduling.history.views import HistoryFileSerializer, LineErrorSerializer
from scheduling.models import Publication
from scheduling.platform_names import platform_name
from scheduling.reactions.by_hand import (
    COLUMNS,
    Brought,
    read_links,
    record_all,
    told_by_nobody,
)
from scheduling.serializers import DryRunSerializer

MAX_ROWS = 1_000
MAX_BYTES = 1_000_000
TEXT = 80
EXAMPLE = """\
url,likes,comments,shares,views,clicks
https://example.com/p/1,412,23,9,10400,
https://example.com/p/2,1210,41,77,58200,12
"""


class UncountedSerializer(serializers.ModelSerializer):
    """A published post with the counts as somebody entered them."""

    model = serializers.CharField(source="channel.creator.slug")
    model_name = serializers.CharField(source="channel.creator.name")
    platform = serializers.SerializerMethodField()
    handle = serializers.CharField(source="channel.handle")
    text = serializers.SerializerMethodField()

    class Meta:
        model = Publication
        fields = (
            "id",
            "model",
            "model_name",
            "platform",
            "handle",
            "text",
            "url",
            "published_at",
            *COUNTS,
            "engagement",
            "engagement_at",
        )
        read_only_fields = fields

    def get_platform(self, publication: Publication) -> str:
        """Return the platform's name as it writes itself."""
        return platform_name(publication.channel.platform)

    def get_text(self, publication: Publication) -> str:
        """Return how the text begins."""
        return publication.content[:TEXT]


class UncountedFilter(django_filters.FilterSet):
    """Whose posts, and whether nobody has entered anything yet."""

    model = django_filters.CharFilter(
        field_name="channel__creator__slug", max_length=60, label="A model's id"
    )
    missing = TrueOrFalseFilter(
        field_name="engagement", lookup_expr="isnull", label="Nothing entered yet"
    )

    class Meta:
        model = Publication
        fields: list[str] = []


class UncountedViewSet(ApiViewSet):
    """Posts whose engagement no program reads."""

    permission_map = {"list": "scheduling.view_publication"}
    list_key = "publications"
    # By the planned time, which has an index; they come out soon after it.
    orderings = {"published_at": ("publish_at",)}
    default_ordering = "-published_at"
    filterset_class = UncountedFilter
    serializer_class = UncountedSerializer
    queryset = Publication.objects.all()

    def get_queryset(self) -> QuerySet[Publication]:
        """Return them with what is shown of them."""
        rows = told_by_nobody().select_related("channel__creator")
        return rows.defer("payload", "channel__credentials")

    @extend_schema(
        parameters=[
            *list_parameters(["published_at"], "-published_at"),
            *filter_parameters(UncountedFilter),
        ],
        responses=page_of("UncountedPage", publications=UncountedSerializer(many=True)),
        tags=["scheduling"],
    )
    def list(self, request: Request) -> Response:
        """List them, the latest first."""
        return self.list_response(self.get_queryset())


class ReactionsFile(ApiView):
    """A table of engagement: a link and its counts on every line."""

    permission_map = {
        "get": "scheduling.view_publication",
        "post": "scheduling.change_publication",
    }
    parser_classes = [MultiPartParser]

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR}, tags=["scheduling"])
    def get(self, request: Request) -> HttpResponse:
        """Send an example of the table."""
        answer = HttpResponse(EXAMPLE, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="engagement.csv"'
        return answer

    @extend_schema(
        request={"multipart/form-data": HistoryFileSerializer},
        parameters=[OpenApiParameter("dry_run", bool, description="Change nothing.")],
        responses=envelope(
            "ReactionsAnswer",
            dry_run=serializers.BooleanField(),
            posts=serializers.IntegerField(),
            row_errors=LineErrorSerializer(many=True),
            message=serializers.CharField(),
        ),
        tags=["scheduling"],
    )
    def post(self, request: Request) -> Response:
        """Record the counts of all lines, or none if one has an error."""
        asked = DryRunSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        dry_run = asked.validated_data["dry_run"] == "true"
        sent = HistoryFileSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        brought = read_links(
            read_rows(
                sent.validated_data["file"],
                required=("url",),
                known=COLUMNS.__contains__,
                max_rows=MAX_ROWS,
                max_bytes=MAX_BYTES,
            )
        )
        shown = _shown(brought) | {"dry_run": dry_run}
        if brought.errors and not dry_run:
            sentence = f"{len(brought.errors)} lines have errors; nothing was recorded."
            raise DomainError("rows_refused", sentence, **shown)
        if not dry_run:
            record_all(brought.found, actor=self.actor, now=timezone.now())
        verb = "would be recorded" if dry_run else "recorded"
        posts = "1 post" if len(brought.found) == 1 else f"{len(brought.found)} posts"
        return success(**shown, message=f"The engagement of {posts} {verb}")


def _shown(brought: Brought) -> dict[str, Any]:
    return {
        "posts": len(brought.found),
        "row_errors": [asdict(error) for error in brought.errors],
    }
