"""Variables on the compose page: filled in, given other values, asked about once."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from promura_site.models import User
from scheduling.models import Channel, Post, Publication
from templates_app.models import PostTemplate
from templates_app.services import create_template
from tests.pages.compose_page import ComposePage, next_week, two_models
from tests.scheduling.planning import a_post

pytestmark = pytest.mark.django_db(transaction=True)

Open = Callable[..., ComposePage]


@pytest.fixture
def channels() -> tuple[Channel, Channel, Channel]:
    return two_models()


@pytest.fixture
def opened_loud(
    page: Page,
    signed_in: Callable[[Page, User], None],
    live_server: Any,
    editor: User,
    channels: tuple[Channel, Channel, Channel],
) -> Open:
    """Open the page where the browser may log that something was refused."""

    def open_page(query: str = "") -> ComposePage:
        signed_in(page, editor)
        return ComposePage(page, live_server.url).open(query)

    return open_page


@pytest.fixture
def opened(opened_loud: Open, quiet: Page) -> Open:
    return opened_loud


def a_template(actor: User, content: str, **fields: Any) -> PostTemplate:
    values = {"name": "Cities", "content": content, "models": ["lea-moss"], **fields}
    return create_template(actor=actor, fields=values)  # type: ignore[arg-type]


def preview(compose: ComposePage) -> Any:
    return compose.page.locator(".preview-text")


def texts() -> dict[str, str]:
    rows = Publication.objects.values_list("channel__handle", "content")
    return dict(rows)


def at() -> str:
    return f"{next_week():%Y-%m-%dT%H:%M}"


def test_a_templates_variables_are_filled_in_and_shown(
    opened: Open, editor: User
) -> None:
    values = {"city": {"lea-moss": "Rome"}}
    template = a_template(editor, "{model} in {city}", variables=values)
    compose = opened(f"?template={template.pk}")
    expect(compose.content).to_have_value("{model} in {city}")
    expect(compose.page.locator("[data-variables]")).to_contain_text(
        "{model}, {city} are filled in for each account"
    )
    expect(preview(compose)).to_have_text("Lea Moss in Rome")
    compose.time.fill(at())
    compose.press("Schedule")
    compose.said("Lea Moss")
    assert texts() == {"@lea": "Lea Moss in Rome", "@lea.x": "Lea Moss in Rome"}


def test_who_may_only_look_reads_a_template_filled_in(
    quiet: Page,
    signed_in: Callable[[Page, User], None],
    live_server: Any,
    viewer: User,
    editor: User,
    channels: tuple[Channel, Channel, Channel],
) -> None:
    values = {"city": {"lea-moss": "Rome"}}
    template = a_template(editor, "{model} in {city}", variables=values)
    signed_in(quiet, viewer)
    compose = ComposePage(quiet, live_server.url).open(f"?template={template.pk}")
    expect(preview(compose)).to_have_text("Lea Moss in Rome")
    compose.page.get_by_label("{city} for Lea Moss").fill("Pisa")
    expect(preview(compose)).to_have_text("Lea Moss in Pisa")


def test_a_value_can_be_another_one_for_this_post(opened: Open, editor: User) -> None:
    values = {"city": {"lea-moss": "Rome"}}
    template = a_template(editor, "In {city}", variables=values)
    compose = opened(f"?template={template.pk}")
    # The template brings its own models; who is chosen before it is there is not.
    expect(compose.model("lea-moss")).to_be_checked()
    compose.model("ruby-hart").check()
    said = compose.page.locator("[data-check-list]")
    expect(said).to_contain_text("{city} has no value for Ruby Hart")
    compose.page.get_by_label("{city} for Lea Moss").fill("Pisa")
    compose.page.get_by_label("{city} for Ruby Hart").fill("New York")
    expect(preview(compose)).to_have_text("In Pisa")
    expect(said).not_to_contain_text("no value")
    compose.time.fill(at())
    compose.press("Schedule")
    compose.said("Ruby Hart")
    assert texts()["@lea"] == "In Pisa"
    assert texts()["@ruby"] == "In New York"
    template.refresh_from_db()
    assert template.variables == values


def test_what_stays_in_braces_is_asked_about_once(
    opened_loud: Open, editor: User
) -> None:
    template = a_template(editor, "{model} {foo}")
    compose = opened_loud(f"?template={template.pk}")
    expect(compose.page.locator("[data-check-list]")).to_contain_text(
        "{foo} is no variable and stays as written."
    )
    compose.time.fill(at())
    asked = compose.page.get_by_role("dialog", name="These stay as written")
    compose.press("Schedule")
    expect(asked).to_contain_text("{foo}")
    asked.get_by_role("button", name="Go back").click()
    expect(asked).to_be_hidden()
    expect(compose.content).to_be_focused()
    assert not Post.objects.exists()
    compose.press("Schedule")
    asked.get_by_role("button", name="Plan it all the same").click()
    compose.said("Lea Moss")
    assert texts()["@lea"] == "Lea Moss {foo}"
    again = opened_loud(f"?template={template.pk}")
    expect(preview(again)).to_have_text("Lea Moss {foo}")
    again.time.fill(at())
    again.press("Schedule")
    again.said("Lea Moss")
    assert Post.objects.count() == 2


def test_a_text_of_ones_own_goes_out_as_written_or_is_filled_in(
    opened: Open, editor: User
) -> None:
    compose = opened()
    compose.write("I am {model}", "lea-moss", at=at())
    place = compose.page.locator("[data-variables]")
    expect(place).to_contain_text("{model} would go out just as written.")
    expect(preview(compose)).to_have_text("I am {model}")
    place.get_by_role("button", name="Fill them in").click()
    expect(preview(compose)).to_have_text("I am Lea Moss")
    compose.press("Schedule")
    compose.said("Lea Moss")
    assert texts()["@lea"] == "I am Lea Moss"


def test_a_planned_post_is_edited_with_its_values(
    opened: Open, editor: User, channels: tuple[Channel, Channel, Channel]
) -> None:
    post = a_post(
        channels[0],
        actor=editor,
        content="In {city}",
        variables={"city": {"lea-moss": "Rome"}},
        schedule_time=next_week(),
    )
    compose = opened(f"?post={post.pk}")
    expect(compose.content).to_have_value("In {city}")
    expect(preview(compose)).to_have_text("In Rome")
    compose.page.get_by_label("{city} for Lea Moss").fill("Pisa")
    expect(preview(compose)).to_have_text("In Pisa")
    compose.press("Save changes")
    compose.said("The post is saved.")
    assert texts() == {"@lea": "In Pisa"}


def test_taking_a_template_back_takes_its_variables_back(
    opened: Open, editor: User
) -> None:
    template = a_template(editor, "{model}")
    compose = opened(f"?template={template.pk}")
    expect(preview(compose)).to_have_text("Lea Moss")
    compose.undo.get_by_role("button", name="Undo").click()
    compose.write("{model}", "lea-moss")
    expect(preview(compose)).to_have_text("{model}")


def test_today_and_queue_show_what_is_sent(
    opened: Open, editor: User, channels: tuple[Channel, Channel, Channel]
) -> None:
    a_post(
        *channels[1:],
        actor=editor,
        content="I am {model}",
        variables={},
        schedule_time=next_week(),
    )
    compose = opened()
    page = compose.page
    page.goto(f"{compose.address}/queue")
    expect(page.locator(".queue-text")).to_have_text("I am Lea Moss")
    page.goto(compose.address)
    expect(page.get_by_role("link", name="I am Lea Moss")).to_be_visible()
