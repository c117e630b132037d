"""Handing over on a phone: taken, shared, copied, pasted, posted; and the list."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from library.services import upload_media
from promura_site.models import User
from scheduling.models import Channel, PanicStop, Publication, Takedown
from scheduling.publishing import handing
from scheduling.services.handing import claim_hand_over
from scheduling.services.takedown import take_down_publication
from tests.factories import CreatorFactory
from tests.media_files import jpeg_bytes
from tests.scheduling.handing_over import by_hand, planned, ready, run_out
from tests.scheduling.planning import put

pytestmark = pytest.mark.django_db(transaction=True)

P = Publication.State
SignIn = Callable[[Page, User], None]
Open = Callable[..., Page]
PHONE = {"width": 360, "height": 740}
# What a phone's browser has and a headless one has not.
SHARING = """
  window.shared = [];
  navigator.canShare = (data) => data.files.every((one) => one instanceof File);
  navigator.share = async ({ files }) => {
    window.shared.push(files.map((one) => `${one.name} ${one.type} ${one.size > 0}`));
  };
"""
COPYING = """
  window.copied = [];
  const clipboard = {
    writeText: async (text) => { window.copied.push(text); },
    readText: async () => "https://www.instagram.com/p/abc/ ",
  };
  Object.defineProperty(navigator, "clipboard", { value: clipboard });
"""


@pytest.fixture
def ana(person: Callable[..., User]) -> User:
    return person("view", username="ana")


@pytest.fixture
def lea() -> Channel:
    creator = CreatorFactory(slug="lea", name="Lea Moss", timezone="Asia/Tokyo")
    return by_hand(creator=creator, platform="threads", handle="@lea")


@pytest.fixture
def open_as(quiet: Page, signed_in: SignIn, live_server: Any) -> Open:
    def open_page(user: User, row: Publication | None = None) -> Page:
        signed_in(quiet, user)
        quiet.set_viewport_size(PHONE)
        quiet.add_init_script(SHARING + COPYING)
        path = f"/hand-over/{row.pk}" if row else "/hand-over"
        quiet.goto(f"{live_server.url}{path}")
        return quiet

    return open_page


def with_pictures(channel: Channel, count: int = 2, **plan: Any) -> Publication:
    items = [
        upload_media(
            io.BytesIO(jpeg_bytes(300, 200, seed=n)), actor=None, name=f"sea-{n}.jpg"
        ).item.pk
        for n in range(count)
    ]
    return ready(channel=channel, media_ids=items, **plan)


def press(page: Page, word: str) -> None:
    page.get_by_role("button", name=word, exact=True).click()


def group(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def fits(page: Page) -> bool:
    root = "document.documentElement"
    return bool(page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"))


def test_a_post_is_taken_shared_copied_and_reported_with_its_link(
    open_as: Open, ana: User, lea: Channel
) -> None:
    row = with_pictures(lea, content="Salt on everything\n\n#sea")
    page = open_as(ana, row)
    expect(page.get_by_role("heading", level=1)).to_have_text("Lea Moss")
    expect(page.get_by_role("button", name="Copy the caption")).to_be_hidden()
    assert fits(page)
    press(page, "Take it")
    share = page.get_by_role("button", name="Share or save 2 files")
    expect(share).to_be_visible()
    share.click()
    expect(page.locator("[data-share-words]")).to_have_text("Shared.")
    assert page.evaluate("window.shared") == [
        ["sea-0.jpg image/jpeg true", "sea-1.jpg image/jpeg true"]
    ]
    press(page, "Copy the caption")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("window.copied") == ["Salt on everything\n\n#sea"]
    expect(page.get_by_role("link", name="Open Threads")).to_have_attribute(
        "href", "https://www.threads.net/"
    )
    press(page, "Paste")
    expect(page.get_by_label("Link to the post")).to_have_value(
        "https://www.instagram.com/p/abc/"
    )
    assert fits(page)
    press(page, "Posted")
    expect(page.locator("[data-state]")).to_contain_text("You have posted it")
    expect(page.get_by_role("link", name="See the post")).to_be_visible()
    row.refresh_from_db()
    assert (row.state, row.url, row.claimed_by) == (
        P.PUBLISHED,
        "https://www.instagram.com/p/abc/",
        ana,
    )


def test_what_is_no_link_is_said_beside_the_field(
    open_as: Open, ana: User, lea: Channel
) -> None:
    row = ready(channel=lea)
    page = open_as(ana, row)
    press(page, "Take it")
    field = page.get_by_label("Link to the post")
    field.fill("posted!")
    press(page, "Posted")
    expect(page.locator("[data-link-error]")).to_contain_text("This is no link")
    expect(field).to_be_focused()
    field.fill("")
    press(page, "Posted")
    expect(page.locator("[data-state]")).to_contain_text("You have posted it")


def test_a_desktop_gets_a_zip_and_single_files(
    page: Page, signed_in: SignIn, live_server: Any, ana: User, lea: Channel
) -> None:
    row = with_pictures(lea)
    claim_hand_over(row.pk, actor=ana)
    signed_in(page, ana)
    page.add_init_script("delete Navigator.prototype.canShare;")
    page.goto(f"{live_server.url}/hand-over/{row.pk}")
    expect(page.get_by_role("button", name="Share or save")).to_be_hidden()
    with page.expect_download() as zipped:
        page.get_by_role("link", name="Download all as ZIP").click()
    assert zipped.value.suggested_filename.startswith("lea-threads-")
    with page.expect_download() as single:
        page.get_by_role("link", name="Save number 2").click()
    assert single.value.suggested_filename == "sea-1.jpg"


def test_somebody_elses_is_shown_as_theirs_and_taken_over_by_an_editor(
    open_as: Open, ana: User, editor: User, lea: Channel
) -> None:
    row = ready(channel=lea)
    claim_hand_over(row.pk, actor=ana)
    page = open_as(editor, row)
    expect(page.locator("[data-state]")).to_contain_text("ana has it")
    expect(page.get_by_role("button", name="Posted")).to_have_count(0)
    press(page, "Take it over")
    expect(page.get_by_role("button", name="Posted")).to_be_visible()
    row.refresh_from_db()
    assert row.claimed_by == editor


def test_an_assistant_cannot_take_what_somebody_has(
    open_as: Open, ana: User, editor: User, lea: Channel
) -> None:
    row = ready(channel=lea)
    claim_hand_over(row.pk, actor=editor)
    page = open_as(ana, row)
    expect(page.locator("[data-bar]")).to_contain_text("editor has it for 20 min")
    expect(page.locator("[data-bar] button")).to_have_count(0)


def test_who_comes_second_is_told_who_was_first(
    signed_in: SignIn,
    live_server: Any,
    page: Page,
    ana: User,
    editor: User,
    lea: Channel,
) -> None:
    row = ready(channel=lea)
    signed_in(page, ana)
    page.goto(f"{live_server.url}/hand-over/{row.pk}")
    claim_hand_over(row.pk, actor=editor)
    press(page, "Take it")
    expect(page.locator("#undo")).to_contain_text("editor has it in hand until")
    expect(page.locator("[data-state]")).to_contain_text("editor has it")


def test_a_skip_says_why_and_is_undone(open_as: Open, ana: User, lea: Channel) -> None:
    row = ready(channel=lea)
    page = open_as(ana, row)
    press(page, "Take it")
    press(page, "Skip")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill("The account is locked")
    press(page, "Skip it")
    expect(page.locator("[data-state]")).to_contain_text("The account is locked")
    row.refresh_from_db()
    assert row.state == P.SKIPPED
    press(page, "Undo the skip")
    expect(page.get_by_role("button", name="Posted")).to_be_visible()
    press(page, "Give back")
    expect(page.get_by_role("button", name="Take it")).to_be_visible()
    row.refresh_from_db()
    assert (row.state, row.claimed_by) == (P.READY, None)


def test_an_open_page_keeps_its_claim(open_as: Open, ana: User, lea: Channel) -> None:
    row = ready(channel=lea)
    claim_hand_over(row.pk, actor=ana)
    put(row, claimed_until=timezone.now() + timedelta(minutes=5))
    page = open_as(ana, row)
    page.clock.install()
    page.reload()
    expect(page.locator("[data-bar]")).to_contain_text("Yours for 5 min")
    page.clock.run_for(10_500)
    expect(page.locator("[data-bar]")).to_contain_text("Yours for 20 min")
    row.refresh_from_db()
    assert row.claimed_until is not None
    assert row.claimed_until > timezone.now() + timedelta(minutes=18)


def test_one_that_ran_out_can_be_taken_again(
    open_as: Open, ana: User, editor: User, lea: Channel
) -> None:
    row = ready(channel=lea)
    claim_hand_over(row.pk, actor=editor)
    run_out(row)
    page = open_as(ana, row)
    press(page, "Take it")
    expect(page.get_by_role("button", name="Posted")).to_be_visible()


def test_a_stopped_models_post_is_not_offered(
    open_as: Open, ana: User, lea: Channel
) -> None:
    row = ready(channel=lea)
    claim_hand_over(row.pk, actor=ana)
    PanicStop.objects.create(
        key=str(lea.creator_id), creator=lea.creator, stopped_at=timezone.now()
    )
    page = open_as(ana, row)
    expect(page.locator("[data-state]")).to_contain_text("Do not post this")


def test_the_list_tells_what_is_due_by_when_and_who_has_it(
    open_as: Open, ana: User, editor: User, lea: Channel
) -> None:
    late = ready(-12, lea, content="It is late")
    nora = by_hand(creator=CreatorFactory(name="Nora Vale"))
    taken = ready(8, nora, content="It is taken")
    claim_hand_over(taken.pk, actor=editor)
    planned(130, lea, content="It comes")
    page = open_as(ana)
    now, later = group(page, "Now"), group(page, "Later")
    expect(now.get_by_role("listitem").first).to_contain_text("12 min late")
    expect(now).to_contain_text("editor, 20 min")
    expect(now).to_contain_text("in 8 min")
    expect(later).to_contain_text("in 2 h 10 min")
    assert fits(page)
    now.get_by_role("link", name="Lea Moss").click()
    expect(page).to_have_url(re.compile(f"/hand-over/{late.pk}$"))


def test_the_list_follows_what_happens_elsewhere(
    open_as: Open, ana: User, lea: Channel
) -> None:
    planned(14, lea, content="Salt on everything")
    page = open_as(ana)
    page.clock.install()
    page.reload()
    expect(group(page, "Now")).to_contain_text("Salt on everything")
    handing.make_ready()
    second = ready(3, by_hand(), content="It is new")
    page.clock.run_for(10_500)
    expect(group(page, "Now")).to_contain_text("It is new")
    put(second, state=P.CANCELLED)
    page.clock.run_for(10_500)
    expect(group(page, "Now")).not_to_contain_text("It is new")


def test_what_is_to_be_taken_down_is_a_line_with_its_link(
    open_as: Open, ana: User, editor: User, lea: Channel
) -> None:
    row = put(
        ready(channel=lea),
        state=P.PUBLISHED,
        url="https://www.instagram.com/p/abc/",
        published_at=timezone.now(),
        next_attempt_at=None,
    )
    take_down_publication(row.pk, actor=editor, now=timezone.now())
    page = open_as(ana)
    task = group(page, "To take down")
    expect(task).to_contain_text("editor asked to take it down")
    expect(task.get_by_role("link", name="Open the post")).to_have_attribute(
        "href", row.url
    )
    task.get_by_role("button", name="It is deleted").click()
    expect(page.get_by_role("heading", name="Nothing to hand over")).to_be_visible()
    assert Takedown.objects.get().done_by == ana


def test_today_and_the_queue_lead_there(
    quiet: Page, signed_in: SignIn, live_server: Any, ana: User, lea: Channel
) -> None:
    row = ready(channel=lea)
    signed_in(quiet, ana)
    quiet.goto(live_server.url)
    quiet.get_by_role("link", name="To be posted by hand").click()
    expect(quiet.get_by_role("heading", level=1)).to_have_text("Hand-over")
    quiet.goto(f"{live_server.url}/queue")
    quiet.get_by_role("link", name="Hand over @lea").click()
    expect(quiet).to_have_url(f"{live_server.url}/hand-over/{row.pk}")


def test_it_is_done_by_keyboard_alone(open_as: Open, ana: User, lea: Channel) -> None:
    row = ready(channel=lea)
    page = open_as(ana, row)
    page.get_by_role("button", name="Take it").focus()
    page.keyboard.press("Enter")
    # The button that was pressed is gone; the one in its place has the focus.
    expect(page.get_by_role("button", name="Posted")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-state]")).to_contain_text("You have posted it")
    row.refresh_from_db()
    assert row.state == P.PUBLISHED
