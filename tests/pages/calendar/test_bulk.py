"""Many posts at once from the week of all models: chosen, moved, cancelled."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from promura_site.models import User
from scheduling.models import Channel, Post, Publication
from tests.pages.calendar.calendar_page import (
    WeekPage,
    local_time,
    next_monday,
    planned,
)
from tests.scheduling.planning import put

pytestmark = pytest.mark.django_db(transaction=True)

Open = Callable[..., WeekPage]
TEXTS = ("Tea", "Noon", "Dusk")


@pytest.fixture
def three(lea: Channel, monday: date) -> list[Post]:
    return [
        planned(lea, monday + timedelta(days=n), 9 + n, text)
        for n, text in enumerate(TEXTS)
    ]


def test_chosen_posts_are_cancelled_together_and_come_back(
    open_as: Open, editor: User, three: list[Post]
) -> None:
    week = open_as(editor)
    week.page.get_by_role("button", name="Select").click()
    week.chip("Tea").click()
    week.chip("Dusk").click(modifiers=["Shift"])
    expect(week.bar).to_contain_text("3 posts chosen")
    week.chip("Noon").get_by_role("checkbox").click()
    expect(week.bar).to_contain_text("2 posts chosen")
    week.bar.get_by_role("button", name="Cancel them").click()
    expect(week.undo).to_contain_text("2 posts are cancelled.")
    states = [Post.objects.get(pk=one.pk).state for one in three]
    assert states == [Post.State.CANCELLED, Post.State.SCHEDULED, Post.State.CANCELLED]
    week.undo.get_by_role("button", name="Undo").click()
    expect(week.live).to_contain_text("2 posts are where they were.")
    assert set(Post.objects.values_list("state", flat=True)) == {Post.State.SCHEDULED}


def test_chosen_posts_move_by_days_and_by_the_keyboard(
    open_as: Open, editor: User, lea: Channel, three: list[Post], monday: date
) -> None:
    week = open_as(editor)
    press = week.page.keyboard.press
    week.page.get_by_role("button", name="Select").press("Enter")
    week.cell("lea", monday).focus()
    press("Enter")
    press(" ")
    press("ArrowRight")
    press("Enter")
    press("Enter")
    expect(week.bar).to_contain_text("2 posts chosen")
    week.bar.get_by_label("By days").fill("7")
    week.bar.get_by_role("button", name="Move", exact=True).click()
    expect(week.undo).to_be_visible()
    expect(week.bar).to_be_hidden()
    days = [local_time(one, lea).date() for one in three]
    assert days == [
        monday + timedelta(days=7),
        monday + timedelta(days=8),
        monday + timedelta(days=2),
    ]
    assert [local_time(one, lea).hour for one in three] == [9, 10, 11]


def test_chosen_posts_move_to_a_day(
    open_as: Open, editor: User, lea: Channel, three: list[Post], monday: date
) -> None:
    week = open_as(editor)
    week.page.get_by_role("button", name="Select").click()
    week.chip("Tea").click()
    week.chip("Noon").click()
    week.bar.get_by_role("button", name="Move there").click()
    expect(week.undo).to_contain_text("Choose the day.")
    saturday = monday + timedelta(days=5)
    week.bar.get_by_label("To the day").fill(str(saturday))
    week.bar.get_by_role("button", name="Move there").click()
    expect(week.cell("lea", saturday).locator("[data-post]")).to_have_count(2)
    assert [local_time(one, lea).hour for one in three[:2]] == [9, 10]


def test_what_cannot_be_cancelled_is_told_one_by_one(
    open_as: Open, editor: User, three: list[Post]
) -> None:
    out = three[0].publications.get()
    put(out, state=Publication.State.PUBLISHED, next_attempt_at=None)
    Post.objects.filter(pk=three[0].pk).update(state=Post.State.COMPLETED)
    week = open_as(editor)
    week.page.get_by_role("button", name="Select").click()
    week.chip("Tea").click()
    week.chip("Dusk").click(modifiers=["Shift"])
    week.bar.get_by_role("button", name="Cancel them").click()
    told = week.page.locator("#warn-dialog")
    expect(told).to_contain_text("Not all are cancelled")
    expect(told.get_by_role("listitem")).to_have_count(1)
    expect(told.get_by_role("listitem")).to_contain_text("“Tea”: ")
    told.get_by_role("button", name="Close").click()
    expect(week.undo).to_contain_text("2 posts are cancelled.")
    assert Post.objects.get(pk=three[0].pk).state == Post.State.COMPLETED


def test_who_may_only_look_is_offered_no_change(
    open_as: Open, viewer: User, three: list[Post]
) -> None:
    week = open_as(viewer)
    expect(week.page.get_by_role("button", name="Select")).to_be_hidden()
    expect(week.grid.locator("[draggable]")).to_have_count(0)
    week.cell("lea", next_monday()).focus()
    week.page.keyboard.press("Enter")
    week.page.keyboard.press(" ")
    expect(week.undo).to_contain_text("Your level does not allow moving posts.")
    week.page.get_by_role("button", name="More for Lea Moss").click()
    week.page.get_by_role("button", name="Calendar link…").click()
    dialog = week.page.locator("#feed-dialog")
    expect(dialog).to_contain_text("There is no link yet.")
    expect(dialog.get_by_role("button", name="Make a link")).to_have_count(0)
