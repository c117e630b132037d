"""The queue page in a real browser: each trouble and its one safe way out."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from promura_site.models import Heartbeat, User
from scheduling.models import Channel, Post, Publication
from tests.factories import ChannelFactory, CreatorFactory
from tests.scheduling.planning import a_post, put

pytestmark = pytest.mark.django_db(transaction=True)

P = Publication.State
SignIn = Callable[[Page, User], None]
Open = Callable[[User], Page]


@pytest.fixture
def lea() -> Channel:
    creator = CreatorFactory(slug="lea", name="Lea Moss", timezone="Asia/Tokyo")
    return ChannelFactory(creator=creator, handle="@lea")


@pytest.fixture
def open_as(quiet: Page, signed_in: SignIn, live_server: Any) -> Open:
    def open_page(user: User) -> Page:
        signed_in(quiet, user)
        quiet.goto(f"{live_server.url}/queue")
        return quiet

    return open_page


def planned(channel: Channel, **plan: Any) -> Post:
    due = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    return a_post(channel, **{"schedule_time": due, **plan})


def in_state(channel: Channel, state: str, **fields: Any) -> Publication:
    publication = planned(channel, content=f"It is {state}").publications.get()
    tried = timezone.now() - timedelta(hours=2)
    return put(
        publication,
        state=state,
        next_attempt_at=None,
        first_attempt_at=tried,
        attempts_made=1,
        **fields,
    )


def group(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def menu(page: Page, text: str, word: str) -> None:
    page.get_by_role("button", name=f"More for “{text}”").click()
    page.locator("#post-menu").get_by_text(word, exact=True).click()


def test_a_failed_publication_says_why_and_is_tried_again(
    open_as: Open, editor: User, lea: Channel
) -> None:
    Heartbeat.objects.create(
        kind="publisher",
        name="one",
        started_at=timezone.now(),
        beaten_at=timezone.now(),
    )
    failed = in_state(lea, P.FAILED, error="The picture is too large.", error_code="x")
    page = open_as(editor)
    trouble = group(page, "Needs attention")
    expect(trouble).to_contain_text("The picture is too large.")
    trouble.get_by_role("button", name="Try again").click()
    expect(group(page, "Going out now")).to_contain_text("It is failed")
    expect(trouble).to_have_count(0)
    failed.refresh_from_db()
    assert failed.state == P.SCHEDULED


def test_a_missed_publication_is_skipped(
    open_as: Open, editor: User, lea: Channel
) -> None:
    missed = in_state(lea, P.MISSED, error="It was 3 hours late.")
    page = open_as(editor)
    trouble = group(page, "Needs attention")
    expect(trouble.get_by_role("button", name="Post now")).to_be_visible()
    trouble.get_by_role("button", name="Skip").click()
    expect(trouble).to_have_count(0)
    missed.refresh_from_db()
    assert missed.state == P.CANCELLED


def test_an_unknown_outcome_is_settled_as_published_with_its_link(
    open_as: Open, editor: User, lea: Channel
) -> None:
    unknown = in_state(lea, P.UNKNOWN, error="The reply was lost.")
    page = open_as(editor)
    group(page, "Needs attention").get_by_role("button", name="Settle").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("@lea on Instagram")
    dialog.get_by_label("Link to the post").fill("https://example.com/p/1")
    dialog.get_by_role("button", name="It is published").click()
    expect(dialog).to_be_hidden()
    posted = group(page, "Recently posted")
    expect(posted.get_by_role("link", name="Open")).to_have_attribute(
        "href", "https://example.com/p/1"
    )
    unknown.refresh_from_db()
    assert (unknown.state, unknown.settled_by) == (P.PUBLISHED, editor)


def test_an_unknown_outcome_is_settled_as_not_published_and_may_be_retried(
    open_as: Open, editor: User, lea: Channel
) -> None:
    in_state(lea, P.UNKNOWN, error="The reply was lost.")
    page = open_as(editor)
    trouble = group(page, "Needs attention")
    trouble.get_by_role("button", name="Settle").click()
    page.get_by_role("dialog").get_by_role("button", name="Not published").click()
    expect(trouble).to_contain_text("editor found that it was not published")
    expect(trouble.get_by_role("button", name="Try again")).to_be_visible()


def test_cancelling_can_be_undone(open_as: Open, editor: User, lea: Channel) -> None:
    post = planned(lea, content="Salt on everything")
    due = post.publish_at
    page = open_as(editor)
    menu(page, "Salt on everything", "Cancel")
    expect(page.get_by_role("heading", name="The queue is empty")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(group(page, "Coming up")).to_contain_text("Salt on everything")
    post.refresh_from_db()
    assert (post.state, post.publish_at) == (Post.State.SCHEDULED, due)


def test_a_post_moves_to_another_hour_of_the_models_clock(
    open_as: Open, editor: User, lea: Channel
) -> None:
    post = planned(lea, content="Salt on everything")
    page = open_as(editor)
    menu(page, "Salt on everything", "Reschedule")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("In the time of")).to_have_value("Asia/Tokyo")
    day = (timezone.now() + timedelta(days=3)).date()
    dialog.get_by_label("When").fill(f"{day}T20:30")
    dialog.get_by_role("button", name="Reschedule").click()
    expect(dialog).to_be_hidden()
    row = group(page, "Coming up").get_by_role("listitem").first
    expect(row.get_by_role("time")).to_have_text("20:30")
    expect(row).to_contain_text("in Tokyo")
    expect(row).to_contain_text("yours")
    post.refresh_from_db()
    assert f"{post.publish_at:%Y-%m-%d %H:%M}" == f"{day} 11:30"


def test_a_time_that_has_passed_is_refused_beside_its_field(
    signed_in: SignIn, live_server: Any, page: Page, editor: User, lea: Channel
) -> None:
    planned(lea, content="Salt on everything")
    signed_in(page, editor)
    page.goto(f"{live_server.url}/queue")
    menu(page, "Salt on everything", "Reschedule")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("When").fill("2020-01-01T10:00")
    dialog.get_by_role("button", name="Reschedule").click()
    expect(dialog.locator(".field-error")).to_contain_text("has passed already")


def test_figures_are_added_to_what_was_posted(
    open_as: Open, editor: User, lea: Channel
) -> None:
    posted = in_state(lea, P.PUBLISHED, published_at=timezone.now())
    page = open_as(editor)
    row = group(page, "Recently posted")
    row.get_by_role("button", name="Add figures").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator(".field-error")).to_contain_text("at least one")
    dialog.get_by_label("Likes").fill("1204")
    dialog.get_by_label("Comments").fill("1")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(row).to_contain_text("1,204 likes · 1 comment")
    posted.refresh_from_db()
    assert (posted.likes, posted.comments, posted.views) == (1204, 1, None)


def test_a_copy_lands_among_the_drafts(
    open_as: Open, editor: User, lea: Channel
) -> None:
    planned(lea, content="Salt on everything")
    page = open_as(editor)
    menu(page, "Salt on everything", "Duplicate")
    expect(page.locator("#undo")).to_contain_text("A copy is among the drafts.")
    page.get_by_label("State").select_option("drafts")
    expect(group(page, "Drafts")).to_contain_text("Salt on everything")
    assert "group=drafts" in page.url


def test_the_page_follows_what_happens_elsewhere(
    open_as: Open, editor: User, lea: Channel
) -> None:
    publication = planned(lea, content="Salt on everything").publications.get()
    page = open_as(editor)
    page.clock.install()
    page.reload()
    more = page.get_by_role("button", name="More for “Salt on everything”")
    more.focus()
    put(publication, state=P.SENDING)
    page.clock.run_for(10_500)
    expect(group(page, "Going out now")).to_contain_text("Sending")
    # The row is another one now, but nobody has lost their place.
    expect(more).to_be_focused()


def test_a_row_that_changed_glows_once(
    open_as: Open, viewer: User, lea: Channel
) -> None:
    planned(lea, content="It stays")
    moving = planned(lea, content="It moves")
    page = open_as(viewer)
    # Only the test moves the clock: a slow machine brings no refresh of its own.
    page.clock.install()
    page.clock.pause_at(timezone.now() + timedelta(seconds=30))
    page.reload()
    stays = page.locator(".queue-row", has_text="It stays").element_handle()
    page.evaluate(
        """() => { window.glows = []; document.addEventListener("animationstart",
             (event) => { if (event.animationName === "changed")
               window.glows.push(event.target.dataset.postId); }); }"""
    )
    put(moving.publications.get(), state=P.SENDING)
    page.clock.run_for(10_500)
    expect(group(page, "Going out now")).to_contain_text("It moves")
    # The class goes when the glow has ended.
    expect(page.locator(".changed")).to_have_count(0, timeout=20_000)
    coming = planned(lea, content="It comes")
    page.clock.run_for(10_500)
    expect(group(page, "Coming up")).to_contain_text("It comes")
    expect(page.locator(".changed")).to_have_count(0, timeout=20_000)
    # Once each, and what stayed as it was not at all.
    assert page.evaluate("window.glows") == [str(moving.pk), str(coming.pk)]
    assert stays is not None
    assert stays.evaluate("(row) => row.isConnected")


def test_with_models_in_several_zones_each_hour_is_told(
    open_as: Open, viewer: User, lea: Channel
) -> None:
    ada = ChannelFactory(
        creator=CreatorFactory(slug="ada", name="Ada", timezone="America/New_York")
    )
    day = (timezone.now() + timedelta(days=5)).date()
    wall = datetime.combine(day, time(20))
    a_post(lea, ada, schedule_time=wall, timezone="model")
    row = open_as(viewer).locator(".queue-row")
    expect(row).to_contain_text("yours, 2 zones")
    expect(row).to_contain_text("20:00 in Tokyo")
    expect(row).to_contain_text("20:00 in New York")


def test_a_silent_publisher_is_announced_while_posts_are_due(
    open_as: Open, viewer: User, lea: Channel
) -> None:
    publication = planned(lea).publications.get()
    put(publication, next_attempt_at=timezone.now() - timedelta(minutes=5))
    page = open_as(viewer)
    expect(page.locator("#banner")).to_contain_text(
        "No publisher is running: 1 post due."
    )
    expect(group(page, "Needs attention")).to_contain_text("Late")
    expect(group(page, "Needs attention")).to_contain_text("No publisher is running.")


def test_a_viewer_sees_the_queue_and_nothing_that_writes(
    open_as: Open, viewer: User, lea: Channel
) -> None:
    planned(lea)
    in_state(lea, P.FAILED, error="Refused.")
    in_state(lea, P.UNKNOWN, error="Lost.")
    in_state(lea, P.PUBLISHED, published_at=timezone.now())
    page = open_as(viewer)
    expect(page.locator(".queue-row")).to_have_count(4)
    expect(page.locator(".queue button:visible, dialog")).to_have_count(0)


def test_an_empty_queue_says_what_to_do_next(open_as: Open, editor: User) -> None:
    page = open_as(editor)
    expect(page.get_by_role("heading", name="The queue is empty")).to_be_visible()
    expect(page.get_by_role("link", name="Plan a post")).to_be_visible()


def test_more_posts_are_loaded_behind_the_first_page(
    open_as: Open, viewer: User, lea: Channel
) -> None:
    due = timezone.now() + timedelta(days=1)
    for number in range(45):
        planned(lea, schedule_time=due + timedelta(hours=number))
    page = open_as(viewer)
    expect(page.locator(".queue-row")).to_have_count(40)
    page.get_by_role("button", name="Load more").click()
    expect(page.locator(".queue-row")).to_have_count(45)


def test_nothing_hangs_over_the_edge_of_a_phone(
    open_as: Open, editor: User, lea: Channel
) -> None:
    in_state(lea, P.FAILED, error="x" * 300)
    planned(lea, content="y" * 400)
    page = open_as(editor)
    page.set_viewport_size({"width": 360, "height": 740})
    expect(page.locator(".queue-row")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
