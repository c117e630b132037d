"""What a cause counts can be listed, and is exactly what one decides about."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from promura_site.models import Heartbeat, User
from scheduling.causes import Cause, causes, idle_stops
from scheduling.models import Channel, PanicStop, Publication
from scheduling.publishing import gates
from tests.factories import CreatorFactory
from tests.scheduling.planning import a_channel, a_publication, put

pytestmark = pytest.mark.django_db(transaction=True)

P = Publication.State
ROWS = "/queue/rows"


@pytest.fixture(autouse=True)
def beating() -> None:
    now = timezone.now()
    Heartbeat.objects.create(
        kind="publisher", name="one", started_at=now, beaten_at=now
    )


def due(channel: Channel, **fields: Any) -> Publication:
    at = timezone.now() - timedelta(minutes=5)
    times = {
        "publish_at": at,
        "next_attempt_at": at,
        "late_after": at + timedelta(hours=1),
    }
    return put(a_publication(channel), **(times | fields))


def troubles() -> None:
    out, burst, fine = a_channel(), a_channel(), a_channel()
    Channel.objects.filter(pk=out.pk).update(health=Channel.Health.NEEDS_SIGN_IN)
    for _ in range(3):
        due(out)
    due(out, state=P.MISSED, error_code="needs_sign_in")
    due(burst, state=P.FAILED, error_code="unavailable")
    due(burst, state=P.RETRY, error_code="unavailable")
    due(fine, state=P.UNKNOWN, next_attempt_at=None, error_code="reply_lost")
    due(fine, state=P.UNKNOWN, error_code="reply_lost")
    due(fine, state=P.READY)
    for model in (fine.creator, CreatorFactory()):
        PanicStop.objects.create(
            key=str(model.pk), creator=model, stopped_at=timezone.now()
        )
    due(fine)
    gates.mark_waiting()


def test_a_cause_counts_exactly_what_it_lists(
    editor: User, browse: Callable[[User], Client]
) -> None:
    troubles()
    client = browse(editor)
    found = causes(timezone.now())
    assert len({one.key for one in found}) == len(found) == 7
    for cause in found:
        listed = Publication.objects.filter(cause.held_up(timezone.now())).count()
        assert listed == cause.total, cause.key
        answer = client.get(ROWS, {"cause": cause.key}).json()
        rows = answer["groups"]["held"]["rows"]
        assert sum(len(row["lines"]) for row in rows) == cause.total, cause.key
        assert answer["groups"]["held"]["count"] == cause.total


def test_what_waits_and_what_failed_alike_are_decided_about_apart(
    as_editor: APIClient,
) -> None:
    channel = a_channel()
    waiting = due(channel, state=P.RETRY, error_code="unavailable")
    failed = due(channel, state=P.FAILED, error_code="unavailable")
    wait, retry = sorted(causes(timezone.now()), key=lambda one: one.action == "retry")
    assert (wait.action, wait.counts) == ("wait", {"waiting": 1})
    assert (retry.action, retry.counts) == ("retry", {"failed": 1})
    body = {"code": "unavailable", "channel": str(channel.pk), "how": "skipped"}
    answer = as_editor.post("/api/publishing/causes", body, format="json").json()
    assert answer["held_up"]["late"] == 1
    for row, state in ((waiting, P.RETRY), (failed, P.SKIPPED)):
        row.refresh_from_db()
        assert row.state == state


def test_the_action_is_that_of_what_still_waits() -> None:
    channel = a_channel(health=Channel.Health.DEGRADED)
    due(channel, state=P.MISSED, error_code="outage")
    due(channel, error_code="outage")
    (found,) = causes(timezone.now())
    assert (found.action, found.total) == ("wait", 2)


def test_a_stop_that_holds_nothing_up_yet_is_shown_all_the_same(
    viewer: User, browse: Callable[[User], Client]
) -> None:
    creator = CreatorFactory(slug="lea", name="Lea")
    PanicStop.objects.create(
        key=str(creator.pk), creator=creator, stopped_at=timezone.now(), reason="Look"
    )
    (idle,) = idle_stops([])
    assert idle.text == "Publishing is stopped for Lea"
    assert idle_stops([Cause("stopped", "resume", stop=idle.stop)]) == []
    (shown,) = browse(viewer).get(ROWS).json()["causes"]
    assert (shown["key"], shown["total"]) == ("stopped~lea~resume", 0)
    assert shown["stop"]["reason"] == "Look"


def test_a_stop_that_was_just_lifted_holds_nothing_up() -> None:
    due(a_channel(), error_code="stopped")
    (found,) = causes(timezone.now())
    assert (found.code, found.action) == ("waiting_its_turn", "wait")


def test_a_cause_that_is_over_or_was_never_there_lists_nothing(
    viewer: User, browse: Callable[[User], Client]
) -> None:
    due(a_channel())
    client = browse(viewer)
    for key in ("burst~x~release", "~", "stopped~nobody~resume"):
        held = client.get(ROWS, {"cause": key}).json()["groups"]["held"]
        assert (held["rows"], held["count"]) == ([], 0)
    assert client.get(ROWS, {"cause": "x" * 200}).status_code == 400


def test_a_page_of_many_causes_asks_as_often_as_one_of_few(
    viewer: User,
    browse: Callable[[User], Client],
    django_assert_max_num_queries: Any,
) -> None:
    client = browse(viewer)
    troubles()
    with django_assert_max_num_queries(40) as few:
        client.get(ROWS)
    for number in range(8):
        due(a_channel(), state=P.FAILED, error_code=f"c{number}")
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert len(client.get(ROWS).json()["causes"]) > 8
