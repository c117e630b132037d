"""The insights page in a real browser: the week, a time to take, figures, history."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from promura_site import jobs
from promura_site.models import Job, User
from scheduling.models import Channel, ImportedPost, Publication
from tests.factories import ChannelFactory, CreatorFactory
from tests.scheduling.history import history, publication

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[Page, User], None]
RHYTHM = {3 * 24 + 19: 300, 24 + 12: 100, 4 * 24 + 9: 90, 6 * 24 + 4: 20}


@pytest.fixture
def open_as(quiet: Page, signed_in: SignIn, live_server: Any) -> Callable[..., Page]:
    def open_page(user: User, query: str = "") -> Page:
        signed_in(quiet, user)
        quiet.goto(f"{live_server.url}/insights{query}")
        return quiet

    return open_page


@pytest.fixture
def lea() -> Channel:
    creator = CreatorFactory(slug="lea", name="Lea", timezone="Asia/Tokyo")
    return ChannelFactory(creator=creator, platform="instagram", handle="@lea")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let jobs run as soon as their row is there, as a quick worker would."""

    def wake(job_id: Any) -> None:
        jobs.run_job.call(str(job_id))

    monkeypatch.setattr(jobs, "wake", wake)


def test_an_agency_without_posts_is_told_what_to_do(
    open_as: Callable[..., Page], editor: User
) -> None:
    page = open_as(editor)
    expect(page.get_by_text("Nothing to learn from yet")).to_be_visible()
    expect(page.locator("[data-times] li")).to_have_count(5)
    expect(page.get_by_text("Too few posts to compare yet")).to_be_visible()
    expect(page.get_by_role("heading", name="Nothing to enter")).to_be_visible()
    page.get_by_role("button", name="Bring in past posts").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def test_the_week_is_a_table_and_goes_by_the_keyboard(
    open_as: Callable[..., Page], editor: User, lea: Channel
) -> None:
    history(lea, RHYTHM, until=timezone.now())
    page = open_as(editor, "?model=lea")
    table = page.get_by_role("table", name=re.compile("Expected engagement"))
    expect(table.get_by_role("columnheader")).to_have_count(24)
    expect(table.get_by_role("rowheader")).to_have_count(7)
    expect(table.get_by_role("button")).to_have_count(168)
    expect(table.locator("[tabindex='0']")).to_have_count(1)
    # Thursday 19:00 UTC is Friday 04:00 in Tokyo.
    best = table.get_by_role("button", name=re.compile("^Friday 04:00"))
    expect(best).to_have_accessible_name(re.compile(r"\+\d+ % expected.*12 posts$"))
    expect(best).to_have_class(re.compile("heat-[3456]"))
    first = table.get_by_role("button", name=re.compile("^Monday 00:00"))
    first.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowDown")
    expect(
        table.get_by_role("button", name=re.compile("^Tuesday 23:00"))
    ).to_be_focused()
    expect(table.locator("[tabindex='0']")).to_have_count(1)
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    detail = page.locator("[data-detail]")
    expect(detail).to_contain_text("Tuesday 00:00")
    address = detail.get_by_role("link", name="Schedule here").get_attribute("href")
    asked = parse_qs(urlsplit(address or "").query)
    assert (asked["model"], asked["zone"]) == (["lea"], ["Asia/Tokyo"])
    assert asked["time"][0].endswith("T00:00")


def test_a_suggested_time_is_taken_to_the_form(
    open_as: Callable[..., Page], editor: User, lea: Channel
) -> None:
    history(lea, RHYTHM, until=timezone.now())
    page = open_as(editor, "?model=lea")
    first = page.locator("[data-times] li").first
    expect(first).to_contain_text("% sure it is better than average")
    expect(first).to_contain_text("04:00")
    first.get_by_role("link").click()
    expect(page.locator("#schedule_time")).to_have_value(re.compile("T04:00"))
    expect(page.locator('[data-model-id="lea"]')).to_be_checked()
    expect(page.locator("[name=timezone]")).to_have_value("Asia/Tokyo")
    assert "time=" not in page.url


def test_another_model_has_another_week(
    open_as: Callable[..., Page], editor: User, lea: Channel
) -> None:
    history(lea, RHYTHM, until=timezone.now())
    CreatorFactory(slug="mia", name="Mia", timezone="Europe/Rome")
    page = open_as(editor)
    page.get_by_label("Whose week").select_option("mia")
    expect(page.locator("[data-sub]")).to_have_text("On the clocks of Rome")
    expect(page.locator("[data-learned]")).to_contain_text("other models")
    assert page.url.endswith("?model=mia")


def test_figures_are_saved_when_a_field_is_left(
    open_as: Callable[..., Page], editor: User, lea: Channel
) -> None:
    now = timezone.now()
    new, old = (publication(lea, now - timedelta(days=days)) for days in (4, 6))
    page = open_as(editor)
    likes = page.locator('[data-count="likes"]')
    expect(likes).to_have_count(2)
    likes.first.fill("120")
    likes.first.press("Enter")
    expect(likes.nth(1)).to_be_focused()
    expect(page.locator("#live")).to_contain_text("likes: 120, saved.")
    likes.nth(1).fill("many")
    likes.nth(1).press("ArrowUp")
    expect(page.get_by_text("A whole number.")).to_be_visible()
    likes.nth(1).fill("7")
    likes.nth(1).blur()
    expect(page.get_by_text("A whole number.")).to_have_count(0)
    expect(page.locator("#live")).to_contain_text("likes: 7, saved.")
    new.refresh_from_db()
    old.refresh_from_db()
    assert (new.likes, old.likes) == (120, 7)
    page.get_by_label("Only posts without figures").check()
    expect(page.get_by_text("Every post has figures.")).to_be_visible()


def table_of(text: str) -> Any:
    return {"name": "past.csv", "mimeType": "text/csv", "buffer": text.encode()}


def test_past_posts_come_in_and_go_again(
    open_as: Callable[..., Page], editor: User, lea: Channel, at_once: None
) -> None:
    start = timezone.now() - timedelta(days=60)
    lines = [
        f"lea,{start + timedelta(hours=31 * n):%Y-%m-%d %H:%M},{n % 5 * 10}"
        for n in range(30)
    ]
    head = "model,published_at,likes"
    page = open_as(editor)
    page.get_by_role("button", name="Bring in past posts").click()
    dialog = page.get_by_role("dialog")
    file = dialog.get_by_label("Table", exact=True)
    file.set_input_files(table_of("\n".join([head, *lines, "lea,soon,5"])))
    dialog.get_by_role("button", name="Check the table").click()
    expect(dialog.locator("tbody tr")).to_contain_text("published_at")
    assert not Job.objects.exists()
    file.set_input_files(table_of("\n".join([head, *lines])))
    dialog.get_by_role("button", name="Check the table").click()
    expect(dialog).to_contain_text("30 posts of 1 account will come in")
    dialog.get_by_role("button", name="Bring them in").click()
    expect(dialog).to_contain_text("30 posts came in.")
    assert ImportedPost.objects.count() == 30
    expect(page.locator("[data-learned]")).to_have_text("learned from 30 posts")
    dialog.get_by_role("button", name="Take out past.csv").click()
    expect(dialog).to_contain_text("taken out again")
    expect(page.locator("[data-week]")).to_contain_text("Nothing to learn from yet")
    assert not ImportedPost.objects.exists()


def test_a_table_of_links_is_checked_and_recorded(
    open_as: Callable[..., Page], editor: User, lea: Channel
) -> None:
    made = publication(lea, timezone.now() - timedelta(days=4))
    Publication.objects.filter(pk=made.pk).update(url="https://x.test/1")
    page = open_as(editor)
    page.get_by_role("button", name="Enter a table of links").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Table").set_input_files(
        table_of("url,likes\nhttps://x.test/1,31")
    )
    dialog.get_by_role("button", name="Check the table").click()
    expect(dialog).to_contain_text("The figures of 1 post will be recorded.")
    dialog.get_by_role("button", name="Record them").click()
    expect(dialog).to_be_hidden()
    expect(page.locator('[data-count="likes"]')).to_have_value("31")


def test_a_viewer_reads_and_changes_nothing(
    open_as: Callable[..., Page], viewer: User, lea: Channel
) -> None:
    history(lea, RHYTHM, until=timezone.now())
    page = open_as(viewer)
    expect(page.locator(".heat-cell")).to_have_count(168)
    expect(page.locator("[data-counts] input")).to_have_count(0)
    expect(page.get_by_role("button", name="Bring in past posts")).to_have_count(0)
    expect(page.locator("[data-times] a")).to_have_count(0)


@pytest.mark.parametrize("width", [360, 768, 1920])
def test_nothing_hangs_over_the_edge(
    open_as: Callable[..., Page],
    quiet: Page,
    editor: User,
    lea: Channel,
    width: int,
) -> None:
    history(lea, RHYTHM, until=timezone.now())
    quiet.set_viewport_size({"width": width, "height": 800})
    page = open_as(editor, "?model=lea")
    rows = 24 if width == 360 else 7
    expect(page.locator(".week-table tbody tr")).to_have_count(rows)
    expect(page.locator('[data-count="likes"]').first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
