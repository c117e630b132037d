"""One model's calendar in a real browser: month, week and list."""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from time import perf_counter, thread_time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from promura_site.ids import new_id
from promura_site.models import User
from scheduling.models import Channel, Post, Publication, PublishingPace
from tests.pages.calendar.calendar_page import local_time, planned

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[Page, User], None]
Open = Callable[..., Page]
TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.fixture
def open_as(quiet: Page, signed_in: SignIn, live_server: Any) -> Open:
    def open_page(user: User, query: str, size: tuple[int, int] = (1440, 900)) -> Page:
        signed_in(quiet, user)
        quiet.set_viewport_size({"width": size[0], "height": size[1]})
        quiet.goto(f"{live_server.url}/calendar?model=lea{query}")
        expect(quiet.locator("[data-sum]")).to_contain_text("post")
        return quiet

    return open_page


def chip(page: Page, text: str) -> Locator:
    return page.locator("[data-calendar] [data-post]").filter(has_text=text)


def day_cell(page: Page, day: date) -> Locator:
    return page.locator(f'.fc-daygrid-day[data-date="{day}"]')


def drag(page: Page, piece: Locator, x: float, y: float) -> None:
    at = piece.bounding_box()
    assert at is not None
    page.mouse.move(at["x"] + 30, at["y"] + 10)
    page.mouse.down()
    page.mouse.move(x - 12, y - 6, steps=4)
    page.mouse.move(x, y, steps=4)


def centre(piece: Locator) -> tuple[float, float]:
    box = piece.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_only_who_may_change_a_post_can_drag_it(
    open_as: Open, viewer: User, editor: User, lea: Channel, monday: date
) -> None:
    planned(lea, monday, 9, "Tea")
    for person, draggable in ((viewer, 0), (editor, 1)):
        page = open_as(person, f"&date={monday}")
        expect(chip(page, "Tea")).to_have_count(1)
        expect(page.locator(".fc-event-draggable")).to_have_count(draggable)


def test_a_post_dragged_in_the_month_keeps_its_time_of_day(
    open_as: Open, editor: User, lea: Channel, monday: date
) -> None:
    post = planned(lea, monday, 9, "Tea")
    page = open_as(editor, f"&view=month&date={monday}")
    thursday = monday + timedelta(days=3)
    drag(page, chip(page, "Tea"), *centre(day_cell(page, thursday)))
    expect(page.locator("[data-carry]")).to_contain_text("1 post")
    page.mouse.up()
    expect(page.locator("#undo")).to_contain_text("“Tea” is on")
    expect(day_cell(page, thursday).locator("[data-post]")).to_have_count(1)
    at = local_time(post, lea)
    assert (at.date(), at.hour) == (thursday, 9)
    page.locator("#undo").get_by_role("button", name="Undo").click()
    expect(day_cell(page, monday).locator("[data-post]")).to_have_count(1)


def test_in_the_week_the_hour_counts(
    open_as: Open, editor: User, lea: Channel, monday: date
) -> None:
    post = planned(lea, monday, 9, "Tea")
    page = open_as(editor, f"&view=week&date={monday}")
    x, _ = centre(page.locator(f'.fc-timegrid-col[data-date="{monday}"]'))
    _, y = centre(page.locator('.fc-timegrid-slot-lane[data-time="11:00:00"]'))
    at = chip(page, "Tea").bounding_box()
    assert at is not None
    drag(page, chip(page, "Tea"), x, y - 12)
    page.mouse.up()
    expect(page.locator("#undo")).to_contain_text("“Tea” is on")
    moved = local_time(post, lea)
    assert moved.date() == monday
    assert moved.hour in (10, 11)


def test_a_post_moves_by_the_keyboard_in_month_and_week(
    open_as: Open, editor: User, lea: Channel, monday: date
) -> None:
    post = planned(lea, monday, 9, "Tea")
    page = open_as(editor, f"&view=month&date={monday}")
    press, live = page.keyboard.press, page.locator("#live")
    chip(page, "Tea").focus()
    press(" ")
    expect(live).to_contain_text("“Tea” is picked up.")
    press("ArrowRight")
    expect(live).to_contain_text("Tuesday")
    press("Escape")
    expect(live).to_contain_text("stays where it was")
    expect(chip(page, "Tea")).to_be_focused()
    press(" ")
    press("ArrowDown")
    press("Enter")
    expect(page.locator("#undo")).to_contain_text("“Tea” is on")
    assert local_time(post, lea).date() == monday + timedelta(days=7)
    page.get_by_label("Week", exact=True).check()
    expect(page).to_have_url(re.compile("view=week"))
    page.get_by_role("button", name="After").click()
    chip(page, "Tea").focus()
    press(" ")
    press("ArrowDown")
    press("Enter")
    expect(page.locator("#undo")).to_contain_text("09:30")
    assert local_time(post, lea).strftime("%H:%M") == "09:30"


def test_a_cap_is_told_while_dragging_and_asked_about(
    open_as: Open, editor: User, lea: Channel, monday: date
) -> None:
    PublishingPace.objects.create(creator=lea.creator, daily_cap=1)
    post = planned(lea, monday, 9, "Tea")
    planned(lea, monday + timedelta(days=1), 18, "Dusk")
    page = open_as(editor, f"&view=month&date={monday}")
    x, y = centre(day_cell(page, monday + timedelta(days=1)))
    drag(page, chip(page, "Tea"), x, y + 40)
    expect(page.locator("[data-carry]")).to_contain_text("over the cap, 2 of at most 1")
    page.mouse.up()
    warned = page.locator("#warn-dialog")
    warned.get_by_role("button", name="Leave it").click()
    expect(day_cell(page, monday).locator("[data-post]")).to_have_count(1)
    assert local_time(post, lea).date() == monday


def test_the_list_filters_by_state_and_opens_a_post(
    open_as: Open, editor: User, lea: Channel, monday: date
) -> None:
    planned(lea, monday, 9, "Tea")
    planned(lea, monday, 12, "Still a draft", draft=True)
    page = open_as(editor, f"&view=list&date={monday}")
    expect(chip(page, "")).to_have_count(2)
    page.get_by_label("State").select_option("draft")
    expect(chip(page, "")).to_have_count(1)
    expect(page).to_have_url(re.compile("status=draft"))
    chip(page, "Still a draft").focus()
    page.keyboard.press("Enter")
    dialog = page.locator("#post-dialog")
    expect(dialog).to_contain_text("Draft for Lea Moss")
    expect(dialog.get_by_role("link", name="Edit it")).to_be_visible()
    dialog.get_by_role("button", name="Move to…").click()
    friday = monday + timedelta(days=4)
    page.locator("#move-dialog").get_by_label("Day and time").fill(f"{friday}T10:00")
    page.get_by_role("button", name="Move it").click()
    expect(page.locator("#undo")).to_contain_text("10:00")


def test_posts_of_the_month_are_chosen_and_cancelled(
    open_as: Open, editor: User, lea: Channel, monday: date
) -> None:
    planned(lea, monday, 9, "Tea")
    planned(lea, monday + timedelta(days=1), 12, "Noon")
    page = open_as(editor, f"&view=month&date={monday}")
    page.get_by_role("button", name="Select").click()
    chip(page, "Tea").click()
    expect(chip(page, "Tea")).to_have_attribute("aria-pressed", "true")
    chip(page, "Noon").focus()
    page.keyboard.press("Enter")
    bar = page.locator("[data-bar]")
    expect(bar).to_contain_text("2 posts chosen")
    bar.get_by_role("button", name="Cancel them").click()
    expect(page.locator("#undo")).to_contain_text("2 posts are cancelled.")
    assert set(Post.objects.values_list("state", flat=True)) == {Post.State.CANCELLED}


def fill_month(channel: Channel, first: date, count: int) -> None:
    """Plan many posts evenly over thirty days, without any service."""
    begin = datetime.combine(first, time(), TOKYO)
    step = timedelta(days=30) / count
    due = [begin + step * n for n in range(count)]
    posts = Post.objects.bulk_create(
        [
            Post(
                id=new_id(),
                content=f"Post {n}",
                publish_at=at,
                timezone=TOKYO.key,
                state=Post.State.SCHEDULED,
            )
            for n, at in enumerate(due)
        ]
    )
    Publication.objects.bulk_create(
        Publication(
            id=new_id(),
            post=post,
            channel=channel,
            content=post.content,
            publish_at=post.publish_at,
            next_attempt_at=post.publish_at,
            late_after=post.publish_at,
            idempotency_key=str(post.pk),
            state=Publication.State.SCHEDULED,
        )
        for post in posts
    )


def crowding() -> float:
    """Return how many times as long as its own work a step takes here and now.

    One on a machine that has nothing else to do; beside other tests more.
    """
    wall, own = perf_counter(), thread_time()
    sum(n * n for n in range(1_000_000))
    return max(1.0, (perf_counter() - wall) / (thread_time() - own))


def opened(page: Page, address: str) -> float:
    """Return how many milliseconds lie between asking for a page and its posts."""
    page.goto(address)
    expect(page.locator("[data-sum]")).to_contain_text("post")
    mark = "performance.getEntriesByName('calendar-shown')[0].startTime"
    return float(page.evaluate(mark))


def test_a_month_of_five_thousand_posts_opens_in_under_a_second(
    open_as: Open, editor: User, lea: Channel, monday: date
) -> None:
    first = monday.replace(day=1)
    fill_month(lea, first, 5_000)
    page = open_as(editor, f"&view=month&date={first}")
    took = [opened(page, page.url) / crowding() for _ in range(5)]
    assert min(took) < 1_000, took
    expect(chip(page, "").first).to_be_visible()
    fifth = day_cell(page, first + timedelta(days=4))
    expect(fifth.locator("[data-post]")).to_have_count(4)
    expect(fifth.locator(".cal-day-count")).to_contain_text(re.compile(r"16[67] posts"))
    fifth.get_by_text(re.compile(r"^\+16[23] more$")).click()
    day = page.locator("#day-dialog")
    expect(day.locator("[data-post]").nth(160)).to_be_visible()


def test_on_a_phone_a_month_fits_and_a_day_opens(
    open_as: Open, editor: User, lea: Channel, monday: date
) -> None:
    planned(lea, monday, 9, "Tea")
    for view in ("month", "week", "list"):
        page = open_as(editor, f"&view={view}&date={monday}", (360, 740))
        wide = page.evaluate(
            "document.documentElement.scrollWidth"
            " - document.documentElement.clientWidth"
        )
        assert wide <= 0, view
    page = open_as(editor, f"&view=month&date={monday}", (360, 740))
    day_cell(page, monday).click()
    expect(page.locator("#day-dialog")).to_contain_text("Tea")
