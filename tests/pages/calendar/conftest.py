"""A week to come, two models and their calendar in the browser."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page

from promura_site.models import User
from scheduling.models import Channel
from tests.factories import ChannelFactory, CreatorFactory
from tests.pages.calendar.calendar_page import WeekPage, next_monday


@pytest.fixture
def monday() -> date:
    return next_monday()


@pytest.fixture
def lea() -> Channel:
    creator = CreatorFactory(slug="lea", name="Lea Moss", timezone="Asia/Tokyo")
    return ChannelFactory(creator=creator, handle="@lea")


@pytest.fixture
def mia() -> Channel:
    creator = CreatorFactory(slug="mia", name="Mia Dorn")
    return ChannelFactory(creator=creator, handle="@mia")


@pytest.fixture
def open_as(
    quiet: Page, signed_in: Callable[[Page, User], None], live_server: Any
) -> Callable[..., WeekPage]:
    """Open the week of all models as a person, on a screen of a size."""

    def open_page(
        user: User, size: tuple[int, int] = (1440, 900), **asked: Any
    ) -> WeekPage:
        signed_in(quiet, user)
        quiet.set_viewport_size({"width": size[0], "height": size[1]})
        return WeekPage(quiet, live_server.url).open(**asked)

    return open_page
