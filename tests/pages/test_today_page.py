"""The first page: the greeting, what needs somebody, gaps, what comes and what was."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from promura_site.models import Heartbeat, User
from scheduling.models import Channel, Publication
from scheduling.pages import today
from tests.factories import ChannelFactory, CreatorFactory, MediaItemFactory
from tests.scheduling.planning import a_post, a_publication, put

P = Publication.State
Browse = Callable[[User], Client]
NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)


def _channel(name: str = "Lea Moss", zone: str = "Asia/Tokyo") -> Channel:
    slug = name.lower().replace(" ", "-")
    creator = CreatorFactory(slug=slug, name=name, timezone=zone)
    return ChannelFactory(creator=creator)


def _page(browse: Browse, person: User) -> str:
    response = browse(person).get(reverse("today"))
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.django_db
def test_strangers_sign_in_first_and_people_without_a_level_are_refused(
    client: Client, person: Callable[..., User], browse: Browse
) -> None:
    assert client.get(reverse("today")).status_code == 302
    assert browse(person(None)).get(reverse("today")).status_code == 403


@pytest.mark.parametrize(
    ("hour", "zone", "words"),
    [
        (3, "UTC", "Good night"),
        (5, "UTC", "Good morning"),
        (12, "UTC", "Good afternoon"),
        (18, "UTC", "Good evening"),
        (18, "Asia/Tokyo", "Good night"),
    ],
)
def test_the_greeting_follows_the_persons_clock(
    hour: int, zone: str, words: str
) -> None:
    assert today.greeting(NOON.replace(hour=hour), zone) == words


@pytest.mark.django_db
def test_a_person_is_greeted_by_the_first_name(
    person: Callable[..., User], browse: Browse
) -> None:
    assert "Mira</span>" in _page(browse, person("view", first_name="Mira"))
    assert "solo</span>" in _page(browse, person("view", username="solo"))


@pytest.mark.django_db
def test_an_empty_agency_is_told_how_to_begin(
    admin: User, viewer: User, browse: Browse
) -> None:
    html = _page(browse, admin)
    assert "Three steps to begin" in html
    assert f'href="{reverse("models")}">Add a model' in html
    assert f'href="{reverse("library")}">Upload media' in html
    assert "Next posts" not in html
    assert "An owner of the agency does this." in _page(browse, viewer)


@pytest.mark.django_db
def test_the_steps_go_when_all_are_done(admin: User, browse: Browse) -> None:
    _channel()
    html = _page(browse, admin)
    assert html.count("Done") == 2
    MediaItemFactory()
    assert "Three steps to begin" not in _page(browse, admin)


@pytest.mark.django_db
def test_what_needs_somebody_is_counted_by_kind() -> None:
    now = timezone.now()
    for state in (P.UNKNOWN, P.FAILED, P.MISSED, P.READY):
        put(a_publication(_channel(state)), state=state, next_attempt_at=None)
    late = put(a_publication(), next_attempt_at=now - timedelta(minutes=2))
    put(a_publication(), next_attempt_at=now - timedelta(seconds=5))
    old = put(a_publication(), state=P.FAILED, publish_at=now - timedelta(days=8))
    found = {need.kind: need.count for need in today.needs(now)}
    assert found == {"unknown": 1, "late": 1, "failed": 1, "missed": 1, "ready": 1}
    assert late.state == P.SCHEDULED
    assert old.state == P.FAILED


@pytest.mark.django_db
def test_late_posts_without_a_publisher_raise_a_banner(
    editor: User, browse: Browse
) -> None:
    now = timezone.now()
    put(a_publication(), next_attempt_at=now - timedelta(minutes=2))
    assert "No publisher is running: 1 post due." in _page(browse, editor)
    Heartbeat.objects.create(
        name="publisher", kind="publisher", started_at=now, beaten_at=now
    )
    assert "No publisher is running" not in _page(browse, editor)


@pytest.mark.django_db
def test_a_gap_is_a_model_with_an_account_and_nothing_planned_for_two_days() -> None:
    now = timezone.now()
    busy, later, idle, drafted = map(_channel, ("Busy", "Later", "Idle", "Drafted"))
    _channel("Gone")
    Channel.objects.filter(creator__slug="gone").update(is_active=False)
    CreatorFactory(name="No account")
    a_post(busy, schedule_time=now + timedelta(hours=47))
    due = now + timedelta(hours=49)
    a_post(later, schedule_time=due)
    a_post(drafted, schedule_time=now + timedelta(hours=3), draft=True)
    found = [(model.name, model.next_at) for model in today.gaps(now)]
    assert found == [("Drafted", None), ("Idle", None), ("Later", due)]
    assert idle.is_active


@pytest.mark.django_db
def test_the_next_posts_tell_the_time_of_the_person_and_of_each_model(
    editor: User, browse: Browse
) -> None:
    tokyo, berlin = _channel(), _channel("Ida Lund", "Europe/Berlin")
    # Another zone, but the same clock: nothing to be told.
    oslo = _channel("Nora Vale", "Europe/Oslo")
    at = (timezone.now() + timedelta(days=1)).replace(hour=10, minute=0)
    post = a_post(tokyo, berlin, oslo, content="Soon", schedule_time=at)
    a_post(tokyo, content="Afterwards", schedule_time=at + timedelta(hours=1))
    a_post(tokyo, content="Only an idea", schedule_time=at, draft=True)
    found = today.next_posts(timezone.now(), "Europe/Berlin")
    assert [one.post.content for one in found] == ["Soon", "Afterwards"]
    assert [clock.city for clock in found[0].clocks] == ["Tokyo"]
    html = _page(browse, editor)
    assert "Tokyo" in html
    assert "19:00" in html
    assert f"?post={post.pk}" in html


@pytest.mark.django_db
def test_yesterday_is_the_persons_own_day() -> None:
    # 23:30 UTC on the 1st is the 2nd in Berlin, hence "yesterday" on the 3rd.
    channel = _channel()
    for at, state, engagement in (
        (datetime(2026, 6, 1, 23, 30, tzinfo=UTC), P.PUBLISHED, 40.0),
        (datetime(2026, 6, 2, 12, tzinfo=UTC), P.PUBLISHED, 1200.0),
        (datetime(2026, 6, 2, 13, tzinfo=UTC), P.FAILED, None),
        (datetime(2026, 6, 2, 22, 30, tzinfo=UTC), P.PUBLISHED, 9.0),
    ):
        sent = at if state == P.PUBLISHED else None
        put(
            a_publication(channel),
            state=state,
            publish_at=at,
            published_at=sent,
            engagement=engagement,
        )
    figures = today.yesterday(NOON, "Europe/Berlin")
    assert (figures["posts"], figures["published"], figures["failed"]) == (2, 2, 1)
    assert (figures["engagement"], figures["rate"]) == ("1,240", 67)
    assert figures["day"].day == 2


@pytest.mark.django_db
def test_a_day_without_posts_has_no_rate() -> None:
    figures = today.yesterday(NOON, "Europe/Berlin")
    assert (figures["posts"], figures["engagement"], figures["rate"]) == (0, None, None)


@pytest.mark.django_db
def test_the_page_costs_the_same_with_many_rows(
    viewer: User, browse: Browse, django_assert_max_num_queries: Any
) -> None:
    def fill(number: int) -> None:
        now = timezone.now()
        for n in range(number):
            due = now + timedelta(hours=n + 1)
            media = [MediaItemFactory().pk]
            a_post(ChannelFactory(), schedule_time=due, media_ids=media)
            ChannelFactory()
            put(a_publication(), next_attempt_at=now - timedelta(minutes=2))

    client = browse(viewer)
    fill(1)
    with django_assert_max_num_queries(19) as few:
        client.get(reverse("today"))
    fill(12)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(reverse("today"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_leads_on_to_compose(
    quiet: Page,
    live_server: Any,
    editor: User,
    signed_in: Callable[[Page, User], None],
    width: int,
) -> None:
    _channel()
    a_post(_channel("Ida Lund"), schedule_time=timezone.now() + timedelta(hours=2))
    signed_in(quiet, editor)
    quiet.set_viewport_size({"width": width, "height": 740})
    quiet.goto(live_server.url)
    assert quiet.evaluate("document.documentElement.scrollWidth") <= width
    quiet.get_by_role("region", name="Gaps").get_by_role("link").click()
    expect(quiet.locator('[data-model-id="lea-moss"]')).to_be_checked()
