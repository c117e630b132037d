"""Photos spread over free times, and the calendar link of a model."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import expect

from promura_site.models import User
from scheduling.models import CalendarFeed, Channel, Post
from tests.factories import ChannelFactory, CreatorFactory
from tests.pages.calendar.calendar_page import WeekPage, local_time
from tests.pages.library_media import add_media

pytestmark = pytest.mark.django_db(transaction=True)

Open = Callable[..., WeekPage]


def test_photos_are_spread_first_as_a_plan_then_as_drafts(
    open_as: Open, editor: User, lea: Channel, monday: date
) -> None:
    items = add_media(3, editor)
    week = open_as(editor)
    expect(week.tray.locator(".tray-item")).to_have_count(3)
    for box in week.tray.get_by_role("checkbox").all():
        box.check(force=True)
    expect(week.tray).to_contain_text("3 chosen")
    week.tray.get_by_role("button", name="Spread 3 photos…").click()
    dialog = week.page.locator("#spread-dialog")
    dialog.get_by_label("Lea Moss").check()
    dialog.get_by_label("Text", exact=True).fill("Out now")
    dialog.get_by_role("button", name="See the plan").click()
    lines = dialog.get_by_role("list", name="Planned drafts").get_by_role("listitem")
    expect(lines).to_have_count(3)
    expect(lines.first).to_contain_text("Lea Moss")
    expect(lines.first.locator("img")).to_have_attribute("src", re.compile("thumbnail"))
    assert not Post.objects.exists()
    dialog.get_by_role("button", name="Make 3 drafts").click()
    expect(dialog).to_be_hidden()
    expect(week.grid.locator("[data-post]")).to_have_count(3)
    drafts = Post.objects.prefetch_related("media_entries")
    assert {one.state for one in drafts} == {Post.State.DRAFT}
    assert {one.content for one in drafts} == {"Out now"}
    taken = {entry.media_id for one in drafts for entry in one.media_entries.all()}
    assert taken == {item.pk for item in items}
    assert len({local_time(one, lea).date() for one in drafts}) == 3
    week.undo.get_by_role("button", name="Undo").click()
    expect(week.live).to_contain_text("The drafts are gone again.")
    assert set(Post.objects.values_list("state", flat=True)) == {Post.State.CANCELLED}


def test_what_a_spread_leaves_out_is_told_with_its_reason(
    open_as: Open, editor: User, lea: Channel
) -> None:
    (item,) = add_media(1, editor)
    mia = ChannelFactory(creator=CreatorFactory(slug="mia", name="Mia Dorn"))
    item.creators.add(mia.creator)
    week = open_as(editor)
    week.tray.get_by_role("checkbox").check(force=True)
    week.tray.get_by_role("button", name="Spread 1 photo…").click()
    dialog = week.page.locator("#spread-dialog")
    dialog.get_by_label("Lea Moss").check()
    dialog.get_by_role("button", name="See the plan").click()
    left_out = dialog.get_by_role("list", name="Left out")
    expect(left_out).to_contain_text("picture-001.jpg")
    expect(dialog.locator("[data-spread-go]")).to_be_hidden()


def test_the_calendar_link_is_made_renewed_and_ended(
    open_as: Open, editor: User, lea: Channel
) -> None:
    week = open_as(editor)
    week.page.get_by_role("button", name="More for Lea Moss").click()
    week.page.get_by_role("button", name="Calendar link…").click()
    dialog = week.page.locator("#feed-dialog")
    dialog.get_by_role("button", name="Make a link").click()
    field = dialog.get_by_label("Calendar link")
    expect(field).to_have_value(re.compile(r"/calendar/feed/.+\.ics$"))
    first = field.input_value()
    dialog.get_by_role("button", name="Make another").click()
    expect(field).not_to_have_value(first)
    assert week.page.request.get(first).status == 404
    assert week.page.request.get(field.input_value()).status == 200
    dialog.get_by_role("button", name="End it").click()
    expect(dialog).to_contain_text("There is no link yet.")
    assert not CalendarFeed.objects.filter(creator=lea.creator).exists()
