"""/api/library: the list, one item, figures and tags."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from library.models import MediaItem
from library.services import get_tags
from promura_site.events import Event
from tests.factories import CreatorFactory, MediaItemFactory

pytestmark = pytest.mark.django_db


def make(count: int = 1, tags: str = "", **fields: Any) -> list[MediaItem]:
    items = [MediaItemFactory(**fields) for _ in range(count)]
    for item in items:
        item.tags.set(get_tags(tags.split(",")))
    return items


def names(response: Any) -> list[str]:
    assert response.status_code == 200, response.json()
    return [one["name"] for one in response.json()["media"]]


def test_the_list_shows_the_latest_first_without_the_trash(
    as_viewer: APIClient,
) -> None:
    first, second = make(2)
    make(trashed_at=timezone.now())
    make(trashed_at=timezone.now(), purged_at=timezone.now())
    answer = as_viewer.get("/api/library").json()
    assert answer["success"] is True
    assert [one["id"] for one in answer["media"]] == [str(second.pk), str(first.pk)]
    assert answer["count"] == 2
    assert (answer["next"], answer["previous"]) == (None, None)


def test_the_list_asks_the_database_equally_often_however_long_it_is(
    as_viewer: APIClient, hold: Callable[..., None]
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            as_viewer.get("/api/library?search=picture")
        return len(captured)

    def more(count: int) -> None:
        for item in make(count, tags="a,b,c"):
            item.creators.add(CreatorFactory(), CreatorFactory())
            hold(item)

    more(3)
    queries()  # asks for the person's permissions, once
    few = queries()
    more(27)
    assert queries() == few
    assert few <= 8


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("type=video", ["clip"]),
        ("tags=sea", ["beach", "clip"]),
        ("tags=SEA,night", ["beach", "city", "clip"]),
        ("tags_all=sea,sun", ["beach"]),
        ("model=mia", ["city"]),
        ("model=nobody", []),
        ("used=true", ["clip"]),
        ("used=false", ["beach", "city"]),
        ("search=BEA", ["beach"]),
        ("search=skyline", ["city"]),
        ("search=nigh", ["city"]),
        ("search=sky+nigh", ["city"]),
        ("search=sky+sea", []),
        ("trashed=true", ["old"]),
        ("trashed=false", ["beach", "city", "clip"]),
        ("uploaded_after=2026-06-02", ["city", "clip"]),
        ("uploaded_before=2026-06-02T00:00:00Z", ["beach"]),
        ("uploaded_before=2026-06-02T02:00:00+02:00", ["beach"]),
        ("tags=sea&type=image", ["beach"]),
    ],
)
def test_a_filter_keeps_what_it_names(
    as_viewer: APIClient, query: str, expected: list[str]
) -> None:
    make(name="beach", tags="Sea,sun")
    (city,) = make(name="city", tags="night", description="The skyline")
    city.creators.add(CreatorFactory(slug="mia"))
    make(name="clip", tags="sea", kind="video", used_count=3)
    make(name="old", tags="sea", trashed_at=timezone.now())
    for day, name in enumerate(("beach", "city", "clip"), 1):
        MediaItem.objects.filter(name=name).update(
            uploaded_at=datetime(2026, 6, day, 12, tzinfo=UTC)
        )
    assert sorted(names(as_viewer.get(f"/api/library?{query}"))) == expected


@pytest.mark.parametrize(
    "query",
    [
        "type=sound",
        "used=perhaps",
        "trashed=2",
        "uploaded_after=yesterday",
        "uploaded_before=0001-01-01T00:00:00%2B14:00",
        "ordering=colour",
        "limit=0",
        "limit=1001",
        "limit=abc",
        "offset=10001",
        "cursor=nonsense",
        "search=" + "x" * 201,
        "search=" + "+".join("abcdefghijk"),
        "tags=" + ",".join(map(str, range(51))),
        "search=%00",
    ],
)
def test_a_bad_query_is_a_400_that_names_it(as_viewer: APIClient, query: str) -> None:
    response = as_viewer.get(f"/api/library?{query}")
    assert response.status_code == 400
    assert query.split("=")[0] in response.json()["errors"]


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("name", ["a", "b", "c"]),
        ("-name", ["c", "b", "a"]),
        ("size", ["b", "c", "a"]),
        ("-size", ["a", "c", "b"]),
        ("-used_count", ["c", "a", "b"]),
        ("-uploaded_at", ["c", "b", "a"]),
        ("uploaded_at", ["a", "b", "c"]),
    ],
)
def test_the_list_is_ordered_as_asked(
    as_viewer: APIClient, ordering: str, expected: list[str]
) -> None:
    for name, size, used in (("a", 300, 1), ("b", 100, 0), ("c", 200, 2)):
        make(name=name, size_bytes=size, used_count=used)
    assert names(as_viewer.get(f"/api/library?ordering={ordering}")) == expected


@pytest.mark.parametrize("ordering", ["-uploaded_at", "size", "-used_count", "name"])
def test_the_cursor_walks_the_whole_list(as_viewer: APIClient, ordering: str) -> None:
    make(7, size_bytes=5)
    address, seen = f"/api/library?limit=3&ordering={ordering}", []
    while address:
        answer = as_viewer.get(address).json()
        seen += [one["id"] for one in answer["media"]]
        address = answer["next"]
    assert len(seen) == len(set(seen)) == 7


def test_one_item_is_shown(as_viewer: APIClient) -> None:
    (item,) = make(tags="b,a")
    media = as_viewer.get(f"/api/library/{item.pk}").json()["media"]
    assert (media["id"], media["tags"]) == (str(item.pk), ["a", "b"])


@pytest.mark.parametrize("ending", ["", "/usage", "/file", "/thumbnail", "/preview"])
@pytest.mark.parametrize("name", [str(uuid.UUID(int=0)), "no-id", "1"])
def test_an_unknown_item_is_a_404(as_viewer: APIClient, name: str, ending: str) -> None:
    response = as_viewer.get(f"/api/library/{name}{ending}")
    assert response.status_code == 404
    assert response.json()["success"] is False


def test_a_purged_item_is_not_shown(as_viewer: APIClient) -> None:
    (item,) = make(trashed_at=timezone.now(), purged_at=timezone.now())
    assert as_viewer.get(f"/api/library/{item.pk}").status_code == 404


def test_what_is_said_of_an_item_can_be_changed(
    as_editor: APIClient, happened: list[Event]
) -> None:
    (item,) = make(tags="old,both")
    CreatorFactory(slug="mia")
    changes = {
        "name": "New name",
        "description": "Words",
        "alt_text": "A beach",
        "tags": ["Both", "new "],
        "models": ["mia"],
        "rating": "suggestive",
        "not_before": "2026-06-01T10:00:00+02:00",
        "until": "2026-07-01T00:00:00Z",
        "taken_at": None,
    }
    response = as_editor.patch(f"/api/library/{item.pk}", changes)
    assert response.status_code == 200
    media = response.json()["media"]
    assert media["tags"] == ["both", "new"]
    assert media["not_before"] == "2026-06-01T08:00:00Z"
    for name in ("name", "description", "alt_text", "models", "rating", "until"):
        assert media[name] == changes[name]
    (event,) = happened
    assert event.action == "media.changed"
    assert set(event.data["fields"]) == set(changes) - {"taken_at"}


def test_a_change_of_nothing_is_no_event(
    as_editor: APIClient, happened: list[Event]
) -> None:
    (item,) = make(tags="a")
    response = as_editor.patch(f"/api/library/{item.pk}", {"tags": ["A"]})
    assert response.status_code == 200
    assert happened == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"description": ["no"]}, "description"),
        ({"tags": "a,b"}, "tags"),
        ({"tags": ["x" * 51]}, "tags"),
        ({"tags": ["a,b"]}, "tags"),
        ({"tags": ["ΐ" * 50]}, "tags"),
        ({"tags": [[]]}, "tags"),
        ({"models": ["nobody"]}, "models"),
        ({"rating": 1}, "rating"),
        ({"rating": ["general"]}, "rating"),
        ({"not_before": "soon"}, "not_before"),
        ({"not_before": "2026-06-02T00:00Z", "until": "2026-06-01T00:00Z"}, "until"),
    ],
)
def test_a_bad_change_names_the_field_and_changes_nothing(
    as_editor: APIClient, changes: dict[str, Any], field: str
) -> None:
    (item,) = make(name="kept", tags="kept")
    response = as_editor.patch(
        f"/api/library/{item.pk}", {"description": "new", **changes}
    )
    assert response.status_code == 400
    assert [name.split(".")[0] for name in response.json()["errors"]] == [field]
    item.refresh_from_db()
    assert (item.name, item.description) == ("kept", "")
    assert [tag.name for tag in item.tags.all()] == ["kept"]


def test_a_deleted_item_lies_in_the_trash_until_it_is_restored(
    as_editor: APIClient, happened: list[Event]
) -> None:
    (item,) = make()
    address = f"/api/library/{item.pk}"
    assert as_editor.delete(address).json()["media"]["trashed_at"]
    assert names(as_editor.get("/api/library")) == []
    assert names(as_editor.get("/api/library?trashed=true")) == [item.name]
    assert as_editor.delete(address).status_code == 409
    assert as_editor.patch(address, {"name": "x"}).status_code == 409
    assert as_editor.post(f"{address}/use").status_code == 409
    assert as_editor.post(f"{address}/restore").json()["media"]["trashed_at"] is None
    assert as_editor.post(f"{address}/restore").status_code == 409
    assert [event.action for event in happened] == ["media.trashed", "media.restored"]


def test_an_item_that_a_planned_post_holds_stays(
    as_editor: APIClient, hold: Callable[..., None]
) -> None:
    (item,) = make()
    hold(item, "A post planned for tomorrow uses it.")
    response = as_editor.delete(f"/api/library/{item.pk}")
    assert response.status_code == 409
    assert response.json()["code"] == "media_held"
    assert response.json()["message"] == "A post planned for tomorrow uses it."
    item.refresh_from_db()
    assert item.trashed_at is None


def test_usage_and_planned_count_come_from_the_holders(
    as_viewer: APIClient, hold: Callable[..., None]
) -> None:
    (item,) = make()
    hold(item)
    assert (
        as_viewer.get(f"/api/library/{item.pk}").json()["media"]["planned_count"] == 1
    )
    answer = as_viewer.get(f"/api/library/{item.pk}/usage").json()
    assert (answer["templates"], answer["count"]) == ([], 1)
    (use,) = answer["posts"]
    assert use == {
        "id": str(item.pk),
        "title": "Good morning",
        "state": "scheduled",
        "at": None,
        "holds": True,
    }


def test_a_use_is_counted(as_editor: APIClient) -> None:
    (item,) = make()
    for _ in range(3):
        answer = as_editor.post(f"/api/library/{item.pk}/use").json()
    assert answer["media"]["used_count"] == 3
    assert answer["media"]["last_used"]


def test_the_statistics_count_what_is_there(as_viewer: APIClient) -> None:
    make(size_bytes=10, tags="a", alt_text="words")
    make(size_bytes=20, kind="video", used_count=2)
    make(size_bytes=5, trashed_at=timezone.now())
    make(trashed_at=timezone.now(), purged_at=timezone.now())
    (old,) = make(size_bytes=1)
    MediaItem.objects.filter(pk=old.pk).update(
        uploaded_at=timezone.now() - timedelta(days=8)
    )
    assert as_viewer.get("/api/library/stats").json()["statistics"] == {
        "total": 3,
        "images": 2,
        "videos": 1,
        "total_bytes": 31,
        "used": 1,
        "unused": 2,
        "untagged": 2,
        "without_alt_text": 2,
        "uploaded_last_7_days": 2,
        "trashed": 1,
        "trashed_bytes": 5,
    }


def test_the_statistics_of_an_empty_library_are_zeros(as_viewer: APIClient) -> None:
    figures = as_viewer.get("/api/library/stats").json()["statistics"]
    assert set(figures.values()) == {0}


def test_demo_media_never_count_beside_real_ones(as_viewer: APIClient) -> None:
    make(2, is_demo=True)
    address = "/api/library/stats"
    assert as_viewer.get(address).json()["statistics"]["total"] == 2
    make()
    assert as_viewer.get(address).json()["statistics"]["total"] == 1


def test_the_tags_in_use_are_listed_with_counts(as_viewer: APIClient) -> None:
    make(2, tags="Beach")
    make(tags="beach,sun")
    make(tags="gone", trashed_at=timezone.now())
    get_tags(["never used"])
    answer = as_viewer.get("/api/library/tags").json()
    assert answer["tags"] == [
        {"name": "Beach", "count": 3},
        {"name": "sun", "count": 1},
    ]
    assert answer["count"] == 2
    answer = as_viewer.get("/api/library/tags?search=SU&ordering=name&limit=1").json()
    assert [one["name"] for one in answer["tags"]] == ["sun"]


def test_the_list_of_tags_can_be_walked(as_viewer: APIClient) -> None:
    make(tags="a,b,c,d,e")
    make(tags="a,b")
    address, seen = "/api/library/tags?limit=2", []
    while address:
        answer = as_viewer.get(address).json()
        seen += [one["name"] for one in answer["tags"]]
        address = answer["next"]
    assert sorted(seen) == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": 5}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": "\u202egpj.exe"}, "name"),
        ({"description": 5}, "description"),
        ({"alt_text": 1.5}, "alt_text"),
        ({"tags": [1]}, "tags.0"),
        ({"tags": ["\u202eabc"]}, "tags"),
        ({"tags": ["a"] * 1001}, "tags"),
        ({"models": [1]}, "models.0"),
        ({"models": ["m"] * 101}, "models"),
    ],
)
def test_what_is_said_of_an_item_is_text_that_reads_as_it_is_written(
    as_editor: APIClient, body: dict[str, Any], field: str
) -> None:
    (item,) = make()
    answer = as_editor.patch(f"/api/library/{item.pk}", body)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


def test_a_tag_that_nobody_could_see_is_none(as_editor: APIClient) -> None:
    (item,) = make()
    answer = as_editor.patch(f"/api/library/{item.pk}", {"tags": ["\u200b", "seen"]})
    assert answer.json()["media"]["tags"] == ["seen"]
