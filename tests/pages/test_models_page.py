"""The models page in a real browser: people, accounts, and who may change them."""

import base64
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from library.models import Creator
from promura_site.models import User
from scheduling import credentials
from scheduling.models import Channel, ChannelFace
from tests.factories import ChannelFactory, CreatorFactory
from tests.loopback import Receiver
from tests.scheduling.planning import SECRET, a_webhook

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[Page, User], None]


@pytest.fixture
def open_as(quiet: Page, signed_in: SignIn, live_server: Any) -> Callable[[User], Page]:
    def open_page(user: User) -> Page:
        signed_in(quiet, user)
        quiet.goto(f"{live_server.url}/models")
        return quiet

    return open_page


def card(page: Page, name: str) -> Locator:
    return page.locator(".model-card").filter(
        has=page.get_by_role("heading", name=name)
    )


def picture() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (80, 80), "#7d3a66").save(data, "JPEG")
    return data.getvalue()


def test_an_owner_adds_a_model_and_connects_the_first_account(
    open_as: Callable[[User], Page], admin: User
) -> None:
    page = open_as(admin)
    expect(page.get_by_role("heading", name="No models yet")).to_be_visible()
    page.get_by_role("button", name="Add a model").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Léa  Moss")
    expect(dialog.get_by_label("Id", exact=True)).to_have_value("lea-moss")
    dialog.get_by_label("Time zone").fill("Asia/Tokyo")
    expect(dialog.locator("[data-zone-now]")).to_contain_text("There it is")
    dialog.get_by_label("Language").fill("ja")
    dialog.get_by_role("button", name="Add the model").click()
    expect(dialog).to_be_hidden()
    her = card(page, "Léa Moss")
    expect(her).to_contain_text("in Tokyo")
    expect(page.locator("[data-first]")).to_contain_text("Connect the first account")
    # The next step has the focus already.
    expect(her.get_by_role("button", name="Connect an account")).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Reached by")).to_have_value("handover")
    expect(dialog.get_by_label("Secret")).to_be_hidden()
    dialog.get_by_label("Handle").fill("@lea")
    dialog.get_by_role("button", name="Connect", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(her).to_contain_text("@lea")
    expect(page.locator("[data-first]")).to_be_hidden()
    expect(her.get_by_role("button", name="Verify @lea")).to_be_focused()
    # It is asked at once, so that nothing goes to a stranger's account.
    expect(page.locator("#undo")).to_contain_text("@lea answers.")
    expect(her).to_contain_text("Works")
    channel = Channel.objects.get()
    assert (channel.creator.slug, channel.language) == ("lea-moss", "ja")
    assert channel.health == Channel.Health.GOOD


@contextmanager
def webhook_dialog(page: Page) -> Iterator[Locator]:
    card(page, "Lea").get_by_role("button", name="Connect an account").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Platform").select_option("webhook")
    yield dialog
    expect(dialog).to_be_hidden()


def test_an_owner_connects_a_webhook_with_a_generated_secret(
    open_as: Callable[[User], Page], admin: User
) -> None:
    CreatorFactory(slug="lea", name="Lea")
    page = open_as(admin)
    with Receiver() as receiver:
        with webhook_dialog(page) as dialog:
            dialog.get_by_label("Handle").fill("lea-hook")
            dialog.get_by_label("Address").fill(receiver.url)
            dialog.get_by_role("button", name="Generate").click()
            secret = dialog.get_by_label("Secret").input_value()
            expect(dialog.locator("[data-secret-words]")).to_contain_text("Copy it")
            dialog.get_by_role("switch").check()
            dialog.get_by_role("button", name="Connect", exact=True).click()
        her = card(page, "Lea")
        expect(her).to_contain_text("lea-hook")
        expect(her).to_contain_text("Works")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    channel = Channel.objects.get()
    assert credentials.decrypt(channel.credentials) == {
        "url": receiver.url,
        "secret": secret,
        "idempotent": True,
    }
    # Shown once: it is nowhere on the page any more.
    assert secret not in page.content()


def test_an_account_that_does_not_answer_says_so(
    page: Page, signed_in: SignIn, live_server: Any, editor: User
) -> None:
    sign_in = {"url": "http://127.0.0.1:9/", "secret": SECRET, "idempotent": False}
    ChannelFactory(
        creator=CreatorFactory(name="Lea"),
        platform="webhook",
        connector="webhook",
        handle="hook",
        credentials=credentials.encrypt(sign_in),
    )
    signed_in(page, editor)
    page.goto(f"{live_server.url}/models")
    page.get_by_role("button", name="Verify hook").click()
    expect(page.locator("#undo")).to_contain_text("hook: ")
    expect(card(page, "Lea").locator(".state")).to_have_text("Trouble")
    page.get_by_label("In trouble").check()
    expect(page.locator(".model-card")).to_have_count(1)


def test_a_model_gets_a_picture_and_another_name(
    open_as: Callable[[User], Page], admin: User
) -> None:
    CreatorFactory(slug="lea", name="Lea")
    page = open_as(admin)
    page.get_by_role("button", name="More for Lea").click()
    page.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Id", exact=True)).to_be_hidden()
    dialog.get_by_label("Name").fill("Lea Moss")
    dialog.get_by_label("Picture").set_input_files(
        {"name": "lea.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    )
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    face = card(page, "Lea Moss").locator("img.avatar")
    expect(face).to_have_attribute("src", re.compile("/api/models/lea/avatar"))
    assert face.evaluate(
        "async (img) => { await img.decode(); return img.naturalWidth }"
    )
    assert Creator.objects.get().name == "Lea Moss"


def test_switching_a_model_off_can_be_undone(
    open_as: Callable[[User], Page], admin: User
) -> None:
    CreatorFactory(slug="lea", name="Lea")
    page = open_as(admin)
    page.get_by_role("switch", name="Lea is active").uncheck()
    expect(card(page, "Lea")).to_contain_text("Not active")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("switch", name="Lea is active")).to_be_checked()
    expect(page.locator("#undo")).not_to_contain_text("Undo")
    assert Creator.objects.get().is_active


def test_an_editor_signs_an_account_in_again_but_connects_none(
    open_as: Callable[[User], Page], editor: User
) -> None:
    lea = CreatorFactory(slug="lea", name="Lea")
    channel = a_webhook("http://127.0.0.1:9/hook", creator=lea, handle="hook")
    page = open_as(editor)
    expect(page.get_by_role("button", name="Add a model")).to_have_count(0)
    expect(page.get_by_role("switch")).to_have_count(0)
    expect(page.get_by_role("button", name="Add an account")).to_have_count(0)
    page.get_by_role("button", name="More for hook").click()
    page.get_by_role("button", name="Sign in again").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Handle")).to_be_hidden()
    dialog.get_by_label("Address").fill("http://127.0.0.1:9/hook")
    dialog.get_by_role("button", name="Generate").click()
    dialog.get_by_role("button", name="Sign in", exact=True).click()
    expect(dialog).to_be_hidden()
    channel.refresh_from_db()
    stored = credentials.decrypt(channel.credentials)
    assert stored["secret"] != SECRET
    assert (stored["url"], stored["idempotent"]) == ("http://127.0.0.1:9/hook", False)


def test_a_viewer_reads_and_searches_and_finds_nothing_to_press(
    open_as: Callable[[User], Page], viewer: User
) -> None:
    for name in ("Lea", "Ruby"):
        ChannelFactory(creator=CreatorFactory(slug=name.lower(), name=name))
    page = open_as(viewer)
    expect(page.locator(".model-card")).to_have_count(2)
    expect(page.locator("#main button, #main [role=switch]")).to_have_count(0)
    page.get_by_role("searchbox").fill("rub")
    expect(page.locator(".model-card")).to_have_count(1)
    page.get_by_role("searchbox").fill("nobody")
    expect(page.get_by_role("heading", name="No model like that")).to_be_visible()


def test_nothing_hangs_over_the_edge_of_a_phone(
    open_as: Callable[[User], Page], admin: User
) -> None:
    lea = CreatorFactory(slug="l" * 60, name="Leonora Wilhelmina van der Meer " * 3)
    ChannelFactory(creator=lea, handle="@" + "x" * 100)
    page = open_as(admin)
    page.set_viewport_size({"width": 360, "height": 740})
    expect(page.locator(".model-card")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_the_fields_of_a_sign_in_follow_the_platform(
    page: Page, signed_in: SignIn, live_server: Any, admin: User
) -> None:
    CreatorFactory(slug="lea", name="Lea")
    # Not the quiet one: browsers log every answer of 400.
    signed_in(page, admin)
    page.goto(f"{live_server.url}/models")
    card(page, "Lea").get_by_role("button", name="Connect an account").click()
    dialog = page.get_by_role("dialog")
    for platform, label in (
        ("bluesky", "App password"),
        ("mastodon", "Access token"),
        ("telegram", "Bot token"),
        ("webhook", "Secret"),
    ):
        dialog.get_by_label("Platform").select_option(platform)
        expect(dialog.get_by_label(label)).to_be_visible()
        assert dialog.locator("[data-credentials]:visible").count() == 1
    dialog.get_by_label("Platform").select_option("instagram")
    expect(dialog.locator("[data-credentials]:visible")).to_have_count(0)
    dialog.get_by_label("Platform").select_option("bluesky")
    dialog.get_by_label("Handle", exact=True).fill("lea.bsky.social")
    dialog.get_by_role("button", name="Connect", exact=True).click()
    expect(dialog.locator("#bluesky-password ~ .field-error")).to_be_visible()


def test_it_is_shown_whose_account_answered(
    open_as: Callable[[User], Page], editor: User
) -> None:
    channel = ChannelFactory(
        creator=CreatorFactory(name="Lea"),
        handle="@lea",
        account_id="did:lea",
        account_handle="lea.social",
    )
    ChannelFace.objects.create(
        channel=channel, picture=picture(), content_type="image/jpeg"
    )
    her = card(open_as(editor), "Lea")
    expect(her.locator(".channel-account")).to_have_text("lea.social")
    face = her.locator(".channel-account img")
    expect(face).to_have_js_property("naturalWidth", 80)


def test_an_editor_says_how_many_posts_a_week_are_wanted(
    open_as: Callable[[User], Page], editor: User
) -> None:
    ChannelFactory(
        creator=CreatorFactory(name="Lea"), handle="@lea", connector="handover"
    )
    page = open_as(editor)
    page.get_by_role("button", name="More for @lea").click()
    page.get_by_role("button", name="Edit", exact=True).click()
    dialog = page.get_by_role("dialog")
    wanted = dialog.get_by_label("Posts a week")
    expect(wanted).to_have_value("")
    wanted.fill("5")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(card(page, "Lea")).to_contain_text("Instagram · by hand · 5 a week")
    assert Channel.objects.get().posts_per_week == 5
    page.get_by_role("button", name="More for @lea").click()
    page.get_by_role("button", name="Edit", exact=True).click()
    expect(wanted).to_have_value("5")
    wanted.fill("")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(card(page, "Lea")).not_to_contain_text("a week")
    assert Channel.objects.get().posts_per_week is None


TABLE = """model,name,timezone,platform,handle
lea,Lea,Europe/Berlin,instagram,@lea
mia,Mia,{zone},instagram,@mia
"""


def choose(dialog: Locator, text: str) -> None:
    file = {"name": "models.csv", "mimeType": "text/csv", "buffer": text.encode()}
    dialog.get_by_label("Table", exact=True).set_input_files(file)
    dialog.get_by_role("button", name="Check the table").click()


def test_a_table_is_checked_mended_and_brought_in(
    open_as: Callable[[User], Page], admin: User
) -> None:
    page = open_as(admin)
    page.get_by_role("button", name="Bring in a table").click()
    dialog = page.get_by_role("dialog")
    choose(dialog, TABLE.format(zone="Mars/Base"))
    outcome = dialog.locator("[data-outcome]")
    expect(outcome.locator("tbody tr")).to_have_count(1)
    expect(outcome.locator("tbody tr")).to_contain_text("timezone")
    assert not Creator.objects.exists()
    choose(dialog, TABLE.format(zone="Europe/Rome"))
    expect(outcome).to_contain_text("2 models and 2 channels will be added.")
    assert not Creator.objects.exists()
    dialog.get_by_role("button", name="Bring them in").click()
    expect(card(page, "Mia")).to_contain_text("@mia")
    assert Creator.objects.count() == 2


def test_the_import_fits_a_phone(
    open_as: Callable[[User], Page], admin: User, quiet: Page
) -> None:
    quiet.set_viewport_size({"width": 360, "height": 740})
    page = open_as(admin)
    page.get_by_role("button", name="Bring in a table").click()
    choose(page.get_by_role("dialog"), TABLE.format(zone="Mars/Base"))
    expect(page.locator("[data-outcome] tbody tr")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
