"""GET /api/audit: the whole record, for admins, to read only."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from metrics.models import AuditEvent

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def record(as_admin: APIClient) -> Callable[..., AuditEvent]:
    AuditEvent.objects.all().delete()
    return _record


def _record(hours: int = 0, **fields: object) -> AuditEvent:
    values = {"action": "media.uploaded", "message": "uploaded", "via": "api"}
    return AuditEvent.objects.create(
        at=NOON + timedelta(hours=hours), **{**values, **fields}
    )


def _messages(client: APIClient, query: str) -> list[str]:
    return [one["message"] for one in client.get(f"/api/audit{query}").json()["events"]]


def test_the_log_is_for_admins(
    anonymous: APIClient, as_viewer: APIClient, as_editor: APIClient
) -> None:
    assert anonymous.get("/api/audit").status_code == 401
    assert as_viewer.get("/api/audit").status_code == 403
    assert as_editor.get("/api/audit").status_code == 403
    assert as_editor.get("/api/audit?export=csv").status_code == 403


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nobody_changes_the_log(as_admin: APIClient, method: str) -> None:
    assert getattr(as_admin, method)("/api/audit").status_code == 405


def test_an_event_shows_who_did_what_from_where(
    as_admin: APIClient, record: Callable[..., AuditEvent]
) -> None:
    row = record(
        actor_name="mia", kind="media", ids=["1"], count=1, address="192.0.2.1"
    )
    body = as_admin.get("/api/audit").json()
    assert body["count"] == 1
    assert body["events"] == [
        {
            "id": str(row.pk),
            "at": "2026-06-01T12:00:00Z",
            "actor": "mia",
            "action": "media.uploaded",
            "outcome": "done",
            "message": "uploaded",
            "kind": "media",
            "ids": ["1"],
            "count": 1,
            "via": "api",
            "address": "192.0.2.1",
            "request_id": "",
            "data": {},
        }
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?actor=MIA", ["b"]),
        ("?action=post.planned", ["c"]),
        ("?action=media.", ["b", "a"]),
        ("?outcome=refused", ["c"]),
        ("?kind=post", ["c"]),
        ("?from=2026-06-01T13:00:00Z", ["c", "b"]),
        ("?to=2026-06-01T15:00:00%2B02:00", ["b", "a"]),
        ("?from=2026-06-01T12:30:00Z&to=2026-06-01T13:30:00Z", ["b"]),
        ("?ordering=at", ["a", "b", "c"]),
        ("?actor=nobody", []),
    ],
)
def test_the_log_can_be_filtered(
    as_admin: APIClient,
    record: Callable[..., AuditEvent],
    query: str,
    found: list[str],
) -> None:
    record(0, message="a")
    record(1, message="b", actor_name="mia", action="media.tagged")
    record(2, message="c", action="post.planned", outcome="refused", kind="post")
    assert _messages(as_admin, query) == found


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday",
        "from=9999-12-31T23:59:59-12:00",
        "to=0001-01-01T00:00:00%2B14:00",
        "outcome=maybe",
        "export=pdf",
        "ordering=x",
        "limit=0",
    ],
)
def test_a_bad_value_is_a_400_that_names_it(as_admin: APIClient, query: str) -> None:
    response = as_admin.get(f"/api/audit?{query}")
    assert response.status_code == 400
    assert query.split("=")[0] in response.json()["errors"]


def test_pages_follow_each_other_without_gap_or_repetition(
    as_admin: APIClient, record: Callable[..., AuditEvent]
) -> None:
    for number in range(5):
        record(0, message=str(number))
    seen, url = [], "/api/audit?limit=2"
    while url:
        body = as_admin.get(url).json()
        seen += [one["message"] for one in body["events"]]
        url = body["next"]
    assert seen == ["4", "3", "2", "1", "0"]


def test_the_number_of_queries_does_not_grow(
    as_admin: APIClient, record: Callable[..., AuditEvent]
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            as_admin.get("/api/audit")
        return len(captured)

    record()
    queries()
    few = queries()
    for number in range(20):
        record(number)
    assert queries() == few


def test_the_export_holds_every_row_and_no_formula(
    as_admin: APIClient, record: Callable[..., AuditEvent]
) -> None:
    record(0, message='=HYPERLINK("http://evil")', actor_name="@mia", data={"a": 1})
    record(1, message="-1+1", action="post.planned", ids=["1", "2"])
    record(2, message="left out", kind="other")
    response = as_admin.get("/api/audit?export=csv&kind=&ordering=at&limit=1")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in response["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(response.getvalue().decode())))
    assert [row["message"] for row in rows] == [
        '\'=HYPERLINK("http://evil")',
        "'-1+1",
        "left out",
    ]
    assert rows[0]["actor"] == "'@mia"
    assert rows[0]["data"] == '{"a": 1}'
    assert rows[1]["ids"] == "1 2"
    assert rows[0]["at"] == "2026-06-01T12:00:00Z"


def test_the_export_obeys_the_filters(
    as_admin: APIClient, record: Callable[..., AuditEvent]
) -> None:
    record(0, kind="post")
    record(1, kind="media")
    body = as_admin.get("/api/audit?export=csv&kind=post").getvalue().decode()
    assert len(body.splitlines()) == 2
