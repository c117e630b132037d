"""The pages of the metrics, as the server renders them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from metrics import errors, words
from metrics.figures import recorder
from metrics.models import AuditEvent
from promura_site import events
from promura_site.models import User

pytestmark = pytest.mark.django_db
Browse = Callable[[User], Client]


def test_the_dashboard_shows_real_figures_at_once(viewer: User, browse: Browse) -> None:
    for _ in range(1234):
        recorder.count("api/x", 200, 7)
    events.emit("media.uploaded", actor=viewer, message="uploaded <b>2</b> items")
    errors.count_error("KeyError", "'caption'", "job", timezone.now())
    page = browse(viewer).get("/metrics").content.decode()
    assert re.search(r"api.total_requests[^>]*>\s*1,234\s*</dd>", page)
    assert "uploaded &lt;b&gt;2&lt;/b&gt; items" in page
    assert "<strong>KeyError</strong>" in page
    assert "metrics/metrics-auto-refresh.js" in page
    assert "Audit log" not in page


def test_the_pages_obey_the_levels(
    viewer: User, editor: User, admin: User, browse: Browse
) -> None:
    assert Client().get("/metrics").status_code == 302
    assert browse(viewer).get("/metrics").status_code == 200
    assert browse(viewer).get("/activity").status_code == 403
    assert browse(editor).get("/activity").status_code == 403
    assert browse(admin).get("/activity").status_code == 200
    assert b"Audit log" in browse(admin).get("/metrics").content


def test_the_audit_log_is_filtered_in_the_persons_own_time(
    admin: User, browse: Browse
) -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    for hours, outcome in ((0, "done"), (1, "refused")):
        AuditEvent.objects.create(
            at=noon + timedelta(hours=hours),
            action="media.uploaded",
            message=f"event {hours}",
            outcome=outcome,
            via="api",
        )
    client = browse(admin)
    # The admin lives in Berlin, two hours ahead in June.
    page = client.get("/activity?from=2026-06-01T14:30&to=2026-06-01T15:30")
    text = page.content.decode()
    assert "event 1" in text
    assert "event 0" not in text
    assert "1 Jun 2026, 15:00:00" in text
    assert "from=2026-06-01T14%3A30%3A00%2B02%3A00" in text
    assert "event 1" not in client.get("/activity?outcome=done").content.decode()


def test_a_bad_filter_is_shown_and_finds_nothing(admin: User, browse: Browse) -> None:
    page = browse(admin).get("/activity?from=yesterday").content.decode()
    assert "notice-bad" in page
    assert "Nothing on record" in page


def test_the_audit_log_goes_on_page_by_page(admin: User, browse: Browse) -> None:
    AuditEvent.objects.all().delete()
    for number in range(3):
        AuditEvent.objects.create(
            at=timezone.now(), action="a.b", message=f"event {number}", via="api"
        )
    client = browse(admin)
    first = client.get("/activity?limit=2")
    assert b"Load more" in first.content
    second = client.get(first.context["page"].next).content.decode()
    assert "event 0" in second
    assert "event 2" not in second
    assert client.get("/activity?cursor=nonsense").status_code == 404


@pytest.mark.parametrize("model", ["auditevent", "errorevent", "requestminute"])
def test_the_admin_reads_but_never_writes(
    admin: User, browse: Browse, model: str
) -> None:
    client = browse(admin)
    assert client.get(f"/admin/metrics/{model}/").status_code == 200
    assert client.get(f"/admin/metrics/{model}/add/").status_code == 403
    if model == "auditevent":
        row = AuditEvent.objects.first()
        assert row is not None
        own = f"/admin/metrics/{model}/{row.pk}"
        assert client.get(f"{own}/change/").status_code == 200
        assert client.post(f"{own}/change/", {"message": "x"}).status_code == 403
        assert client.post(f"{own}/delete/", {"post": "yes"}).status_code == 403


def _scrape(address: str = "127.0.0.1", **headers: str) -> int:
    client = Client(REMOTE_ADDR=address)
    return client.get("/metrics/prometheus", headers=headers).status_code


def test_scrapers_get_text_with_growing_buckets() -> None:
    recorder.count('api/"x"', 200, 7)
    recorder.count('api/"x"', 200, 70)
    errors.count_error("KeyError", "no", "job", timezone.now())
    response = Client().get("/metrics/prometheus")
    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = response.content.decode().splitlines()
    name = "promura_http_request_duration_seconds"
    labels = 'route="api/\\"x\\"",status="2xx"'
    assert f'{name}_bucket{{{labels},le="0.005"}} 0' in lines
    assert f'{name}_bucket{{{labels},le="0.01"}} 1' in lines
    assert f'{name}_bucket{{{labels},le="0.1"}} 2' in lines
    assert f'{name}_bucket{{{labels},le="+Inf"}} 2' in lines
    assert f"{name}_sum{{{labels}}} 0.077000" in lines
    assert "promura_worker_up 0" in lines
    assert 'promura_errors{type="KeyError"} 1' in lines
    assert all(line.startswith(("#", "promura_")) for line in lines)


def test_scrapers_get_every_error_of_the_day() -> None:
    now = timezone.now()
    for number in range(30):
        errors.count_error(f"Error{number % 15:02}", "no", f"job {number}", now)
    errors.count_error("Old", "no", "job", now - timedelta(hours=25))
    lines = Client().get("/metrics/prometheus").content.decode().splitlines()
    told = [line for line in lines if line.startswith("promura_errors{")]
    assert told == [f'promura_errors{{type="Error{n:02}"}} 2' for n in range(15)]


def test_scrapers_come_from_an_allowed_network_or_bring_the_token() -> None:
    assert _scrape() == 200
    assert _scrape("203.0.113.5") == 403
    assert _scrape("nonsense") == 403
    with override_settings(METRICS_ALLOW=["203.0.113.0/24"]):
        assert _scrape("203.0.113.5") == 200
        assert _scrape() == 403
    with override_settings(METRICS_TOKEN="the-token", METRICS_ALLOW=[]):
        assert _scrape(authorization="Bearer the-token") == 200
        assert _scrape(authorization="Bearer wrong") == 403
        assert _scrape(authorization="Bearer wröng") == 403
        assert _scrape() == 403
    assert _scrape(authorization="Bearer ") == 200


def test_what_an_unknown_proxy_hands_on_is_not_taken_for_loopback() -> None:
    forwarded = {"x-forwarded-for": "203.0.113.5"}
    assert _scrape(**forwarded) == 403
    with override_settings(TRUSTED_PROXIES=["127.0.0.1"]):
        assert _scrape(**forwarded) == 403
        assert _scrape(**{"x-forwarded-for": "127.0.0.2"}) == 200


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1_234_567, "count", "1,234,567"),
        (0.5, "count", "0.5"),
        (6.0, "count", "6"),
        (123_456.7, "count", "123,456.7"),
        (1.0, "share", "100 %"),
        (0.9999, "share", "99.9 %"),
        (0.29, "share", "29 %"),
        (0.57, "share", "57 %"),
        (7.4, "ms", "7 ms"),
        (1234.0, "ms", "1.2 s"),
        (0, "duration", "None"),
        (59, "duration", "59 s"),
        (3600, "duration", "1 h 0 min"),
        (273_600, "duration", "3 d 4 h"),
        ("degraded", "status", "Degraded"),
        (False, "worker", "Silent"),
    ],
)
def test_figures_in_words(value: object, unit: str, text: str) -> None:
    assert words.in_words(value, unit) == text
