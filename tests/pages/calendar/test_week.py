"""The week of all models in a real browser: what it shows, and dragging into it."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from promura_site.models import User
from scheduling.models import Channel, Post, PublishingPace
from templates_app.services import create_template
from tests.pages.calendar.calendar_page import (
    WeekPage,
    local_time,
    planned,
)
from tests.pages.library_media import add_media

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[Page, User], None]
Open = Callable[..., WeekPage]


def test_a_stranger_is_sent_to_the_sign_in_page(client: Client, db: None) -> None:
    assert client.get("/calendar")["Location"].startswith("/sign-in")
    assert client.get("/calendar?model=lea")["Location"].startswith("/sign-in")


def test_only_the_page_of_one_model_lets_a_style_in_and_by_nonce(
    viewer: User, browse: Callable[[User], Client], lea: Channel
) -> None:
    client = browse(viewer)
    for path in ("/calendar", "/queue"):
        policy = client.get(path)["Content-Security-Policy"]
        assert "style-src 'self';" in f"{policy};"
    answer = client.get("/calendar?model=lea")
    policy = answer["Content-Security-Policy"]
    nonce = re.search(r"style-src 'self' 'nonce-([^']+)'", policy)
    assert nonce is not None
    assert f'<meta name="csp-nonce" content="{nonce[1]}">' in answer.content.decode()
    assert "unsafe-inline" not in policy
    assert client.get("/calendar?model=nobody").status_code == 404


def test_nobody_to_plan_for_says_what_to_do(
    quiet: Page, signed_in: SignIn, live_server: Any, editor: User
) -> None:
    signed_in(quiet, editor)
    quiet.goto(f"{live_server.url}/calendar")
    expect(quiet.get_by_role("heading", name="Nobody to plan for yet")).to_be_visible()
    expect(quiet.get_by_role("link", name="Go to the models")).to_be_visible()


def test_the_week_tells_posts_gaps_clashes_and_caps_in_words(
    open_as: Open, viewer: User, lea: Channel, mia: Channel, monday: date
) -> None:
    Channel.objects.filter(pk=lea.pk).update(posts_per_week=5)
    PublishingPace.objects.create(
        creator=mia.creator, daily_cap=2, min_spacing_minutes=30
    )
    for hour, text in ((9, "First light"), (12, "Noon"), (18, "Last light")):
        planned(mia, monday, hour, text)
    planned(lea, monday, 9, "Tea")
    week = open_as(viewer)
    row = week.grid.get_by_role("row").filter(has_text="Lea Moss")
    expect(row).to_contain_text("Tokyo")
    expect(row).to_contain_text("1 of 5 · 4 missing")
    expect(row.get_by_text("Gap", exact=True)).to_have_count(4)
    full = week.cell("mia", monday)
    expect(full).to_contain_text("Over the cap: 3 of 2")
    expect(full).to_have_accessible_name(
        re.compile(r"Mia Dorn: 3 posts; more than the 2 allowed in a day")
    )
    chip = week.chip("Tea").get_by_role("button")
    expect(chip).to_have_accessible_name("09:00, Scheduled, “Tea”, Instagram")
    expect(week.page.locator("[data-tray], [data-tray-opener]")).to_have_count(0)
    week.chip("Tea").locator(".cal-open").click()
    dialog = week.page.locator("#post-dialog")
    expect(dialog).to_contain_text("09:00 in Tokyo")
    expect(dialog.get_by_role("button", name="Move to…")).to_have_count(0)


def test_two_posts_too_near_each_other_are_told(
    open_as: Open, viewer: User, mia: Channel, monday: date
) -> None:
    PublishingPace.objects.create(creator=mia.creator, min_spacing_minutes=90)
    planned(mia, monday, 9, "First")
    planned(mia, monday, 10, "Second")
    week = open_as(viewer)
    expect(week.cell("mia", monday).locator(".cal-warn").first).to_contain_text(
        "@mia", ignore_case=True
    )
    expect(week.cell("mia", monday)).to_have_accessible_name(re.compile("1 clash"))


def test_weeks_models_and_more_posts_are_a_click_away(
    open_as: Open, editor: User, lea: Channel, mia: Channel, monday: date
) -> None:
    for hour in range(8, 14):
        planned(lea, monday, hour, f"Hour {hour}")
    planned(mia, monday + timedelta(days=7), 9, "A week on")
    week = open_as(editor)
    page = week.page
    week.cell("lea", monday).get_by_role("button", name="+3 more").click()
    day = page.locator("#day-dialog")
    expect(day.locator("[data-post]")).to_have_count(6)
    expect(day).to_contain_text("Write a post at one of her best free times")
    day.get_by_text("Hour 13").click()
    expect(page.locator("#post-dialog")).to_contain_text("Hour 13")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="The week after").click()
    expect(week.chip("A week on")).to_be_visible()
    page.get_by_label("Find a model").fill("lea")
    expect(week.grid.locator("[data-row]")).to_have_count(1)
    page.get_by_label("Find a model").fill("nobody")
    expect(page.get_by_text("No model matches.")).to_be_visible()
    page.get_by_label("Find a model").fill("")
    page.get_by_role("button", name="Today").click()
    today = week.grid.locator(".cal-cell.is-today")
    expect(today).to_have_count(2)
    assert "start=" not in page.url


def test_a_dragged_photo_becomes_a_draft_at_a_free_time_and_goes_again(
    open_as: Open, editor: User, lea: Channel, monday: date
) -> None:
    (item,) = add_media(1, editor)
    taken = planned(lea, monday, 9, "Tea")
    week = open_as(editor)
    cell = week.cell("lea", monday)
    week.drag(week.tray.locator(".tray-item"), cell)
    expect(week.undo).to_contain_text("A draft for Lea Moss")
    expect(cell.locator("[data-post]")).to_have_count(2)
    draft = Post.objects.exclude(pk=taken.pk).get()
    assert draft.state == Post.State.DRAFT
    assert [one.media_id for one in draft.media_entries.all()] == [item.pk]
    assert local_time(draft, lea).date() == monday
    assert local_time(draft, lea).hour != 9
    week.undo.get_by_role("button", name="Undo").click()
    expect(cell.locator("[data-post]")).to_have_count(1)
    draft.refresh_from_db()
    assert draft.state == Post.State.CANCELLED


def test_a_dragged_template_brings_its_text_media_and_tags(
    open_as: Open, editor: User, lea: Channel, monday: date
) -> None:
    (item,) = add_media(1, editor)
    fields = {
        "name": "Evening",
        "content": "Good evening",
        "models": ["lea"],
        "tags": ["evening"],
        "media_ids": [str(item.pk)],
    }
    template = create_template(actor=editor, fields=fields)
    week = open_as(editor)
    week.tray.get_by_label("Templates").check()
    piece = week.tray.locator(".tray-item").filter(has_text="Evening")
    week.drag(piece, week.cell("lea", monday))
    expect(week.chip("Good evening")).to_be_visible()
    draft = Post.objects.get()
    assert (draft.state, draft.template_id) == (Post.State.DRAFT, template.pk)
    assert [tag.name for tag in draft.tags.all()] == ["evening"]
    assert [one.media_id for one in draft.media_entries.all()] == [item.pk]


def test_a_photo_of_another_model_is_refused_in_words(
    open_as: Open, editor: User, lea: Channel, mia: Channel, monday: date
) -> None:
    (item,) = add_media(1, editor)
    item.creators.add(mia.creator)
    week = open_as(editor)
    cell = week.cell("lea", monday)
    week.hold(week.tray.locator(".tray-item"), cell)
    expect(week.carry).to_contain_text("shows somebody else, not Lea Moss")
    expect(cell).to_have_attribute("data-verdict", "no")
    expect(week.cell("mia", monday)).to_have_attribute("data-verdict", "ok")
    week.page.mouse.up()
    expect(week.undo).to_contain_text("shows somebody else, not Lea Moss")
    assert not Post.objects.exists()


def test_a_day_that_is_over_takes_nothing(
    open_as: Open, editor: User, lea: Channel
) -> None:
    add_media(1, editor)
    today = timezone.now().date()
    start = today - timedelta(days=today.weekday() + 7)
    week = open_as(editor, start=start)
    week.hold(week.tray.locator(".tray-item"), week.cell("lea", start))
    expect(week.carry).to_contain_text("This day is over.")
    week.page.mouse.up()
    expect(week.undo).to_contain_text("This day is over.")
    assert not Post.objects.exists()
