"""The commissioning document as a contract: every promise it makes, kept.

Each test follows one passage of the document over HTTP with a Bearer token, as a
program would; the browser side of it is in tests/pages/test_seed_snippets.py.
"""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from rest_framework.test import APIClient

from promura_site.models import User
from tests.factories import CreatorFactory, MediaItemFactory, PostTemplateFactory

pytestmark = pytest.mark.django_db

TEMPLATE = {
    "name": "Weekly Motivation Monday",
    "content": "Happy Monday! Let's crush this week 💪",
    "models": ["model1", "model2"],
    "tags": ["motivation", "weekly"],
    "media_ids": ["media-123"],
    "schedule_pattern": "weekly",
}
TEMPLATE_FIELDS = {
    "id",
    "name",
    "content",
    "models",
    "tags",
    "media_ids",
    "schedule_pattern",
    "created_by",
    "created_at",
    "updated_at",
    "usage_count",
    "last_used",
}


@pytest.fixture
def bearer(
    person: Callable[..., User], anonymous: APIClient
) -> Callable[[str], APIClient]:
    """Sign in on a level with a token, as the document's headers do."""

    def sign_in(level: str) -> APIClient:
        person(level, username=f"program-{level}")
        tokens = anonymous.post(
            "/api/auth/token",
            {"username": f"program-{level}", "password": "a-long-password-1"},
        ).json()
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
        return client

    return sign_in


@pytest.fixture
def edit(bearer: Callable[[str], APIClient]) -> APIClient:
    return bearer("edit")


@pytest.fixture
def view(bearer: Callable[[str], APIClient]) -> APIClient:
    return bearer("view")


# --- Bulk actions ---------------------------------------------------------------


def test_bulk_delete(edit: APIClient) -> None:
    ids = [str(MediaItemFactory().pk) for _ in range(3)]
    response = edit.post("/api/library/bulk-delete", {"media_ids": ids})
    assert response.status_code == 200
    answer = response.json()
    assert answer["success"] is True
    assert answer["deleted_count"] == 3
    assert answer["failed_ids"] == []
    assert answer["message"] == "Successfully deleted 3 media items"


def test_bulk_delete_tracks_what_failed(edit: APIClient) -> None:
    known = str(MediaItemFactory().pk)
    answer = edit.post(
        "/api/library/bulk-delete", {"media_ids": [known, "media-456"]}
    ).json()
    assert answer["success"] is True
    assert answer["deleted_count"] == 1
    assert answer["failed_ids"] == ["media-456"]


def test_bulk_tag_adds_and_replaces(edit: APIClient) -> None:
    ids = [str(MediaItemFactory().pk) for _ in range(2)]
    added = edit.post(
        "/api/library/bulk-tag",
        {"media_ids": ids, "tags": ["sunset", "beach", "summer"], "action": "add"},
    ).json()
    assert added["success"] is True
    assert added["updated_count"] == 2
    assert added["failed_ids"] == []
    assert added["message"] == "Successfully updated tags for 2 media items"
    edit.post(
        "/api/library/bulk-tag",
        {"media_ids": ids[:1], "tags": ["Q4-2025"], "action": "add"},
    )
    kept = edit.get(f"/api/library/{ids[0]}").json()["media"]["tags"]
    assert set(kept) == {"sunset", "beach", "summer", "Q4-2025"}
    edit.post(
        "/api/library/bulk-tag",
        {"media_ids": ids[:1], "tags": ["promotional"], "action": "replace"},
    )
    replaced = edit.get(f"/api/library/{ids[0]}").json()["media"]["tags"]
    assert replaced == ["promotional"]


def test_bulk_actions_need_the_edit_level(view: APIClient) -> None:
    ids = [str(MediaItemFactory().pk)]
    body = {"media_ids": ids, "tags": ["x"], "action": "add"}
    assert view.post("/api/library/bulk-tag", body).status_code == 403
    assert view.post("/api/library/bulk-delete", body).status_code == 403


def test_bulk_actions_are_in_the_audit_log(
    edit: APIClient, bearer: Callable[[str], APIClient]
) -> None:
    ids = [str(MediaItemFactory().pk)]
    edit.post("/api/library/bulk-delete", {"media_ids": ids})
    events = bearer("admin").get("/api/audit").json()["events"]
    assert any(set(ids) <= set(event["ids"]) for event in events)


# --- Smart scheduling -----------------------------------------------------------


def test_suggestions_have_every_field(view: APIClient) -> None:
    answer = view.get("/api/scheduling/suggestions?count=5").json()
    assert answer["success"] is True
    assert answer["message"] == "Generated 5 scheduling suggestions"
    assert len(answer["suggestions"]) == 5
    for one in answer["suggestions"]:
        at = datetime.fromisoformat(one["datetime"])
        assert at.tzinfo is None
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", one["datetime"])
        assert one["day_name"] == f"{at:%A}"
        assert one["time"] == f"{at:%I:%M %p}"
        assert 0 <= one["confidence"] <= 100
        assert one["avg_engagement"] >= 0
        assert 0 <= one["success_rate"] <= 100
        assert one["reason"].startswith(f"{at:%A} ")


def test_suggestions_without_history_are_defaults_of_lower_confidence(
    view: APIClient,
) -> None:
    answer = view.get("/api/scheduling/suggestions?count=3").json()
    assert {one["basis"] for one in answer["suggestions"]} == {"default"}
    assert {one["confidence"] for one in answer["suggestions"]} == {50}


def test_insights_say_what_is_missing_below_ten_posts(view: APIClient) -> None:
    answer = view.get("/api/scheduling/insights").json()
    assert answer["success"] is True
    assert answer["insights"]["status"] == "insufficient_data"
    assert "10" in answer["insights"]["message"]


# --- Templates ------------------------------------------------------------------


def test_create_a_template(edit: APIClient) -> None:
    response = edit.post("/api/templates", TEMPLATE)
    assert response.status_code == 201
    answer = response.json()
    assert answer["success"] is True
    assert answer["message"] == "Template created successfully"
    template = answer["template"]
    assert set(template) >= TEMPLATE_FIELDS
    for field, value in TEMPLATE.items():
        assert template[field] == value, field
    assert template["created_by"] == "program-edit"
    assert template["usage_count"] == 0
    assert template["last_used"] is None


def test_list_filter_and_single(edit: APIClient) -> None:
    made = edit.post("/api/templates", TEMPLATE).json()["template"]
    edit.post("/api/templates", {"name": "Other", "content": "x", "tags": ["odd"]})
    every = edit.get("/api/templates").json()
    assert every["success"] is True
    assert every["count"] == 2
    some = edit.get("/api/templates?tags=motivation,weekly").json()
    assert [one["id"] for one in some["templates"]] == [made["id"]]
    single = edit.get(f"/api/templates/{made['id']}").json()
    assert single["template"]["name"] == TEMPLATE["name"]


def test_update_leaves_out_what_is_not_sent(edit: APIClient) -> None:
    made = edit.post("/api/templates", TEMPLATE).json()["template"]
    answer = edit.put(
        f"/api/templates/{made['id']}",
        {"name": "Updated Name", "content": "Updated content"},
    ).json()
    assert answer["success"] is True
    template = answer["template"]
    assert (template["name"], template["content"]) == (
        "Updated Name",
        "Updated content",
    )
    assert template["tags"] == TEMPLATE["tags"]
    assert template["models"] == TEMPLATE["models"]


def test_delete_needs_admin(
    edit: APIClient, bearer: Callable[[str], APIClient]
) -> None:
    made = edit.post("/api/templates", TEMPLATE).json()["template"]
    assert edit.delete(f"/api/templates/{made['id']}").status_code == 403
    gone = bearer("admin").delete(f"/api/templates/{made['id']}")
    assert gone.status_code == 200
    assert gone.json()["success"] is True
    assert edit.get(f"/api/templates/{made['id']}").status_code == 404


def test_use_counts(view: APIClient) -> None:
    template = PostTemplateFactory()
    answer = view.post(f"/api/templates/{template.pk}/use").json()
    assert answer["success"] is True
    assert answer["template"]["usage_count"] == 1
    assert answer["template"]["last_used"]


def test_duplicate(edit: APIClient) -> None:
    made = edit.post("/api/templates", TEMPLATE).json()["template"]
    answer = edit.post(
        f"/api/templates/{made['id']}/duplicate",
        {"new_name": "Copy of Template Name"},
    ).json()
    assert answer["success"] is True
    assert answer["message"] == "Template duplicated successfully"
    copy = answer["template"]
    assert copy["id"] != made["id"]
    assert copy["name"] == "Copy of Template Name"
    assert copy["usage_count"] == 0
    for field in ("content", "models", "tags", "media_ids", "schedule_pattern"):
        assert copy[field] == made[field]


def test_popular_recent_and_overview(edit: APIClient) -> None:
    made = [
        edit.post("/api/templates", TEMPLATE | {"name": f"T{n}"}).json()["template"]
        for n in range(3)
    ]
    for _ in range(2):
        edit.post(f"/api/templates/{made[1]['id']}/use")
    popular = edit.get("/api/templates/stats/popular?limit=10").json()
    assert popular["success"] is True
    assert popular["templates"][0]["id"] == made[1]["id"]
    assert popular["templates"][0]["usage_count"] == 2
    recent = edit.get("/api/templates/stats/recent?limit=10").json()
    assert recent["templates"]
    overview = edit.get("/api/templates/stats/overview").json()["statistics"]
    assert overview["total_templates"] == 3
    assert overview["total_uses"] == 2
    assert overview["most_popular"]["id"] == made[1]["id"]
    assert overview["recently_used"] == 1


@pytest.mark.parametrize(
    "pattern",
    ["daily", "weekly", "biweekly", "monthly", "FREQ=WEEKLY;BYDAY=MO,TH"],
)
def test_schedule_patterns(edit: APIClient, pattern: str) -> None:
    answer = edit.post("/api/templates", TEMPLATE | {"schedule_pattern": pattern})
    assert answer.json()["template"]["schedule_pattern"] == pattern


# --- Metrics and access ---------------------------------------------------------


def test_metrics_are_light_and_complete(view: APIClient) -> None:
    response = view.get("/api/metrics")
    assert len(response.content) <= 10_240
    answer = response.json()
    assert answer["success"] is True
    assert {"online", "uptime_seconds"} <= set(answer["system"])
    assert {"total_requests", "success_rate", "avg_response_time"} <= set(answer["api"])
    assert {"total", "successful", "failed", "pending"} <= set(answer["posts"])
    assert isinstance(answer["recent_activity"], list)
    assert isinstance(answer["errors"], list)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/api/library/bulk-delete"),
        ("post", "/api/library/bulk-tag"),
        ("get", "/api/scheduling/suggestions"),
        ("get", "/api/scheduling/insights"),
        ("post", "/api/templates"),
        ("get", "/api/templates"),
        ("get", "/api/templates/stats/popular"),
        ("get", "/api/templates/stats/recent"),
        ("get", "/api/templates/stats/overview"),
        ("get", "/api/metrics"),
    ],
)
def test_every_endpoint_asks_for_a_sign_in(
    anonymous: APIClient, method: str, path: str
) -> None:
    response = getattr(anonymous, method)(path)
    assert response.status_code == 401
    assert response.json()["success"] is False


def test_a_models_slug_is_its_public_id(view: APIClient) -> None:
    CreatorFactory(slug="model1", name="Model One")
    models = view.get("/api/models").json()["models"]
    assert [one["id"] for one in models] == ["model1"]
