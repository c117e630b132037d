"""The library in Django's admin."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library.models import BulkOperation, Creator, MediaItem, Tag
from library.services import get_tags
from promura_site.events import Event
from promura_site.models import User
from tests.factories import CreatorFactory, MediaItemFactory

pytestmark = pytest.mark.django_db

MEDIA = "/admin/library/mediaitem/"


@pytest.fixture
def site(browse: Callable[[User], Client], admin: User) -> Client:
    return browse(admin)


def run(site: Client, action: str, items: list[Any], address: str = MEDIA, **more: Any):
    body = {"action": action, "_selected_action": [str(one.pk) for one in items]}
    return site.post(address, body | more, follow=True)


def test_the_list_shows_thumbnails_and_asks_equally_often(site: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            response = site.get(MEDIA)
        assert response.status_code == 200
        return len(captured)

    def more(count: int) -> None:
        for item in MediaItemFactory.create_batch(count, thumbnail="t/a.jpg"):
            item.tags.set(get_tags(["a", "b"]))
            item.creators.add(CreatorFactory())

    more(3)
    queries()
    few = queries()
    more(20)
    assert queries() == few
    item = MediaItem.objects.first()
    page = site.get(MEDIA).content.decode()
    assert f'src="/api/library/{item.pk}/thumbnail"' in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"here.jpg"}),
        ("?state=trashed", {"trashed.jpg"}),
        ("?state=purged", {"purged.jpg"}),
        ("?q=here", {"here.jpg"}),
        ("?used=yes", set()),
    ],
)
def test_states_are_kept_apart(site: Client, query: str, names: set[str]) -> None:
    now = timezone.now()
    MediaItemFactory(name="here.jpg")
    MediaItemFactory(name="trashed.jpg", trashed_at=now)
    MediaItemFactory(name="purged.jpg", trashed_at=now, purged_at=now)
    page = site.get(MEDIA + query).content.decode()
    shown = {name for name in ("here.jpg", "trashed.jpg", "purged.jpg") if name in page}
    assert shown == names


def test_a_change_goes_through_the_service(site: Client, happened: list[Event]) -> None:
    item, creator = MediaItemFactory(), CreatorFactory()
    item.tags.set(get_tags(["old"]))
    body = {
        "name": "New name",
        "tag_names": "new, NEW , other",
        "description": "Words",
        "alt_text": "",
        "rating": "1",
        "creators": [str(creator.pk)],
    }
    response = site.post(f"{MEDIA}{item.pk}/change/", body)
    assert response.status_code == 302, response.context["adminform"].form.errors
    item.refresh_from_db()
    assert (item.name, item.rating) == ("New name", 1)
    assert [tag.name for tag in item.tags.all()] == ["new", "other"]
    assert list(item.creators.all()) == [creator]
    (event,) = (one for one in happened if one.action == "media.changed")
    assert event.actor is not None


def test_a_bad_tag_is_an_error_on_the_form(site: Client) -> None:
    item = MediaItemFactory()
    body = {"name": "x", "tag_names": "x" * 51, "rating": "0"}
    response = site.post(f"{MEDIA}{item.pk}/change/", body)
    assert response.status_code == 200
    assert "50 characters at most" in response.content.decode()


def test_an_item_in_the_trash_can_only_be_looked_at(site: Client) -> None:
    item = MediaItemFactory(trashed_at=timezone.now())
    assert site.get(f"{MEDIA}{item.pk}/change/").status_code == 200
    assert site.post(f"{MEDIA}{item.pk}/change/", {"name": "x"}).status_code == 403
    assert site.post(f"{MEDIA}{item.pk}/delete/", {"post": "yes"}).status_code == 403


def test_deleting_moves_to_the_trash(site: Client) -> None:
    item = MediaItemFactory()
    assert site.get(f"{MEDIA}{item.pk}/delete/").status_code == 200
    site.post(f"{MEDIA}{item.pk}/delete/", {"post": "yes"})
    assert MediaItem.objects.trashed().get() == item


def test_what_a_planned_post_holds_stays_and_the_page_says_why(
    site: Client, hold: Callable[..., None]
) -> None:
    item = MediaItemFactory()
    hold(item, "A planned post uses it.")
    address = f"{MEDIA}{item.pk}/delete/"
    response = site.post(address, {"post": "yes"}, follow=True)
    assert "A planned post uses it." in response.content.decode()
    response = run(site, "move_to_trash", [item])
    assert "1 left: A planned post uses it." in response.content.decode()
    assert MediaItem.objects.present().get() == item


def test_the_bulk_actions_are_the_apis(site: Client, happened: list[Event]) -> None:
    items = MediaItemFactory.create_batch(3)
    run(site, "add_tags", items, tags=" Sea, beach,")
    assert Tag.objects.filter(media=items[2]).count() == 2
    run(site, "remove_tags", items[:1], tags="sea")
    assert [tag.name for tag in items[0].tags.all()] == ["beach"]
    run(site, "move_to_trash", items)
    assert MediaItem.objects.trashed().count() == 3
    run(site, "restore", items, f"{MEDIA}?state=trashed")
    assert MediaItem.objects.trashed().count() == 0
    assert [event.action for event in happened if event.kind == "media"] == [
        "media.bulk_tagged",
        "media.bulk_tagged",
        "media.bulk_deleted",
        "media.restored",
    ]


def test_tagging_without_tags_says_so(site: Client) -> None:
    response = run(site, "add_tags", [MediaItemFactory()], tags=" ,")
    assert "Give at least one tag." in response.content.decode()
    assert not BulkOperation.objects.exists()


def test_django_s_own_deletion_is_not_on_offer(site: Client) -> None:
    item = MediaItemFactory()
    run(site, "delete_selected", [item], post="yes")
    assert MediaItem.objects.present().get() == item
    assert site.get(f"{MEDIA}add/").status_code == 403


def test_an_operation_is_undone_once(site: Client) -> None:
    address = "/admin/library/bulkoperation/"
    item = MediaItemFactory()
    run(site, "add_tags", [item], tags="sea")
    operation = BulkOperation.objects.get()
    assert site.get(address).status_code == 200
    assert site.get(f"{address}{operation.pk}/change/").status_code == 200
    response = run(site, "undo_selected", [operation], address)
    assert "1 put back" in response.content.decode()
    assert not item.tags.exists()
    response = run(site, "undo_selected", [operation], address)
    assert "undone already" in response.content.decode()


def test_models_are_added_changed_and_let_go(
    site: Client, happened: list[Event]
) -> None:
    address = "/admin/library/creator/"
    body = {
        "slug": "mia",
        "name": "Mia",
        "timezone": "Europe/Berlin",
        "language": "en",
        "is_active": "on",
    }
    response = site.post(f"{address}add/", body)
    assert response.status_code == 302, response.context["adminform"].form.errors
    mia = Creator.objects.get(slug="mia")
    del body["is_active"]
    site.post(f"{address}{mia.pk}/change/", body | {"name": "Mia K."})
    mia.refresh_from_db()
    assert (mia.name, mia.is_active, mia.slug) == ("Mia K.", False, "mia")
    assert site.post(f"{address}{mia.pk}/delete/", {"post": "yes"}).status_code == 403
    assert site.get(address).status_code == 200
    assert [event.action for event in happened if event.kind == "creator"] == [
        "creator.added",
        "creator.changed",
        "creator.deactivated",
    ]


def test_tags_are_renamed_and_deleted(site: Client, happened: list[Event]) -> None:
    address = "/admin/library/tag/"
    sea, beach = get_tags(["sea", "beach"])
    MediaItemFactory().tags.add(sea)
    assert site.get(address).status_code == 200
    site.post(f"{address}{sea.pk}/change/", {"name": " SEA "})
    assert Tag.objects.get(pk=sea.pk).name == "SEA"
    response = site.post(f"{address}{sea.pk}/change/", {"name": "Beach"}, follow=True)
    assert "There is a tag “Beach” already." in response.content.decode()
    site.post(f"{address}{sea.pk}/delete/", {"post": "yes"})
    run(site, "delete_selected", [beach], address, post="yes")
    assert not Tag.objects.exists()
    assert [event.action for event in happened if event.kind == "tag"] == [
        "tag.renamed",
        "tag.deleted",
        "tag.deleted",
    ]
