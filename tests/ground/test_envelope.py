"""Every answer under /api/ wears the envelope."""

import json

import pytest
from django.test import Client
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/api/nothing", "/api/nothing/", "/api", "/api/"])
@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "patch"])
def test_an_unknown_path_is_a_404_envelope(path: str, method: str) -> None:
    response = getattr(Client(), method)(path)
    assert response.status_code == 404
    assert response.json() == {
        "success": False,
        "message": "There is nothing at this address.",
        "code": "not_found",
        "errors": {},
    }


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"username": "a"', 400),
        (b'{"username": NaN}', 400),
        (b'{"username": 1e999}', 400),
        (b'{"username": "\\ud800", "password": "x"}', 400),
        (b'{"username": "a\\u0000b", "password": "x"}', 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b"", 400),
        (b'{"username": "' + b"x" * 3_000_000 + b'"}', 413),
    ],
)
def test_a_body_that_is_no_good_json_is_refused(body: bytes, status: int) -> None:
    response = Client().post(
        "/api/auth/token", data=body, content_type="application/json"
    )
    assert response.status_code == status
    answer = response.json()
    assert answer["success"] is False
    assert answer["message"]
    assert answer["code"]


def test_a_field_is_named_where_its_text_cannot_be_stored() -> None:
    response = Client().post(
        "/api/auth/token",
        data=b'{"username": "\\ud800", "password": "x"}',
        content_type="application/json",
    )
    assert list(response.json()["errors"]) == ["username"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "x/y"])
def test_another_content_type_is_415(content_type: str) -> None:
    response = Client().post("/api/auth/token", data=b"a=b", content_type=content_type)
    assert response.status_code == 415
    assert response.json()["code"] == "unsupported_media_type"


def test_a_missing_token_is_401_and_says_how(anonymous: APIClient) -> None:
    response = anonymous.get("/api/auth/me")
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response.json()["code"] == "not_authenticated"


def test_a_bad_token_is_401(anonymous: APIClient) -> None:
    response = anonymous.get("/api/auth/me", headers={"Authorization": "Bearer x"})
    assert response.status_code == 401
    assert response.json()["success"] is False


def test_a_slash_changes_nothing(as_viewer: APIClient) -> None:
    assert as_viewer.get("/api/auth/me/").json() == as_viewer.get("/api/auth/me").json()


def test_a_wrong_method_is_405(as_viewer: APIClient) -> None:
    response = as_viewer.delete("/api/auth/me")
    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"


def test_nul_in_the_query_is_a_400(as_viewer: APIClient) -> None:
    response = as_viewer.get("/api/auth/me?search=%00")
    assert response.status_code == 400
    assert json.loads(response.content)["errors"]


def test_an_unknown_path_is_a_404_whatever_the_token(anonymous: APIClient) -> None:
    response = anonymous.get("/api/nothing", headers={"Authorization": "Bearer x"})
    assert response.status_code == 404
