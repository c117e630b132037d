"""Selecting in the library, and what is done to what is selected."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from library import bulk, selections
from library.models import MediaItem
from promura_site import jobs
from promura_site.models import Job, User
from tests.pages.library_media import LibraryPage, add_media, tag_item, tags_of
from tests.scheduling.planning import a_channel, a_post

pytestmark = pytest.mark.django_db(transaction=True)

# The commissioning document's own snippet: what it reads is promised to stay.
BULK_TAGGING = """
async function bulkTagSelectedItems() {
  // Get selected items from UI
  const selectedItems = Array.from(
    document.querySelectorAll('.media-item.selected')
  ).map(el => el.dataset.mediaId);

  // Get tags from input
  const tags = document.getElementById('bulkTags').value.split(',');

  // Apply tags
  const response = await fetch('/api/library/bulk-tag', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      media_ids: selectedItems,
      tags: tags,
      action: 'add'
    })
  });

  const result = await response.json();
  console.log(`Tagged ${result.updated_count} items`);
}
"""


@pytest.fixture
def library(
    quiet: Page,
    live_server: Any,
    editor: User,
    signed_in: Callable[[Page, User], None],
) -> LibraryPage:
    signed_in(quiet, editor)
    return LibraryPage(quiet, live_server.url)


def test_a_check_selects_one_and_takes_it_back(
    library: LibraryPage, editor: User
) -> None:
    items = add_media(4, editor)
    library.open(shown=4)
    expect(library.bar).to_be_hidden()
    library.check(1)
    expect(library.selected).to_have_count(1)
    expect(library.selected).to_have_attribute("data-media-id", str(items[2].pk))
    expect(library.bar).to_contain_text("1 selected")
    library.check(1)
    expect(library.selected).to_have_count(0)
    expect(library.bar).to_be_hidden()


def test_ctrl_click_selects_many(library: LibraryPage, editor: User) -> None:
    add_media(6, editor)
    library.open(shown=6)
    for place in (0, 2, 5):
        library.picture(place).click(modifiers=["ControlOrMeta"])
    assert library.selected_places() == [0, 2, 5]
    expect(library.dialog).to_be_hidden()


def test_shift_click_selects_a_range_and_draws_it_anew(
    library: LibraryPage, editor: User
) -> None:
    add_media(8, editor)
    library.open(shown=8)
    library.check(2)
    library.picture(6).click(modifiers=["Shift"])
    assert library.selected_places() == [2, 3, 4, 5, 6]
    library.check(4, modifiers=["Shift"])
    assert library.selected_places() == [2, 3, 4]
    library.picture(0).click(modifiers=["Shift"])
    assert library.selected_places() == [0, 1, 2]


def test_all_are_selected_by_key_and_button_and_escape_clears(
    library: LibraryPage, editor: User
) -> None:
    add_media(5, editor)
    library.open(shown=5)
    library.page.keyboard.press("ControlOrMeta+a")
    expect(library.selected).to_have_count(5)
    library.page.keyboard.press("Escape")
    expect(library.selected).to_have_count(0)
    library.page.get_by_role("button", name="Select all").click()
    expect(library.bar).to_contain_text("5 selected")


def test_the_keyboard_alone_moves_selects_and_opens(
    library: LibraryPage, editor: User
) -> None:
    items = add_media(6, editor)
    keys = library.open(shown=6).page.keyboard
    library.page.get_by_label("Order").focus()
    keys.press("Tab")
    expect(library.picture(0)).to_be_focused()
    keys.press("ArrowRight")
    keys.press(" ")
    assert library.selected_places() == [1]
    keys.press("Shift+ArrowRight")
    keys.press("Shift+ArrowRight")
    assert library.selected_places() == [1, 2, 3]
    keys.press("Shift+ArrowLeft")
    assert library.selected_places() == [1, 2]
    keys.press("End")
    keys.press("x")
    assert library.selected_places() == [1, 2, 5]
    keys.press("Home")
    keys.press("Enter")
    expect(library.dialog.get_by_role("heading", level=2)).to_have_text(items[5].name)
    keys.press("ArrowRight")
    expect(library.dialog.get_by_role("heading", level=2)).to_have_text(items[4].name)
    keys.press("Escape")
    expect(library.dialog).to_be_hidden()
    expect(library.picture(1)).to_be_focused()
    assert library.selected_places() == [1, 2, 5]


def test_arrows_go_to_the_tile_above_and_below(
    library: LibraryPage, editor: User
) -> None:
    add_media(16, editor)
    library.open(shown=16)
    library.picture(0).focus()
    library.page.keyboard.press("ArrowDown")
    first = library.picture(0).bounding_box()
    below = library.page.locator(".media-open:focus").bounding_box()
    assert first is not None
    assert below is not None
    assert below["y"] == pytest.approx(first["y"] + first["height"] + 4, abs=2)
    library.page.keyboard.press("ArrowUp")
    expect(library.picture(0)).to_be_focused()


def test_tags_are_added_replaced_and_removed(
    library: LibraryPage, editor: User
) -> None:
    items = add_media(3, editor)
    tag_item(items[2], "old")
    library.open(shown=3)
    library.check(0)
    library.check(1)
    written = library.page.locator("#bulkTags")
    for words, button, expected in (
        ("Sunset, beach", "Add", [{"old", "Sunset", "beach"}, {"Sunset", "beach"}]),
        ("summer", "Replace", [{"summer"}, {"summer"}]),
        ("SUMMER", "Remove", [set(), set()]),
    ):
        written.fill(words)
        library.bar.get_by_role("button", name=button, exact=True).click()
        expect(library.undo).to_contain_text("2 items")
        expect(written).to_have_value("")
        assert [tags_of(items[2]), tags_of(items[1])] == expected
    assert library.selected_places() == [0, 1]
    assert tags_of(items[0]) == set()


def test_known_tags_are_suggested_while_typing(
    library: LibraryPage, editor: User
) -> None:
    items = add_media(2, editor)
    tag_item(items[0], "golden hour", "gold")
    library.open(shown=2)
    library.check(0)
    written = library.page.locator("#bulkTags")
    written.press_sequentially("new, golden")
    keys = library.page.keyboard
    expect(library.page.get_by_role("option", name="golden hour")).to_be_visible()
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(written).to_have_value("new, golden hour, ")
    keys.press("Enter")
    expect(library.undo).to_contain_text("1 item tagged")
    assert tags_of(items[1]) == {"new", "golden hour"}


def test_nothing_happens_without_a_tag(library: LibraryPage, editor: User) -> None:
    add_media(1, editor)
    library.open(shown=1)
    library.check(0)
    library.bar.get_by_role("button", name="Add").click()
    expect(library.bar.get_by_role("alert")).to_have_text(
        "Write at least one tag first."
    )


def test_the_promised_snippet_tags_what_is_selected(
    library: LibraryPage, editor: User
) -> None:
    items = add_media(3, editor)
    library.open(shown=3)
    library.check(0)
    library.check(2)
    library.page.locator("#bulkTags").fill("promotional, Q4-2025")
    said: list[str] = []
    library.page.on("console", lambda line: said.append(line.text))
    library.page.evaluate(
        f"async () => {{ {BULK_TAGGING} await bulkTagSelectedItems() }}"
    )
    assert said == ["Tagged 2 items"]
    assert tags_of(items[2]) == tags_of(items[0]) == {"promotional", "Q4-2025"}
    assert tags_of(items[1]) == set()


def test_deleted_media_come_back_by_undo(library: LibraryPage, editor: User) -> None:
    items = add_media(5, editor)
    library.open(shown=5)
    library.check(1)
    library.check(3)
    library.bar.get_by_role("button", name="Delete").click()
    expect(library.tiles).to_have_count(3)
    expect(library.undo).to_contain_text("2 items moved to the trash.")
    assert MediaItem.objects.trashed().count() == 2
    library.undo.get_by_role("button", name="Undo").click()
    expect(library.tiles).to_have_count(5)
    expect(library.tiles.nth(1)).to_have_attribute("data-media-id", str(items[3].pk))
    assert MediaItem.objects.present().count() == 5


def test_the_delete_key_keeps_the_focus_in_the_grid(
    library: LibraryPage, editor: User
) -> None:
    items = add_media(4, editor)
    library.open(shown=4)
    library.picture(1).focus()
    library.page.keyboard.press("x")
    library.page.keyboard.press("Delete")
    expect(library.tiles).to_have_count(3)
    expect(library.tile(items[1]).locator(".media-open")).to_be_focused()


def test_what_a_planned_post_holds_stays_and_says_why(
    library: LibraryPage, editor: User
) -> None:
    items = add_media(3, editor)
    at = timezone.now() + timedelta(days=2)
    a_post(a_channel(), media_ids=[items[2].pk], schedule_time=at)
    library.open(shown=3)
    expect(library.tile(items[2])).to_contain_text("Planned 1")
    library.page.keyboard.press("ControlOrMeta+a")
    library.bar.get_by_role("button", name="Delete").click()
    expect(library.undo).to_contain_text(
        "2 items moved to the trash. 1 stays as it is."
    )
    expect(library.tiles).to_have_count(1)
    expect(library.tile(items[2])).to_contain_text(f"{at:%Y-%m-%d}")


def test_everything_a_filter_finds_is_tagged_at_once(
    library: LibraryPage, editor: User
) -> None:
    add_media(120, editor)
    library.open("?search=picture", shown=100)
    library.page.keyboard.press("ControlOrMeta+a")
    expect(library.bar).to_contain_text("100 selected")
    library.bar.get_by_role("button", name="Select all 120").click()
    expect(library.bar).to_contain_text("120 selected")
    library.page.locator("#bulkTags").fill("archive")
    library.page.keyboard.press("Enter")
    expect(library.undo).to_contain_text("120 items tagged archive.")
    assert MediaItem.objects.filter(tags__name="archive").count() == 120
    library.undo.get_by_role("button", name="Undo").click()
    expect(library.undo).to_be_empty()
    assert not MediaItem.objects.filter(tags__name="archive").exists()


def test_what_is_too_much_at_once_shows_its_progress_and_can_be_undone(
    library: LibraryPage, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MAX_IDS", 100)
    monkeypatch.setattr(selections, "CHUNK", 40)
    add_media(105, editor)
    library.open(shown=100)
    library.page.keyboard.press("ControlOrMeta+a")
    library.bar.get_by_role("button", name="Select all 105").click()
    library.bar.get_by_role("button", name="Delete").click()
    expect(library.bar.get_by_role("progressbar")).to_be_visible()
    expect(library.bar).to_contain_text("0 of 105")
    jobs.run_job.call(str(Job.objects.get().pk))
    expect(library.undo).to_contain_text("105 items moved to the trash.")
    expect(library.tiles).to_have_count(0)
    library.undo.get_by_role("button", name="Undo").click()
    expect(library.tiles).to_have_count(100)
    assert MediaItem.objects.present().count() == 105


def test_the_trash_gives_back_what_is_selected(
    library: LibraryPage, editor: User
) -> None:
    add_media(4, editor)
    library.open(shown=4)
    library.page.keyboard.press("ControlOrMeta+a")
    library.page.keyboard.press("Delete")
    expect(library.page.get_by_text("Ready for the first picture")).to_be_visible()
    library.page.get_by_role("link", name="Trash").click()
    expect(library.tiles).to_have_count(4)
    library.check(0)
    library.check(1)
    expect(library.page.locator("#bulkTags")).to_be_hidden()
    library.bar.get_by_role("button", name="Restore").click()
    expect(library.tiles).to_have_count(2)
    assert MediaItem.objects.present().count() == 2
    library.page.go_back()
    expect(library.tiles).to_have_count(2)
    assert "trashed" not in library.page.url
