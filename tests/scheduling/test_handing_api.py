"""Hand-overs over the API: taken, kept, posted, skipped, given back."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from promura_site.models import User
from scheduling.models import PanicStop, Publication
from tests.scheduling.handing_over import planned, ready, run_out
from tests.scheduling.planning import a_publication

pytestmark = pytest.mark.django_db

NOBODY = "0195f1d2-7c00-7000-8000-000000000001"


@pytest.fixture
def ana(person: Callable[..., User], client_of: Any) -> APIClient:
    return client_of(person("view", username="ana"))


@pytest.fixture
def bo(person: Callable[..., User], client_of: Any) -> APIClient:
    return client_of(person("view", username="bo"))


def deed(client: APIClient, row: Publication, word: str, **body: Any) -> Any:
    path = f"/api/publications/{row.pk}/{word}"
    return client.post(path, body, format="json")


def test_an_assistant_takes_posts_and_reports(ana: APIClient) -> None:
    row = ready()
    answer = deed(ana, row, "claim").json()
    shown = answer["publication"]
    assert (shown["status"], shown["claimed_by"]) == ("claimed", "ana")
    assert shown["claimed_until"].endswith("Z")
    assert shown["by_hand"] is True
    assert shown["reason"]["code"] == "claimed"
    link = "https://www.instagram.com/p/abc/"
    answer = deed(ana, row, "complete", url=link)
    assert answer.status_code == 200
    again = deed(ana, row, "complete", url="https://example.com/other")
    assert again.json()["publication"] == answer.json()["publication"]
    shown = again.json()["publication"]
    assert (shown["status"], shown["url"], shown["claimed_by"]) == (
        "published",
        link,
        "ana",
    )
    assert shown["external_id"] == ""
    assert shown["published_at"]


def test_two_assistants_do_not_take_the_same(ana: APIClient, bo: APIClient) -> None:
    row = ready()
    assert deed(ana, row, "claim").status_code == 200
    refused = deed(bo, row, "claim")
    body = refused.json()
    assert (refused.status_code, body["code"]) == (409, "already_claimed")
    assert body["claimed_by"] == "ana"
    assert body["claimed_until"]
    assert deed(bo, row, "complete").status_code == 409
    assert deed(bo, row, "skip").status_code == 409
    assert deed(bo, row, "release").status_code == 409


def test_taking_over_is_for_the_edit_level(
    ana: APIClient, bo: APIClient, as_editor: APIClient
) -> None:
    row = ready()
    deed(ana, row, "claim")
    assert deed(bo, row, "claim", take_over=True).status_code == 403
    assert deed(as_editor, row, "claim").status_code == 409
    answer = deed(as_editor, row, "claim", take_over=True).json()
    assert answer["publication"]["claimed_by"] == "editor"


def test_it_is_skipped_and_put_back(ana: APIClient) -> None:
    row = ready()
    deed(ana, row, "claim")
    shown = deed(ana, row, "skip", reason="Wrong picture").json()["publication"]
    assert (shown["status"], shown["error"]) == ("skipped", "Wrong picture")
    shown = deed(ana, row, "release").json()["publication"]
    assert (shown["status"], shown["claimed_by"]) == ("ready", None)
    assert shown["reason"] == {
        "code": "hand_over",
        "text": "It waits for somebody to post it by hand.",
        "action": "hand_over",
    }


def test_whose_claim_ran_out_has_it_no_more(ana: APIClient, bo: APIClient) -> None:
    row = ready()
    deed(ana, row, "claim")
    run_out(row)
    assert deed(bo, row, "claim").json()["publication"]["claimed_by"] == "bo"


def test_a_stopped_model_is_not_posted_for(ana: APIClient) -> None:
    row = ready()
    PanicStop.objects.create(key=PanicStop.EVERYONE, stopped_at=row.publish_at)
    refused = deed(ana, row, "claim")
    assert (refused.status_code, refused.json()["code"]) == (409, "stopped")


@pytest.mark.parametrize(
    ("word", "body"),
    [
        ("claim", {"take_over": "yes"}),
        ("complete", {"url": "not a link"}),
        ("complete", {"url": "ftp://example.com/1"}),
        ("skip", {"reason": "x" * 301}),
    ],
)
def test_bad_input_is_refused(ana: APIClient, word: str, body: dict[str, Any]) -> None:
    answer = deed(ana, ready(), word, **body)
    assert (answer.status_code, answer.json()["success"]) == (400, False)


@pytest.mark.parametrize("word", ["claim", "complete", "skip", "release"])
def test_strangers_and_wrong_ids_get_nowhere(
    anonymous: APIClient, ana: APIClient, word: str
) -> None:
    row = ready()
    assert deed(anonymous, row, word).status_code == 401
    assert ana.post(f"/api/publications/{NOBODY}/{word}").status_code == 404
    by_program = a_publication()
    refused = deed(ana, by_program, word)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_by_hand")


def test_what_is_far_ahead_says_from_when_on(ana: APIClient) -> None:
    refused = deed(ana, planned(180), "claim").json()
    assert refused["code"] == "not_ready"
    assert refused["opens_at"]


def test_hand_overs_are_listed_at_a_fixed_cost(
    ana: APIClient, django_assert_num_queries: Any
) -> None:
    for _ in range(4):
        deed(ana, ready(), "claim")
    path = "/api/publications?status=ready,claimed"
    ana.get(path)
    with django_assert_num_queries(5):
        answer = ana.get(path).json()
    assert answer["count"] == 4
    assert {one["claimed_by"] for one in answer["publications"]} == {"ana"}
