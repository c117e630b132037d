"""Moving posts in the week: by mouse, by keyboard, by dialog, by touch."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from promura_site.models import User
from scheduling.models import Channel, Post, PublishingPace
from tests.pages.calendar.calendar_page import (
    WeekPage,
    local_time,
    planned,
)
from tests.pages.library_media import add_media

pytestmark = pytest.mark.django_db(transaction=True)

Open = Callable[..., WeekPage]


def when(post: Post, channel: Channel) -> tuple[date, int]:
    at = local_time(post, channel)
    return at.date(), at.hour


def test_a_dragged_post_keeps_its_time_of_day_and_goes_back(
    open_as: Open, editor: User, lea: Channel, monday: date
) -> None:
    post = planned(lea, monday, 9, "Tea")
    thursday = monday + timedelta(days=3)
    week = open_as(editor)
    week.drag(week.chip("Tea"), week.cell("lea", thursday))
    expect(week.undo).to_contain_text("“Tea” is on")
    expect(week.cell("lea", thursday).locator("[data-post]")).to_have_count(1)
    assert when(post, lea) == (thursday, 9)
    week.undo.get_by_role("button", name="Undo").click()
    expect(week.cell("lea", monday).locator("[data-post]")).to_have_count(1)
    assert when(post, lea) == (monday, 9)


def test_a_post_stays_with_its_model(
    open_as: Open, editor: User, lea: Channel, mia: Channel, monday: date
) -> None:
    post = planned(lea, monday, 9, "Tea")
    week = open_as(editor)
    week.drag(week.chip("Tea"), week.cell("mia", monday))
    expect(week.undo).to_contain_text("“Tea” belongs to Lea Moss")
    assert when(post, lea) == (monday, 9)


def test_an_overrun_cap_is_told_before_the_drop_and_asked_about(
    open_as: Open, editor: User, lea: Channel, monday: date
) -> None:
    PublishingPace.objects.create(creator=lea.creator, daily_cap=1)
    tuesday = monday + timedelta(days=1)
    post = planned(lea, monday, 9, "Tea")
    planned(lea, tuesday, 18, "Dusk")
    week = open_as(editor)
    target = week.cell("lea", tuesday)
    week.hold(week.chip("Tea"), target)
    expect(target.locator(".cal-verdict")).to_have_text("Over: 2 of 1")
    expect(week.carry).to_contain_text("Over the cap: 2 of at most 1 post")
    week.page.mouse.up()
    warned = week.page.locator("#warn-dialog")
    expect(warned).to_be_visible()
    warned.get_by_role("button", name="Leave it").click()
    assert when(post, lea) == (monday, 9)
    expect(week.cell("lea", monday).locator("[data-post]")).to_have_count(1)
    week.drag(week.chip("Tea"), target)
    warned.get_by_role("button", name="Move all the same").click()
    expect(target.locator("[data-post]")).to_have_count(2)
    assert when(post, lea) == (tuesday, 9)


def test_the_grid_goes_by_the_keyboard(
    open_as: Open, editor: User, lea: Channel, mia: Channel, monday: date
) -> None:
    planned(lea, monday, 9, "Tea")
    week = open_as(editor)
    press = week.page.keyboard.press
    expect(week.grid.locator("[data-cell][tabindex='0']")).to_have_count(1)
    week.cell("lea", monday).focus()
    press("End")
    expect(week.cell("lea", monday + timedelta(days=6))).to_be_focused()
    press("ArrowDown")
    expect(week.cell("mia", monday + timedelta(days=6))).to_be_focused()
    press("Control+Home")
    press("ArrowRight")
    expect(week.cell("lea", monday)).to_be_focused()
    expect(week.grid.locator("[data-cell][tabindex='0']")).to_have_count(1)
    press("Enter")
    expect(week.chip("Tea").locator(".cal-open")).to_be_focused()
    press("Escape")
    expect(week.cell("lea", monday)).to_be_focused()
    press("ArrowRight")
    press("Enter")
    expect(week.page.locator("#day-dialog")).to_contain_text("Nothing is planned")


def test_a_post_is_moved_by_the_keyboard_alone(
    open_as: Open, editor: User, lea: Channel, monday: date
) -> None:
    post = planned(lea, monday, 9, "Tea")
    week = open_as(editor)
    press = week.page.keyboard.press
    week.cell("lea", monday).focus()
    press("Enter")
    press(" ")
    expect(week.live).to_contain_text("“Tea” is picked up.")
    press("ArrowRight")
    expect(week.live).to_contain_text("Lea Moss, Tuesday")
    press("ArrowRight")
    press("Escape")
    expect(week.live).to_contain_text("“Tea” stays where it was.")
    expect(week.chip("Tea").locator(".cal-open")).to_be_focused()
    assert when(post, lea) == (monday, 9)
    press(" ")
    press("ArrowRight")
    press("ArrowRight")
    press("Enter")
    expect(week.undo).to_contain_text("“Tea” is on")
    wednesday = monday + timedelta(days=2)
    expect(week.cell("lea", wednesday)).to_be_focused()
    assert when(post, lea) == (wednesday, 9)


def test_a_photo_is_put_on_a_day_by_the_keyboard_alone(
    open_as: Open, editor: User, lea: Channel, monday: date
) -> None:
    add_media(1, editor)
    week = open_as(editor)
    week.tray.get_by_role("button", name="Pick up picture-001.jpg").press("Enter")
    expect(week.live).to_contain_text("picture-001.jpg is picked up.")
    week.page.keyboard.press("ArrowRight")
    week.page.keyboard.press("Enter")
    expect(week.undo).to_contain_text("A draft for Lea Moss")
    assert Post.objects.get().state == Post.State.DRAFT


def test_a_dialog_moves_a_post_to_a_day_and_a_time(
    open_as: Open, editor: User, lea: Channel, monday: date
) -> None:
    post = planned(lea, monday, 9, "Tea")
    week = open_as(editor)
    week.open_post("Tea").get_by_role("button", name="Move to…").click()
    dialog = week.page.locator("#move-dialog")
    expect(dialog).to_contain_text("On the clocks of Tokyo")
    friday = monday + timedelta(days=4)
    dialog.get_by_label("Day and time").fill(f"{friday}T21:30")
    dialog.get_by_role("button", name="Move it").click()
    expect(week.cell("lea", friday).locator("[data-post]")).to_have_count(1)
    assert local_time(post, lea).strftime("%H:%M") == "21:30"


def test_a_post_is_cancelled_and_planned_again(
    open_as: Open, editor: User, lea: Channel, monday: date
) -> None:
    post = planned(lea, monday, 9, "Tea")
    week = open_as(editor)
    week.open_post("Tea").get_by_role("button", name="Cancel the post").click()
    expect(week.undo).to_contain_text("The post is cancelled.")
    post.refresh_from_db()
    assert post.state == Post.State.CANCELLED
    week.undo.get_by_role("button", name="Undo").click()
    expect(week.chip("Tea")).to_contain_text("Scheduled")
    assert when(post, lea) == (monday, 9)


def test_on_a_phone_a_week_is_a_strip_and_a_post_moves_by_taps(
    open_as: Open, editor: User, lea: Channel, mia: Channel, monday: date
) -> None:
    post = planned(lea, monday, 9, "Tea")
    week = open_as(editor, (360, 740))
    page = week.page
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wide)
    expect(week.cell("lea", monday).locator(".cal-number")).to_have_text("1")
    week.cell("lea", monday).click()
    page.locator("#day-dialog").get_by_text("Tea").click()
    page.locator("#post-dialog").get_by_role("button", name="Pick up").click()
    expect(week.carry).to_contain_text("Tap a day.")
    thursday = monday + timedelta(days=3)
    week.cell("lea", thursday).click()
    expect(week.undo).to_contain_text(re.compile("“Tea” is on Thu"))
    assert when(post, lea) == (thursday, 9)
    assert not page.evaluate(wide)
