"""Variables in the template editor: insert, add, give values, see what comes of it."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from promura_site.models import User
from scheduling.models import Channel
from templates_app.models import PostTemplate
from templates_app.services import create_template, keep_braces
from tests.factories import ChannelFactory, CreatorFactory

pytestmark = pytest.mark.django_db(transaction=True)

Open = Callable[[User], Page]


@pytest.fixture
def open_as(
    quiet: Page, signed_in: Callable[[Page, User], None], live_server: Any
) -> Open:
    def open_page(user: User) -> Page:
        signed_in(quiet, user)
        quiet.goto(f"{live_server.url}/templates")
        return quiet

    return open_page


@pytest.fixture
def accounts() -> tuple[Channel, Channel]:
    lea = CreatorFactory(slug="lea-moss", name="Lea Moss")
    ruby = CreatorFactory(slug="ruby-hart", name="Ruby Hart")
    return (
        ChannelFactory(creator=lea, platform="x", handle="@lea"),
        ChannelFactory(creator=ruby, platform="instagram", handle="@ruby"),
    )


def new_template(page: Page) -> Locator:
    page.get_by_role("button", name="New template").click()
    return page.get_by_role("dialog", name="New template")


def edit(page: Page, name: str) -> Locator:
    page.get_by_role("button", name=name, exact=True).first.click()
    return page.get_by_role("dialog")


def insert(dialog: Locator, name: str) -> None:
    row = dialog.get_by_role("group", name="Insert a variable")
    row.get_by_role("button", name=f"{{{name}}}").click()


def preview(dialog: Locator, channel: Channel) -> Locator:
    return dialog.locator(f'[data-preview-channel="{channel.pk}"]')


def test_a_variable_is_put_where_the_caret_is(
    open_as: Open, editor: User, accounts: tuple[Channel, Channel]
) -> None:
    dialog = new_template(open_as(editor))
    text = dialog.get_by_label("Text")
    text.fill("Good morning from !")
    text.press("End")
    text.press("ArrowLeft")
    insert(dialog, "model")
    expect(text).to_have_value("Good morning from {model}!")
    expect(text).to_be_focused()
    text.press_sequentially(" and all")
    expect(text).to_have_value("Good morning from {model} and all!")


def test_a_variable_of_ones_own_is_typed_for_each_model_and_saved(
    open_as: Open, editor: User, accounts: tuple[Channel, Channel]
) -> None:
    page = open_as(editor)
    dialog = new_template(page)
    dialog.get_by_label("Name", exact=True).fill("Cities")
    dialog.get_by_label("Text").fill("{handle} in ")
    dialog.get_by_label("Lea Moss").check()
    dialog.get_by_label("Ruby Hart").check()
    dialog.get_by_label("Name of another variable").fill("City")
    dialog.get_by_label("Name of another variable").press("Enter")
    insert(dialog, "city")
    expect(
        dialog.get_by_text("{city} has no value for Lea Moss, Ruby Hart yet.")
    ).to_be_visible()
    dialog.get_by_label("{city} for Lea Moss").fill("Rome")
    dialog.get_by_label("{city} for Ruby Hart").fill("Paris")
    lea, ruby = accounts
    expect(preview(dialog, lea)).to_contain_text("@lea in Rome")
    expect(preview(dialog, ruby)).to_contain_text("@ruby in Paris")
    expect(preview(dialog, lea)).to_contain_text("12 of 280")
    expect(dialog.get_by_text("has no value")).to_be_hidden()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    template = PostTemplate.objects.get()
    assert template.content == "{handle} in {city}"
    assert template.variables == {"city": {"lea-moss": "Rome", "ruby-hart": "Paris"}}


def test_stored_values_are_shown_changed_and_taken_away(
    open_as: Open, editor: User, accounts: tuple[Channel, Channel]
) -> None:
    values = {
        "city": {"lea-moss": "Rome", "gone": "Oslo"},
        "drink": {"lea-moss": "tea"},
    }
    create_template(
        actor=editor,
        fields={
            "name": "Cities",
            "content": "{city} {drink}",
            "models": ["lea-moss", "gone"],
            "variables": values,
        },
    )
    page = open_as(editor)
    dialog = edit(page, "Cities")
    expect(dialog.get_by_label("{city} for Lea Moss")).to_have_value("Rome")
    dialog.get_by_label("{city} for Lea Moss").fill("Pisa")
    dialog.get_by_role("button", name="Remove {drink}").click()
    expect(
        dialog.get_by_text("{drink} is no variable and stays as written.")
    ).to_be_visible()
    dialog.get_by_role("button", name="Make {drink} a variable").click()
    expect(dialog.get_by_label("{drink} for Lea Moss")).to_be_focused()
    dialog.get_by_role("button", name="Remove {drink}").click()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    # What it warns of stands there, and on the row, and keeps nobody from saving.
    expect(page.locator("#undo")).to_contain_text("{drink} is no variable")
    expect(page.locator(".template")).to_contain_text("Stays as written: {drink}")
    template = PostTemplate.objects.get()
    assert template.variables == {"city": {"lea-moss": "Pisa", "gone": "Oslo"}}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("model", "filled in by itself"),
        ("city", "is there already"),
        ("1st", "with a letter first"),
        ("constructor", ""),
    ],
)
def test_a_name_that_is_none_is_refused_beside_its_field(
    open_as: Open,
    editor: User,
    accounts: tuple[Channel, Channel],
    name: str,
    words: str,
) -> None:
    fields = {"name": "Cities", "content": "x", "variables": {"city": {}}}
    create_template(actor=editor, fields=fields)  # type: ignore[arg-type]
    dialog = edit(open_as(editor), "Cities")
    dialog.get_by_label("Name of another variable").fill(name)
    dialog.get_by_role("button", name="Add", exact=True).click()
    if words:
        expect(dialog.locator(".field-error")).to_contain_text(words)
    else:
        expect(dialog.get_by_text(f"{{{name}}}", exact=True).first).to_be_visible()


def test_what_may_stay_is_not_warned_of(
    open_as: Open, editor: User, accounts: tuple[Channel, Channel]
) -> None:
    template = create_template(
        actor=editor, fields={"name": "Braces", "content": "{foo} {bar}"}
    )
    keep_braces(template.pk, ["foo"], actor=editor)
    dialog = edit(open_as(editor), "Braces")
    expect(dialog.locator("[data-unknown]")).to_contain_text("{bar} is no variable")


def test_a_viewer_reads_values_and_preview_and_changes_nothing(
    open_as: Open, viewer: User, editor: User, accounts: tuple[Channel, Channel]
) -> None:
    create_template(
        actor=editor,
        fields={
            "name": "Cities",
            "content": "{model} in {city}",
            "models": ["lea-moss"],
            "variables": {"city": {"lea-moss": "Rome"}},
        },
    )
    dialog = edit(open_as(viewer), "Cities")
    value = dialog.get_by_label("{city} for Lea Moss")
    expect(value).to_have_value("Rome")
    expect(value).not_to_be_editable()
    expect(preview(dialog, accounts[0])).to_contain_text("Lea Moss in Rome")
    expect(dialog.get_by_role("button", name="Remove {city}")).to_have_count(0)
    expect(dialog.get_by_role("group", name="Insert a variable")).to_have_count(0)
