"""Bringing models and their channels in from a table."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from promura_site.api.responses import success
from promura_site.api.schema import envelope
from promura_site.api.views import ApiView
from promura_site.csv_files import Row, read_rows
from promura_site.errors import DomainError
from scheduling.serializers import DryRunSerializer, RosterRowSerializer
from scheduling.services.roster import Brought, RosterRow, RowError, bring_in

MAX_ROWS = 2_000
MAX_BYTES = 2_000_000
# A column of this kind is a field of the channel's sign-in.
SIGN_IN = "credentials."
COLUMNS = tuple(RosterRowSerializer().fields)
EXAMPLE = """\
model,name,timezone,language,platform,handle,channel_language,max_rating,posts_per_week
lea,Lea Sommer,Europe/Berlin,de,instagram,@lea,de,suggestive,7
lea,,,,bluesky,lea.bsky.social,en,general,3
mia,Mia Rossi,Europe/Rome,it,tiktok,@mia,it,general,
"""


class RosterFileSerializer(serializers.Serializer):
    """A CSV file in UTF-8."""

    file = serializers.FileField(max_length=None, allow_empty_file=True)


class RowErrorSerializer(serializers.Serializer):
    """Why a line cannot be brought in."""

    line = serializers.IntegerField()
    field = serializers.CharField()
    message = serializers.CharField()


_ANSWER = envelope(
    "RosterAnswer",
    dry_run=serializers.BooleanField(),
    models=serializers.ListField(child=serializers.CharField()),
    channels=serializers.IntegerField(),
    unchanged=serializers.IntegerField(help_text="Channels that were there already."),
    to_sign_in=serializers.IntegerField(help_text="Channels without credentials yet."),
    row_errors=RowErrorSerializer(many=True),
    message=serializers.CharField(),
)


class RosterImport(ApiView):
    """A table of models and channels: `model` and, for each channel, a line."""

    permission_map = {
        "get": "library.view_creator",
        "post": ("library.add_creator", "scheduling.add_channel"),
    }
    parser_classes = [MultiPartParser]

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR}, tags=["models"])
    def get(self, request: Request) -> HttpResponse:
        """Send an example of the table."""
        answer = HttpResponse(EXAMPLE, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="models.csv"'
        return answer

    @extend_schema(
        request={"multipart/form-data": RosterFileSerializer},
        parameters=[OpenApiParameter("dry_run", bool, description="Change nothing.")],
        responses=_ANSWER,
        tags=["models"],
    )
    def post(self, request: Request) -> Response:
        """Bring in all lines, or none if one has an error."""
        asked = DryRunSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        dry_run = asked.validated_data["dry_run"] == "true"
        sent = RosterFileSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        rows, errors = _checked(
            read_rows(
                sent.validated_data["file"],
                required=("model",),
                known=lambda name: name in COLUMNS or name.startswith(SIGN_IN),
                max_rows=MAX_ROWS,
                max_bytes=MAX_BYTES,
            )
        )
        brought = bring_in(rows, actor=self.actor, dry_run=dry_run, errors=errors)
        return _answer(brought, dry_run=dry_run)


def _checked(lines: Iterable[Row]) -> tuple[list[RosterRow], list[RowError]]:
    """Return the lines that are well formed, and what is wrong with the others."""
    rows, errors = [], []
    for line in lines:
        plain = {name: line.values[name] for name in COLUMNS if name in line.values}
        checked = RosterRowSerializer(data=plain)
        if checked.is_valid():
            rows.append(_row(line, dict(checked.validated_data)))
            continue
        for name, texts in checked.errors.items():
            errors.append(RowError(line.line, name, str(texts[0])))
    return rows, errors


def _row(line: Row, said: dict[str, Any]) -> RosterRow:
    channel = {
        "language": "channel_language",
        "max_rating": "max_rating",
        "posts_per_week": "posts_per_week",
    }
    own = {name: said.pop(key) for name, key in channel.items() if key in said}
    sign_in = {
        name.removeprefix(SIGN_IN): value
        for name, value in line.values.items()
        if name.startswith(SIGN_IN)
    }
    return RosterRow(line=line.line, channel=own, sign_in=sign_in, **said)


def _answer(brought: Brought, *, dry_run: bool) -> Response:
    shown: dict[str, Any] = {
        "dry_run": dry_run,
        "models": brought.models,
        "channels": brought.channels,
        "unchanged": brought.unchanged,
        "to_sign_in": brought.to_sign_in,
        "row_errors": [asdict(error) for error in brought.errors],
    }
    if brought.errors and not dry_run:
        raise DomainError(
            "rows_refused",
            f"{_counted(len(brought.errors), 'line')} with errors; "
            "nothing was brought in.",
            **shown,
        )
    verb = "would be added" if dry_run else "added"
    models, channels = len(brought.models), brought.channels
    message = f"{_counted(models, 'model')} and {_counted(channels, 'channel')} {verb}"
    return success(**shown, message=message)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
