"""The compose page: texts by language and account, the look ahead, what is too late."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from library.models import MediaItem
from promura_site.models import User
from scheduling.models import Channel, Post, Publication
from tests.factories import CreatorFactory
from tests.pages.compose_page import ComposePage, next_week, places, two_models
from tests.pages.library_media import add_media
from tests.scheduling.planning import a_post

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[Page, User], None]
Three = tuple[Channel, Channel, Channel]


@pytest.fixture
def channels(db: None) -> Three:
    three = two_models()
    Channel.objects.filter(pk=three[2].pk).update(language="pt-BR")
    return three


@pytest.fixture
def loud(
    page: Page, live_server: Any, editor: User, signed_in: SignIn, channels: Three
) -> ComposePage:
    """The page where refusals, which a browser logs as errors, are expected."""
    signed_in(page, editor)
    return ComposePage(page, live_server.url)


@pytest.fixture
def compose(quiet: Page, loud: ComposePage) -> ComposePage:
    return loud


def add_text(compose: ComposePage, label: str, text: str) -> Locator:
    """Add another text by what the list calls it."""
    compose.page.get_by_label("Another text for").select_option(label=label)
    compose.page.get_by_role("button", name="Add a text").click()
    area = compose.page.locator(".variant-text").last
    expect(area).to_be_focused()
    area.fill(text)
    return area


def contents(post: Post) -> dict[str, str]:
    rows = Publication.objects.filter(post=post)
    return dict(rows.values_list("channel__handle", "content"))


def checks(compose: ComposePage) -> Locator:
    return compose.page.locator("[data-checks]")


def not_for_ruby(editor: User) -> MediaItem:
    """Return a picture that only another model may show, chosen by her name."""
    (item,) = add_media(1, editor)
    item.creators.set([CreatorFactory(name="Mia")])
    return item


def choose_picture(compose: ComposePage) -> None:
    compose.page.get_by_role("button", name="Choose from the library").click()
    compose.page.get_by_role("button", name="picture-001.jpg").click()
    compose.page.get_by_role("button", name="Use this one").click()
    expect(compose.strip).to_have_count(1)


def test_each_account_gets_the_text_that_was_written_for_it(
    compose: ComposePage, channels: Three
) -> None:
    page = compose.open().page
    compose.write("Good morning", "lea-moss", "ruby-hart")
    add_text(compose, "Brazilian Portuguese", "Bom dia")
    add_text(compose, "@lea.x on X", "Short")
    expect(page.locator(".variant").first).to_contain_text("For @ruby.")
    compose.press("Post now")
    compose.said("On its way")
    assert contents(Post.objects.get()) == {
        "@lea": "Good morning",
        "@lea.x": "Short",
        "@ruby": "Bom dia",
    }
    expect(page.locator(".variant")).to_have_count(0)


def test_every_text_is_counted_for_the_accounts_that_take_it(
    compose: ComposePage,
) -> None:
    page = compose.open().page
    compose.write("x" * 281, "lea-moss", "ruby-hart")
    counts = page.locator("#counts")
    expect(counts).to_contain_text("X1 too many")
    expect(checks(compose)).to_contain_text("@lea.x on X has 281 characters")
    add_text(compose, "@lea.x on X", "y" * 270)
    expect(page.locator(".variant")).to_contain_text("X270 of 280")
    expect(counts).not_to_contain_text("X")
    expect(checks(compose)).to_be_hidden()
    page.get_by_role("button", name="Remove: Text for @lea.x on X").click()
    expect(counts).to_contain_text("X1 too many")
    expect(page.get_by_label("Another text for")).to_be_focused()


def test_texts_are_added_and_removed_by_keyboard_and_survive_a_reload(
    compose: ComposePage,
) -> None:
    page = compose.open().page
    compose.write("Good morning", "lea-moss", "ruby-hart")
    compose.content.focus()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Another text for")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".variant-text")).to_be_focused()
    page.keyboard.type("In English")
    page.reload()
    expect(page.locator(".variant-text")).to_have_value("In English")
    page.get_by_role("button", name="Remove: Text in English").press("Enter")
    expect(page.locator(".variant")).to_have_count(0)


def test_a_near_duplicate_is_said_before_and_after_planning(
    compose: ComposePage, editor: User, channels: Three
) -> None:
    at = timezone.now() + timedelta(hours=5)
    other = a_post(channels[2], actor=editor, content="Golden hour!", schedule_time=at)
    page = compose.open().page
    compose.write("golden  hour", "ruby-hart")
    line = checks(compose).locator("[data-code='near_duplicate']")
    expect(line).to_contain_text("@ruby on Instagram gets nearly the same text on")
    link = line.get_by_role("link", name="Look at it")
    expect(link).to_have_attribute("href", f"/compose?post={other.pk}")
    compose.press("Post now")
    compose.said("On its way")
    expect(compose.notices).to_contain_text("This is nearly the same again.")
    assert Post.objects.count() == 2
    expect(page.locator("[data-checks]")).to_be_hidden()


def test_an_editor_is_told_who_may_let_media_out(
    loud: ComposePage, editor: User
) -> None:
    not_for_ruby(editor)
    loud.open().write("Hi", "ruby-hart")
    choose_picture(loud)
    expect(checks(loud)).to_contain_text("is for Mia, not for Ruby Hart.")
    expect(checks(loud)).to_contain_text("An owner may let the media out")
    loud.press("Post now")
    media = loud.page.locator(".field", has=loud.page.locator("[data-strip]"))
    expect(media.locator(".field-error")).to_contain_text("not for Ruby Hart")
    assert not Post.objects.exists()


def test_an_owner_lets_media_out_with_a_reason(
    quiet: Page,
    live_server: Any,
    admin: User,
    editor: User,
    signed_in: SignIn,
    channels: Three,
) -> None:
    not_for_ruby(editor)
    signed_in(quiet, admin)
    compose = ComposePage(quiet, live_server.url).open()
    compose.write("Hi", "ruby-hart")
    choose_picture(compose)
    field = quiet.get_by_label("Let the media out all the same, because")
    field.fill("Ruby took it herself.")
    compose.press("Post now")
    compose.said("On its way")
    post = Post.objects.get()
    assert (post.cleared_by, post.cleared_because) == (admin, "Ruby took it herself.")


def test_what_is_still_open_of_a_post_is_changed_and_the_rest_is_named(
    compose: ComposePage, editor: User, channels: Three
) -> None:
    due = next_week()
    post = a_post(*channels[:2], actor=editor, content="Before", schedule_time=due)
    rows = Publication.objects.filter(post=post)
    rows.filter(channel=channels[0]).update(state=Publication.State.PUBLISHED)
    page = compose.open(f"?post={post.pk}").page
    expect(compose.notices).to_contain_text(
        "It stays as it is for @lea. What you change is for @lea.x."
    )
    expect(compose.channel(channels[0])).to_be_disabled()
    compose.content.fill("After")
    compose.press("Save changes")
    compose.said("The post is saved.")
    assert contents(post) == {"@lea": "Before", "@lea.x": "After"}
    # While the form is open, the rest goes out too.
    extra = a_post(*channels[:2], actor=editor, content="One", schedule_time=due)
    compose.open(f"?post={extra.pk}")
    expect(compose.content).to_have_value("One")
    rows = Publication.objects.filter(post=extra)
    rows.filter(channel=channels[1]).update(state=Publication.State.SENDING)
    compose.content.fill("Two")
    compose.press("Save changes")
    expect(compose.notices).to_contain_text("Too late for some of it.")
    expect(compose.notices).to_contain_text("It is being sent to @lea.x")
    assert contents(extra) == {"@lea": "Two", "@lea.x": "One"}
    expect(page.get_by_role("button", name="Back to draft")).to_be_disabled()


def test_the_hour_of_each_models_own_zone_stays_when_the_post_is_edited(
    compose: ComposePage, editor: User, channels: Three
) -> None:
    day = next_week()
    post = a_post(
        channels[0],
        channels[2],
        actor=editor,
        content="Before",
        schedule_time=day.replace(hour=18, minute=0, tzinfo=None),
        timezone="model",
    )
    before = places(post)
    page = compose.open(f"?post={post.pk}").page
    expect(page.locator("#timezone")).to_have_value("model")
    expect(compose.time).to_have_value(f"{day.date()}T18:00")
    compose.content.fill("After")
    compose.press("Save changes")
    compose.said("The post is saved.")
    assert places(post) == before
    compose.time.fill(f"{day.date()}T19:00")
    with page.expect_response(f"**/api/posts/{post.pk}"):
        compose.press("Save changes")
    post.refresh_from_db()
    assert post.timezone == "model"
    assert places(post) == {
        handle: at + timedelta(hours=1) for handle, at in before.items()
    }


@pytest.mark.parametrize("width", [360, 1920])
def test_texts_and_checks_stay_on_the_screen(
    compose: ComposePage, editor: User, width: int
) -> None:
    not_for_ruby(editor)
    page = compose.page
    page.set_viewport_size({"width": width, "height": 740})
    compose.open().write("word " * 60, "lea-moss", "ruby-hart")
    choose_picture(compose)
    add_text(compose, "@lea.x on X", "a" * 300)
    expect(checks(compose)).to_contain_text("Mia")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
