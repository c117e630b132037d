"""Accounts in trouble, a model's pace and her own stop, on the models page."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from library.models import Creator
from promura_site.models import Heartbeat, User
from scheduling.models import Channel, ChannelFlow, PanicStop, PublishingPace
from scheduling.publishing import gates
from tests.factories import ChannelFactory, CreatorFactory
from tests.scheduling.planning import a_publication

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[Page, User], None]
Open = Callable[..., Page]


@pytest.fixture
def lea() -> Channel:
    creator = CreatorFactory(slug="lea", name="Lea Moss")
    return ChannelFactory(creator=creator, platform="bluesky", handle="@lea")


@pytest.fixture
def open_as(quiet: Page, signed_in: SignIn, live_server: Any) -> Open:
    def open_page(user: User, address: str = "/models") -> Page:
        quiet.set_viewport_size({"width": 360, "height": 740})
        signed_in(quiet, user)
        quiet.goto(f"{live_server.url}{address}")
        return quiet

    return open_page


def account(page: Page) -> Locator:
    return page.locator(".channel-item")


def test_an_address_opens_the_sign_in_of_the_account_that_needs_it(
    open_as: Open, editor: User, lea: Channel
) -> None:
    Channel.objects.update(health=Channel.Health.NEEDS_SIGN_IN, connector="bluesky")
    page = open_as(editor, f"/models?sign-in={lea.pk}")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Sign in again: @lea")
    expect(dialog.get_by_label("App password")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    # Once: going back to the page does not ask again.
    assert page.url.endswith("/models")
    account(page).get_by_role("button", name="Sign in @lea").press("Enter")
    expect(dialog).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_an_account_that_a_burst_has_stopped_says_so_and_goes_on(
    open_as: Open, editor: User, lea: Channel
) -> None:
    ChannelFlow.objects.create(channel=lea, stopped_at=timezone.now())
    page = open_as(editor)
    expect(account(page)).to_contain_text("Stopped")
    expect(account(page)).to_contain_text("waits until somebody lets it go on")
    account(page).get_by_role("button", name="Let it go on @lea").press("Enter")
    expect(page.locator("#undo")).to_contain_text("@lea goes on.")
    expect(account(page)).not_to_contain_text("Stopped")
    assert ChannelFlow.objects.get().stopped_at is None


def test_with_posts_waiting_the_queue_asks_what_becomes_of_them(
    open_as: Open, editor: User, lea: Channel
) -> None:
    now = timezone.now()
    Heartbeat.objects.create(
        kind="publisher", name="one", started_at=now, beaten_at=now
    )
    ChannelFlow.objects.create(channel=lea, stopped_at=now)
    a_publication(lea)
    gates.mark_waiting()
    page = open_as(editor)
    account(page).get_by_role("button", name="Let it go on @lea").click()
    expect(page.get_by_role("dialog")).to_contain_text("Let the account go on")
    expect(page.get_by_role("dialog")).to_contain_text("1 waits: @lea on Bluesky")


def test_an_account_that_does_not_answer_says_when_it_is_tried_again(
    open_as: Open, viewer: User, lea: Channel
) -> None:
    Channel.objects.update(health=Channel.Health.DEGRADED, health_detail="No answer.")
    until = timezone.now() + timedelta(minutes=10)
    ChannelFlow.objects.create(channel=lea, blocked_until=until)
    page = open_as(viewer)
    expect(account(page)).to_contain_text("Trouble")
    expect(account(page)).to_contain_text("No answer. It is tried again at")


def test_a_models_pace_is_set_and_left_to_the_settings_again(
    open_as: Open, admin: User, lea: Channel
) -> None:
    page = open_as(admin)

    def edit() -> Locator:
        page.get_by_role("button", name="More for Lea Moss").click()
        page.locator("#model-menu").get_by_text("Edit", exact=True).click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_label("Posts a day")).to_be_enabled()
        return dialog

    dialog = edit()
    expect(dialog.get_by_label("Posts a day")).to_have_value("")
    dialog.get_by_label("Posts a day").fill("3")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    pace = PublishingPace.objects.get()
    assert (pace.daily_cap, pace.min_spacing_minutes) == (3, None)
    dialog = edit()
    expect(dialog.get_by_label("Posts a day")).to_have_value("3")
    dialog.get_by_label("Posts a day").fill("")
    dialog.get_by_label("Minutes between posts").fill("30")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    pace.refresh_from_db()
    assert (pace.daily_cap, pace.min_spacing_minutes) == (None, 30)


def test_a_pace_that_makes_no_sense_is_refused_in_its_place(
    page: Page, signed_in: SignIn, live_server: Any, admin: User, lea: Channel
) -> None:
    # Not the quiet one: browsers log every answer of 400.
    signed_in(page, admin)
    page.goto(f"{live_server.url}/models")
    page.get_by_role("button", name="More for Lea Moss").click()
    page.locator("#model-menu").get_by_text("Edit", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Posts a day")).to_be_enabled()
    dialog.get_by_label("Posts a day").fill("-1")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_label("Posts a day")).to_have_attribute("aria-invalid", "true")
    assert not PublishingPace.objects.exists()


def test_one_model_is_stopped_and_let_go_on_from_her_menu(
    open_as: Open, admin: User, lea: Channel
) -> None:
    page = open_as(admin)
    page.get_by_role("button", name="More for Lea Moss").click()
    page.locator("#model-menu").get_by_text("Stop publishing…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("For whom")).to_have_value("lea")
    dialog.get_by_role("button", name="Stop publishing").press("Enter")
    expect(page.locator(".banner-panic")).to_contain_text("stopped for Lea Moss")
    assert PanicStop.objects.get().creator == Creator.objects.get()
    page = open_as(admin)
    expect(page.locator(".model-card")).to_contain_text("Publishing is stopped")
    page.get_by_role("button", name="More for Lea Moss").click()
    page.locator("#model-menu").get_by_text("Let publishing go on…").click()
    page.get_by_role("dialog").get_by_role("button", name="Let it go on").click()
    expect(page.locator(".banner-panic")).to_have_count(0)
    assert not PanicStop.objects.exists()
