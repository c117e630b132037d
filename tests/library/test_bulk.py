"""bulk-delete, bulk-tag and undo."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from library import undo
from library.models import BulkOperation, MediaItem, Tag
from library.services import get_tags
from promura_site.events import Event
from tests.factories import MediaItemFactory

pytestmark = pytest.mark.django_db

DELETE, TAG = "/api/library/bulk-delete", "/api/library/bulk-tag"


def make(count: int, tags: str = "", **fields: Any) -> list[str]:
    items = [MediaItemFactory(**fields) for _ in range(count)]
    for item in items:
        item.tags.set(get_tags(tags.split(",")))
    return [str(item.pk) for item in items]


def tags_of(media_id: str) -> list[str]:
    return [tag.name for tag in MediaItem.objects.get(pk=media_id).tags.all()]


def trashed(ids: list[str]) -> int:
    return MediaItem.objects.trashed().filter(pk__in=ids).count()


def tag(client: APIClient, ids: list[str], *names: str, action: str = "add") -> Any:
    body = {"media_ids": ids, "tags": list(names), "action": action}
    response = client.post(TAG, body)
    assert response.status_code == 200, response.json()
    return response.json()


def test_bulk_delete_answers_as_documented(
    as_editor: APIClient, happened: list[Event]
) -> None:
    ids = make(3)
    response = as_editor.post(DELETE, {"media_ids": ids})
    assert response.status_code == 200
    answer = response.json()
    operation = answer.pop("operation_id")
    assert answer == {
        "success": True,
        "deleted_count": 3,
        "failed_ids": [],
        "failures": [],
        "message": "Successfully deleted 3 media items",
    }
    assert trashed(ids) == 3
    (event,) = happened
    assert (event.action, event.count) == ("media.bulk_deleted", 3)
    assert set(event.ids) == set(ids)
    assert event.data["operation"] == operation
    assert event.message == "moved 3 media items to the trash"


def test_bulk_tag_answers_as_documented(
    as_editor: APIClient, happened: list[Event]
) -> None:
    ids = make(2, tags="old")
    answer = tag(as_editor, ids, "sunset", "beach", "summer")
    del answer["operation_id"]
    assert answer == {
        "success": True,
        "updated_count": 2,
        "failed_ids": [],
        "failures": [],
        "message": "Successfully updated tags for 2 media items",
    }
    assert tags_of(ids[0]) == tags_of(ids[1]) == ["beach", "old", "summer", "sunset"]
    (event,) = happened
    assert (event.action, event.message) == (
        "media.bulk_tagged",
        "tagged 2 media items",
    )
    assert event.data["tags"] == ["sunset", "beach", "summer"]


def test_adding_is_what_happens_without_an_action(as_editor: APIClient) -> None:
    ids = make(1, tags="old")
    assert as_editor.post(TAG, {"media_ids": ids, "tags": ["new"]}).status_code == 200
    assert tags_of(ids[0]) == ["new", "old"]


def test_replace_and_remove_do_what_they_say(as_editor: APIClient) -> None:
    first, second = make(2, tags="old,both")
    tag(as_editor, [first], "BOTH", "new", action="replace")
    tag(as_editor, [second], "old", "unheard of", action="remove")
    assert tags_of(first) == ["both", "new"]
    assert tags_of(second) == ["both"]
    assert not Tag.objects.filter(name="unheard of").exists()


def test_replacing_by_an_empty_list_clears(as_editor: APIClient) -> None:
    ids = make(1, tags="a,b")
    tag(as_editor, ids, action="replace")
    assert tags_of(ids[0]) == []


def test_names_are_trimmed_and_two_spellings_are_one_tag(as_editor: APIClient) -> None:
    ids = make(1)
    tag(as_editor, ids, " Café ", "CAFE\u0301", "", "  ", "big\n city")
    assert tags_of(ids[0]) == ["big city", "Café"]


def test_ids_count_once_and_what_cannot_be_is_given_back(as_editor: APIClient) -> None:
    good, other = make(2)
    (gone,) = make(1, trashed_at=timezone.now())
    unknown = str(uuid.uuid4())
    given = [good, "no-id", good.upper(), unknown, gone, 7, None, "no-id", other]
    answer = tag(as_editor, given, "x")
    assert answer["updated_count"] == 2
    assert sorted(answer["failed_ids"], key=str) == sorted(
        ["no-id", 7, None, unknown, gone], key=str
    )
    reasons = {str(one["id"]): one["reason"] for one in answer["failures"]}
    assert "no media id" in reasons["no-id"]
    assert "no such item" in reasons[unknown]
    assert "trash" in reasons[gone]


def test_an_id_is_given_back_as_it_was_written(as_editor: APIClient) -> None:
    unknown = str(uuid.uuid4()).upper()
    answer = as_editor.post(DELETE, {"media_ids": [unknown]}).json()
    assert (answer["success"], answer["deleted_count"]) == (True, 0)
    assert answer["failed_ids"] == [unknown]


@pytest.mark.parametrize("address", [DELETE, TAG])
@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"media_ids": []}, 400, "media_ids"),
        ({"media_ids": "abc"}, 400, "media_ids"),
        ({"media_ids": {"a": 1}}, 400, "media_ids"),
        ({"media_ids": None}, 400, "media_ids"),
        ({"media_ids": [["a"]]}, 400, "media_ids"),
        ({}, 400, "media_ids"),
        ({"media_ids": ["a"], "filter": {}}, 400, "filter"),
        ({"filter": []}, 400, "filter"),
        ({"filter": {"typ": "image"}}, 400, "filter.typ"),
        ({"filter": {"type": "sound"}}, 400, "filter.type"),
        ({"filter": {"tags": [1]}}, 400, "filter.tags"),
        ({"filter": {"used": {}}}, 400, "filter.used"),
        ({"media_ids": [str(n) for n in range(10_001)]}, 413, "media_ids"),
    ],
)
def test_a_bad_selection_names_the_field(
    as_editor: APIClient, address: str, body: dict[str, Any], status: int, field: str
) -> None:
    ids = make(1)
    response = as_editor.post(address, {"tags": ["x"], **body})
    assert response.status_code == status
    assert field in response.json()["errors"]
    assert trashed(ids) == 0
    assert tags_of(ids[0]) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"tags": []}, "tags"),
        ({"tags": ["", "  "]}, "tags"),
        ({"tags": [""], "action": "replace"}, "tags"),
        ({"tags": "sunset"}, "tags"),
        ({"tags": None}, "tags"),
        ({"tags": [{}]}, "tags"),
        ({"tags": ["x" * 51]}, "tags"),
        ({"tags": ["a,b"]}, "tags"),
        ({"tags": ["a\u0007"]}, "tags"),
        ({"tags": [str(n) for n in range(51)]}, "tags"),
        ({"tags": ["a"], "action": "destroy"}, "action"),
        ({"tags": ["a"], "action": ["add"]}, "action"),
        ({}, "tags"),
    ],
)
def test_bad_tags_name_the_field(
    as_editor: APIClient, body: dict[str, Any], field: str
) -> None:
    ids = make(1, tags="old")
    response = as_editor.post(TAG, {"media_ids": ids, **body})
    assert response.status_code == 400
    assert [name.split(".")[0] for name in response.json()["errors"]] == [field]
    assert tags_of(ids[0]) == ["old"]
    assert not BulkOperation.objects.exists()


def test_an_item_never_gets_more_tags_than_it_can_have(as_editor: APIClient) -> None:
    full, roomy = make(2)
    for part in range(2):
        tag(as_editor, [full], *[f"{part}-{n}" for n in range(50)])
    answer = tag(as_editor, [full, roomy], "one more")
    assert (answer["updated_count"], answer["failed_ids"]) == (1, [full])
    assert tag(as_editor, [full], "0-0")["updated_count"] == 1


def test_what_a_planned_post_holds_is_refused_with_the_reason(
    as_editor: APIClient, hold: Callable[..., None]
) -> None:
    kept, gone = make(2)
    hold(MediaItem.objects.get(pk=kept), "A post planned for tomorrow uses it.")
    answer = as_editor.post(DELETE, {"media_ids": [kept, gone]}).json()
    assert answer["deleted_count"] == 1
    assert answer["message"] == "Successfully deleted 1 media item"
    assert answer["failures"] == [
        {"id": kept, "reason": "A post planned for tomorrow uses it."}
    ]
    assert trashed([kept]) == 0


def test_a_filter_stands_for_all_that_it_finds(as_editor: APIClient) -> None:
    sea = make(2, tags="sea")
    city = make(1, tags="city")
    answer = as_editor.post(
        TAG, {"filter": {"tags": ["sea"], "used": False}, "tags": ["found"]}
    ).json()
    assert answer["updated_count"] == 2
    assert tags_of(sea[0]) == ["found", "sea"]
    assert tags_of(city[0]) == ["city"]
    answer = as_editor.post(DELETE, {"filter": {"search": "city"}}).json()
    assert (answer["deleted_count"], trashed(city)) == (1, 1)
    answer = as_editor.post(DELETE, {"filter": {}}).json()
    assert answer["deleted_count"] == 2


def test_a_filter_that_finds_nothing_changes_nothing(as_editor: APIClient) -> None:
    make(1)
    answer = as_editor.post(DELETE, {"filter": {"search": "nothing"}}).json()
    assert (answer["success"], answer["deleted_count"]) == (True, 0)


@pytest.mark.parametrize("address", [DELETE, TAG])
def test_bulk_calls_ask_the_database_equally_often_however_many_there_are(
    as_editor: APIClient, address: str
) -> None:
    def queries(count: int) -> int:
        body = {"media_ids": make(count, tags="a,b"), "tags": ["b", "new"]}
        get_tags(["new"])
        with CaptureQueriesContext(connection) as captured:
            assert as_editor.post(address, body).status_code == 200
        return len(captured)

    queries(1)
    assert queries(3) == queries(300) <= 20


def test_undo_takes_back_exactly_what_was_added(as_editor: APIClient) -> None:
    first, second = make(2)
    tag(as_editor, [first], "mine")
    operation = tag(as_editor, [first, second], "mine", "new")["operation_id"]
    response = as_editor.post(f"/api/library/bulk-operations/{operation}/undo")
    assert response.status_code == 200
    assert response.json()["undone_count"] == 2
    assert (tags_of(first), tags_of(second)) == (["mine"], [])


def test_undo_puts_back_what_was_replaced(as_editor: APIClient) -> None:
    first, second = make(2, tags="old,both")
    answer = tag(as_editor, [first, second], "both", "new", action="replace")
    tag(as_editor, [second], "later")
    address = f"/api/library/bulk-operations/{answer['operation_id']}/undo"
    as_editor.post(address)
    assert tags_of(first) == ["both", "old"]
    assert tags_of(second) == ["both", "later", "old"]


def test_undo_restores_what_was_deleted_and_only_that(
    as_editor: APIClient, happened: list[Event]
) -> None:
    ids = make(3)
    (before,) = make(1, trashed_at=timezone.now())
    answer = as_editor.post(DELETE, {"media_ids": [*ids, before]}).json()
    as_editor.post(f"/api/library/{ids[0]}/restore")
    as_editor.delete(f"/api/library/{ids[0]}")
    address = f"/api/library/bulk-operations/{answer['operation_id']}/undo"
    undone = as_editor.post(address).json()
    assert undone["undone_count"] == 2
    assert trashed(ids) == 1
    assert trashed([before]) == 1
    assert happened[-1].action == "media.bulk_undone"


def test_a_second_undo_is_a_409(as_editor: APIClient) -> None:
    operation = tag(as_editor, make(1), "x")["operation_id"]
    address = f"/api/library/bulk-operations/{operation}/undo"
    assert as_editor.post(address).status_code == 200
    again = as_editor.post(address)
    assert (again.status_code, again.json()["code"]) == (409, "already_undone")


@pytest.mark.parametrize("name", ["7d3f2a10-5b1c-4e0e-9d1a-2c4b6f8e0a12", "no-id"])
def test_an_unknown_operation_is_a_404(as_editor: APIClient, name: str) -> None:
    address = f"/api/library/bulk-operations/{name}/undo"
    assert as_editor.post(address).status_code == 404


def test_undo_skips_what_has_been_purged_since(
    as_editor: APIClient, as_admin: APIClient
) -> None:
    kept, gone = make(2)
    operation = as_editor.post(DELETE, {"media_ids": [kept, gone]}).json()
    as_admin.post(f"/api/library/{gone}/purge")
    address = f"/api/library/bulk-operations/{operation['operation_id']}/undo"
    answer = as_editor.post(address).json()
    assert (answer["undone_count"], answer["failed_ids"]) == (1, [gone])
    assert "for good" in answer["failures"][0]["reason"]


def test_a_large_undo_is_a_job(
    as_editor: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo, "CHUNK", 4)
    ids = make(5, tags="old")
    operation = tag(as_editor, ids, "new", action="replace")["operation_id"]
    address = f"/api/library/bulk-operations/{operation}/undo"
    response = as_editor.post(address)
    assert response.status_code == 202
    job = undo.Job.objects.get(pk=response.json()["job"]["id"])
    while not undo.step(job):
        pass
    assert all(tags_of(one) == ["old"] for one in ids)
    assert job.done == job.total == 10


def test_ten_thousand_ids_fit_into_one_request(as_editor: APIClient) -> None:
    ids = [*make(2), *(str(uuid.uuid4()) for _ in range(9_998))]
    response = as_editor.post(
        TAG,
        data=json.dumps({"media_ids": ids, "tags": ["x"]}),
        content_type="application/json",
    )
    assert response.status_code == 200
    assert response.json()["updated_count"] == 2
    assert len(response.json()["failed_ids"]) == 9_998


def test_an_operation_can_be_undone_for_thirty_days(as_editor: APIClient) -> None:
    operation = tag(as_editor, make(1), "x")["operation_id"]
    undo.prune(timezone.now() + timedelta(days=29))
    assert BulkOperation.objects.filter(pk=operation).exists()
    undo.prune(timezone.now() + timedelta(days=31))
    assert not BulkOperation.objects.exists()
