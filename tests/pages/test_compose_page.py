"""The compose page in a real browser: what it fills in, sends, refuses and keeps."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from library.models import MediaItem
from promura_site.models import User
from promura_site.zones import to_utc
from scheduling.models import Channel, Post, Publication
from scheduling.services.editing import edit_post
from templates_app.models import PostTemplate
from templates_app.services import create_template
from tests.factories import ChannelFactory, CreatorFactory
from tests.media_files import jpeg_bytes
from tests.pages.compose_page import (
    FROM_TEMPLATE,
    ComposePage,
    next_week,
    places,
    two_models,
)
from tests.pages.library_media import add_media
from tests.scheduling.planning import a_post

pytestmark = pytest.mark.django_db(transaction=True)

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
SignIn = Callable[[Page, User], None]
Three = tuple[Channel, Channel, Channel]


@pytest.fixture
def channels(db: None) -> Three:
    return two_models()


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


def _template(actor: User, **fields: Any) -> PostTemplate:
    values = {"name": "Monday", "content": "A new week.", "models": ["lea-moss"]}
    return create_template(actor=actor, fields={**values, **fields})


def test_people_without_a_level_are_refused(
    person: Callable[..., User], browse: Callable[[User], Client], client: Client
) -> None:
    assert client.get(reverse("compose")).status_code == 302
    assert browse(person(None)).get(reverse("compose")).status_code == 403


def test_the_page_costs_the_same_with_many_models(
    viewer: User, browse: Callable[[User], Client], django_assert_max_num_queries: Any
) -> None:
    for creator in CreatorFactory.create_batch(30):
        ChannelFactory.create_batch(2, creator=creator)
    client = browse(viewer)
    with django_assert_max_num_queries(10):
        assert client.get(reverse("compose")).status_code == 200


def test_a_script_that_fills_the_form_is_read_when_it_is_sent(
    compose: ComposePage, editor: User
) -> None:
    template = _template(editor, models=["lea-moss", "ruby-hart"])
    page = compose.open().page
    page.evaluate(
        f"async (id) => {{ {FROM_TEMPLATE}; await createPostFromTemplate(id); }}",
        str(template.pk),
    )
    expect(page.locator("[data-preview]")).to_contain_text("A new week.")
    wall = compose.time.input_value()
    compose.press("Schedule")
    compose.said("Planned for")
    post = Post.objects.get()
    due = to_utc(post.publish_at.fromisoformat(wall), BERLIN)
    assert (post.content, post.timezone) == ("A new week.", "Europe/Berlin")
    assert places(post) == dict.fromkeys(["@lea", "@lea.x", "@ruby"], due)
    template.refresh_from_db()
    assert template.usage_count == 1


def test_a_post_for_two_models_with_media_at_a_suggested_time(
    compose: ComposePage, editor: User
) -> None:
    items = {item.name: item for item in add_media(3, editor)}
    page = compose.open().page
    compose.write("Golden hour", "lea-moss", "ruby-hart")
    compose.page.get_by_role("button", name="Choose from the library").click()
    for name in ("picture-003.jpg", "picture-001.jpg"):
        page.get_by_role("button", name=name).click()
    page.get_by_role("button", name="Use these").click()
    expect(compose.strip).to_have_count(2)
    page.get_by_role("button", name="Move picture-001.jpg forward").click()
    page.locator("#tags").fill("sunset, roof, sunset")
    page.get_by_role("button", name="Suggest times").click()
    first = page.locator(".suggestion").first
    first.click()
    expect(first).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-means]")).to_contain_text("in New York, for Ruby Hart")
    compose.press("Schedule")
    compose.said("for Lea Moss and Ruby Hart, on 3 accounts")
    post = Post.objects.get()
    shown = list(post.media_entries.values_list("media_id", flat=True))
    assert shown == [items["picture-001.jpg"].pk, items["picture-003.jpg"].pk]
    assert set(post.tags.values_list("name", flat=True)) == {"sunset", "roof"}
    assert post.suggestion_taken is True
    assert len(post.suggestions_offered) == 6
    expect(compose.content).to_have_value("")


def test_one_time_in_each_models_own_zone(compose: ComposePage) -> None:
    day = next_week().date()
    compose.open().write("Hi", "lea-moss", "ruby-hart", at=f"{day}T18:00")
    compose.page.select_option("#timezone", "model")
    means = compose.page.locator("[data-means] li")
    expect(means).to_have_count(2)
    expect(means.nth(0)).to_contain_text("18:00in Berlin")
    expect(means.nth(1)).to_contain_text("18:00in New York")
    compose.press("Schedule")
    compose.said("and later")
    at = places(Post.objects.get())
    assert at["@lea"].astimezone(BERLIN).hour == 18
    assert at["@ruby"].astimezone(NEW_YORK).hour == 18


def test_only_the_accounts_switched_on_are_posted_on(
    compose: ComposePage, channels: Three
) -> None:
    compose.open().write("Hi", "lea-moss")
    expect(compose.channel(channels[2])).to_be_hidden()
    compose.channel(channels[1]).uncheck()
    compose.press("Post now")
    compose.said("On its way for Lea Moss, on 1 account.")
    assert list(places(Post.objects.get())) == ["@lea"]


def test_what_is_missing_is_said_beside_its_field(loud: ComposePage) -> None:
    page = loud.open().page
    loud.press("Schedule")
    models = page.get_by_role("group", name="Post for")
    expect(models).to_contain_text("Choose at least one model.")
    loud.model("lea-moss").check()
    loud.press("Schedule")
    expect(models).not_to_contain_text("Choose at least one model.")
    wanted = re.compile("Write a text, or choose media.")
    expect(loud.content).to_have_accessible_description(wanted)
    loud.content.fill("Hi")
    loud.press("Schedule")
    expect(loud.time).to_be_focused()
    expect(loud.time).to_have_attribute("aria-invalid", "true")
    loud.time.fill("2020-01-01T10:00")
    loud.press("Schedule")
    said = page.locator(".field", has=loud.time).locator(".field-error")
    expect(said).to_have_text("This time has passed already.")
    assert not Post.objects.exists()


def test_a_refusal_about_an_account_stands_with_the_models(
    loud: ComposePage, channels: Three
) -> None:
    loud.open().write("Hi", "ruby-hart")
    Channel.objects.filter(pk=channels[2].pk).update(is_active=False)
    loud.press("Post now")
    models = loud.page.get_by_role("group", name="Post for")
    expect(models.locator(".field-error")).to_contain_text("is not active")
    expect(loud.content).to_have_value("Hi")


def test_a_viewer_reads_templates_but_may_not_plan(
    quiet: Page, live_server: Any, viewer: User, signed_in: SignIn, channels: Three
) -> None:
    template = _template(viewer)
    signed_in(quiet, viewer)
    compose = ComposePage(quiet, live_server.url).open()
    quiet.get_by_role("button", name="Use a template").click()
    quiet.get_by_role("button", name="Monday").click()
    expect(compose.content).to_have_value("A new week.")
    expect(compose.model("lea-moss")).to_be_checked()
    for word in ("Schedule", "Post now", "Save draft"):
        button = quiet.get_by_role("button", name=word, exact=True)
        expect(button).to_be_disabled()
        expect(button).to_have_accessible_description(
            "You are looking only. You can fill in templates and read them here. To "
            "plan posts, you need the edit level; an owner can give it to you."
        )
    expect(quiet.get_by_role("button", name="Upload")).to_have_count(0)
    compose.content.press("Control+Enter")
    quiet.evaluate("document.getElementById('compose').requestSubmit()")
    expect(quiet.get_by_role("alert")).to_have_text("Planning needs the edit level.")
    template.refresh_from_db()
    assert template.usage_count == 1
    assert not Post.objects.exists()


def test_a_template_says_what_of_it_is_gone(compose: ComposePage, editor: User) -> None:
    (item,) = add_media(1, editor)
    template = _template(
        editor,
        models=["lea-moss", "nobody"],
        media_ids=[str(item.pk), "media-123"],
        tags=["weekly"],
    )
    compose.open(f"?template={template.pk}")
    expect(compose.content).to_have_value("A new week.")
    expect(compose.strip).to_have_count(1)
    expect(compose.notices).to_contain_text("There is no model “nobody” (any more).")
    expect(compose.notices).to_contain_text("One of its media is not in the library")
    compose.page.reload()
    expect(compose.content).to_have_value("A new week.")
    template.refresh_from_db()
    assert template.usage_count == 1
    compose.press("Save draft")
    compose.said("Saved as a draft for Lea Moss.")
    assert Post.objects.get().template == template


def test_a_template_can_be_taken_out_again(compose: ComposePage, editor: User) -> None:
    _template(editor)
    compose.open().write("My own words", "ruby-hart")
    compose.page.get_by_role("button", name="Use a template").click()
    compose.page.get_by_role("button", name="Monday").click()
    expect(compose.model("ruby-hart")).not_to_be_checked()
    compose.undo.get_by_role("button", name="Undo").click()
    expect(compose.content).to_have_value("My own words")
    expect(compose.model("ruby-hart")).to_be_checked()


def test_all_of_it_works_by_keyboard(compose: ComposePage, editor: User) -> None:
    add_media(1, editor)
    page = compose.open().page
    compose.content.focus()
    page.keyboard.type("By hand")
    page.keyboard.press("Tab")
    expect(compose.model("lea-moss")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Choose from the library").press("Enter")
    page.get_by_role("button", name="picture-001.jpg").press("Space")
    page.get_by_role("button", name="Use this one").press("Enter")
    expect(compose.strip).to_have_count(1)
    day = next_week().date()
    compose.time.fill(f"{day}T09:30")
    compose.time.press("Enter")
    page.locator("#tags").press("Enter")
    assert not Post.objects.exists()
    compose.content.press("Control+Enter")
    compose.said("Planned for")
    assert Post.objects.get().media_entries.count() == 1


def test_a_planned_post_can_be_cancelled_at_once(compose: ComposePage) -> None:
    compose.open().write("Oops", "ruby-hart", at=f"{next_week().date()}T09:30")
    compose.press("Schedule")
    compose.undo.get_by_role("button", name="Cancel it").click()
    expect(compose.content).to_have_value("Oops")
    expect(compose.model("ruby-hart")).to_be_checked()
    assert Post.objects.get().state == Post.State.CANCELLED


def test_a_lost_answer_and_another_try_make_one_post(loud: ComposePage) -> None:
    lost: list[str] = []

    def lose_the_first(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.request.url)
            route.fetch()
            route.abort()
        else:
            route.continue_()

    loud.page.route("**/api/posts", lose_the_first)
    loud.open().write("Once", "ruby-hart", at=f"{next_week().date()}T09:30")
    loud.press("Schedule")
    expect(loud.page.get_by_role("alert")).to_contain_text("cannot be reached")
    assert Post.objects.count() == 1
    loud.press("Schedule")
    loud.said("Planned for")
    assert Post.objects.count() == 1


def test_what_is_written_survives_a_reload(compose: ComposePage, editor: User) -> None:
    add_media(1, editor)
    page = compose.open().page
    compose.write("Not yet sent", "lea-moss", at=f"{next_week().date()}T09:30")
    compose.page.get_by_role("button", name="Choose from the library").click()
    page.get_by_role("button", name="picture-001.jpg").click()
    page.get_by_role("button", name="Use this one").click()
    expect(compose.strip).to_have_count(1)
    page.reload()
    expect(compose.content).to_have_value("Not yet sent")
    expect(compose.model("lea-moss")).to_be_checked()
    expect(compose.strip).to_have_count(1)
    page.get_by_role("button", name="Start over").click()
    expect(compose.content).to_have_value("")
    compose.undo.get_by_role("button", name="Undo").click()
    expect(compose.content).to_have_value("Not yet sent")


def test_a_model_in_the_address_is_chosen(compose: ComposePage) -> None:
    compose.open("?model=ruby-hart")
    expect(compose.model("ruby-hart")).to_be_checked()
    expect(compose.model("lea-moss")).not_to_be_checked()


def test_files_go_straight_from_here_into_the_post(loud: ComposePage) -> None:
    page = loud.open().page
    files = [
        {"name": "roof.jpg", "mimeType": "image/jpeg", "buffer": jpeg_bytes(60, 40)},
        {"name": "fake.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"},
    ]
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload").click()
    chooser.value.set_files(files)  # type: ignore[arg-type]
    expect(loud.strip).to_have_count(1)
    expect(page.get_by_role("alert")).to_contain_text("fake.jpg:")
    assert MediaItem.objects.get().name == "roof.jpg"


def test_the_text_is_counted_against_the_tightest_platforms(
    compose: ComposePage,
) -> None:
    compose.open().write("x" * 281, "lea-moss")
    counts = compose.page.locator("#counts")
    expect(counts).to_contain_text("X1 too many")
    expect(counts).to_contain_text("Instagram281 of 2,200")
    compose.content.fill("🌊" * 280)
    expect(counts).to_contain_text("X280 of 280")


def test_a_planned_post_is_changed_where_it_was_changed(
    compose: ComposePage, editor: User, channels: Three
) -> None:
    due = next_week()
    post = a_post(*channels[:2], actor=editor, content="Before", schedule_time=due)
    compose.open(f"?post={post.pk}")
    expect(compose.content).to_have_value("Before")
    wall = due.astimezone(BERLIN).strftime("%Y-%m-%dT%H:%M")
    expect(compose.time).to_have_value(wall)
    compose.channel(channels[1]).uncheck()
    compose.content.fill("After")
    compose.press("Save changes")
    compose.said("The post is saved.")
    post.refresh_from_db()
    assert (post.content, post.version) == ("After", 2)
    assert places(post) == {"@lea": due}
    later = (due + timedelta(days=1)).astimezone(BERLIN).replace(hour=10, minute=0)
    compose.time.fill(later.strftime("%Y-%m-%dT%H:%M"))
    with compose.page.expect_response(f"**/api/posts/{post.pk}"):
        compose.press("Save changes")
    assert places(post) == {"@lea": later}


def test_somebody_elses_change_is_no_loss(
    loud: ComposePage, editor: User, channels: Three
) -> None:
    due = next_week()
    post = a_post(channels[2], actor=editor, content="Before", schedule_time=due)
    loud.open(f"?post={post.pk}")
    expect(loud.content).to_have_value("Before")
    edit_post(post.pk, actor=editor, now=due, version=1, changes={"content": "Theirs"})
    loud.content.fill("Mine")
    loud.press("Save changes")
    expect(loud.notices).to_contain_text("Somebody has changed this post meanwhile.")
    expect(loud.content).to_have_value("Mine")
    loud.page.get_by_role("button", name="Load the latest version").click()
    expect(loud.content).to_have_value("Theirs")
    loud.content.fill("Both")
    loud.press("Save changes")
    loud.said("The post is saved.")
    post.refresh_from_db()
    assert post.content == "Both"


def test_a_draft_is_planned_from_the_page(
    compose: ComposePage, editor: User, channels: Three
) -> None:
    post = a_post(channels[2], actor=editor, content="Soon", draft=True)
    compose.open(f"?post={post.pk}")
    expect(compose.content).to_have_value("Soon")
    compose.time.fill(f"{next_week().date()}T18:00")
    compose.press("Schedule")
    compose.said("The post is saved.")
    post.refresh_from_db()
    assert post.state == Post.State.SCHEDULED
    assert places(post)["@ruby"].astimezone(BERLIN).hour == 18


def test_what_is_published_can_only_be_copied(
    compose: ComposePage, editor: User, channels: Three
) -> None:
    post = a_post(channels[2], actor=editor, content="Out there")
    Publication.objects.filter(post=post).update(state=Publication.State.PUBLISHED)
    page = compose.open(f"?post={post.pk}").page
    expect(compose.notices).to_contain_text("What is published does not change.")
    expect(page.get_by_role("button", name="Post now")).to_be_disabled()
    page.get_by_role("button", name="Edit a copy").click()
    page.wait_for_url(lambda url: str(post.pk) not in url)
    expect(compose.content).to_have_value("Out there")
    expect(page.get_by_role("button", name="Post now")).to_be_enabled()


@pytest.mark.parametrize(
    ("zone", "wall"),
    [
        ("Europe/Berlin", "2027-01-15T12:00"),
        ("Europe/Berlin", "2027-03-28T02:30"),
        ("Europe/Berlin", "2027-10-31T02:30"),
        ("America/New_York", "2027-03-14T02:00"),
        ("America/New_York", "2027-11-07T01:30"),
        ("Australia/Lord_Howe", "2027-10-03T02:15"),
        ("Asia/Kathmandu", "2027-06-01T00:00"),
    ],
)
def test_the_page_reads_a_wall_clock_as_the_server_does(
    compose: ComposePage, zone: str, wall: str
) -> None:
    script = """async ([wall, zone]) => (await import(
      '/static/scheduling/compose-zones.js')).momentOf(wall, zone)"""
    moment = compose.open().page.evaluate(script, [wall, zone])
    due = to_utc(next_week().fromisoformat(wall), ZoneInfo(zone))
    assert moment == due.timestamp() * 1000


@pytest.mark.parametrize("width", [360, 1920])
def test_nothing_sticks_out_of_the_screen(compose: ComposePage, width: int) -> None:
    page = compose.page
    page.set_viewport_size({"width": width, "height": 740})
    compose.open().write("A word" * 60, "lea-moss", "ruby-hart")
    page.get_by_role("button", name="Suggest times").click()
    expect(page.locator(".suggestion").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
