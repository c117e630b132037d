"""GET /api/metrics: one small answer about everything."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from metrics import errors, overview
from metrics.figures import recorder
from metrics.models import AuditEvent, Snapshot
from promura_site import events
from promura_site.models import Heartbeat, User
from scheduling.models import Channel, Post, Publication
from tests.factories import ChannelFactory

pytestmark = pytest.mark.django_db


def _post(state: str, **fields: object) -> Post:
    return Post.objects.create(content="x", timezone="UTC", state=state, **fields)


def _planned(channel: Channel, moment: datetime) -> None:
    post = _post("scheduled", publish_at=moment)
    Publication.objects.create(
        post=post,
        channel=channel,
        state="scheduled",
        publish_at=moment,
        next_attempt_at=moment,
        late_after=moment + timedelta(hours=1),
        idempotency_key=str(post.pk),
    )


def _expire() -> None:
    Snapshot.objects.update(computed_at=timezone.now() - timedelta(minutes=1))


def test_the_answer_has_the_shape_that_the_contract_names(as_viewer: APIClient) -> None:
    body = as_viewer.get("/api/metrics").json()
    assert list(body) == [
        "success",
        "system",
        "api",
        "posts",
        "recent_activity",
        "errors",
        "generated_at",
    ]
    assert body["success"] is True
    assert set(body["system"]) == {
        "online",
        "status",
        "uptime_seconds",
        "started_at",
        "version",
        "database",
        "worker",
    }
    assert body["system"]["database"] == connection.vendor
    assert body["system"]["worker"] == {
        "online": False,
        "last_heartbeat": None,
        "lag_seconds": 0,
    }
    assert body["api"] == {
        "total_requests": 0,
        "success_rate": 1.0,
        "avg_response_time": 0.0,
        "p50": 0.0,
        "p95": 0.0,
        "p99": 0.0,
        "requests_per_minute": 0.0,
    }
    assert body["generated_at"].endswith("Z")


def test_strangers_are_401_and_people_without_a_level_403(
    anonymous: APIClient,
    person: Callable[..., User],
    client_of: Callable[[User], APIClient],
) -> None:
    for path in ("/api/metrics", "/api/metrics/timeseries"):
        assert anonymous.get(path).status_code == 401
        assert client_of(person(None)).get(path).status_code == 403


def test_posts_are_counted_by_what_became_of_them(as_viewer: APIClient) -> None:
    now = timezone.now()
    for state in ("completed", "completed", "failed", "partial", "draft", "unknown"):
        _post(state)
    channel = ChannelFactory()
    for minutes in (-3, 60):
        _planned(channel, now + timedelta(minutes=minutes))
    body = as_viewer.get("/api/metrics").json()
    assert body["posts"] == {
        "total": 8,
        "successful": 2,
        "failed": 2,
        "pending": 3,
        "due": 1,
        "unknown": 1,
    }
    assert 180 <= body["system"]["worker"]["lag_seconds"] <= 190


def test_nobody_waits_for_a_channel_that_is_not_used_any_more(
    as_viewer: APIClient,
) -> None:
    channel = ChannelFactory(is_active=False)
    _planned(channel, timezone.now() - timedelta(hours=3))
    body = as_viewer.get("/api/metrics").json()
    assert body["posts"]["due"] == 0
    assert body["system"]["worker"]["lag_seconds"] == 0


def test_demo_posts_do_not_count_beside_real_ones(as_viewer: APIClient) -> None:
    _post("completed", is_demo=True)
    _post("failed")
    posts = as_viewer.get("/api/metrics").json()["posts"]
    assert (posts["total"], posts["successful"], posts["failed"]) == (1, 0, 1)


@pytest.mark.parametrize(
    ("seconds", "online", "status"), [(5, True, "online"), (70, False, "degraded")]
)
def test_the_worker_is_online_while_it_beats(
    as_viewer: APIClient, seconds: int, online: bool, status: str
) -> None:
    beaten_at = timezone.now() - timedelta(seconds=seconds)
    Heartbeat.objects.create(
        name="p", kind="publisher", started_at=beaten_at, beaten_at=beaten_at
    )
    system = as_viewer.get("/api/metrics").json()["system"]
    assert system["worker"]["online"] is online
    assert system["status"] == status
    assert system["online"] is True


def test_uptime_is_that_of_the_oldest_living_web_process(as_viewer: APIClient) -> None:
    now = timezone.now()
    for name, up, beaten in (("a", 3600, 10), ("b", 60, 1), ("dead", 90_000, 300)):
        Heartbeat.objects.create(
            name=name,
            kind="web",
            started_at=now - timedelta(seconds=up),
            beaten_at=now - timedelta(seconds=beaten),
        )
    system = as_viewer.get("/api/metrics").json()["system"]
    assert 3600 <= system["uptime_seconds"] < 3700


def test_activity_shows_deeds_but_neither_refusals_nor_sign_ins(
    as_viewer: APIClient, editor: User
) -> None:
    events.emit("media.uploaded", actor=editor, message="uploaded 2 media items")
    events.emit("person.signed_in", actor=editor, message="signed in")
    events.refuse("call.refused", actor=editor, message="was refused")
    activity = as_viewer.get("/api/metrics").json()["recent_activity"]
    assert [one["action"] for one in activity] == ["media.uploaded"]
    assert activity[0]["message"] == "uploaded 2 media items"
    assert activity[0]["actor"] == "editor"
    assert activity[0]["timestamp"].endswith("Z")


def test_errors_of_a_day_are_added_up_by_type_and_place(as_viewer: APIClient) -> None:
    now = timezone.now()
    for hours, kind in ((0, "KeyError"), (1, "KeyError"), (2, "OSError"), (30, "Old")):
        errors.count_error(kind, f"{hours} h ago", "job", now - timedelta(hours=hours))
    shown = as_viewer.get("/api/metrics").json()["errors"]
    assert [(one["type"], one["count"], one["message"]) for one in shown] == [
        ("KeyError", 2, "0 h ago"),
        ("OSError", 1, "2 h ago"),
    ]


def test_request_figures_are_those_of_the_api_alone(as_viewer: APIClient) -> None:
    for milliseconds in (10, 10, 20, 200):
        recorder.count("api/library", 200, milliseconds)
    recorder.count("api/library", 404, 10)
    recorder.count("library", 200, 9000)
    api = as_viewer.get("/api/metrics").json()["api"]
    assert api["total_requests"] == 5
    assert api["success_rate"] == 0.8
    assert api["avg_response_time"] == 50.0
    assert 5 < api["p50"] <= 10
    assert 100 < api["p99"] <= 250


def test_no_news_is_a_304_without_a_body(as_viewer: APIClient) -> None:
    first = as_viewer.get("/api/metrics")
    _expire()
    again = as_viewer.get("/api/metrics", headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert again["ETag"] == first["ETag"]
    assert again["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("form", ["{0}", '"other", {0}', "*", "{1}"])
def test_if_none_match_is_compared_weakly(as_viewer: APIClient, form: str) -> None:
    tag = as_viewer.get("/api/metrics")["ETag"]
    header = form.format(tag, tag.removeprefix("W/"))
    answer = as_viewer.get("/api/metrics", headers={"if-none-match": header})
    assert answer.status_code == 304


def test_news_are_a_200_with_another_etag(as_viewer: APIClient, editor: User) -> None:
    first = as_viewer.get("/api/metrics")
    events.emit("media.uploaded", actor=editor, message="uploaded")
    _expire()
    again = as_viewer.get("/api/metrics", headers={"if-none-match": first["ETag"]})
    assert again.status_code == 200
    assert again["ETag"] != first["ETag"]


def test_the_figures_are_computed_once_in_a_few_seconds(as_viewer: APIClient) -> None:
    before = as_viewer.get("/api/metrics").json()
    _post("completed")
    assert as_viewer.get("/api/metrics").json()["posts"] == before["posts"]
    _expire()
    assert as_viewer.get("/api/metrics").json()["posts"]["total"] == 1


def test_the_answer_never_exceeds_ten_kilobytes(as_viewer: APIClient) -> None:
    now = timezone.now()
    AuditEvent.objects.bulk_create(
        AuditEvent(
            at=now,
            actor_name="\U0001f98a" * 150,
            action="a" * 60,
            message="\x01\U0001f98a" * 150,
            via="api",
        )
        for _ in range(30)
    )
    for number in range(30):
        errors.count_error(f"{number}" + "\U0001f98a" * 78, "\U0001f98a" * 300, "", now)
    response = as_viewer.get("/api/metrics")
    assert len(response.content) <= 10 * 1024
    assert len(response.json()["recent_activity"]) >= 3
    assert len(response.json()["errors"]) >= 3


def test_the_number_of_queries_does_not_grow(as_viewer: APIClient) -> None:
    def queries() -> tuple[int, int]:
        _expire()
        with CaptureQueriesContext(
            connection,
        ) as cold:
            as_viewer.get("/api/metrics")
        with CaptureQueriesContext(connection) as warm:
            as_viewer.get("/api/metrics")
        return len(cold), len(warm)

    as_viewer.get("/api/metrics")
    _post("completed")
    few = queries()
    Post.objects.bulk_create(
        Post(content="x", timezone="UTC", state="completed") for _ in range(50)
    )
    AuditEvent.objects.bulk_create(
        AuditEvent(at=timezone.now(), action="a.b", message="m", via="api")
        for _ in range(50)
    )
    for number in range(20):
        errors.count_error(f"E{number}", "m", "w", timezone.now())
    assert queries() == few
    assert few[1] <= 4


def test_the_present_figures_do_not_depend_on_the_clock_standing_still() -> None:
    now = timezone.now()
    later = now - timedelta(hours=2)
    assert overview.overview(now)["generated_at"] == overview.iso(now)
    assert overview.overview(later)["generated_at"] == overview.iso(later)
