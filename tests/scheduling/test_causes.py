"""What holds posts up is told by cause, and one decides about all of it at once."""

from datetime import datetime, timedelta
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from library.models import Creator
from promura_site.models import Heartbeat
from scheduling.causes import Cause, causes
from scheduling.models import Channel, ChannelFlow, PanicStop, Publication
from scheduling.publishing import gates, sweeping
from scheduling.reasons import reason_for
from scheduling.services.control import stop_publishing
from tests.factories import CreatorFactory, UserFactory
from tests.scheduling.planning import a_channel, a_publication, put

pytestmark = pytest.mark.django_db(transaction=True)

P = Publication.State
ADDRESS = "/api/publishing/causes"


def beat() -> None:
    now = timezone.now()
    Heartbeat.objects.create(
        name="one", kind="publisher", started_at=now, beaten_at=now
    )


def due(channel: Channel, count: int = 1, *, minutes: int = 5) -> list[Publication]:
    """Return publications that have been due for some minutes."""
    at = timezone.now() - timedelta(minutes=minutes)
    return [
        put(
            a_publication(channel, content=f"Post {number}"),
            next_attempt_at=at,
            publish_at=at,
            late_after=at + timedelta(hours=1),
        )
        for number in range(count)
    ]


def lea(**fields: Any) -> Channel:
    creator = Creator.objects.filter(slug="lea").first()
    creator = creator or CreatorFactory(slug="lea", name="Lea")
    given = {"platform": "bluesky", "connector": "outbox", "handle": "@lea"}
    return a_channel(creator=creator, **(given | fields))


def only() -> Cause:
    (found,) = causes(timezone.now())
    return found


def handle(client: APIClient, **body: Any) -> Any:
    return client.post(ADDRESS, body, format="json")


def test_what_waits_for_one_account_is_one_cause() -> None:
    beat()
    channel = lea(health=Channel.Health.NEEDS_SIGN_IN)
    rows = due(channel, 38)
    gates.mark_waiting()
    found = only()
    assert found.text == "38 wait: @lea on Bluesky needs sign-in"
    assert (found.code, found.action) == ("needs_sign_in", "sign_in")
    assert found.oldest == min(row.publish_at for row in rows if row.publish_at)


def test_what_it_was_too_late_for_stays_with_its_cause() -> None:
    beat()
    channel = lea(health=Channel.Health.NEEDS_SIGN_IN)
    due(channel, 2)
    late = due(channel)[0]
    gates.mark_waiting()
    put(late, late_after=timezone.now() - timedelta(seconds=1))
    sweeping.miss_late()
    found = only()
    assert found.text == "2 wait, 1 was missed: @lea on Bluesky needs sign-in"
    late.refresh_from_db()
    assert late.state == P.MISSED
    assert late.error.endswith("not sent: @lea on Bluesky had to be signed in again.")


def test_once_signed_in_what_was_missed_can_be_tried_again() -> None:
    beat()
    channel = lea()
    put(due(channel)[0], state=P.MISSED, error_code="needs_sign_in")
    found = only()
    assert found.action == "retry"
    assert found.text == "1 was missed: @lea on Bluesky had to be signed in again"


def test_a_stop_is_one_cause_for_everybody_it_stops() -> None:
    beat()
    due(lea(), 2)
    due(a_channel(), 1)
    stop_publishing(None, actor=UserFactory(), now=timezone.now())
    gates.mark_waiting()
    found = only()
    assert found.text == "3 wait: publishing is stopped for all models"
    assert found.action == "resume"


def test_a_model_that_is_stopped_on_her_own_has_her_own_cause() -> None:
    beat()
    channel = lea()
    due(channel, 2)
    stop_publishing(channel.creator, actor=UserFactory(), now=timezone.now())
    gates.mark_waiting()
    assert only().text == "2 wait: publishing is stopped for Lea"


def test_without_a_publisher_all_that_is_due_waits_for_one() -> None:
    due(lea(), 2)
    due(a_channel(), 1)
    found = only()
    assert found.text == "3 wait: no publisher is running"
    assert found.action == "start_publisher"


@pytest.mark.parametrize(
    ("fields", "text", "action"),
    [
        (
            {"state": P.FAILED, "error_code": "refused", "error": "No spam, please."},
            "1 failed: @lea on Bluesky: No spam, please",
            "retry",
        ),
        (
            {"state": P.FAILED, "error_code": "over_limits", "error": "Too long."},
            "1 failed: @lea on Bluesky: Too long",
            "edit",
        ),
        (
            {"state": P.UNKNOWN, "next_attempt_at": None, "error_code": "reply_lost"},
            "1 is in doubt: nobody knows whether it is on @lea on Bluesky",
            "settle",
        ),
        (
            {"state": P.MISSED, "error_code": "missed"},
            "1 was missed: their time on @lea on Bluesky went by",
            "retry",
        ),
        (
            {"state": P.READY},
            "1 waits: somebody has to post on @lea on Bluesky by hand",
            "hand_over",
        ),
        (
            {"state": P.RETRY, "error_code": "unavailable", "error": "Back soon."},
            "1 waits: @lea on Bluesky: Back soon",
            "wait",
        ),
        (
            {"error_code": "spacing", "error": "…"},
            "1 waits: @lea on Bluesky keeps a distance between posts",
            "wait",
        ),
    ],
)
def test_each_state_has_its_sentence_and_one_safe_action(
    fields: dict[str, Any], text: str, action: str
) -> None:
    beat()
    put(due(lea())[0], **fields)
    found = only()
    assert (found.text, found.action) == (text, action)


def test_a_doubt_on_a_signed_out_account_waits_for_the_sign_in() -> None:
    beat()
    channel = lea(health=Channel.Health.NEEDS_SIGN_IN)
    row = put(due(channel)[0], state=P.UNKNOWN, error="The answer was lost.")
    assert (only().code, only().action) == ("needs_sign_in", "sign_in")
    reason = reason_for(row, timezone.now(), beating=True)
    assert reason is not None
    assert reason.action == "sign_in"


def test_an_account_out_of_use_and_a_burst_say_so() -> None:
    beat()
    unused = lea()
    due(unused)
    Channel.objects.filter(pk=unused.pk).update(is_active=False)
    burst = lea(handle="@burst")
    ChannelFlow.objects.create(channel=burst, stopped_at=timezone.now())
    due(burst)
    gates.mark_waiting()
    found = {one.code: one.action for one in causes(timezone.now())}
    assert found == {"channel_inactive": "activate", "burst": "release"}


def test_what_wants_a_person_comes_first() -> None:
    beat()
    channel = lea()
    put(due(channel)[0], state=P.RETRY, error_code="unavailable")
    put(due(channel)[0], state=P.UNKNOWN, next_attempt_at=None)
    put(due(channel)[0], state=P.FAILED, error_code="refused")
    order = [one.action for one in causes(timezone.now())]
    assert order == ["settle", "retry", "wait"]


def test_history_and_what_is_well_is_no_cause() -> None:
    beat()
    channel = lea()
    a_publication(channel, schedule_time=timezone.now() + timedelta(days=1))
    long_ago = timezone.now() - timedelta(days=8)
    put(due(channel)[0], state=P.FAILED, publish_at=long_ago)
    put(due(channel)[0], state=P.PUBLISHED)
    assert causes(timezone.now()) == []


def test_as_many_queries_for_many_as_for_few() -> None:
    beat()

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as taken:
            causes(timezone.now())
        return len(taken)

    due(lea(health=Channel.Health.NEEDS_SIGN_IN))
    few = queries()
    for number in range(10):
        put(due(lea(handle=f"@{number}"))[0], state=P.FAILED, error_code=f"c{number}")
    assert queries() == few


def test_the_api_lists_causes_with_what_can_be_done(as_viewer: APIClient) -> None:
    beat()
    channel = lea()
    put(due(channel)[0], state=P.FAILED, error_code="refused", error="No.")
    answer = as_viewer.get(ADDRESS).json()
    (shown,) = answer["causes"]
    assert shown["ways"] == ["spaced", "moved", "skipped"]
    assert (shown["channel"], shown["model"]) == (str(channel.pk), "lea")
    assert (shown["counts"], shown["total"]) == ({"failed": 1}, 1)
    assert answer["publishing"]["ok"] is True


def test_a_dry_run_counts_and_changes_nothing(as_editor: APIClient) -> None:
    channel = lea()
    row = put(due(channel)[0], state=P.FAILED, error_code="refused")
    about = {"code": "refused", "channel": str(channel.pk)}
    answer = handle(as_editor, **about, how="spaced", dry_run=True)
    assert answer.json()["held_up"] == {"due": 0, "late": 1, "upcoming": 0}
    row.refresh_from_db()
    assert row.state == P.FAILED


def test_all_that_failed_is_tried_again_one_after_the_other(
    as_editor: APIClient,
) -> None:
    channel = lea()
    for row in due(channel, 3):
        put(row, state=P.FAILED, error_code="refused")
    other = put(due(channel)[0], state=P.FAILED, error_code="too_large")
    waiting = due(channel)[0]
    before = waiting.next_attempt_at
    answer = handle(as_editor, code="refused", channel=str(channel.pk), how="spaced")
    assert answer.json()["held_up"]["late"] == 3
    rows = Publication.objects.filter(state=P.SCHEDULED).exclude(pk=waiting.pk)
    times = sorted(row.next_attempt_at for row in rows if row.next_attempt_at)
    gaps = {after - at for at, after in pairwise(times)}
    assert (len(times), gaps) == (3, {timedelta(minutes=5)})
    other.refresh_from_db()
    waiting.refresh_from_db()
    assert other.state == P.FAILED
    assert waiting.next_attempt_at == before


def test_all_that_was_missed_is_skipped(as_editor: APIClient) -> None:
    channel = lea()
    rows = [put(row, state=P.MISSED, error_code="missed") for row in due(channel, 2)]
    handle(as_editor, code="missed", channel=str(channel.pk), how="skipped")
    for row in rows:
        row.refresh_from_db()
        assert row.state == P.SKIPPED
        row.post.refresh_from_db()
        assert row.post.state == "cancelled"


def test_only_an_admin_lifts_a_stop(as_editor: APIClient, as_admin: APIClient) -> None:
    due(lea())
    stop_publishing(None, actor=UserFactory(), now=timezone.now())
    refused = handle(as_editor, code="stopped", how="kept")
    assert refused.status_code == 403
    assert PanicStop.objects.exists()
    assert handle(as_admin, code="stopped", how="kept").status_code == 200
    assert not PanicStop.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": "refused"},
        {"code": "refused", "channel": "lea"},
        {"code": "refused", "how": "somehow"},
        {"code": "refused", "dry_run": "yes"},
    ],
)
def test_bad_input_is_refused(as_editor: APIClient, body: dict[str, Any]) -> None:
    assert handle(as_editor, **body).status_code == 400


def test_levels(anonymous: APIClient, as_viewer: APIClient) -> None:
    assert anonymous.get(ADDRESS).status_code == 401
    assert handle(as_viewer, code="refused").status_code == 403


def doctor() -> tuple[str, int]:
    said = StringIO()
    try:
        call_command("doctor", stdout=said)
    except SystemExit as ended:
        return said.getvalue(), int(str(ended.code))
    return said.getvalue(), 0


def test_the_doctor_says_the_same_on_the_terminal() -> None:
    said, code = doctor()
    assert code == 0
    assert "No publisher is running." in said
    assert "Nothing is held up." in said
    channel = lea(health=Channel.Health.NEEDS_SIGN_IN)
    due(channel, 2)
    gates.mark_waiting()
    stop_publishing(
        CreatorFactory(name="Mia"),
        actor=UserFactory(username="nina"),
        now=datetime.fromisoformat("2026-06-01T12:00:00Z"),
        reason="Wrong pictures",
    )
    said, code = doctor()
    assert code == 1
    assert "2 wait: @lea on Bluesky needs sign-in" in said
    assert "Sign the account in again on the models page." in said
    assert (
        "Publishing is stopped for Mia by nina, 2026-06-01 12:00 UTC: Wrong pictures"
        in said
    )
