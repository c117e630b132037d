"""Cursors: opaque, tied to one order, and never a way to a fault."""

import base64
import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.factories import PostTemplateFactory

pytestmark = pytest.mark.django_db

ID = "01890000-0000-7000-8000-000000000000"
BY_NAME, LATEST = "name,id", "-created_at,-id"


def _cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("ordering", "parts"),
    [
        ("name", (0, BY_NAME, "\ud800", ID)),
        ("name", (0, BY_NAME, "\x00", ID)),
        ("name", (0, BY_NAME, "a", "no id")),
        ("name", (0, BY_NAME, "a")),
        ("name", (0, BY_NAME, "a", None)),
        ("name", (0, LATEST, "2026-01-01T00:00:00+00:00", ID)),
        ("name", (0,)),
        ("name", ()),
        ("-created_at", (0, LATEST, "0001-01-01T00:00:00+23:59", ID)),
        ("-created_at", (0, LATEST, "9999-12-31T23:59:59-23:59", ID)),
        ("-created_at", (0, LATEST, 2**70, ID)),
        ("-usage_count", (0, "-usage_count,-created_at,-id", 2**70, ID, ID)),
    ],
)
def test_a_cursor_that_is_none_is_a_400(
    as_viewer: APIClient, ordering: str, parts: tuple[Any, ...]
) -> None:
    query = {"ordering": ordering, "cursor": _cursor(*parts)}
    answer = as_viewer.get("/api/templates", query)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["cursor"]


def test_a_cursor_belongs_to_the_order_it_was_given_in(as_viewer: APIClient) -> None:
    PostTemplateFactory.create_batch(3)
    first = as_viewer.get("/api/templates", {"limit": 1, "ordering": "name"}).json()
    assert as_viewer.get(first["next"]).status_code == 200
    other = first["next"].replace("ordering=name", "ordering=-created_at")
    assert as_viewer.get(other).status_code == 400


def test_cursors_lead_through_all_and_back(as_viewer: APIClient) -> None:
    PostTemplateFactory.create_batch(5)
    page = as_viewer.get("/api/templates", {"limit": 2, "ordering": "name"}).json()
    there, back = [page["templates"]], []
    while page["next"]:
        page = as_viewer.get(page["next"]).json()
        there.append(page["templates"])
    while page["previous"]:
        page = as_viewer.get(page["previous"]).json()
        back.append(page["templates"])
    assert [len(one) for one in there] == [2, 2, 1]
    assert back == there[-2::-1]
