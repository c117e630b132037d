"""The API of imported history: bring a file in, see what came in, undo it."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from promura_site.api.responses import success
from promura_site.api.schema import envelope, list_parameters, page_of
from promura_site.api.views import ApiView, ApiViewSet
from promura_site.csv_files import read_rows
from promura_site.errors import DomainError
from promura_site.serializers import JobSerializer
from scheduling.history.accounts import Accounts
from scheduling.history.importing import Sorted, sort_out, start
from scheduling.history.moments import ORDERS
from scheduling.history.table import COLUMNS, LineError, Table, read_table
from scheduling.history.undoing import undo
from scheduling.models import HistoryImport

MAX_ROWS = 200_000
MAX_BYTES = 40_000_000
MAX_LISTED = 1_000
EXAMPLE = """\
model,platform,published_at,likes,comments,shares,views,clicks,url
lea,instagram,2026-05-01 18:30,412,23,9,10400,,https://example.com/p/1
lea,tiktok,2026-05-02T19:00:00+02:00,1210,41,77,58200,,https://example.com/p/2
"""


class HistoryQuerySerializer(serializers.Serializer):
    """How a file is to be taken."""

    dry_run = serializers.ChoiceField(
        ["true", "false"], default="false", help_text="Change nothing."
    )
    skip_errors = serializers.ChoiceField(
        ["true", "false"], default="false", help_text="Leave out lines with an error."
    )
    dates = serializers.ChoiceField(
        ORDERS,
        required=False,
        help_text="Whether 3/4/2026 has the day or the month first; else it is told "
        "from the file.",
    )


class HistoryFileSerializer(serializers.Serializer):
    """A CSV file in UTF-8."""

    file = serializers.FileField(max_length=None, allow_empty_file=True)


class LineErrorSerializer(serializers.Serializer):
    """Why a line cannot be taken."""

    line = serializers.IntegerField()
    field = serializers.CharField()
    message = serializers.CharField()


class HistoryImportSerializer(serializers.ModelSerializer):
    """One file of past posts."""

    by = serializers.CharField(source="actor.username", default="")
    job_id = serializers.UUIDField(allow_null=True)

    class Meta:
        model = HistoryImport
        fields = (
            "id",
            "name",
            "state",
            "by",
            "added",
            "duplicates",
            "job_id",
            "created_at",
        )
        read_only_fields = fields


_FOUND = {
    "dry_run": serializers.BooleanField(),
    "posts": serializers.IntegerField(help_text="Lines that can be brought in."),
    "duplicates": serializers.IntegerField(help_text="Lines that are there already."),
    "channels": serializers.IntegerField(),
    "first": serializers.DateTimeField(allow_null=True),
    "last": serializers.DateTimeField(allow_null=True),
    "errors_count": serializers.IntegerField(),
    "row_errors": LineErrorSerializer(many=True, help_text="The first thousand."),
    "message": serializers.CharField(),
}


_PAGE = page_of("HistoryImportPage", imports=HistoryImportSerializer(many=True))


class HistoryFile(ApiView):
    """A table of past posts with how people reacted."""

    permission_map = {
        "get": "scheduling.view_historyimport",
        "post": "scheduling.add_historyimport",
    }
    parser_classes = [MultiPartParser]

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR}, tags=["scheduling"])
    def get(self, request: Request) -> HttpResponse:
        """Send an example of the table."""
        answer = HttpResponse(EXAMPLE, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="past-posts.csv"'
        return answer

    @extend_schema(
        request={"multipart/form-data": HistoryFileSerializer},
        parameters=[HistoryQuerySerializer],
        responses={
            200: envelope("HistoryChecked", **_FOUND),
            202: envelope(
                "HistoryStarted",
                **_FOUND,
                job=JobSerializer(),
                history_import=HistoryImportSerializer(),
            ),
        },
        tags=["scheduling"],
    )
    def post(self, request: Request) -> Response:
        """Check a table; unless it is a dry run, start to bring its posts in."""
        asked = HistoryQuerySerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        how = asked.validated_data
        sent = HistoryFileSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        file = sent.validated_data["file"]
        table = _read(file, how.get("dates"))
        found = sort_out(table.posts)
        shown = _shown(table, found) | {"dry_run": how["dry_run"] == "true"}
        if shown["dry_run"]:
            return success(**shown, message=_words(found, "would come in"))
        return self._bring_in(file.name, table, found, shown, how["skip_errors"])

    def _bring_in(
        self, name: str, table: Table, found: Sorted, shown: dict[str, Any], skip: str
    ) -> Response:
        if table.errors and skip != "true":
            raise DomainError(
                "rows_refused",
                f"{len(table.errors):,} lines have errors; nothing was brought in.",
                **shown,
            )
        if not found.fresh:
            return success(**shown, message="There is nothing new in this file.")
        source = start(found, name=name[:200], actor=self.actor)
        return success(
            202,
            **shown,
            job=JobSerializer(source.job).data,
            history_import=HistoryImportSerializer(source).data,
            message=_words(found, "are coming in"),
        )


class HistoryImportViewSet(ApiViewSet):
    """Files of past posts that were brought in."""

    permission_map = {
        "list": "scheduling.view_historyimport",
        "undo": "scheduling.delete_historyimport",
    }
    list_key = "imports"
    orderings = {"created_at": ("created_at",)}
    default_ordering = "-created_at"
    serializer_class = HistoryImportSerializer
    queryset = HistoryImport.objects.all()

    def get_queryset(self) -> QuerySet[HistoryImport]:
        """Return imports with who made them."""
        return HistoryImport.objects.select_related("actor")

    @extend_schema(
        parameters=list_parameters(["created_at"], "-created_at"),
        responses=page_of(
            "HistoryImportPage", imports=HistoryImportSerializer(many=True)
        ),
        tags=["scheduling"],
    )
    def list(self, request: Request) -> Response:
        """List the files, the latest first."""
        return self.list_response(self.get_queryset())

    @extend_schema(
        request=None,
        responses={
            202: envelope(
                "HistoryUndone",
                job=JobSerializer(),
                history_import=HistoryImportSerializer(),
                message=serializers.CharField(),
            )
        },
        tags=["scheduling"],
    )
    def undo(self, request: Request, pk: UUID) -> Response:
        """Take all posts of a file out again."""
        self.get_object()
        source = undo(pk, actor=self.actor)
        return success(
            202,
            job=JobSerializer(source.job).data,
            history_import=HistoryImportSerializer(source).data,
            message="The import is being undone",
        )


def _read(file: Any, order: str | None) -> Table:
    rows = read_rows(
        file,
        required=("published_at",),
        known=COLUMNS.__contains__,
        max_rows=MAX_ROWS,
        max_bytes=MAX_BYTES,
    )
    return read_table(rows, Accounts(), now=timezone.now(), order=order)


def _shown(table: Table, found: Sorted) -> dict[str, Any]:
    times = [post.published_at for post in found.fresh]
    return {
        "posts": len(found.fresh),
        "duplicates": found.duplicates,
        "channels": len({post.account.pk for post in found.fresh}),
        "first": min(times, default=None),
        "last": max(times, default=None),
        "errors_count": len(table.errors),
        "row_errors": [_error(one) for one in table.errors[:MAX_LISTED]],
    }


def _error(error: LineError) -> dict[str, Any]:
    return asdict(error)


def _words(found: Sorted, verb: str) -> str:
    posts = "1 post" if len(found.fresh) == 1 else f"{len(found.fresh):,} posts"
    return f"{posts} {verb}"
