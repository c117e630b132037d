"""Every answer under /api/ wears the envelope."""

import json
from io import BytesIO
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, override_settings
from rest_framework.test import APIClient

from promura_site import events
from templates_app.views import TemplateViewSet

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


def test_options_wear_the_envelope_too(as_viewer: APIClient) -> None:
    answer = as_viewer.options("/api/templates")
    assert answer.status_code == 200
    assert answer.json()["success"] is True
    assert answer.json()["parses"] == ["application/json"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"username": "nobody", "password": "x"}, "/api/auth/token"),
        ({"refresh": "x"}, "/api/auth/token/refresh"),
    ],
)
def test_every_401_says_how_to_sign_in(
    anonymous: APIClient, body: dict[str, str], path: str
) -> None:
    answer = anonymous.post(path, body)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


@override_settings(DATA_UPLOAD_MAX_NUMBER_FILES=2, DATA_UPLOAD_MAX_NUMBER_FIELDS=2)
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({f"file{n}": BytesIO(b"x") for n in range(3)}, "2 files"),
        ({f"field{n}": "x" for n in range(4)}, "2 fields"),
    ],
    ids=["files", "fields"],
)
def test_a_form_of_too_many_parts_is_a_413_that_says_so(
    as_editor: APIClient, fields: dict[str, Any], words: str
) -> None:
    answer = as_editor.post("/api/library/upload", fields, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert words in answer.json()["message"]


def test_a_strange_host_is_refused_in_the_envelope() -> None:
    answer = Client().get("/api/library", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert answer.json()["success"] is False


def test_a_busy_database_is_a_503_to_try_again_and_is_asked_no_more(
    as_viewer: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def record(**_: object) -> None:
        raise AssertionError("this would wait for the database once more")

    monkeypatch.setattr(events.failed, "send", record)

    def locked(self: TemplateViewSet) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(TemplateViewSet, "get_queryset", locked)
    answer = as_viewer.get("/api/templates")
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert answer.json()["code"] == "busy"
