"""Every page, for every level, on the smallest screen that is promised."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from library.models import MediaItem
from promura_site.models import User
from scheduling.models import Post
from templates_app.services import create_template
from tests.factories import ChannelFactory, CreatorFactory
from tests.pages.library_media import add_media
from tests.scheduling.planning import a_post

pytestmark = pytest.mark.django_db(transaction=True)

SMALLEST = {"width": 360, "height": 740}
PAGES = {
    "/": "Today",
    "/compose": "Compose",
    "/library": "Library",
    "/library?trashed=true": "Library",
    "/templates": "Templates",
    "/calendar": "Calendar",
    "/series": "Series",
    "/queue": "Queue",
    "/hand-over": "Hand-over",
    "/insights": "Insights",
    "/models": "Models",
    "/notices": "Notices",
    "/notices/settings": "Notice settings",
    "/metrics": "Metrics",
}
FOR_ADMINS = {
    "/activity": "Audit log",
    "/templates?deleted=true": "Deleted templates",
}
OF_A_MODEL = [
    f"/calendar?model=lea-moss&view={one}" for one in ("month", "week", "list")
]
OF_OTHERS = {
    "/api/docs": "API",
    "/api/templates": "Template",
    "/api/library?limit=2": "Media",
}
ADMIN = (
    "/admin/",
    "/admin/library/mediaitem/",
    "/admin/templates_app/posttemplate/",
    "/admin/scheduling/post/",
    "/admin/scheduling/publication/",
    "/admin/scheduling/series/",
    "/admin/scheduling/notice/",
    "/admin/scheduling/oncall/",
    "/admin/metrics/auditevent/",
)

# Nothing of a long word or name may push the page sideways.
LONG = "Donaudampfschifffahrtsgesellschaftskapitaenskajuetenschluessel" * 2


def _fill(actor: User) -> None:
    creator = CreatorFactory(slug="lea-moss", name=f"Lea {LONG}"[:100])
    channel = ChannelFactory(creator=creator, handle=f"@{LONG}"[:90])
    items = add_media(2, actor)
    create_template(
        actor=actor,
        fields={
            "name": LONG,
            "content": LONG,
            "models": ["lea-moss"],
            "tags": [LONG[:50]],
            "media_ids": [str(one.pk) for one in items],
        },
    )
    a_post(channel, content=LONG)


def _fits(page: Page) -> None:
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide <= 0, f"{page.url} is {wide} px too wide"


@pytest.mark.parametrize("full", [False, True], ids=["empty", "full"])
@pytest.mark.parametrize("level", ["view", "edit", "admin"])
def test_every_page_opens_whole_on_a_phone(
    quiet: Page,
    signed_in: Callable[[Page, User], None],
    live_server: Any,
    person: Callable[..., User],
    level: str,
    full: bool,
) -> None:
    user = person(level, first_name=LONG[:60])
    if full:
        _fill(user)
    signed_in(quiet, user)
    quiet.set_viewport_size(SMALLEST)
    pages = PAGES | (FOR_ADMINS if level == "admin" else {}) | OF_OTHERS
    if full:
        pages = pages | dict.fromkeys(OF_A_MODEL, f"Calendar of Lea {LONG}"[:112])
    for path, title in pages.items():
        answer = quiet.goto(f"{live_server.url}{path}", wait_until="networkidle")
        assert answer is not None
        assert answer.status == 200, path
        expect(quiet).to_have_title(f"{title} · PROMURA")
        expect(quiet.locator("h1")).to_have_count(1)
        expect(quiet.locator("html")).to_have_attribute("lang", "en")
        expect(quiet.locator("main, [role=main]")).to_have_count(1)
        _fits(quiet)


def test_the_admin_opens_whole_on_a_phone(
    quiet: Page,
    signed_in: Callable[[Page, User], None],
    live_server: Any,
    admin: User,
) -> None:
    _fill(admin)
    signed_in(quiet, admin)
    quiet.set_viewport_size(SMALLEST)
    for path in ADMIN:
        answer = quiet.goto(f"{live_server.url}{path}", wait_until="networkidle")
        assert answer is not None
        assert answer.status == 200, path
        expect(quiet.locator("h1")).to_have_count(1)
        _fits(quiet)


def test_the_admins_forms_fit_and_its_pink_buttons_are_read(
    quiet: Page,
    signed_in: Callable[[Page, User], None],
    live_server: Any,
    admin: User,
) -> None:
    _fill(admin)
    item = MediaItem.objects.latest("uploaded_at")
    post = Post.objects.get()
    signed_in(quiet, admin)
    quiet.set_viewport_size({"width": 1280, "height": 900})
    quiet.goto(f"{live_server.url}/admin/library/mediaitem/{item.pk}/change/")
    form = quiet.locator("#content fieldset").first.bounding_box()
    assert form is not None
    assert form["x"] + form["width"] <= 1280
    save = quiet.get_by_role("button", name="Save", exact=True)
    expect(save).to_have_css("color", "rgb(26, 7, 20)")
    # Posts are looked after by actions: nothing in the form is to be saved.
    quiet.goto(f"{live_server.url}/admin/scheduling/post/{post.pk}/change/")
    expect(quiet.locator("#content")).to_contain_text("Publications")
    expect(quiet.get_by_role("button", name=re.compile("Save"))).to_have_count(0)


def test_an_admin_finds_the_audit_log_in_the_menu(
    quiet: Page,
    signed_in: Callable[[Page, User], None],
    live_server: Any,
    admin: User,
) -> None:
    signed_in(quiet, admin)
    quiet.set_viewport_size(SMALLEST)
    quiet.goto(f"{live_server.url}/")
    quiet.get_by_role("button", name="More").click()
    quiet.get_by_role("link", name="Audit log").click()
    expect(quiet.get_by_role("heading", level=1)).to_have_text("Audit log")


def test_only_admins_are_offered_the_audit_log(
    editor: User, admin: User, browse: Callable[[User], Client]
) -> None:
    assert b'href="/activity"' in browse(admin).get("/").content
    assert b'href="/activity"' not in browse(editor).get("/").content


def test_pages_are_compressed_and_files_and_answers_are_not(
    editor: User, browse: Callable[[User], Client]
) -> None:
    (item,) = add_media(1, editor)
    client = browse(editor)
    asked = {"Accept-Encoding": "gzip"}
    assert client.get("/queue", headers=asked)["Content-Encoding"] == "gzip"
    for path in (f"/api/library/{item.pk}/file", "/api/library"):
        answer = client.get(path, headers={**asked, "Accept": "application/json"})
        assert answer.status_code == 200
        assert not answer.has_header("Content-Encoding")
