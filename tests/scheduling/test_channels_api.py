"""The models' accounts, over the API."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from scheduling import credentials
from scheduling.models import Channel
from tests.factories import ChannelFactory, CreatorFactory
from tests.loopback import Behaviour, Receiver
from tests.scheduling.planning import SECRET, a_webhook

pytestmark = pytest.mark.django_db


def body(**changes: Any) -> dict[str, Any]:
    return {"model": "lea", "platform": "instagram", "handle": "@lea"} | changes


@pytest.fixture(autouse=True)
def lea() -> Any:
    return CreatorFactory(slug="lea", name="Lea")


def test_an_admin_connects_an_account(as_admin: APIClient) -> None:
    response = as_admin.post("/api/channels", body(max_rating="suggestive"))
    assert response.status_code == 201
    shown = response.json()["channel"]
    assert shown["model"] == "lea"
    assert shown["connector"] == "handover"
    assert shown["max_rating"] == "suggestive"
    assert shown["health"] == "unknown"


def test_how_many_posts_a_week_are_wanted_is_kept_and_taken_back(
    as_admin: APIClient, as_editor: APIClient
) -> None:
    made = as_admin.post("/api/channels", body(posts_per_week=5)).json()["channel"]
    assert made["posts_per_week"] == 5
    address = f"/api/channels/{made['id']}"
    changed = as_editor.patch(address, {"posts_per_week": None}).json()["channel"]
    assert changed["posts_per_week"] is None
    for wrong in (-1, 201, "many", 1.5):
        answer = as_editor.patch(address, {"posts_per_week": wrong})
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == ["posts_per_week"]


def test_credentials_are_sealed_and_never_shown(as_admin: APIClient) -> None:
    sign_in = {"url": "http://127.0.0.1:9/hook", "secret": SECRET, "idempotent": True}
    response = as_admin.post(
        "/api/channels", body(platform="webhook", credentials=sign_in)
    )
    assert response.status_code == 201
    assert SECRET not in response.content.decode()
    channel = Channel.objects.get()
    assert SECRET not in channel.credentials
    assert credentials.decrypt(channel.credentials) == sign_in
    shown = as_admin.get(f"/api/channels/{channel.pk}")
    assert SECRET not in shown.content.decode()
    assert shown.json()["channel"]["signed_in"] is True


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"model": "nobody"}, "model"),
        ({"platform": "myspace"}, "platform"),
        ({"connector": "pigeon"}, "connector"),
        ({"handle": ""}, "handle"),
        ({"handle": "x" * 121}, "handle"),
        ({"handle": 5}, "handle"),
        ({"language": "??"}, "language"),
        ({"max_rating": "wild"}, "max_rating"),
        ({"credentials": []}, "credentials"),
        ({"credentials": {"token": "x"}}, "credentials.token"),
        ({"platform": "webhook"}, "credentials.url"),
        (
            {"platform": "webhook", "credentials": {"url": "ftp://x", "secret": "s"}},
            "credentials.url",
        ),
    ],
)
def test_a_bad_channel_is_refused_by_field(
    as_admin: APIClient, changes: dict[str, Any], field: str
) -> None:
    response = as_admin.post("/api/channels", body(**changes))
    assert response.status_code == 400
    assert field in response.json()["errors"]
    assert not Channel.objects.exists()


def test_a_private_target_is_refused_unless_allowed(
    as_admin: APIClient, settings: Any
) -> None:
    settings.ALLOW_PRIVATE_TARGETS = False
    sign_in = {"url": "http://127.0.0.1:9/hook", "secret": SECRET}
    response = as_admin.post(
        "/api/channels", body(platform="webhook", credentials=sign_in)
    )
    assert response.status_code == 400
    assert "credentials.url" in response.json()["errors"]


def test_an_account_belongs_to_one_model(as_admin: APIClient) -> None:
    held = ChannelFactory(platform="instagram", handle="@Lea")
    response = as_admin.post("/api/channels", body())
    assert response.status_code == 409
    assert response.json()["code"] == "channel_taken"
    assert response.json()["model"] == held.creator.slug


def test_an_account_that_was_given_up_can_be_connected_again(
    as_admin: APIClient,
) -> None:
    old = ChannelFactory(platform="instagram", handle="@lea", is_active=False)
    assert as_admin.post("/api/channels", body()).status_code == 201
    back = as_admin.patch(f"/api/channels/{old.pk}", {"is_active": True})
    assert back.status_code == 409


def test_a_model_who_has_left_gets_no_account(as_admin: APIClient) -> None:
    CreatorFactory(slug="mia", is_active=False)
    response = as_admin.post("/api/channels", body(model="mia"))
    assert response.status_code == 400


def test_an_editor_signs_the_same_account_in_again(as_editor: APIClient) -> None:
    channel = a_webhook("http://127.0.0.1:9/hook", health="needs_sign_in")
    secret = SECRET[:-4] + "LaLS"
    sign_in = {"url": "http://127.0.0.1:9/hook", "secret": secret}
    response = as_editor.patch(
        f"/api/channels/{channel.pk}", {"credentials": sign_in, "language": "de"}
    )
    assert response.status_code == 200
    assert response.json()["channel"]["health"] == "unknown"
    channel.refresh_from_db()
    assert credentials.decrypt(channel.credentials)["secret"] == secret
    assert channel.language == "de"


def test_only_an_admin_points_an_account_somewhere_else(
    as_editor: APIClient, as_admin: APIClient
) -> None:
    channel = a_webhook("http://127.0.0.1:9/old")
    other = {"credentials": {"url": "http://127.0.0.1:9/new", "secret": SECRET}}
    address = f"/api/channels/{channel.pk}"
    assert as_editor.patch(address, other).status_code == 403
    channel.refresh_from_db()
    assert credentials.decrypt(channel.credentials)["url"].endswith("/old")
    assert as_admin.patch(address, other).status_code == 200


@pytest.mark.parametrize("changes", [{"max_rating": "explicit"}, {"is_active": False}])
def test_only_an_admin_lets_more_out_or_an_account_in_or_out(
    as_editor: APIClient, as_admin: APIClient, changes: dict[str, Any]
) -> None:
    channel = ChannelFactory(max_rating=0)
    address = f"/api/channels/{channel.pk}"
    assert as_editor.patch(address, changes).status_code == 403
    assert as_editor.patch(address, {"max_rating": "general"}).status_code == 200
    assert as_admin.patch(address, changes).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [{"language": ""}, {"is_active": "yes"}, {"credentials": {"x": 1}}, {"handle": ""}],
)
def test_a_bad_change_of_a_channel_is_refused(
    as_editor: APIClient, changes: dict[str, Any]
) -> None:
    channel = ChannelFactory()
    response = as_editor.patch(f"/api/channels/{channel.pk}", changes)
    assert response.status_code == 400


def test_a_channel_is_deactivated_rather_than_deleted(as_admin: APIClient) -> None:
    channel = ChannelFactory()
    response = as_admin.delete(f"/api/channels/{channel.pk}")
    assert response.status_code == 200
    assert response.json()["channel"]["is_active"] is False
    assert Channel.objects.filter(pk=channel.pk, is_active=False).exists()


def test_verifying_asks_the_platform(as_editor: APIClient) -> None:
    with Receiver(secret=SECRET) as receiver:
        channel = a_webhook(receiver.url)
        response = as_editor.post(f"/api/channels/{channel.pk}/verify")
        assert response.status_code == 200
        assert response.json()["channel"]["health"] == "good"
        assert response.json()["account"]["handle"] == ""
        receiver.script(Behaviour(status=401))
        refused = as_editor.post(f"/api/channels/{channel.pk}/verify")
    assert refused.status_code == 409
    assert refused.json()["code"] == "needs_sign_in"
    channel.refresh_from_db()
    assert channel.health == "needs_sign_in"
    assert channel.verified_at is not None


def test_a_sign_in_no_key_opens_asks_for_a_new_one(as_editor: APIClient) -> None:
    channel = ChannelFactory(credentials="no such ciphertext")
    response = as_editor.post(f"/api/channels/{channel.pk}/verify")
    assert response.status_code == 409
    assert response.json()["code"] == "needs_sign_in"


def test_channels_are_listed_and_filtered(as_viewer: APIClient, lea: Any) -> None:
    ChannelFactory(creator=lea, platform="instagram")
    ChannelFactory(platform="tiktok", is_active=False)
    assert as_viewer.get("/api/channels").json()["count"] == 2
    assert as_viewer.get("/api/channels", {"model": "lea"}).json()["count"] == 1
    assert as_viewer.get("/api/channels", {"platform": "tiktok"}).json()["count"] == 1
    assert as_viewer.get("/api/channels", {"active": "true"}).json()["count"] == 1
    assert as_viewer.get("/api/channels", {"health": "fine"}).status_code == 400
    assert as_viewer.get("/api/channels", {"ordering": "age"}).status_code == 400


def test_the_list_costs_the_same_however_many_there_are(
    as_viewer: APIClient, django_assert_num_queries
) -> None:
    ChannelFactory.create_batch(5)
    as_viewer.get("/api/channels")
    with django_assert_num_queries(2):
        as_viewer.get("/api/channels")


def test_levels_of_channels(
    anonymous: APIClient, as_viewer: APIClient, as_editor: APIClient
) -> None:
    one = f"/api/channels/{ChannelFactory().pk}"
    assert anonymous.get("/api/channels").status_code == 401
    assert anonymous.post(f"{one}/verify").status_code == 401
    assert as_viewer.patch(one, {"language": "de"}).status_code == 403
    assert as_viewer.post(f"{one}/verify").status_code == 403
    assert as_editor.post("/api/channels", body()).status_code == 403
    assert as_editor.delete(one).status_code == 403


def test_an_id_that_is_none_is_a_404(as_viewer: APIClient) -> None:
    assert as_viewer.get("/api/channels/7").status_code == 404
    missing = "/api/channels/0195f1d2-7c00-7000-8000-000000000001"
    assert as_viewer.get(missing).status_code == 404


def test_the_browsable_api_keeps_what_was_refused_but_no_credentials(
    as_admin: APIClient,
) -> None:
    body = {"handle": "@nobody", "credentials": {"secret": SECRET}}
    response = as_admin.post("/api/channels", body, HTTP_ACCEPT="text/html")
    page = response.content.decode()
    assert response.status_code == 400
    assert "@nobody" in page
    assert SECRET not in page
