"""Publications, over the API: the queue, settling, trying again, engagement."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from promura_site.models import User
from scheduling.models import Channel, Publication, SlotEntry
from scheduling.publishing import ledger
from scheduling.publishing.connectors.base import Receipt
from scheduling.publishing.publisher import Publisher
from tests.factories import MediaItemFactory
from tests.scheduling.planning import a_channel, a_publication, put

pytestmark = pytest.mark.django_db

P = Publication.State
NOBODY = "/api/publications/0195f1d2-7c00-7000-8000-000000000001"


def url(publication: Publication, action: str = "") -> str:
    return f"/api/publications/{publication.pk}{action}"


def reason(client: APIClient, publication: Publication) -> Any:
    return client.get(url(publication)).json()["publication"]["reason"]


def test_the_queue_is_listed_at_a_fixed_cost(
    as_viewer: APIClient, django_assert_num_queries: Any
) -> None:
    for _ in range(5):
        a_publication()
    as_viewer.get("/api/publications")
    with django_assert_num_queries(4):
        answer = as_viewer.get("/api/publications").json()
    assert answer["count"] == 5
    assert "payload" not in answer["publications"][0]


def test_the_queue_is_filtered(as_viewer: APIClient) -> None:
    channel = a_channel(creator__slug="lea")
    soon = timezone.now() + timedelta(hours=1)
    planned = a_publication(channel, schedule_time=soon)
    failed = put(a_publication(), state=P.FAILED)

    def ids(**query: Any) -> list[str]:
        response = as_viewer.get("/api/publications", query)
        assert response.status_code == 200, response.json()
        return [one["id"] for one in response.json()["publications"]]

    assert ids(status="failed,missed") == [str(failed.pk)]
    assert ids(model="lea") == ids(channel=str(channel.pk)) == [str(planned.pk)]
    assert ids(post=str(failed.post_id)) == [str(failed.pk)]
    assert ids(due_before=timezone.now().isoformat()) == [str(failed.pk)]
    assert ids(due_after=timezone.now().isoformat()) == [str(planned.pk)]
    assert ids(attention="true") == [str(failed.pk)]
    assert ids(attention="false") == [str(planned.pk)]
    for bad in ({"status": "x"}, {"channel": "x"}, {"due_before": "x"}):
        assert as_viewer.get("/api/publications", bad).status_code == 400


def test_one_publication_is_shown_with_its_attempts(as_viewer: APIClient) -> None:
    publication = a_publication()
    Publisher().run_once()
    answer = as_viewer.get(url(publication)).json()
    assert answer["publication"]["status"] == "published"
    assert answer["publication"]["attempts"] == 1
    (attempt,) = answer["attempts"]
    assert (attempt["number"], attempt["outcome"]) == (1, "accepted")
    assert as_viewer.get(NOBODY).status_code == 404


@pytest.mark.parametrize(
    ("fields", "code", "action"),
    [
        ({"state": P.FAILED, "error_code": "gone", "error": "Gone."}, "gone", "retry"),
        ({"state": P.MISSED, "error": "Too late."}, "missed", "retry"),
        (
            {"state": P.UNKNOWN, "error_code": "reply_lost", "next_attempt_at": None},
            "reply_lost",
            "settle",
        ),
        ({"state": P.UNKNOWN, "error_code": "reply_lost"}, "reply_lost", "wait"),
        ({"state": P.RETRY, "error_code": "busy", "error": "Busy."}, "busy", "wait"),
    ],
)
def test_whatever_went_wrong_has_a_reason_and_one_safe_action(
    as_viewer: APIClient, fields: dict[str, Any], code: str, action: str
) -> None:
    publication = put(a_publication(), **fields)
    shown = reason(as_viewer, publication)
    assert (shown["code"], shown["action"]) == (code, action)
    assert shown["text"]


def test_a_late_post_says_what_is_in_its_way(as_viewer: APIClient) -> None:
    publication = a_publication()
    assert reason(as_viewer, publication) is None
    put(publication, next_attempt_at=timezone.now() - timedelta(minutes=2))
    assert reason(as_viewer, publication)["code"] == "no_publisher"
    Publisher().beat()
    assert reason(as_viewer, publication)["code"] == "waiting_its_turn"
    Channel.objects.update(is_active=False)
    assert reason(as_viewer, publication)["code"] == "channel_inactive"


def test_a_person_settles_that_it_was_published(
    as_editor: APIClient, editor: User
) -> None:
    picture = MediaItemFactory()
    publication = a_publication(media_ids=[picture.pk])
    (lease,) = ledger.claim(1)
    put(publication, state=P.UNKNOWN, in_doubt=True)
    response = as_editor.post(
        url(publication, "/settle"),
        {"outcome": "published", "url": "https://example.com/p/1"},
    )
    assert response.status_code == 200
    shown = response.json()["publication"]
    assert (shown["status"], shown["url"]) == ("published", "https://example.com/p/1")
    publication.refresh_from_db()
    assert publication.settled_by == editor
    assert not publication.in_doubt
    assert publication.post.state == "completed"
    picture.refresh_from_db()
    assert picture.used_count == 1
    assert not ledger.record_receipt(lease, Receipt("late"))


def test_a_person_settles_that_it_was_not_published_and_tries_again(
    as_editor: APIClient,
) -> None:
    publication = put(a_publication(), state=P.UNKNOWN, in_doubt=True)
    key = publication.idempotency_key
    response = as_editor.post(url(publication, "/settle"), {"outcome": "not_published"})
    assert response.json()["publication"]["status"] == "failed"
    again = as_editor.post(url(publication, "/retry"))
    assert again.json()["publication"]["status"] == "scheduled"
    Publisher().run_once()
    publication.refresh_from_db()
    assert (publication.state, publication.in_doubt) == (P.PUBLISHED, False)
    assert publication.idempotency_key == key


def test_only_an_unknown_outcome_is_settled(as_editor: APIClient) -> None:
    publication = a_publication()
    response = as_editor.post(url(publication, "/settle"), {"outcome": "published"})
    assert response.status_code == 409
    assert response.json()["code"] == "not_unknown"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"outcome": "maybe"},
        {"outcome": "published", "url": "ftp://example.com/1"},
        {"outcome": "published", "url": "javascript:alert(1)"},
    ],
)
def test_a_bad_settlement_is_refused(as_editor: APIClient, body: dict) -> None:
    publication = put(a_publication(), state=P.UNKNOWN, in_doubt=True)
    assert as_editor.post(url(publication, "/settle"), body).status_code == 400


def test_only_what_failed_is_tried_again(as_editor: APIClient) -> None:
    publication = a_publication()
    assert as_editor.post(url(publication, "/retry")).status_code == 409
    put(publication, state=P.MISSED)
    assert as_editor.post(url(publication, "/retry")).status_code == 200
    publication.refresh_from_db()
    assert publication.late_after > timezone.now() + timedelta(minutes=59)


def test_one_channel_is_taken_out_of_a_post(as_editor: APIClient) -> None:
    publication = a_publication()
    response = as_editor.post(url(publication, "/cancel"))
    assert response.json()["publication"]["status"] == "cancelled"
    assert as_editor.post(url(publication, "/cancel")).status_code == 409


def test_engagement_is_recorded_and_weighed(as_editor: APIClient) -> None:
    publication = put(a_publication(), state=P.PUBLISHED, published_at=timezone.now())
    response = as_editor.post(
        url(publication, "/engagement"),
        {"likes": 10, "comments": 2, "shares": 1, "views": 1000, "clicks": 4},
    )
    assert response.status_code == 200
    shown = response.json()["publication"]["engagement"]
    assert shown["likes"] == 10
    assert shown["total"] == pytest.approx(10 + 2 * 2 + 3 + 10 + 6)
    more = as_editor.post(url(publication, "/engagement"), {"likes": 20})
    shown = more.json()["publication"]["engagement"]
    assert (shown["likes"], shown["views"]) == (20, 1000)
    assert SlotEntry.objects.filter(publication=publication).exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"likes": -1},
        {"likes": 2**31},
        {"likes": "10"},
        {"likes": 1.5},
        {"likes": True},
        {"likes": None},
        {"hearts": 3},
    ],
)
def test_bad_engagement_is_refused(as_editor: APIClient, body: dict) -> None:
    publication = put(a_publication(), state=P.PUBLISHED)
    response = as_editor.post(url(publication, "/engagement"), body)
    assert response.status_code == 400


def test_what_is_not_published_has_no_engagement(as_editor: APIClient) -> None:
    response = as_editor.post(url(a_publication(), "/engagement"), {"likes": 1})
    assert response.status_code == 409


def test_levels_of_publications(anonymous: APIClient, as_viewer: APIClient) -> None:
    publication = a_publication()
    assert anonymous.get("/api/publications").status_code == 401
    assert as_viewer.get(url(publication)).status_code == 200
    for action in ("/retry", "/cancel", "/settle", "/engagement"):
        assert anonymous.post(url(publication, action), {}).status_code == 401
        assert as_viewer.post(url(publication, action), {}).status_code == 403
