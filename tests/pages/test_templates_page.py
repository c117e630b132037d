"""The templates page in a real browser: write, read, copy, use, delete, take back."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from library.models import MediaItem
from promura_site.models import User
from templates_app.models import PostTemplate
from templates_app.references import describe
from templates_app.services import create_template
from tests.factories import ChannelFactory, CreatorFactory
from tests.pages.library_media import add_media

pytestmark = pytest.mark.django_db(transaction=True)

Open = Callable[[User], Page]
SignIn = Callable[[Page, User], None]


@pytest.fixture
def open_as(quiet: Page, signed_in: SignIn, live_server: Any) -> Open:
    def open_page(user: User) -> Page:
        signed_in(quiet, user)
        quiet.goto(f"{live_server.url}/templates")
        return quiet

    return open_page


@pytest.fixture
def lea() -> None:
    ChannelFactory(creator=CreatorFactory(slug="lea-moss", name="Lea Moss"))


def a_template(actor: User, **fields: Any) -> PostTemplate:
    values = {"name": "Morning", "content": "Good morning!", **fields}
    return create_template(actor=actor, fields=values)


def row(page: Page, name: str) -> Locator:
    return page.locator(".template").filter(
        has=page.get_by_role("heading", name=name, exact=True)
    )


def menu(page: Page, name: str, choice: str) -> None:
    page.get_by_role("button", name=f"More for {name}").click()
    row(page, name).locator(".menu").get_by_role("button", name=choice).click()


def media_of(template: PostTemplate) -> list[str]:
    return describe([template])[template.pk].media_ids


def pick(page: Page, *items: MediaItem) -> None:
    page.get_by_role("button", name="Choose from the library").click()
    picker = page.get_by_role("dialog", name="Choose from the library")
    for item in items:
        picker.get_by_role("button", name=item.name).click()
    expect(picker.locator("[data-picker-count]")).to_have_text(f"{len(items)} items")
    picker.get_by_role("button", name="Take these").click()
    expect(picker).to_be_hidden()


def test_an_editor_writes_a_template_with_pictures(
    open_as: Open, editor: User, lea: None
) -> None:
    first, _, third = add_media(3, editor)
    page = open_as(editor)
    page.get_by_role("button", name="Write the first one").click()
    dialog = page.get_by_role("dialog", name="New template")
    expect(dialog.get_by_label("Name", exact=True)).to_be_focused()
    dialog.get_by_label("Text").fill("Cold hands, warm light.")
    dialog.get_by_label("Name", exact=True).fill("Harbour")
    pick(page, third, first)
    dialog.get_by_label("Lea Moss").check()
    dialog.get_by_label("Tags").fill("harbour, winter")
    dialog.get_by_label("Repeats").select_option("rule")
    dialog.get_by_label("Rule").fill("FREQ=WEEKLY;BYDAY=MO,TH")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(row(page, "Harbour")).to_contain_text("Lea Moss")
    expect(
        row(page, "Harbour").get_by_role("button", name="Harbour").first
    ).to_be_focused()
    template = PostTemplate.objects.get()
    assert template.content == "Cold hands, warm light."
    assert template.schedule_pattern == "FREQ=WEEKLY;BYDAY=MO,TH"
    # In the order in which they were taken.
    assert media_of(template) == [str(third.pk), str(first.pk)]


def test_what_is_refused_is_said_beside_its_field(
    page: Page, signed_in: SignIn, live_server: Any, editor: User
) -> None:
    signed_in(page, editor)
    page.goto(f"{live_server.url}/templates")
    page.get_by_role("button", name="New template").click()
    dialog = page.get_by_role("dialog", name="New template")
    name, rule = dialog.get_by_label("Name", exact=True), dialog.get_by_label("Rule")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator(".field-error")).to_be_visible()
    expect(name).to_be_focused()
    name.fill("Harbour")
    dialog.get_by_label("Repeats").select_option("rule")
    rule.fill("every now and then")
    dialog.get_by_role("button", name="Save").click()
    expect(rule).to_have_attribute("aria-invalid", "true")
    expect(rule).to_be_focused()
    page.route("**/api/templates", lambda route: route.abort())
    rule.fill("FREQ=WEEKLY")
    dialog.get_by_role("button", name="Save").click()
    # What belongs to no field stands beneath the title, and nothing is lost.
    expect(dialog.get_by_role("alert")).to_contain_text("cannot be reached")
    expect(dialog.locator(".dialog-body > [role=alert]")).to_be_in_viewport()
    expect(name).to_have_value("Harbour")


def test_a_template_is_changed_and_keeps_what_was_not_touched(
    open_as: Open, editor: User, lea: None
) -> None:
    items = add_media(2, editor)
    a_template(
        editor,
        models=["lea-moss", "gone"],
        tags=["daily"],
        media_ids=[str(one.pk) for one in items],
        schedule_pattern="daily",
    )
    page = open_as(editor)
    expect(row(page, "Morning")).to_contain_text("Not there: model gone")
    row(page, "Morning").get_by_role("button", name="Morning", exact=True).click()
    dialog = page.get_by_role("dialog", name="Edit template")
    expect(dialog.get_by_label("Lea Moss")).to_be_checked()
    expect(dialog.get_by_label("gone")).to_be_checked()
    dialog.get_by_label("Text").fill("Good evening!")
    dialog.get_by_role("button", name="Remove item 1").click()
    dialog.get_by_role("button", name="Save").click()
    expect(row(page, "Morning")).to_contain_text("Good evening!")
    template = PostTemplate.objects.get()
    refs = describe([template])[template.pk]
    assert refs.models == ["lea-moss", "gone"]
    assert refs.media_ids == [str(items[1].pk)]
    assert refs.tags == ["daily"]
    assert template.schedule_pattern == "daily"


def test_a_copy_opens_at_once_to_be_changed(open_as: Open, editor: User) -> None:
    a_template(editor)
    page = open_as(editor)
    menu(page, "Morning", "Duplicate")
    dialog = page.get_by_role("dialog", name="Edit template")
    expect(dialog.get_by_label("Name", exact=True)).to_have_value(re.compile("Morning"))
    dialog.get_by_label("Name", exact=True).fill("Evening")
    dialog.get_by_role("button", name="Save").click()
    expect(row(page, "Evening")).to_be_visible()
    expect(row(page, "Morning")).to_be_visible()
    assert PostTemplate.objects.count() == 2


def test_an_owner_deletes_and_takes_it_back(open_as: Open, admin: User) -> None:
    a_template(admin)
    page = open_as(admin)
    menu(page, "Morning", "Delete")
    expect(page.get_by_role("heading", name="No templates yet")).to_be_visible()
    page.locator("#undo").get_by_role("button", name="Undo").click()
    expect(row(page, "Morning")).to_be_visible()
    menu(page, "Morning", "Delete")
    expect(page.get_by_role("heading", name="No templates yet")).to_be_visible()
    page.get_by_role("link", name="Deleted").click()
    expect(page).to_have_title("Deleted templates · PROMURA")
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("heading", name="Nothing deleted")).to_be_visible()
    page.get_by_role("link", name="All templates").click()
    expect(row(page, "Morning")).to_be_visible()


def test_using_a_template_fills_compose(open_as: Open, editor: User, lea: None) -> None:
    (item,) = add_media(1, editor)
    template = a_template(
        editor, models=["lea-moss"], tags=["daily"], media_ids=[str(item.pk)]
    )
    page = open_as(editor)
    row(page, "Morning").get_by_role("link", name="Use").click()
    expect(page.locator("#content")).to_have_value("Good morning!")
    expect(page.locator("[data-model-id=lea-moss]")).to_be_checked()
    expect(page.locator("#tags")).to_have_value("daily")
    template.refresh_from_db()
    assert template.usage_count == 1
    page.go_back()
    expect(row(page, "Morning")).to_contain_text("1 use")


def test_a_viewer_reads_and_copies_but_cannot_write(
    open_as: Open, viewer: User, lea: None
) -> None:
    a_template(viewer, models=["lea-moss"])
    page = open_as(viewer)
    for word in ("New template", "Use", "More", "Deleted"):
        for role in ("button", "link"):
            control = page.locator("#main").get_by_role(role, name=word)
            expect(control).to_have_count(0)
    row(page, "Morning").get_by_role("button", name="Morning", exact=True).click()
    dialog = page.get_by_role("dialog", name="Template", exact=True)
    expect(dialog.get_by_label("Text")).to_have_value("Good morning!")
    expect(dialog.get_by_label("Text")).not_to_be_editable()
    expect(dialog.get_by_label("Lea Moss")).to_be_disabled()
    expect(dialog.get_by_role("button", name="Save")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy text").click()
    expect(page.locator("#undo")).to_contain_text("Copied the text of “Morning”.")
    assert page.evaluate("navigator.clipboard.readText()") == "Good morning!"
    expect(row(page, "Morning")).to_contain_text("1 use")


def test_the_keyboard_alone_writes_a_template(open_as: Open, editor: User) -> None:
    add_media(2, editor)
    page = open_as(editor)
    press = page.keyboard.press
    new = page.get_by_role("button", name="New template")
    new.focus()
    press("Enter")
    page.keyboard.type("By hand")
    press("Tab")
    page.keyboard.type("No mouse near, ")
    for _ in range(2):
        press("Tab")
    # The second of the variables that can be put in; the text has the focus again.
    press("Enter")
    for _ in range(5):
        press("Tab")
    choose = page.get_by_role("button", name="Choose from the library")
    expect(choose).to_be_focused()
    press("Enter")
    picker = page.get_by_role("dialog", name="Choose from the library")
    expect(picker.get_by_role("searchbox")).to_be_focused()
    expect(picker.locator(".media-open")).to_have_count(2)
    press("Tab")
    if picker.locator(".media-open").first.evaluate(
        "(one) => one !== document.activeElement"
    ):
        # A list that scrolls is a stop of its own.
        press("Tab")
    expect(picker.locator(".media-open").first).to_be_focused()
    press("Enter")
    expect(picker.locator(".media-open").first).to_have_attribute(
        "aria-pressed", "true"
    )
    press("Escape")
    expect(picker).to_be_hidden()
    expect(choose).to_be_focused()
    page.get_by_role("dialog", name="New template").get_by_label("Text").focus()
    press("Shift+Tab")
    press("Enter")
    expect(row(page, "By hand")).to_contain_text("No mouse near, {handle}")
    # Dismissed, the picker has taken nothing.
    assert media_of(PostTemplate.objects.get()) == []


def test_filters_narrow_the_list_and_stay_in_the_address(
    open_as: Open, editor: User
) -> None:
    a_template(editor, name="Morning", tags=["daily"])
    a_template(editor, name="Evening", content="Good night", tags=["weekly"])
    page = open_as(editor)
    page.get_by_role("searchbox").fill("night")
    expect(page.locator(".template")).to_have_count(1)
    expect(page).to_have_url(re.compile("search=night"))
    page.reload()
    expect(row(page, "Evening")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("night")
    page.get_by_role("searchbox").fill("nothing like it")
    expect(page.get_by_role("heading", name="No template fits")).to_be_visible()
    page.get_by_role("link", name="Show all").click()
    expect(page.locator(".template")).to_have_count(2)


def test_an_unreachable_server_is_said_in_words(
    page: Page, signed_in: SignIn, live_server: Any, editor: User
) -> None:
    a_template(editor)
    signed_in(page, editor)
    page.goto(f"{live_server.url}/templates")
    page.route("**/templates?*", lambda route: route.abort())
    page.get_by_role("searchbox").fill("mor")
    expect(page.locator("#undo")).to_contain_text("The server cannot be reached.")
    expect(row(page, "Morning")).to_be_visible()


def test_a_session_that_has_ended_is_said_with_the_way_back(
    page: Page, signed_in: SignIn, live_server: Any, editor: User
) -> None:
    a_template(editor)
    signed_in(page, editor)
    page.goto(f"{live_server.url}/templates?search=good")
    page.context.clear_cookies()
    row(page, "Morning").get_by_role("button", name="Morning", exact=True).click()
    banner = page.locator("#banner")
    expect(banner).to_contain_text("Your session has ended.")
    expect(page.locator("#undo")).to_contain_text("Sign in again to go on.")
    way = banner.get_by_role("link", name="Sign in again")
    expect(way).to_have_attribute("href", "/sign-in?next=%2Ftemplates%3Fsearch%3Dgood")
    way.click()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()


def test_the_picker_keeps_its_buttons_in_sight(open_as: Open, editor: User) -> None:
    add_media(60, editor)
    page = open_as(editor)
    page.set_viewport_size({"width": 360, "height": 740})
    page.get_by_role("button", name="New template").click()
    page.get_by_role("button", name="Choose from the library").click()
    picker = page.get_by_role("dialog", name="Choose from the library")
    pictures = picker.locator(".media-open")
    expect(pictures).to_have_count(48)
    box = picker.bounding_box()
    done = picker.get_by_role("button", name="Take these").bounding_box()
    assert box is not None
    assert done is not None
    assert done["y"] + done["height"] <= box["y"] + box["height"]
    expect(picker.get_by_role("searchbox")).to_be_in_viewport(ratio=1)
    more = picker.get_by_role("button", name="Load more")
    last, below = pictures.last.bounding_box(), more.bounding_box()
    assert last is not None
    assert below is not None
    assert last["y"] + last["height"] <= below["y"]
    more.click()
    expect(pictures).to_have_count(60)
    expect(more).to_be_hidden()
