"""Requests are counted by route, class and duration, and never lost on the way."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone
from rest_framework.test import APIClient

from metrics import figures
from metrics.durations import percentile
from metrics.figures import BUCKETS, recorder
from metrics.middleware import RequestFiguresMiddleware
from metrics.models import RequestMinute, RequestTotal
from metrics.retention import ALL_PROCESSES, KEEP_REQUESTS, prune, roll_up
from metrics.timeseries import RANGES, points
from promura_site.models import Heartbeat, User

pytestmark = pytest.mark.django_db


def _totals() -> dict[tuple[str, int], int]:
    recorder.flush()
    rows = RequestTotal.objects.values_list("route", "status_class", "count")
    return {(route, status): count for route, status, count in rows}


def test_requests_are_counted_by_pattern_and_class(
    viewer: User, browse: Callable[[User], Client]
) -> None:
    client = browse(viewer)
    client.get("/api/auth/me")
    client.get("/api/auth/me/")
    client.get("/api/jobs/01890000-0000-7000-8000-000000000000")
    client.get("/api/jobs/01890000-0000-7000-8000-000000000001")
    client.get("/api/nothing/at-all")
    client.get("/wp-login.php")
    Client().get("/sign-in")
    assert _totals() == {
        ("api/auth/me", 2): 2,
        ("api/jobs/<uuid:pk>", 4): 2,
        ("api/<path:rest>", 4): 1,
        ("unmatched", 4): 1,
        ("sign-in", 2): 1,
    }


def test_polls_and_static_files_are_not_counted(as_viewer: APIClient) -> None:
    for path in (
        "/api/metrics",
        "/api/metrics/timeseries?range=1h",
        "/metrics/prometheus",
        "/healthz",
        "/healthz/publishing",
        "/readyz",
        "/static/promura_site/base.css",
        "/static/nothing.css",
    ):
        as_viewer.get(path)
    assert _totals() == {}


@pytest.mark.parametrize(
    ("milliseconds", "bucket"),
    [(0, "le_5"), (5, "le_5"), (5.1, "le_10"), (10_000, "le_10000"), (1e6, "above")],
)
def test_a_duration_falls_into_the_bucket_that_reaches_it(
    milliseconds: float, bucket: str
) -> None:
    recorder.count("api/x", 200, milliseconds)
    recorder.flush()
    row = RequestMinute.objects.get()
    assert [name for name in BUCKETS if getattr(row, name)] == [bucket]
    assert (row.count, row.total_ms) == (1, milliseconds)


def test_flushing_adds_to_what_is_there() -> None:
    for _ in range(3):
        recorder.count("api/x", 200, 1)
        recorder.count("api/x", 200, 60)
        recorder.flush()
    row = RequestTotal.objects.get()
    assert (row.count, row.le_5, row.le_100, row.total_ms) == (6, 3, 3, 183)
    assert sum(RequestMinute.objects.values_list("count", flat=True)) == 6


def test_what_could_not_be_written_is_written_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*args: object) -> None:
        recorder.count("api/x", 200, 1)
        raise DatabaseError("gone")

    recorder.count("api/x", 200, 1)
    with monkeypatch.context() as patch:
        patch.setattr(figures, "_store", refuse)
        with pytest.raises(DatabaseError):
            recorder.flush()
    assert _totals() == {("api/x", 2): 2}


def test_a_database_that_stays_away_does_not_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(figures, "MAX_KEYS", 3)
    for number in range(5):
        recorder.count(f"api/{number}", 200, 1)
    with monkeypatch.context() as patch:
        patch.setattr(figures, "_store", _refuse)
        with pytest.raises(DatabaseError):
            recorder.flush()
    assert len(_totals()) == 3


def test_threads_lose_no_count() -> None:
    def count() -> None:
        for _ in range(500):
            recorder.count("api/x", 200, 1)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _totals() == {("api/x", 2): 4000}


@pytest.mark.parametrize("route", ["", "x" * 500, "^regex(?P<pk>[0-9]+)/$"])
@pytest.mark.parametrize("status", [100, 200, 599])
def test_the_middleware_bears_any_answer(route: str, status: int) -> None:
    request = RequestFactory().get("/x")
    request.resolver_match = _match(route)
    counted = RequestFiguresMiddleware(lambda _: HttpResponse(status=status))
    assert counted(request).status_code == status
    assert list(_totals().values()) == [1]


@override_settings(FIGURES_FLUSH_SECONDS=3)
def test_no_thread_at_the_interpreters_end_breaks_no_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    recorder.count("api/x", 200, 1)
    assert _totals() == {("api/x", 2): 1}


@pytest.mark.django_db(transaction=True)
@override_settings(FIGURES_FLUSH_SECONDS=0.01)
def test_a_thread_of_its_own_writes_and_beats_until_the_end() -> None:
    recorder.count("api/x", 200, 1)
    deadline = time.monotonic() + 20
    while not Heartbeat.objects.filter(kind="web").exists():
        assert time.monotonic() < deadline
    assert RequestTotal.objects.get().count == 1
    recorder.count("api/x", 200, 1)
    recorder.finish()
    assert RequestTotal.objects.get().count == 2
    assert not Heartbeat.objects.exists()
    assert "request-figures" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize(
    ("buckets", "share", "expected"),
    [
        ([0] * 11, 0.5, 0.0),
        ([10] + [0] * 10, 0.5, 2.5),
        ([5, 5] + [0] * 9, 0.5, 5.0),
        ([5, 5] + [0] * 9, 0.75, 7.5),
        ([0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0], 1, 25.0),
        ([0] * 10 + [1], 0.99, 10_000.0),
        ([99] + [0] * 9 + [1], 0.5, 2.5),
    ],
)
def test_percentiles_are_interpolated(
    buckets: list[int], share: float, expected: float
) -> None:
    assert percentile(buckets, share) == expected


def _minute(moment: datetime, count: int, process: str = "a", **fields: object) -> None:
    values = {"route": "api/x", "status_class": 2, "le_5": count, **fields}
    RequestMinute.objects.create(
        minute=moment, process=process, count=count, total_ms=count, **values
    )


NOON = datetime(2026, 6, 3, 12, 30, tzinfo=UTC)


def test_old_minutes_become_one_row_an_hour_with_the_same_sum() -> None:
    old = datetime(2026, 6, 1, 8, tzinfo=UTC)
    _minute(old, 1)
    _minute(old + timedelta(minutes=5), 2, process="b")
    _minute(old + timedelta(minutes=59), 4, route="api/y")
    _minute(old + timedelta(hours=1), 8)
    _minute(NOON - timedelta(hours=25), 16)
    roll_up(NOON)
    # A count that comes late joins the rest.
    _minute(old + timedelta(minutes=7), 32)
    roll_up(NOON)
    roll_up(NOON)
    rows = RequestMinute.objects.order_by("minute", "route")
    assert [(row.minute.hour, row.route, row.process, row.count) for row in rows] == [
        (8, "api/x", ALL_PROCESSES, 35),
        (8, "api/y", ALL_PROCESSES, 4),
        (9, "api/x", ALL_PROCESSES, 8),
        (11, "api/x", "a", 16),
    ]
    assert rows[0].le_5 == 35


def test_figures_beyond_their_time_are_deleted() -> None:
    _minute(NOON - KEEP_REQUESTS - timedelta(minutes=1), 1)
    _minute(NOON, 2)
    prune(NOON)
    assert RequestMinute.objects.get().count == 2


@pytest.mark.parametrize("name", RANGES)
def test_a_chart_has_a_point_for_every_step(name: str) -> None:
    _minute(NOON, 3)
    _minute(NOON, 1, process="b", status_class=5)
    found = points(RANGES[name], NOON + timedelta(seconds=30))
    assert len(found) == RANGES[name].length / RANGES[name].step
    assert (found[-1]["requests"], found[-1]["errors"]) == (4, 1)
    assert {point["requests"] for point in found[:-1]} == {0}
    assert [point["at"] for point in found] == sorted(point["at"] for point in found)


def test_the_charts_answer_and_refuse_an_unknown_range(as_viewer: APIClient) -> None:
    recorder.count("api/x", 200, 7)
    body = as_viewer.get("/api/metrics/timeseries").json()
    assert (body["range"], body["step_seconds"]) == ("1h", 60)
    assert sum(point["requests"] for point in body["points"]) == 1
    for name in RANGES:
        assert as_viewer.get(f"/api/metrics/timeseries?range={name}").json()["success"]
    refused = as_viewer.get("/api/metrics/timeseries?range=2h")
    assert refused.status_code == 400
    assert refused.json()["errors"] == {"range": ["Choose one of: 1h, 24h, 7d, 30d."]}


def test_requests_a_minute_are_the_mean_of_the_last_full_minutes(
    as_viewer: APIClient,
) -> None:
    minute = timezone.now().replace(second=0, microsecond=0)
    for ago in (1, 3, 5):
        _minute(minute - timedelta(minutes=ago), 10)
    _minute(minute - timedelta(minutes=9), 100)
    api = as_viewer.get("/api/metrics").json()["api"]
    assert api["requests_per_minute"] in (6.0, 4.0)


def _refuse(*args: object) -> None:
    raise DatabaseError("gone")


def _match(route: str) -> object:
    return type("Match", (), {"route": route})()
