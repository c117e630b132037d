"""The library page: what it shows, takes in and lets whom do."""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from library.models import MediaItem
from promura_site.models import User
from tests.factories import CreatorFactory
from tests.media_files import jpeg_bytes, webm_bytes
from tests.pages.library_media import LibraryPage, add_media, tag_item, tags_of
from tests.scheduling.planning import a_channel, a_post

pytestmark = pytest.mark.django_db(transaction=True)

DROP = """([name, bytes]) => {
  const files = new DataTransfer();
  const data = Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0));
  files.items.add(new File([data], name, {type: "image/jpeg"}));
  for (const type of ["dragenter", "dragover", "drop"]) {
    document.getElementById("main").dispatchEvent(
      new DragEvent(type, {dataTransfer: files, bubbles: true, cancelable: true}));
  }
}"""


@pytest.fixture
def library(
    quiet: Page,
    live_server: Any,
    editor: User,
    signed_in: Callable[[Page, User], None],
) -> LibraryPage:
    signed_in(quiet, editor)
    return LibraryPage(quiet, live_server.url)


def _file(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_strangers_are_sent_to_sign_in(client: Client) -> None:
    response = client.get(reverse("library"))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("sign-in"))


def test_people_without_a_level_are_refused(
    person: Callable[..., User], browse: Callable[[User], Client]
) -> None:
    assert browse(person(None)).get(reverse("library")).status_code == 403


def test_the_page_costs_the_same_with_many_models(
    viewer: User, browse: Callable[[User], Client], django_assert_max_num_queries: Any
) -> None:
    CreatorFactory.create_batch(30)
    client = browse(viewer)
    with django_assert_max_num_queries(9):
        assert client.get(reverse("library")).status_code == 200


def test_a_viewer_looks_but_has_no_write_controls(
    quiet: Page,
    live_server: Any,
    viewer: User,
    editor: User,
    signed_in: Callable[[Page, User], None],
) -> None:
    items = add_media(3, editor)
    tag_item(items[2], "beach")
    signed_in(quiet, viewer)
    library = LibraryPage(quiet, live_server.url).open(shown=3)
    for name in ("Upload", "Select all", "Delete", "Save"):
        expect(quiet.get_by_role("button", name=name)).to_have_count(0)
    assert quiet.locator(".media-check, #bulkTags, input[type=file]").count() == 0
    library.picture(0).click(modifiers=["ControlOrMeta"])
    expect(library.selected).to_have_count(0)
    expect(library.dialog).to_contain_text("beach")
    assert library.dialog.locator("input, textarea, select").count() == 0
    expect(library.dialog.get_by_role("link", name="Original")).to_be_visible()


def test_a_chosen_file_is_uploaded_with_its_progress(
    library: LibraryPage, tmp_path: Path
) -> None:
    library.open(shown=0)
    expect(library.page.get_by_text("Ready for the first picture")).to_be_visible()
    first = _file(tmp_path, "lea.jpg", jpeg_bytes(400, 300, seed=5))
    second = _file(tmp_path, "noor.jpg", jpeg_bytes(300, 400, seed=6))
    with library.page.expect_file_chooser() as chooser:
        library.page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files([first, second])
    tray = library.page.get_by_role("region", name="Uploads")
    expect(tray).to_contain_text("2 files uploaded")
    expect(library.tiles).to_have_count(2)
    assert set(MediaItem.objects.values_list("name", flat=True)) == {
        "lea.jpg",
        "noor.jpg",
    }
    tray.get_by_role("button", name="Select these").click()
    expect(library.bar).to_contain_text("2 selected")


def test_a_duplicate_and_a_disguised_file_are_told_apart(
    library: LibraryPage, editor: User, tmp_path: Path
) -> None:
    add_media(1, editor)
    library.open(shown=1)
    again = _file(tmp_path, "again.jpg", jpeg_bytes(300, 200, seed=99))
    library.page.locator("[data-upload-files]").set_input_files([again])
    tray = library.page.get_by_role("region", name="Uploads")
    expect(tray).to_contain_text("This file is in the library already.")
    expect(library.tiles).to_have_count(1)


def test_a_refused_file_stands_with_the_servers_sentence(
    page: Page,
    live_server: Any,
    editor: User,
    signed_in: Callable[[Page, User], None],
    tmp_path: Path,
) -> None:
    signed_in(page, editor)
    library = LibraryPage(page, live_server.url).open(shown=0)
    disguised = _file(tmp_path, "letter.jpg", b"Dear reader, this is no picture.")
    page.locator("[data-upload-files]").set_input_files([disguised])
    tray = page.get_by_role("region", name="Uploads")
    expect(tray).to_contain_text("0 files taken, 1 not")
    expect(tray.get_by_role("listitem")).to_contain_text("“letter.jpg”")
    expect(library.tiles).to_have_count(0)


def test_a_file_may_be_dropped_anywhere(library: LibraryPage) -> None:
    library.open(shown=0)
    content = base64.b64encode(jpeg_bytes(seed=8)).decode()
    library.page.evaluate(DROP, ["dropped.jpg", content])
    expect(library.tiles).to_have_count(1)
    assert MediaItem.objects.get().name == "dropped.jpg"


def test_filters_stand_in_the_address_and_survive_reload_and_back(
    library: LibraryPage, editor: User
) -> None:
    items = add_media(6, editor)
    tag_item(items[0], "beach")
    tag_item(items[1], "night")
    page = library.open(shown=6).page
    page.get_by_role("button", name="Tags").click()
    page.get_by_role("group", name="Tags").get_by_text("beach").click()
    expect(library.tiles).to_have_count(1)
    page.get_by_role("group", name="Tags").get_by_text("night").click()
    expect(library.tiles).to_have_count(2)
    page.keyboard.press("Escape")
    page.get_by_label("Order").select_option("By name")
    expect(library.tiles.first).to_have_attribute("data-media-id", str(items[0].pk))
    page.get_by_label("Search names").fill("002")
    expect(library.tiles).to_have_count(1)
    assert re.search(r"search=002.*tags=beach%2Cnight.*ordering=name", page.url)
    page.reload()
    expect(library.tiles).to_have_count(1)
    expect(page.get_by_label("Search names")).to_have_value("002")
    page.go_back()
    expect(library.tiles).to_have_count(2)
    page.get_by_role("button", name="Clear").click()
    expect(library.tiles).to_have_count(6)


def test_a_filter_that_finds_nothing_offers_the_way_back(
    library: LibraryPage, editor: User
) -> None:
    add_media(2, editor)
    library.open("?search=nowhere", shown=0)
    expect(library.page.get_by_text("Nothing matches")).to_be_visible()
    library.page.get_by_role("button", name="Clear the filters").click()
    expect(library.tiles).to_have_count(2)


def test_more_is_loaded_on_the_way_down(library: LibraryPage, editor: User) -> None:
    add_media(130, editor)
    library.open(shown=100)
    library.tiles.last.scroll_into_view_if_needed()
    expect(library.tiles).to_have_count(130)
    expect(library.page.get_by_role("button", name="Load more")).to_be_hidden()


def test_what_is_said_of_an_item_is_changed_in_its_dialog(
    library: LibraryPage, editor: User
) -> None:
    creator = CreatorFactory(name="Lea Moss", slug="lea")
    items = add_media(2, editor)
    library.open(shown=2)
    library.picture(0).click()
    dialog = library.dialog
    save = dialog.get_by_role("button", name="Save")
    expect(save).to_be_disabled()
    dialog.get_by_label("Name").fill("renamed.jpg")
    dialog.get_by_label("Tags").fill("Beach, summer")
    dialog.get_by_label("Alternative text").fill("A woman by the sea")
    dialog.get_by_text("Lea Moss").click()
    dialog.get_by_role("radio", name="Suggestive").check()
    dialog.get_by_label("Not before").fill("2026-07-01T09:30")
    save.click()
    expect(save).to_be_disabled()
    item = MediaItem.objects.get(pk=items[1].pk)
    assert (item.name, item.alt_text) == ("renamed.jpg", "A woman by the sea")
    assert tags_of(item) == {"Beach", "summer"}
    assert list(item.creators.all()) == [creator]
    assert item.get_rating_display() == "suggestive"
    # Half past nine in Berlin, in summer.
    assert item.not_before is not None
    assert item.not_before.isoformat() == "2026-07-01T07:30:00+00:00"
    expect(library.tile(item).locator("img")).to_have_attribute(
        "alt", "A woman by the sea"
    )


def test_changes_are_kept_when_one_goes_on_or_closes(
    library: LibraryPage, editor: User
) -> None:
    items = add_media(2, editor)
    library.open(shown=2)
    library.picture(0).click()
    library.dialog.get_by_label("Note").fill("First")
    library.dialog.get_by_role("button", name="Next").click()
    expect(library.dialog.get_by_label("Name")).to_have_value(items[0].name)
    library.dialog.get_by_label("Note").fill("Second")
    library.page.keyboard.press("Escape")
    expect(library.undo).to_contain_text(f"Saved {items[0].name}.")
    assert [MediaItem.objects.get(pk=one.pk).description for one in items] == [
        "Second",
        "First",
    ]
    library.undo.get_by_role("button", name="Undo").click()
    expect(library.undo).to_be_empty()
    assert MediaItem.objects.get(pk=items[0].pk).description == ""


def test_the_dialog_shows_where_an_item_is_used(
    library: LibraryPage, editor: User
) -> None:
    items = add_media(1, editor)
    a_post(a_channel(), media_ids=[items[0].pk], content="Good morning, sun")
    library.open(f"?item={items[0].pk}")
    expect(library.dialog).to_contain_text("Good morning, sun")
    expect(library.dialog).to_contain_text("Scheduled")


def test_one_item_is_deleted_from_its_dialog_and_comes_back(
    library: LibraryPage, editor: User
) -> None:
    add_media(2, editor)
    library.open(shown=2)
    library.picture(0).click()
    library.dialog.get_by_role("button", name="Delete").click()
    expect(library.dialog).to_be_hidden()
    expect(library.tiles).to_have_count(1)
    library.undo.get_by_role("button", name="Undo").click()
    expect(library.tiles).to_have_count(2)


def test_a_clip_plays_in_its_dialog(
    library: LibraryPage, editor: User, tmp_path: Path
) -> None:
    library.open(shown=0)
    clip = _file(tmp_path, "clip.webm", webm_bytes(2))
    library.page.locator("[data-upload-files]").set_input_files([clip])
    expect(library.tiles).to_have_count(1)
    expect(library.tiles.first).to_contain_text("0:02")
    library.picture(0).click()
    length = library.page.wait_for_function(
        "() => document.querySelector('#detail video')?.duration"
    )
    assert length.json_value() == pytest.approx(2, abs=0.2)


@pytest.mark.parametrize(
    ("width", "height"), [(360, 740), (768, 1024), (1280, 900), (1920, 1080)]
)
def test_the_chrome_is_low_and_nothing_overflows(
    library: LibraryPage, editor: User, width: int, height: int
) -> None:
    add_media(12, editor)
    library.page.set_viewport_size({"width": width, "height": height})
    library.open(shown=12)
    first = library.tiles.first.bounding_box()
    assert first is not None
    assert first["y"] <= 120
    library.page.keyboard.press("ControlOrMeta+a")
    bar = library.bar.bounding_box()
    assert bar is not None
    assert bar["x"] >= 0
    assert bar["x"] + bar["width"] <= width
    assert library.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_finger_selects_with_targets_large_enough(
    browser: Any,
    live_server: Any,
    editor: User,
    signed_in: Callable[[Page, User], None],
) -> None:
    add_media(6, editor)
    size: Any = {"width": 360, "height": 740}
    context = browser.new_context(viewport=size, has_touch=True, is_mobile=True)
    page = context.new_page()
    signed_in(page, editor)
    library = LibraryPage(page, live_server.url).open(shown=6)
    small = page.locator(
        ":is(main, .bulk-bar) :is(button, a, select, .media-check, input[type=search])"
    ).evaluate_all(
        """all => all.filter(one => one.checkVisibility()).map(one =>
             [one.textContent.trim(), one.getBoundingClientRect().height])
           .filter(([, height]) => height < 43.5)"""
    )
    assert small == []
    library.tiles.first.locator(".media-check").tap()
    library.picture(2).tap()
    assert library.selected_places() == [0, 2]
    page.get_by_role("button", name="Clear the selection").tap()
    library.picture(1).tap()
    expect(library.dialog).to_be_visible()
    context.close()
