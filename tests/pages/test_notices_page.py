"""The bell, the list of notices and the settings, in a real browser on a phone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import Page, expect

from promura_site.models import Heartbeat, User
from scheduling.models import Notice, NoticePreference, OnCall
from scheduling.notices import pages, wiring
from tests.factories import ChannelFactory, CreatorFactory
from tests.scheduling.notices.telling import a_person, failed
from tests.scheduling.planning import a_publication

pytestmark = pytest.mark.django_db(transaction=True)

SMALLEST = {"width": 360, "height": 740}
SignIn = Callable[[Page, User], None]
Browse = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _mail(settings: Any) -> None:
    settings.MAIL_READY = True


@pytest.fixture
def mira() -> User:
    return a_person("admin")


def _fail_on(*handles: str) -> None:
    for handle in handles:
        creator = CreatorFactory(name=f"Model of {handle}")
        failed(ChannelFactory(handle=handle, platform="x", creator=creator))
    wiring.look(timezone.now())


def _fits(page: Page) -> None:
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0


def _as(user: User, page: Page, signed_in: SignIn) -> Page:
    signed_in(page, user)
    page.set_viewport_size(SMALLEST)
    return page


@pytest.fixture
def phone(quiet: Page, signed_in: SignIn, mira: User) -> Page:
    return _as(mira, quiet, signed_in)


def _unread(page: Page) -> Any:
    return page.locator(".notice-line.is-unread")


def test_notices_are_read_one_by_one_or_all_and_that_is_taken_back(
    phone: Page, live_server: Any
) -> None:
    _fail_on("@lea", "@bo", "@kim")
    phone.goto(f"{live_server.url}/notices")
    _fits(phone)
    expect(phone.get_by_role("heading", name="Today")).to_be_visible()
    bell = phone.get_by_role("link", name="Notices 3 unread")
    expect(bell).to_have_attribute("aria-current", "page")
    expect(_unread(phone)).to_have_count(3)
    phone.get_by_role("button", name="Mark as read: 1 post failed on @bo").click()
    expect(_unread(phone)).to_have_count(2)
    expect(phone.get_by_role("link", name="Notices 2 unread")).to_be_visible()
    phone.get_by_role("button", name="Mark all read").click()
    expect(_unread(phone)).to_have_count(0)
    expect(phone.locator("[data-bell-count]")).to_be_hidden()
    expect(phone.get_by_role("button", name="Mark all read")).to_be_hidden()
    phone.get_by_role("button", name="Undo").click()
    expect(_unread(phone)).to_have_count(2)
    phone.reload()
    expect(_unread(phone)).to_have_count(2)


def test_a_notice_leads_to_its_cause_and_is_read_then(
    phone: Page, live_server: Any
) -> None:
    _fail_on("@lea")
    phone.goto(f"{live_server.url}/notices")
    with phone.expect_response("**/api/notices/read"):
        phone.get_by_role("link", name="1 post failed on @lea").click()
    phone.wait_for_url("**/queue?group=attention&model=*")
    phone.goto(f"{live_server.url}/notices")
    expect(_unread(phone)).to_have_count(0)


def test_the_bell_hears_of_news_and_says_it(phone: Page, live_server: Any) -> None:
    phone.goto(f"{live_server.url}/library")
    expect(phone.locator("[data-bell-count]")).to_be_hidden()
    _fail_on("@lea")
    a_publication()
    # The page asks when it is looked at again.
    phone.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(phone.locator("[data-bell-count]")).to_have_text("1")
    expect(phone.locator("#live")).to_have_text("1 unread notice")
    banner = phone.locator("#banner")
    expect(banner).to_contain_text("No publisher is running: 1 post due.")
    Heartbeat.objects.create(
        kind="publisher",
        name="one",
        started_at=timezone.now(),
        beaten_at=timezone.now(),
    )
    phone.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(banner).to_be_empty()


def test_how_one_is_told_is_saved_tried_and_refused_in_its_place(
    page: Page, signed_in: SignIn, live_server: Any, mira: User
) -> None:
    # Not the quiet one: browsers log every answer of 400.
    phone = _as(mira, page, signed_in)
    phone.goto(f"{live_server.url}/notices/settings")
    _fits(phone)
    phone.get_by_label("From", exact=True).fill("22:00")
    phone.get_by_role("button", name="Save", exact=True).click()
    until = phone.get_by_label("Until", exact=True)
    expect(until).to_have_attribute("aria-invalid", "true")
    expect(until).to_be_focused()
    until.fill("07:00")
    phone.get_by_label("Posts missed their time").uncheck()
    phone.get_by_role("button", name="Save", exact=True).click()
    expect(phone.locator("[data-saved]")).to_have_text("Saved.")
    wishes = NoticePreference.objects.get(user=mira)
    assert "missed" in wishes.muted
    assert f"{wishes.quiet_from:%H:%M} {wishes.quiet_until:%H:%M}" == "22:00 07:00"
    phone.get_by_role("button", name="Send me a test").first.click()
    answer = phone.locator('[data-test-answer="mail"]')
    expect(answer).to_have_text("A test is on its way: look into your mail.")
    assert mail.outbox[-1].to == ["mira@example.com"]
    telegram = phone.get_by_role("button", name="Send me a test").last
    expect(telegram).to_be_disabled()


def test_an_admin_puts_people_on_call_and_others_only_see_them(
    phone: Page, live_server: Any, browse: Browse
) -> None:
    vera = a_person("view", "vera")
    phone.goto(f"{live_server.url}/notices/settings")
    phone.get_by_label("vera").check()
    phone.get_by_role("button", name="Save who is on call").click()
    expect(phone.locator("[data-on-call-saved]")).to_have_text("Saved.")
    assert OnCall.objects.get().user == vera
    seen = browse(vera).get("/notices/settings").content.decode()
    assert "data-on-call" not in seen
    assert "You are on call" in seen


def test_what_the_bell_asks_is_answered_in_short_when_nothing_is_new(
    mira: User, browse: Browse, client: Client
) -> None:
    _fail_on("@lea")
    asking = browse(mira)
    first = asking.get("/notices/unread")
    assert first.json() == {"success": True, "unread": 1, "more": False, "bars": []}
    assert first["Cache-Control"] == "private, no-cache"
    again = {"If-None-Match": first["ETag"]}
    with CaptureQueriesContext(connection) as asked:
        assert asking.get("/notices/unread", headers=again).status_code == 304
    # Session, person, two for the level; what is unread, stopped and silent.
    assert len(asked) <= 7
    _fail_on("@bo")
    assert asking.get("/notices/unread", headers=again).json()["unread"] == 2
    assert client.get("/notices/unread").status_code in {401, 403}


def test_strangers_sign_in_first_and_people_without_a_level_are_refused(
    client: Client, person: Callable[..., User], browse: Browse
) -> None:
    nobody = browse(person(None))
    for path in ("/notices", "/notices/settings"):
        assert client.get(path).status_code == 302
        assert nobody.get(path).status_code == 403


def test_days_are_those_of_the_persons_clock() -> None:
    now = datetime.fromisoformat("2026-06-01T12:00:00+00:00")

    def at(hours: float) -> Any:
        moment = now - timedelta(hours=hours)
        notice = Notice(kind="failed", title="x", first_at=moment, last_at=moment)
        notice.unread = True  # type: ignore[attr-defined]
        return notice

    rows = [at(1), at(13), at(37), at(60)]
    tokyo = [day.name for day in pages.days(rows, "Asia/Tokyo", now)]
    berlin = [day.name for day in pages.days(rows, "Europe/Berlin", now)]
    assert tokyo == ["Today", "Yesterday", "Saturday, 30 May"]
    assert berlin == ["Today", "Yesterday", "Saturday, 30 May"]


def test_many_notices_are_shown_a_page_at_a_time(mira: User, browse: Browse) -> None:
    _fail_on(*(f"@many{number}" for number in range(pages.PAGE + 1)))
    asking = browse(mira)
    first = asking.get("/notices").content.decode()
    assert first.count("data-notice=") == pages.PAGE
    assert 'href="?page=2"' in first
    assert asking.get("/notices?page=2").content.decode().count("data-notice=") == 1
    for odd in ("0", "-1", "x", "99999", "²"):
        assert asking.get(f"/notices?page={odd}").status_code == 200
