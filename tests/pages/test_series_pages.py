"""The pages of series in a real browser: begin one, see what comes, end it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from library.models import Creator
from promura_site.models import User
from scheduling.models import Post, Publication, Series
from scheduling.series.making import make_occurrences
from templates_app.models import PostTemplate
from tests.scheduling.series.beginning import a_model, a_series, a_template

pytestmark = pytest.mark.django_db(transaction=True)

Open = Callable[[User, str], Page]


@pytest.fixture
def open_as(
    quiet: Page, signed_in: Callable[[Page, User], None], live_server: Any
) -> Open:
    def open_page(user: User, address: str) -> Page:
        signed_in(quiet, user)
        quiet.goto(f"{live_server.url}{address}")
        return quiet

    return open_page


@pytest.fixture
def template(db: None) -> PostTemplate:
    lea = a_model(slug="lea", name="Lea Moss")
    hana = a_model("Asia/Tokyo", slug="hana", name="Hana Sato")
    return a_template(
        lea, hana, name="Morning", content="Hello, {model}", schedule_pattern="weekly"
    )


def running(**asked: Any) -> Series:
    now = timezone.now()
    template = a_template(a_model(name="Lea Moss"), name="Morning")
    wall = now.replace(tzinfo=None) + timedelta(days=1)
    return a_series(template, now=now, start=wall, timezone="UTC", **asked)


def test_a_series_is_tried_out_begun_and_ended_again(
    open_as: Open, editor: User, template: PostTemplate
) -> None:
    page = open_as(editor, "/templates")
    page.get_by_role("button", name="More for Morning").click()
    page.get_by_role("link", name="Repeat…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Repeat “Morning”")
    words = page.locator("[data-words]")
    expect(words).to_contain_text("Weekly on")
    expect(words).to_contain_text("10 times.")
    coming = page.get_by_role("list", name="The next posts")
    expect(coming.locator("> li")).to_have_count(10)
    expect(coming.get_by_text("Hello, Hana Sato").first).to_be_visible()
    assert not Series.objects.exists()

    page.get_by_label("How often").select_option("days")
    expect(words).to_have_text("Choose the days of the week.")
    page.get_by_role("checkbox", name="Monday").check()
    page.get_by_role("checkbox", name="Thursday").check()
    page.get_by_text("Several times").click()
    page.get_by_role("button", name="Add a time").click()
    expect(words).to_contain_text("Weekly on Mon, Thu at 09:00 and 13:00")
    page.get_by_role("checkbox", name="Hana Sato").uncheck()
    expect(coming.get_by_text("Hello, Hana Sato")).to_have_count(0)
    page.get_by_label("How many times").fill("4")
    expect(coming.locator("> li")).to_have_count(4)

    page.get_by_role("button", name="Begin the series").click()
    expect(page.locator(".undo-words")).to_contain_text(
        "Series begun; 4 posts planned."
    )
    series = Series.objects.get()
    row = page.locator(f"#series-{series.pk}")
    expect(row).to_be_focused()
    expect(row).to_contain_text("Weekly on Mon, Thu at 09:00 and 13:00, 4 times")
    assert series.pattern == "FREQ=WEEKLY;BYDAY=MO,TH"
    assert Post.objects.filter(state="scheduled").count() == 4

    page.get_by_role("button", name="Undo").click()
    expect(row).to_contain_text("Ended")
    assert Post.objects.filter(state="cancelled").count() == 4


def test_a_series_is_begun_by_keyboard_on_a_phone(
    open_as: Open, editor: User, template: PostTemplate
) -> None:
    Creator.objects.filter(slug="hana").update(name="Hana-Marie of the Long Name, " * 3)
    page = open_as(editor, f"/series/new?template={template.pk}")
    page.set_viewport_size({"width": 360, "height": 740})
    expect(page.locator("[data-words]")).to_contain_text("Weekly on")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.get_by_label("From").focus()
    often = page.get_by_label("How often")
    often.focus()
    page.keyboard.press("Home")
    expect(page.locator("[data-words]")).to_contain_text("Daily at 09:00")
    page.get_by_role("radio", name="A number of times").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-notes]")).to_contain_text("until somebody ends it")
    page.get_by_role("button", name="Begin the series").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/series#series-"))
    assert Series.objects.get().count is None
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_braces_are_asked_about_before_it_begins(
    open_as: Open, editor: User, template: PostTemplate
) -> None:
    PostTemplate.objects.update(content="Hello {smile}")
    page = open_as(editor, f"/series/new?template={template.pk}")
    asks = page.get_by_role("region", name="Before it begins")
    expect(asks).to_contain_text("smile")
    page.get_by_label("Let what stands in braces stay").check()
    page.get_by_role("button", name="Begin the series").click()
    expect(page.locator(".undo-words")).to_contain_text("Series begun")
    template.refresh_from_db()
    assert template.plain_braces == ["smile"]


def test_a_series_ends_goes_on_again_and_leads_to_its_posts(
    open_as: Open, editor: User
) -> None:
    series = running(count=3)
    page = open_as(editor, "/series")
    row = page.locator(f"#series-{series.pk}")
    row.get_by_role("button", name="End Morning").click()
    expect(page.locator(".undo-words")).to_contain_text(
        "Series ended; 3 posts cancelled."
    )
    expect(row).to_contain_text("Ended")
    expect(row.get_by_role("button", name="Let it go on Morning")).to_be_focused()
    page.get_by_role("button", name="Undo").click()
    expect(row).to_contain_text("Goes on")
    assert Post.objects.filter(state="scheduled").count() == 3
    row.get_by_role("link", name="Posts of Morning").click()
    expect(page.get_by_role("link", name="One of a series")).to_have_count(3)
    page.get_by_role("link", name="One of a series").first.click()
    expect(page.get_by_role("heading", name="Series", level=1)).to_be_visible()
    expect(page.locator(".series")).to_have_count(1)


def test_one_of_a_series_is_skipped_and_planned_again(
    open_as: Open, editor: User
) -> None:
    series = running(count=2)
    page = open_as(editor, f"/queue?series={series.pk}")
    page.get_by_role("button", name="More for").first.click()
    page.get_by_role("button", name="Skip this one").click()
    expect(page.locator(".undo-words")).to_contain_text("The post is skipped.")
    first = Post.objects.order_by("occurrence")[0]
    assert first.state == Post.State.CANCELLED
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="One of a series")).to_have_count(2)
    first.refresh_from_db()
    assert first.state == Post.State.SCHEDULED


def test_what_was_missed_is_posted_or_skipped_with_one_click(
    open_as: Open, editor: User
) -> None:
    series = running(endless=True)
    Post.objects.all().delete()
    long_ago = timezone.now() - timedelta(days=3)
    Series.objects.update(
        start=long_ago.strftime("%Y-%m-%dT%H:%M"),
        made_until=long_ago.strftime("%Y-%m-%dT%H:%M"),
    )
    make_occurrences(timezone.now())
    missed = [one.pk for one in Publication.objects.filter(state="missed")]
    assert len(missed) == 3
    page = open_as(editor, f"/queue?series={series.pk}&group=attention")
    lines = page.locator(".queue-line")
    expect(lines).to_have_count(3)
    lines.nth(0).get_by_role("button", name="Post now").click()
    expect(lines).to_have_count(2)
    lines.nth(0).get_by_role("button", name="Skip").click()
    expect(lines).to_have_count(1)
    rows = Publication.objects.filter(pk__in=missed)
    states = sorted(rows.values_list("state", flat=True))
    assert states == ["cancelled", "missed", "scheduled"]


def test_an_empty_page_says_what_to_do(open_as: Open, editor: User) -> None:
    page = open_as(editor, "/series")
    expect(page.get_by_role("heading", name="Nothing comes again yet")).to_be_visible()
    page.get_by_role("link", name="Choose a template").click()
    expect(page.get_by_role("heading", name="Templates", level=1)).to_be_visible()


def test_a_viewer_looks_and_may_neither_begin_nor_end(
    browse: Callable[[User], Client], viewer: User, template: PostTemplate
) -> None:
    running()
    client = browse(viewer)
    assert b"data-end-series" not in client.get("/series").content
    assert client.get(f"/series/new?template={template.pk}").status_code == 403
    assert b"series/new" not in client.get("/templates").content


def test_a_template_that_is_not_there_is_not_repeated(
    browse: Callable[[User], Client], editor: User
) -> None:
    client = browse(editor)
    assert client.get("/series/new").status_code == 404
    assert client.get("/series/new?template=nonsense").status_code == 404
