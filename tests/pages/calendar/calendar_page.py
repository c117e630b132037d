"""What the tests of the calendar pages have in common: a week ahead, and a grid."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from scheduling.models import Channel, Post
from tests.scheduling.planning import a_post


def next_monday() -> date:
    """Return the Monday of a week that lies ahead on everybody's clocks."""
    today = timezone.now().astimezone(UTC).date()
    return today + timedelta(days=14 - today.weekday())


def planned(channel: Channel, day: date, hour: int, text: str, **plan: Any) -> Post:
    """Plan a post for an hour of the model's own clocks."""
    clocks = ZoneInfo(channel.creator.timezone)
    due = datetime.combine(day, time(hour), clocks)
    return a_post(channel, content=text, schedule_time=due, **plan)


def local_time(post: Post, channel: Channel) -> datetime:
    """Return when a post is due now, on the model's clocks."""
    post.refresh_from_db()
    assert post.publish_at is not None
    return post.publish_at.astimezone(ZoneInfo(channel.creator.timezone))


class WeekPage:
    """The week of all models, driven as a person would."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.grid = page.get_by_role("grid")
        self.tray = page.locator("[data-tray]")
        self.undo = page.locator("#undo")
        self.live = page.locator("#live")
        self.carry = page.locator("[data-carry]")
        self.bar = page.locator("[data-bar]")

    def open(self, start: date | None = None, query: str = "") -> "WeekPage":
        """Load a week and wait until its rows are there."""
        start = start or next_monday()
        self.page.goto(f"{self.address}/calendar?start={start}{query}")
        expect(self.grid.locator("[data-row]").first).to_be_visible()
        return self

    def cell(self, slug: str, day: date) -> Locator:
        """Return a model's day."""
        return self.grid.locator(f'[data-cell="{slug} {day}"]')

    def chip(self, text: str) -> Locator:
        """Return a post by its text."""
        return self.grid.locator("[data-post]").filter(has_text=text)

    def open_post(self, text: str) -> Locator:
        """Open a post's dialog and return it."""
        self.chip(text).locator(".cal-open").click()
        dialog = self.page.locator("#post-dialog")
        expect(dialog).to_be_visible()
        return dialog

    def drag(self, piece: Locator, cell: Locator) -> None:
        """Drag a piece to a cell by the mouse, in steps as a hand does."""
        self.hold(piece, cell)
        self.page.mouse.up()

    def hold(self, piece: Locator, cell: Locator) -> None:
        """Drag a piece over a cell, and do not let go of it yet."""
        piece.scroll_into_view_if_needed()
        at = piece.bounding_box()
        assert at is not None
        mouse = self.page.mouse
        mouse.move(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
        mouse.down()
        to = cell.bounding_box()
        assert to is not None
        x, y = to["x"] + to["width"] / 2, to["y"] + to["height"] / 2
        mouse.move(x - 20, y - 8, steps=4)
        expect(self.carry).to_be_visible()
        mouse.move(x, y, steps=4)
