"""The models of the agency, over the API."""

import pytest
from rest_framework.test import APIClient

from tests.factories import ChannelFactory, CreatorFactory

pytestmark = pytest.mark.django_db


def test_models_are_listed_with_their_channels(as_viewer: APIClient) -> None:
    lea = CreatorFactory(slug="lea", name="Lea", timezone="Asia/Tokyo")
    ChannelFactory(creator=lea, handle="@lea")
    response = as_viewer.get("/api/models")
    assert response.status_code == 200
    (shown,) = response.json()["models"]
    assert shown["id"] == "lea"
    assert shown["timezone"] == "Asia/Tokyo"
    assert shown["active"] is True
    assert shown["avatar_url"] is None
    assert [one["handle"] for one in shown["channels"]] == ["@lea"]
    assert "credentials" not in shown["channels"][0]


def test_the_list_costs_the_same_however_many_there_are(
    as_viewer: APIClient, django_assert_num_queries
) -> None:
    ChannelFactory.create_batch(8)
    as_viewer.get("/api/models")
    with django_assert_num_queries(3):
        as_viewer.get("/api/models")


def test_models_are_found_by_name_and_by_being_active(as_viewer: APIClient) -> None:
    CreatorFactory(name="Lea Sommer")
    CreatorFactory(name="Mia Winter", is_active=False)
    found = as_viewer.get("/api/models", {"search": "lea"}).json()["models"]
    assert [one["name"] for one in found] == ["Lea Sommer"]
    gone = as_viewer.get("/api/models", {"active": "false"}).json()["models"]
    assert [one["name"] for one in gone] == ["Mia Winter"]
    assert as_viewer.get("/api/models", {"active": "maybe"}).status_code == 400


def test_one_model_is_shown_by_its_id(as_viewer: APIClient) -> None:
    CreatorFactory(slug="lea")
    assert as_viewer.get("/api/models/lea").json()["model"]["id"] == "lea"
    assert as_viewer.get("/api/models/nobody").status_code == 404


def test_an_admin_takes_a_model_in(as_admin: APIClient) -> None:
    response = as_admin.post(
        "/api/models", {"id": "lea", "name": "Lea", "timezone": "Asia/Tokyo"}
    )
    assert response.status_code == 201
    assert response.json()["model"]["timezone"] == "Asia/Tokyo"
    again = as_admin.post("/api/models", {"id": "lea", "name": "Lea"})
    assert again.status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "Lea"}, "id"),
        ({"id": "Lea!", "name": "Lea"}, "id"),
        ({"id": "lea"}, "name"),
        ({"id": "lea", "name": "x" * 121}, "name"),
        ({"id": "lea", "name": 7}, "name"),
        ({"id": "lea", "name": "Lea", "timezone": "Mars/Base"}, "timezone"),
        ({"id": "lea", "name": "Lea", "language": "?"}, "language"),
    ],
)
def test_a_bad_model_is_refused_by_field(
    as_admin: APIClient, body: dict, field: str
) -> None:
    response = as_admin.post("/api/models", body)
    assert response.status_code == 400
    assert field in response.json()["errors"]


def test_a_model_changes_but_keeps_her_id(as_admin: APIClient) -> None:
    CreatorFactory(slug="lea")
    response = as_admin.patch(
        "/api/models/lea",
        {"name": "Lea S.", "timezone": "UTC", "active": False, "id": "other"},
    )
    assert response.status_code == 200
    shown = response.json()["model"]
    assert (shown["id"], shown["name"]) == ("lea", "Lea S.")
    assert (shown["timezone"], shown["active"]) == ("UTC", False)


def test_only_admins_write_models(
    anonymous: APIClient, as_viewer: APIClient, as_editor: APIClient
) -> None:
    CreatorFactory(slug="lea")
    assert anonymous.get("/api/models").status_code == 401
    assert anonymous.get("/api/models/lea").status_code == 401
    for client in (as_viewer, as_editor):
        assert client.post("/api/models", {"id": "a", "name": "A"}).status_code == 403
        assert client.patch("/api/models/lea", {"name": "A"}).status_code == 403
