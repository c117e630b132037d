"""The queue doctor in a real browser: what holds posts up, and the panic switch."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from promura_site.models import Heartbeat, User
from scheduling.models import (
    Channel,
    ChannelFlow,
    PanicStop,
    Publication,
    PublishAttempt,
    Takedown,
)
from scheduling.publishing import gates
from tests.factories import ChannelFactory, CreatorFactory, UserFactory
from tests.loopback import Receiver
from tests.scheduling.planning import (
    a_post,
    a_publication,
    a_webhook,
    published,
    put,
)

pytestmark = pytest.mark.django_db(transaction=True)

P = Publication.State
SignIn = Callable[[Page, User], None]
Open = Callable[..., Page]


@pytest.fixture(autouse=True)
def beating() -> None:
    now = timezone.now()
    Heartbeat.objects.create(
        kind="publisher", name="one", started_at=now, beaten_at=now
    )


@pytest.fixture
def lea() -> Channel:
    creator = CreatorFactory(slug="lea", name="Lea Moss")
    return ChannelFactory(creator=creator, platform="bluesky", handle="@lea")


@pytest.fixture
def open_as(quiet: Page, signed_in: SignIn, live_server: Any) -> Open:
    def open_page(user: User, address: str = "/queue") -> Page:
        signed_in(quiet, user)
        quiet.goto(f"{live_server.url}{address}")
        return quiet

    return open_page


def due(channel: Channel, count: int = 1, **fields: Any) -> list[Publication]:
    at = timezone.now() - timedelta(minutes=5)
    times = {
        "publish_at": at,
        "next_attempt_at": at,
        "late_after": at + timedelta(hours=1),
    }
    return [
        put(a_publication(channel, content=f"Post {number}"), **(times | fields))
        for number in range(count)
    ]


def stop(channel: Channel | None = None, reason: str = "") -> None:
    creator = channel.creator if channel else None
    PanicStop.objects.create(
        key=str(creator.pk) if creator else PanicStop.EVERYONE,
        creator=creator,
        reason=reason,
        stopped_by=UserFactory(username="nina"),
        stopped_at=timezone.now(),
    )


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name="What holds posts up")


def on_a_phone(page: Page) -> Page:
    page.set_viewport_size({"width": 360, "height": 740})
    return page


def fits(page: Page) -> bool:
    width: int = page.evaluate("document.documentElement.scrollWidth")
    return width <= 360


def test_a_cause_names_all_it_holds_up_and_narrows_the_queue_to_it(
    open_as: Open, editor: User, lea: Channel
) -> None:
    Channel.objects.filter(pk=lea.pk).update(health=Channel.Health.NEEDS_SIGN_IN)
    due(lea, 45)
    a_publication(ChannelFactory(), content="Another one")
    gates.mark_waiting()
    page = open_as(editor)
    line = panel(page).get_by_role("listitem")
    expect(line).to_have_count(1)
    expect(line).to_contain_text("45 wait: @lea on Bluesky needs sign-in")
    way = line.get_by_role("link", name="Sign in")
    expect(way).to_have_attribute("href", f"/models?sign-in={lea.pk}")
    sentence = line.get_by_role("button", name="45 wait", exact=False).first
    sentence.focus()
    page.keyboard.press("Enter")
    held = page.get_by_role("region", name="Held up by this")
    expect(held).to_contain_text("45")
    expect(held.locator(".queue-row")).to_have_count(40)
    held.get_by_role("button", name="Load more").click()
    expect(held.locator(".queue-row")).to_have_count(45)
    expect(page.locator(".queue-row").filter(has_text="Another one")).to_have_count(0)
    expect(held.get_by_role("link", name="Sign in")).to_have_count(45)
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".queue-row").filter(has_text="Another one")).to_have_count(1)


def test_an_address_that_names_a_cause_which_is_over_says_so(
    open_as: Open, editor: User, lea: Channel
) -> None:
    page = open_as(editor, f"/queue?cause=burst~{lea.pk}~release")
    expect(
        page.get_by_role("heading", name="Nothing waits for this any more")
    ).to_be_visible()
    expect(panel(page)).to_be_hidden()


def test_what_failed_alike_is_tried_again_together_counts_first(
    open_as: Open, editor: User, lea: Channel
) -> None:
    due(lea, 3, state=P.FAILED, error_code="refused", error="No.", next_attempt_at=None)
    page = on_a_phone(open_as(editor))
    panel(page).get_by_role("button", name="Try again").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("3 failed: @lea on Bluesky: No")
    expect(dialog.locator(".decide-count").nth(1)).to_contain_text("3")
    expect(dialog.get_by_role("radio")).to_have_count(3)
    assert Publication.objects.filter(state=P.FAILED).count() == 3
    assert fits(page)
    expect(dialog.get_by_role("radio", name="One after the other")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    dialog.get_by_role("button", name="Skip them").press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#undo")).to_contain_text("3 posts skipped.")
    expect(panel(page)).to_be_hidden()
    assert Publication.objects.filter(state=P.SKIPPED).count() == 3


def test_a_channel_that_a_burst_has_stopped_is_let_go_on_from_a_row(
    open_as: Open, editor: User, lea: Channel
) -> None:
    ChannelFlow.objects.create(channel=lea, stopped_at=timezone.now())
    rows = due(lea, 2)
    gates.mark_waiting()
    page = open_as(editor)
    attention = page.get_by_role("region", name="Needs attention")
    expect(attention).to_contain_text("was stopped after an unusual number of posts")
    attention.get_by_role("button", name="Let it go on").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Send one by one").click()
    expect(page.locator("#undo")).to_contain_text("2 posts go out")
    assert ChannelFlow.objects.get().stopped_at is None
    times = sorted(Publication.objects.values_list("next_attempt_at", flat=True))
    assert times[1] - times[0] >= timedelta(minutes=5)
    assert len(rows) == 2


def test_the_panic_switch_takes_two_taps_and_is_taken_back_with_one(
    open_as: Open, admin: User, lea: Channel
) -> None:
    due(lea)
    page = on_a_phone(open_as(admin))
    page.get_by_role("button", name="Stop publishing…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Stop publishing")).to_be_focused()
    dialog.get_by_role("button", name="Stop publishing").click()
    bar = page.locator(".banner-panic")
    expect(bar).to_contain_text("Publishing is stopped for all models since")
    expect(bar).to_contain_text("by admin")
    expect(panel(page)).to_contain_text("Publishing is stopped for all models")
    assert fits(page)
    assert PanicStop.objects.get().stopped_by == admin
    page.get_by_role("button", name="Undo").click()
    expect(bar).to_have_count(0)
    assert not PanicStop.objects.exists()


def test_one_model_is_stopped_with_a_reason_from_any_page(
    open_as: Open, admin: User, lea: Channel
) -> None:
    page = on_a_phone(open_as(admin, "/library"))
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Stop publishing…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("For whom").select_option("Lea Moss")
    dialog.get_by_label("Why").fill("Wrong pictures")
    dialog.get_by_role("button", name="Stop publishing").click()
    bar = page.locator(".banner-panic")
    expect(bar).to_contain_text("Publishing is stopped for Lea Moss since")
    expect(bar).to_contain_text("Wrong pictures")
    assert PanicStop.objects.get().creator == lea.creator


def test_a_stop_stands_above_every_page_and_leads_to_letting_it_go_on(
    open_as: Open, admin: User, lea: Channel
) -> None:
    stop(reason="Account taken over")
    due(lea, 2)
    gates.mark_waiting()
    page = open_as(admin, "/models")
    bar = page.locator(".banner-panic")
    expect(bar).to_contain_text("by nina: Account taken over.")
    bar.get_by_role("link", name="Let it go on…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("2 wait: publishing is stopped for all models")
    dialog.get_by_role("radio", name="Leave each as it is").check()
    dialog.get_by_role("button", name="Let it go on").click()
    expect(bar).to_have_count(0)
    assert not PanicStop.objects.exists()


def test_others_see_why_they_may_not_let_it_go_on(
    open_as: Open, editor: User, lea: Channel
) -> None:
    stop()
    due(lea)
    gates.mark_waiting()
    page = open_as(editor)
    expect(page.get_by_role("button", name="Stop publishing…")).to_have_count(0)
    button = panel(page).get_by_role("button", name="Let it go on")
    expect(button).to_be_disabled()
    expect(panel(page)).to_contain_text("Only an admin lets it go on.")
    bar = page.locator(".banner-panic")
    expect(bar.get_by_role("link", name="See what waits")).to_be_visible()


def test_a_bar_comes_and_goes_while_the_page_is_open(
    open_as: Open, viewer: User
) -> None:
    page = open_as(viewer, "/library")
    expect(page.locator(".banner")).to_have_count(0)
    stop()
    look_again = "document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(look_again)
    expect(page.locator(".banner-panic")).to_have_count(1)
    PanicStop.objects.all().delete()
    page.evaluate(look_again)
    expect(page.locator(".banner")).to_have_count(0)


def test_what_waits_for_its_distance_stays_among_what_comes(
    open_as: Open, viewer: User, lea: Channel
) -> None:
    later = timezone.now() + timedelta(minutes=20)
    due(lea, error_code="spacing", error="It goes later.", next_attempt_at=later)
    page = open_as(viewer)
    coming = page.get_by_role("region", name="Coming up")
    expect(coming).to_contain_text("It goes later.")
    expect(panel(page)).to_contain_text("1 waits")
    expect(panel(page).get_by_role("button", name="Decide")).to_have_count(0)


def test_many_causes_leave_the_posts_in_sight(
    open_as: Open, editor: User, lea: Channel
) -> None:
    for number in range(6):
        due(lea, state=P.FAILED, error_code=f"c{number}", next_attempt_at=None)
    page = open_as(editor)
    lines = panel(page).get_by_role("listitem")
    expect(lines).to_have_count(4)
    panel(page).get_by_role("button", name="Show all 6").click()
    expect(lines).to_have_count(6)


def test_what_was_tried_is_shown_and_a_webhook_is_sent_again(
    open_as: Open, editor: User
) -> None:
    with Receiver() as receiver:
        channel = a_webhook(receiver.url, handle="@lea")
        published(a_publication(channel, content="Salt on everything"))
        page = on_a_phone(open_as(editor))
        page.get_by_role("button", name="More for “Salt on everything”").click()
        page.locator("#post-menu").get_by_text("What was tried").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.locator(".attempt")).to_have_count(1)
        expect(dialog).to_contain_text("Taken")
        assert fits(page)
        dialog.get_by_role("button", name="Send again").click()
        expect(dialog.locator(".attempt")).to_have_count(2)
        expect(dialog).to_contain_text("Sent again")
    assert PublishAttempt.objects.count() == 2
    assert len(receiver.deliveries) == 2


def test_a_published_post_is_taken_down_where_it_was_chosen(
    open_as: Open, editor: User, lea: Channel
) -> None:
    other = ChannelFactory(creator=lea.creator, platform="x", handle="@lea.x")
    post = a_post(lea, other, content="Salt on everything")
    at = timezone.now() - timedelta(hours=1)
    rows = post.publications.all()
    rows.update(state=P.PUBLISHED, published_at=at, publish_at=at)
    page = on_a_phone(open_as(editor))
    page.get_by_role("button", name="More for “Salt on everything”").click()
    page.locator("#post-menu").get_by_text("Take down…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("checkbox")).to_have_count(2)
    dialog.get_by_role("checkbox", name="@lea.x on X").press("Space")
    dialog.get_by_role("button", name="Take it down").press("Enter")
    expect(dialog).to_be_hidden()
    posted = page.get_by_role("region", name="Recently posted")
    expect(posted).to_contain_text("Somebody has to take it down by hand")
    assert Takedown.objects.get().publication.channel == lea
    assert fits(page)
