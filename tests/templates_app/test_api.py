"""The templates' endpoints: what the contract promises of each."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from library.models import Tag
from promura_site.models import User
from templates_app.models import PostTemplate
from tests.factories import CreatorFactory, MediaItemFactory, PostTemplateFactory

pytestmark = pytest.mark.django_db

UNKNOWN = "7d3f2a10-5b1c-4e0e-9d1a-2c4b6f8e0a12"

MONDAY = {
    "name": "Weekly Motivation Monday",
    "content": "Happy Monday! Let's crush this week 💪",
    "models": ["model1", "model2"],
    "tags": ["motivation", "weekly"],
    "media_ids": ["media-123"],
    "schedule_pattern": "weekly",
}
FIELDS = {
    "id",
    "name",
    "content",
    "models",
    "tags",
    "media_ids",
    "schedule_pattern",
    "variables",
    "unknown",
    "created_by",
    "created_at",
    "updated_at",
    "usage_count",
    "last_used",
    "missing",
}


def make(client: APIClient, **changes: Any) -> dict[str, Any]:
    response = client.post("/api/templates", MONDAY | changes)
    assert response.status_code == 201, response.json()
    return response.json()["template"]


def names(response: Any) -> list[str]:
    assert response.status_code == 200, response.json()
    return [one["name"] for one in response.json()["templates"]]


# --- Who may -------------------------------------------------------------------

CALLS = [
    ("get", "", "view"),
    ("post", "", "edit"),
    ("get", "/stats/popular", "view"),
    ("get", "/stats/recent", "view"),
    ("get", "/stats/overview", "view"),
    ("get", "/{id}", "view"),
    ("put", "/{id}", "edit"),
    ("patch", "/{id}", "edit"),
    ("post", "/{id}/use", "view"),
    ("post", "/{id}/duplicate", "edit"),
    ("delete", "/{id}", "admin"),
    ("post", "/{id}/restore", "admin"),
]


def call(client: APIClient, method: str, path: str) -> int:
    template = PostTemplateFactory()
    if path.endswith("/restore"):
        template.deleted_at = timezone.now()
        template.save()
    address = "/api/templates" + path.format(id=template.pk)
    body = MONDAY if method in {"post", "put", "patch"} else None
    return getattr(client, method)(address, body).status_code


@pytest.mark.parametrize(("method", "path", "level"), CALLS)
def test_a_stranger_is_sent_away(
    anonymous: APIClient, method: str, path: str, level: str
) -> None:
    assert call(anonymous, method, path) == 401


@pytest.mark.parametrize(("method", "path", "level"), CALLS)
def test_each_call_asks_for_its_level(
    as_viewer: APIClient,
    as_editor: APIClient,
    as_admin: APIClient,
    method: str,
    path: str,
    level: str,
) -> None:
    rank = ["view", "edit", "admin"]
    for client, held in zip((as_viewer, as_editor, as_admin), rank, strict=True):
        allowed = rank.index(held) >= rank.index(level)
        status = call(client, method, path)
        assert (status < 300) if allowed else (status == 403), (held, status)


def test_a_person_without_a_level_may_nothing(person: Any, client_of: Any) -> None:
    client = client_of(person(None))
    for method, path, _ in CALLS:
        assert call(client, method, path) == 403


@pytest.mark.parametrize("pk", ["media-123", "1", UNKNOWN, "%00", "NaN"])
@pytest.mark.parametrize(
    ("method", "tail"),
    [
        ("get", ""),
        ("put", ""),
        ("patch", ""),
        ("delete", ""),
        ("post", "/use"),
        ("post", "/duplicate"),
        ("post", "/restore"),
    ],
)
def test_an_unknown_id_is_a_404(
    as_admin: APIClient, method: str, tail: str, pk: str
) -> None:
    response = getattr(as_admin, method)(f"/api/templates/{pk}{tail}", {})
    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


# --- Create --------------------------------------------------------------------


def test_a_template_is_created_as_the_contract_shows(
    as_editor: APIClient, editor: User
) -> None:
    response = as_editor.post("/api/templates", MONDAY)
    assert response.status_code == 201
    body = response.json()
    assert body["success"] is True
    assert body["message"] == "Template created successfully"
    template = body["template"]
    assert set(template) == FIELDS
    assert {name: template[name] for name in MONDAY} == MONDAY
    assert template["created_by"] == editor.username
    assert template["usage_count"] == 0
    assert template["last_used"] is None
    assert template["created_at"].endswith("Z")
    assert template["missing"] == {
        "models": ["model1", "model2"],
        "media_ids": ["media-123"],
    }


def test_only_a_name_and_content_are_needed(as_editor: APIClient) -> None:
    response = as_editor.post("/api/templates", {"name": " Tea ", "content": "Hi\n"})
    template = response.json()["template"]
    assert template["name"] == "Tea"
    assert template["content"] == "Hi\n"
    assert template["models"] == template["tags"] == template["media_ids"] == []
    assert template["schedule_pattern"] is None


@pytest.mark.parametrize("pattern", [None, "", "  "])
def test_no_pattern_is_null(as_editor: APIClient, pattern: str | None) -> None:
    assert make(as_editor, schedule_pattern=pattern)["schedule_pattern"] is None


def test_a_rule_is_kept_as_given(as_editor: APIClient) -> None:
    rule = "RRULE:FREQ=WEEKLY;BYDAY=MO,TH"
    assert make(as_editor, schedule_pattern=rule)["schedule_pattern"] == rule


def test_references_keep_their_order_and_stand_once(as_editor: APIClient) -> None:
    upper = "0197F3A0-0000-7000-8000-00000000000A"
    template = make(
        as_editor,
        models=["zoe", "amy", "zoe"],
        tags=["zest", "Apple", "apple", "APPLE"],
        media_ids=["x", upper, "x", upper.lower()],
    )
    assert template["models"] == ["zoe", "amy"]
    assert template["tags"] == ["zest", "Apple"]
    assert template["media_ids"] == ["x", upper.lower()]


def test_a_tag_that_exists_is_used_whatever_its_case(as_editor: APIClient) -> None:
    make(as_editor, tags=["Sunset"])
    assert make(as_editor, tags=["sunset"])["tags"] == ["Sunset"]
    assert Tag.objects.filter(key="sunset").count() == 1


def test_only_what_is_not_there_is_missing(as_editor: APIClient) -> None:
    CreatorFactory(slug="model1")
    there, trashed = MediaItemFactory(), MediaItemFactory(trashed_at=timezone.now())
    bare = there.pk.hex
    template = make(as_editor, media_ids=[str(there.pk), str(trashed.pk), bare])
    assert template["missing"] == {
        "models": ["model2"],
        "media_ids": [str(trashed.pk), bare],
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", None),
        ("name", 5),
        ("name", ["a"]),
        ("name", "x" * 201),
        ("content", None),
        ("content", {"a": 1}),
        ("content", "x" * 20_001),
        ("models", "model1"),
        ("models", None),
        ("models", [1]),
        ("models", [""]),
        ("models", ["x" * 61]),
        ("models", [f"m{n}" for n in range(101)]),
        ("tags", {}),
        ("tags", ["x" * 51]),
        ("tags", ["ΐ" * 50]),
        ("tags", [True]),
        ("tags", [f"t{n}" for n in range(51)]),
        ("media_ids", ["x" * 101]),
        ("media_ids", [None]),
        ("media_ids", [str(n) for n in range(101)]),
        ("schedule_pattern", 7),
        ("schedule_pattern", "sometimes"),
        ("schedule_pattern", "FREQ=SECONDLY"),
        ("schedule_pattern", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
        ("schedule_pattern", "x" * 501),
    ],
)
@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_bad_input_names_its_field_and_changes_nothing(
    as_editor: APIClient, method: str, field: str, value: Any
) -> None:
    template = PostTemplateFactory(name="Before", content="Before")
    path = "/api/templates" if method == "post" else f"/api/templates/{template.pk}"
    response = getattr(as_editor, method)(path, MONDAY | {field: value})
    assert response.status_code == 400
    body = response.json()
    assert body["success"] is False
    assert field in body["message"]
    assert any(name.split(".")[0] == field for name in body["errors"])
    template.refresh_from_db()
    assert (template.name, PostTemplate.objects.count()) == ("Before", 1)
    assert not Tag.objects.exists()


@pytest.mark.parametrize("field", ["name", "content"])
def test_what_a_recipe_needs_has_to_be_given(as_editor: APIClient, field: str) -> None:
    body = {name: value for name, value in MONDAY.items() if name != field}
    response = as_editor.post("/api/templates", body)
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]


# --- List and one --------------------------------------------------------------


def test_the_list_has_the_most_used_first_then_the_latest(as_viewer: APIClient) -> None:
    for name, uses in [("old", 0), ("best", 9), ("new", 0)]:
        PostTemplateFactory(name=name, usage_count=uses)
    response = as_viewer.get("/api/templates")
    assert names(response) == ["best", "new", "old"]
    assert response.json()["count"] == 3
    assert response.json()["next"] is None


def test_tags_find_any_of_them(as_editor: APIClient) -> None:
    make(as_editor, name="one", tags=["motivation"])
    make(as_editor, name="two", tags=["Weekly", "motivation"])
    make(as_editor, name="three", tags=["beach"])
    found = names(as_editor.get("/api/templates?tags=motivation,weekly"))
    assert sorted(found) == ["one", "two"]
    assert names(as_editor.get("/api/templates?tags=BEACH")) == ["three"]
    assert names(as_editor.get("/api/templates?tags=nothing")) == []
    assert len(names(as_editor.get("/api/templates?tags=,"))) == 3


def test_search_looks_into_name_content_and_tags(as_editor: APIClient) -> None:
    make(as_editor, name="Sunday roast", content="", tags=["food"], models=["amy"])
    make(as_editor, name="Beach", content="sunday by the sea", tags=[])
    make(as_editor, name="Nothing", content="", tags=["sunday"])
    assert len(names(as_editor.get("/api/templates?search=SUNDAY"))) == 3
    assert names(as_editor.get("/api/templates?search=sunday food")) == ["Sunday roast"]
    assert names(as_editor.get("/api/templates?search=%25")) == []
    assert names(as_editor.get("/api/templates?model=amy")) == ["Sunday roast"]


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("name", ["a", "b", "c"]),
        ("-name", ["c", "b", "a"]),
        ("created_at", ["b", "a", "c"]),
        ("-created_at", ["c", "a", "b"]),
        ("-updated_at", ["c", "a", "b"]),
        ("last_used", ["c", "b", "a"]),
        ("-last_used", ["a", "b", "c"]),
        ("usage_count", ["c", "b", "a"]),
        ("-usage_count", ["a", "b", "c"]),
    ],
)
def test_orderings_also_page_by_page(
    as_viewer: APIClient, ordering: str, expected: list[str]
) -> None:
    now = timezone.now()
    for name, uses, last in [("b", 1, 2), ("a", 2, 1), ("c", 0, None)]:
        PostTemplateFactory(
            name=name,
            usage_count=uses,
            last_used=now - timedelta(days=last) if last else None,
        )
    path: str | None = f"/api/templates?ordering={ordering}&limit=1"
    seen = []
    while path:
        response = as_viewer.get(path)
        seen += names(response)
        path = response.json()["next"]
    assert seen == expected


@pytest.mark.parametrize(
    "query",
    [
        "ordering=size",
        "limit=0",
        "limit=abc",
        "limit=1001",
        "offset=-1",
        "offset=10001",
        "cursor=xyz",
        "count=maybe",
        "deleted=maybe",
        "search=" + "x" * 201,
        "search=" + "w+" * 11,
        "tags=" + "a," * 60,
        "tags=%00",
    ],
)
def test_a_bad_query_is_a_400_that_names_it(as_admin: APIClient, query: str) -> None:
    response = as_admin.get(f"/api/templates?{query}")
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [query.split("=")[0]]


def test_one_template_is_shown(as_viewer: APIClient) -> None:
    template = PostTemplateFactory(name="One")
    response = as_viewer.get(f"/api/templates/{template.pk}")
    assert response.status_code == 200
    assert response.json()["template"]["name"] == "One"
    assert set(response.json()["template"]) == FIELDS


# --- Update --------------------------------------------------------------------


@pytest.mark.parametrize("method", ["put", "patch"])
def test_an_update_changes_only_what_it_names(
    as_editor: APIClient, method: str
) -> None:
    template = make(as_editor)
    response = getattr(as_editor, method)(
        f"/api/templates/{template['id']}",
        {"name": "Updated Name", "content": "Updated content"},
    )
    assert response.status_code == 200
    assert response.json()["message"] == "Template updated successfully"
    updated = response.json()["template"]
    changed = {name for name in updated if updated[name] != template[name]}
    assert changed == {"name", "content", "updated_at"}


def test_an_update_replaces_lists_in_their_new_order(as_editor: APIClient) -> None:
    template = make(as_editor)
    changes = {
        "models": ["model2", "model1"],
        "tags": ["weekly", "motivation", "new"],
        "media_ids": [],
        "schedule_pattern": None,
    }
    response = as_editor.patch(f"/api/templates/{template['id']}", changes)
    updated = response.json()["template"]
    assert {name: updated[name] for name in changes} == changes


def test_an_empty_update_changes_nothing(as_editor: APIClient) -> None:
    template = make(as_editor)
    response = as_editor.put(f"/api/templates/{template['id']}", {})
    updated = response.json()["template"]
    assert updated | {"updated_at": ""} == template | {"updated_at": ""}


# --- Use, duplicate ------------------------------------------------------------


def test_a_use_is_counted_and_answered(as_viewer: APIClient) -> None:
    template = PostTemplateFactory()
    for expected in (1, 2):
        response = as_viewer.post(f"/api/templates/{template.pk}/use")
        assert response.status_code == 200
        assert set(response.json()) == {"success", "template"}
        assert response.json()["template"]["usage_count"] == expected
        assert response.json()["template"]["last_used"] is not None


def test_a_use_is_no_edit(as_editor: APIClient) -> None:
    template = make(as_editor)
    used = as_editor.post(f"/api/templates/{template['id']}/use").json()["template"]
    assert used["updated_at"] == template["updated_at"]


def test_a_duplicate_has_everything_but_the_uses(
    as_editor: APIClient, as_admin: APIClient, admin: User
) -> None:
    template = make(as_editor)
    as_editor.post(f"/api/templates/{template['id']}/use")
    response = as_admin.post(
        f"/api/templates/{template['id']}/duplicate", {"new_name": "Another"}
    )
    assert response.status_code == 201
    assert response.json()["message"] == "Template duplicated successfully"
    copy = response.json()["template"]
    assert copy["id"] != template["id"]
    assert copy["created_by"] == admin.username
    assert copy["name"] == "Another"
    assert (copy["usage_count"], copy["last_used"]) == (0, None)
    same = ("content", "models", "tags", "media_ids", "schedule_pattern", "missing")
    assert all(copy[name] == template[name] for name in same)


@pytest.mark.parametrize("body", [None, {}, {"new_name": ""}])
def test_a_duplicate_without_a_name_is_a_copy_of(
    as_editor: APIClient, body: Any
) -> None:
    template = PostTemplateFactory(name="Tea")
    response = as_editor.post(f"/api/templates/{template.pk}/duplicate", body)
    assert response.json()["template"]["name"] == "Copy of Tea"


def test_a_long_name_is_cut_in_its_copy(as_editor: APIClient) -> None:
    template = PostTemplateFactory(name="x" * 200)
    response = as_editor.post(f"/api/templates/{template.pk}/duplicate")
    assert response.json()["template"]["name"] == "Copy of " + "x" * 192


@pytest.mark.parametrize("name", ["x" * 201, 5, ["a"], None])
def test_a_bad_name_for_a_duplicate_is_refused(as_editor: APIClient, name: Any) -> None:
    template = PostTemplateFactory()
    response = as_editor.post(
        f"/api/templates/{template.pk}/duplicate", {"new_name": name}
    )
    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["new_name"]


# --- Delete, restore -----------------------------------------------------------


def test_a_deleted_template_is_gone_until_it_is_restored(as_admin: APIClient) -> None:
    template = make(as_admin)
    path = f"/api/templates/{template['id']}"
    response = as_admin.delete(path)
    assert response.status_code == 200
    assert response.json()["message"] == "Template deleted successfully"
    for method, tail in [
        ("get", ""),
        ("patch", ""),
        ("delete", ""),
        ("post", "/use"),
        ("post", "/duplicate"),
    ]:
        assert getattr(as_admin, method)(path + tail, {}).status_code == 404
    assert names(as_admin.get("/api/templates")) == []
    restored = as_admin.post(path + "/restore")
    assert restored.status_code == 200
    assert restored.json()["message"] == "Template restored successfully"
    assert restored.json()["template"] == template
    assert names(as_admin.get("/api/templates")) == [template["name"]]


def test_admins_see_what_is_deleted(as_admin: APIClient, as_editor: APIClient) -> None:
    PostTemplateFactory(name="Gone", deleted_at=timezone.now())
    PostTemplateFactory(name="Here")
    response = as_admin.get("/api/templates?deleted=true")
    assert names(response) == ["Gone"]
    assert response.json()["templates"][0]["deleted_at"]
    assert as_editor.get("/api/templates?deleted=true").status_code == 403


def test_what_is_not_deleted_cannot_be_restored(as_admin: APIClient) -> None:
    response = as_admin.post(f"/api/templates/{PostTemplateFactory().pk}/restore")
    assert response.status_code == 409
    assert response.json()["code"] == "not_deleted"


def test_after_30_days_it_is_too_late(as_admin: APIClient) -> None:
    late = timezone.now() - timedelta(days=30, minutes=1)
    template = PostTemplateFactory(deleted_at=late)
    response = as_admin.post(f"/api/templates/{template.pk}/restore")
    assert response.status_code == 410
    assert "30 days" in response.json()["message"]


# --- Statistics ----------------------------------------------------------------


def test_popular_and_recent_are_ranked_and_limited(as_viewer: APIClient) -> None:
    now = timezone.now()
    for name, uses, hours in [("a", 1, 1), ("b", 42, 3), ("c", 7, 2), ("d", 0, None)]:
        PostTemplateFactory(
            name=name,
            usage_count=uses,
            last_used=now - timedelta(hours=hours) if hours else None,
        )
    PostTemplateFactory(usage_count=99, last_used=now, deleted_at=now)
    stats = "/api/templates/stats"
    assert names(as_viewer.get(f"{stats}/popular")) == ["b", "c", "a", "d"]
    assert names(as_viewer.get(f"{stats}/popular?limit=2")) == ["b", "c"]
    assert names(as_viewer.get(f"{stats}/recent")) == ["a", "c", "b"]
    assert names(as_viewer.get(f"{stats}/recent?limit=1")) == ["a"]


@pytest.mark.parametrize("limit", ["0", "-1", "101", "abc", "1.5", "NaN"])
@pytest.mark.parametrize("ranking", ["popular", "recent"])
def test_a_ranking_takes_a_sensible_limit(
    as_viewer: APIClient, ranking: str, limit: str
) -> None:
    response = as_viewer.get(f"/api/templates/stats/{ranking}?limit={limit}")
    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["limit"]


def test_the_overview_counts(as_viewer: APIClient) -> None:
    now = timezone.now()
    PostTemplateFactory(usage_count=40, last_used=now - timedelta(days=6), name="Best")
    PostTemplateFactory(usage_count=2, last_used=now - timedelta(days=8))
    PostTemplateFactory()
    PostTemplateFactory(usage_count=9, last_used=now, deleted_at=now)
    response = as_viewer.get("/api/templates/stats/overview")
    statistics = response.json()["statistics"]
    assert statistics.pop("most_popular")["name"] == "Best"
    assert statistics == {"total_templates": 3, "total_uses": 42, "recently_used": 1}


@pytest.mark.parametrize("templates", [0, 2])
def test_nothing_is_popular_before_a_first_use(
    as_viewer: APIClient, templates: int
) -> None:
    PostTemplateFactory.create_batch(templates)
    response = as_viewer.get("/api/templates/stats/overview")
    assert response.json()["statistics"] == {
        "total_templates": templates,
        "total_uses": 0,
        "most_popular": None,
        "recently_used": 0,
    }


def test_demo_templates_never_mix_with_real_ones(as_viewer: APIClient) -> None:
    PostTemplateFactory(name="Demo", usage_count=9, is_demo=True)
    stats = "/api/templates/stats"
    assert names(as_viewer.get(f"{stats}/popular")) == ["Demo"]
    PostTemplateFactory(name="Own", usage_count=1)
    assert names(as_viewer.get(f"{stats}/popular")) == ["Own"]
    overview = as_viewer.get(f"{stats}/overview").json()["statistics"]
    assert (overview["total_templates"], overview["total_uses"]) == (1, 1)
    assert len(names(as_viewer.get("/api/templates"))) == 2


# --- Work ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "queries"),
    [
        ("/api/templates", 7),
        ("/api/templates?tags=motivation&search=monday&ordering=-last_used", 7),
        ("/api/templates/stats/popular?limit=100", 7),
        ("/api/templates/stats/recent", 7),
    ],
)
def test_a_list_asks_as_often_for_thirty_as_for_three(
    as_editor: APIClient, django_assert_num_queries: Any, path: str, queries: int
) -> None:
    def fill(number: int) -> None:
        for _ in range(number):
            item = MediaItemFactory()
            made = make(as_editor, media_ids=[str(item.pk), "media-123"])
            as_editor.post(f"/api/templates/{made['id']}/use")

    # The person's permissions are cached on the object from the first call on.
    as_editor.get(path)
    for number in (3, 27):
        fill(number)
        with django_assert_num_queries(queries):
            as_editor.get(path)


@pytest.mark.parametrize("name", ["two\nlines", "\u202egpj.exe", "bell\x07"])
def test_a_name_reads_as_it_is_written(as_editor: APIClient, name: str) -> None:
    answer = as_editor.post("/api/templates", MONDAY | {"name": name})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["name"]
