"""The dashboard keeps itself fresh in a real browser."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, Request, Response, Route, expect
from pytest_django.live_server_helper import LiveServer

from metrics.figures import recorder
from metrics.models import AuditEvent, Snapshot
from promura_site.models import User

pytestmark = pytest.mark.django_db(transaction=True)
API = "**/api/metrics"


@pytest.fixture
def asked(page: Page) -> list[Request]:
    """Every request for the figures, as it is made."""
    requests: list[Request] = []

    def note(request: Request) -> None:
        if request.url.endswith("/api/metrics"):
            requests.append(request)

    page.on("request", note)
    return requests


@pytest.fixture
def dashboard(
    page: Page,
    asked: list[Request],
    live_server: LiveServer,
    viewer: User,
    browse: Callable[[User], Client],
) -> Iterator[Page]:
    recorder.start_afresh()
    session = browse(viewer).cookies["sessionid"].value
    page.context.add_cookies(
        [{"name": "sessionid", "value": session, "url": live_server.url}]
    )
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.clock.install()
    page.goto(f"{live_server.url}/metrics")
    page.wait_for_function("window.metricsAutoRefresh")
    yield page
    assert problems == []


def _after(page: Page, seconds: float) -> Response:
    with page.expect_response(API) as answer:
        page.clock.run_for(seconds * 1000)
    return answer.value


def _state(page: Page) -> str:
    return page.locator("[data-refresh-state]").inner_text()


def test_the_handle_has_the_promised_functions(dashboard: Page) -> None:
    kinds = dashboard.evaluate(
        "['start', 'stop', 'pause', 'resume', 'refresh']"
        ".map((name) => typeof window.metricsAutoRefresh[name])"
    )
    assert kinds == ["function"] * 5


def test_news_appear_after_five_seconds_without_a_reload(
    dashboard: Page, viewer: User
) -> None:
    dashboard.evaluate("window.stillHere = true")
    AuditEvent.objects.create(
        at=timezone.now(),
        actor_name="mia",
        action="media.uploaded",
        message="uploaded <i>one</i> picture",
        via="api",
    )
    Snapshot.objects.all().delete()
    assert _after(dashboard, 5).status == 200
    row = dashboard.locator("[data-activity] > li")
    expect(row.locator(".list-main")).to_have_text("mia uploaded <i>one</i> picture")
    assert dashboard.evaluate("window.stillHere")


def test_no_news_is_a_304_and_still_a_refresh(dashboard: Page) -> None:
    before = dashboard.locator("[data-last-refresh]").inner_text()
    assert _after(dashboard, 5).status == 304
    expect(dashboard.locator("[data-last-refresh]")).not_to_have_text(before)
    assert _after(dashboard, 5).status == 304


def test_pausing_stops_the_polls_and_resuming_asks_at_once(
    dashboard: Page, asked: list[Request]
) -> None:
    dashboard.get_by_role("button", name="Pause").click()
    assert _state(dashboard) == "Paused"
    dashboard.clock.run_for(60_000)
    assert asked == []
    with dashboard.expect_response(API):
        dashboard.get_by_role("button", name="Resume").click()
    expect(dashboard.locator("[data-refresh-state]")).to_have_text("Live")
    assert _after(dashboard, 5)


def test_programs_can_refresh_while_paused_and_stop_for_good(
    dashboard: Page, asked: list[Request]
) -> None:
    dashboard.evaluate("window.metricsAutoRefresh.pause()")
    dashboard.evaluate("window.metricsAutoRefresh.refresh()")
    assert len(asked) == 1
    dashboard.evaluate("window.metricsAutoRefresh.resume()")
    dashboard.evaluate("window.metricsAutoRefresh.stop()")
    assert _state(dashboard) == "Stopped"
    count = len(asked)
    dashboard.clock.run_for(60_000)
    assert len(asked) == count
    dashboard.evaluate("window.metricsAutoRefresh.start()")
    assert _after(dashboard, 5)


def test_a_hidden_tab_does_not_ask_and_asks_when_it_is_back(
    dashboard: Page, asked: list[Request]
) -> None:
    _hide(dashboard, hidden=True)
    dashboard.clock.run_for(60_000)
    assert asked == []
    with dashboard.expect_response(API):
        _hide(dashboard, hidden=False)


def test_a_server_that_is_down_is_asked_less_often_and_the_page_says_so(
    dashboard: Page, asked: list[Request]
) -> None:
    dashboard.route(API, lambda route: route.abort())
    for seconds, total in ((5, 1), (9, 1), (1, 2), (19, 2), (1, 3)):
        dashboard.clock.run_for(seconds * 1000)
        expect(dashboard.locator("[data-refresh-state]")).to_contain_text(
            f"Trying again in {5 * 2**total} seconds"
        )
        assert len(asked) == total
    dashboard.unroute(API)
    with dashboard.expect_response(API):
        dashboard.get_by_role("button", name="Refresh").click()
    expect(dashboard.locator("[data-refresh-state]")).to_have_text("Live")
    assert _after(dashboard, 5)


def test_the_end_of_the_session_is_said_and_ends_the_polls(
    dashboard: Page, asked: list[Request]
) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=401, body="{}")

    dashboard.route(API, refuse)
    dashboard.clock.run_for(5000)
    expect(dashboard.locator("[data-refresh-state]")).to_contain_text("has ended")
    dashboard.clock.run_for(60_000)
    assert len(asked) == 1


def test_the_chart_has_a_table_for_those_who_do_not_see_it(dashboard: Page) -> None:
    picture = dashboard.get_by_role("img", name="Requests a minute")
    expect(picture).to_be_visible()
    dashboard.get_by_text("The last hour as a table").click()
    expect(dashboard.locator("[data-chart-rows] tr")).to_have_count(59)


def _hide(page: Page, *, hidden: bool) -> None:
    page.evaluate(
        """(hidden) => {
          const now = { value: hidden, configurable: true };
          Object.defineProperty(document, "hidden", now);
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )
