"""The audit log as CSV, row by row."""

import csv
import json
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from metrics.models import AuditEvent
from metrics.overview import iso

COLUMNS = (
    "at",
    "actor",
    "action",
    "outcome",
    "message",
    "kind",
    "count",
    "ids",
    "via",
    "address",
    "request_id",
    "data",
)
# A spreadsheet takes a cell that begins like this for a formula and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class _Line:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: QuerySet[AuditEvent]) -> Iterator[str]:
    """Yield the lines of the export, a few rows in memory at a time."""
    writer: Any = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for event in rows.iterator(chunk_size=500):
        yield writer.writerow([harmless(cell) for cell in _cells(event)])


def _cells(event: AuditEvent) -> tuple[object, ...]:
    return (
        iso(event.at),
        event.actor_name,
        event.action,
        event.outcome,
        event.message,
        event.kind,
        event.count,
        " ".join(map(str, event.ids)),
        event.via,
        event.address or "",
        event.request_id,
        json.dumps(event.data, ensure_ascii=False) if event.data else "",
    )


def harmless(cell: object) -> str:
    """Return a cell that no spreadsheet takes for a formula (OWASP: CSV injection)."""
    text = str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text
