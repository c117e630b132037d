"""Signing in: tokens, sessions, lockout, and signing out everywhere."""

import re
from collections.abc import Callable

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from rest_framework.test import APIClient

from promura_site import services
from promura_site.models import User
from promura_site.pages import setup_token

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-password-1"


def _tokens(client: APIClient, username: str = "editor") -> dict[str, str]:
    response = client.post(
        "/api/auth/token", {"username": username, "password": PASSWORD}
    )
    assert response.status_code == 200, response.content
    return response.json()


def test_a_token_opens_the_api(editor: User, anonymous: APIClient) -> None:
    access = _tokens(anonymous)["access"]
    response = anonymous.get(
        "/api/auth/me", headers={"Authorization": f"Bearer {access}"}
    )
    assert response.json()["username"] == "editor"
    assert response.json()["level"] == "edit"
    assert "library.change_mediaitem" in response.json()["permissions"]


def test_a_wrong_password_is_401_in_the_envelope(
    editor: User, anonymous: APIClient
) -> None:
    response = anonymous.post(
        "/api/auth/token", {"username": "editor", "password": "wrong"}
    )
    assert response.status_code == 401
    assert response.json()["code"] == "bad_credentials"


def test_a_refresh_token_works_once(editor: User, anonymous: APIClient) -> None:
    refresh = _tokens(anonymous)["refresh"]
    fresh = anonymous.post("/api/auth/token/refresh", {"refresh": refresh})
    assert fresh.status_code == 200
    again = anonymous.post("/api/auth/token/refresh", {"refresh": refresh})
    assert again.status_code == 401
    assert again.json()["code"] == "token_not_valid"


def test_a_revoked_token_refreshes_no_more(editor: User, anonymous: APIClient) -> None:
    refresh = _tokens(anonymous)["refresh"]
    assert (
        anonymous.post("/api/auth/token/revoke", {"refresh": refresh}).status_code
        == 200
    )
    assert (
        anonymous.post("/api/auth/token/refresh", {"refresh": refresh}).status_code
        == 401
    )


@pytest.mark.parametrize("refresh", ["", "x", "a.b.c", 7, None, ["x"]])
def test_a_refresh_token_that_is_none_is_refused(
    refresh: object, anonymous: APIClient
) -> None:
    response = anonymous.post("/api/auth/token/refresh", {"refresh": refresh})
    assert response.status_code in {400, 401}


def test_signing_out_everywhere_ends_tokens_and_sessions(
    editor: User, anonymous: APIClient, browse: Callable[[User], Client]
) -> None:
    tokens, session = _tokens(anonymous), browse(editor)
    bearer = {"Authorization": f"Bearer {tokens['access']}"}
    assert session.get("/api/auth/me").status_code == 200
    services.sign_out_everywhere(editor)
    assert session.get("/api/auth/me").status_code == 401
    assert anonymous.get("/api/auth/me", headers=bearer).status_code == 401
    refreshed = anonymous.post(
        "/api/auth/token/refresh", {"refresh": tokens["refresh"]}
    )
    assert refreshed.status_code == 401


@override_settings(AXES_FAILURE_LIMIT=3)
def test_the_token_endpoint_and_the_page_share_one_lockout(editor: User) -> None:
    client = Client()
    for _ in range(2):
        client.post(
            "/api/auth/token",
            {"username": "editor", "password": "wrong"},
            content_type="application/json",
        )
    page = client.post("/sign-in", {"username": "editor", "password": "wrong"})
    assert page.status_code == 429
    token = client.post(
        "/api/auth/token",
        {"username": "editor", "password": PASSWORD},
        content_type="application/json",
    )
    assert token.status_code == 429
    assert token.json()["code"] == "locked_out"
    assert token["Retry-After"] == "900"


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_admin_has_no_door_of_its_own(editor: User, method: str) -> None:
    credentials = {"username": "editor", "password": PASSWORD}
    answer = getattr(Client(), method)("/admin/login/?next=/admin/x/", credentials)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in?next=")
    assert "sessionid" not in answer.cookies


@override_settings(AXES_ENABLED=False)
def test_no_attempts_limit_means_no_lockout(editor: User, anonymous: APIClient) -> None:
    for _ in range(30):
        anonymous.post("/api/auth/token", {"username": "editor", "password": "wrong"})
    assert _tokens(anonymous)["success"] is True


def test_the_session_needs_a_csrf_token_for_writes(editor: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(editor, "django.contrib.auth.backends.ModelBackend")
    response = client.post("/api/templates", {"name": "x", "content": "y"})
    assert response.status_code == 403
    assert response.json()["code"] == "csrf_failed"
    assert "reload" in response.json()["message"]


def test_a_person_without_a_level_may_do_nothing(
    person: Callable[..., User], client_of: Callable[[User], APIClient]
) -> None:
    client = client_of(person(None))
    for path in ("/api/auth/me", "/api/library", "/api/templates", "/api/metrics"):
        assert client.get(path).status_code == 403, path


def test_a_deactivated_person_is_out_at_once(
    editor: User, anonymous: APIClient
) -> None:
    bearer = {"Authorization": f"Bearer {_tokens(anonymous)['access']}"}
    User.objects.update(is_active=False)
    assert anonymous.get("/api/auth/me", headers=bearer).status_code == 401


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"]
)
def test_sign_in_sends_nobody_to_another_site(editor: User, target: str) -> None:
    response = Client().post(
        "/sign-in", {"username": "editor", "password": PASSWORD, "next": target}
    )
    assert response.status_code == 302
    assert response["Location"] == reverse("today")


def test_the_owner_sets_up_once(db: None) -> None:
    link = reverse("setup", args=[setup_token()])
    client = Client()
    assert client.get(link).status_code == 200
    form = {
        "username": "owner",
        "full_name": "Olga Owner",
        "password": "a-fine-long-secret-9",
        "timezone": "Europe/Berlin",
    }
    assert client.post(link, form | {"password": "123"}).status_code == 200
    assert not User.objects.exists()
    assert client.post(link, form)["Location"] == reverse("today")
    owner = User.objects.get()
    assert owner.is_superuser
    assert owner.is_staff
    assert Client().get(link)["Location"].startswith("/sign-in")


def test_setting_up_begins_where_something_was_refused(db: None) -> None:
    link = reverse("setup", args=[setup_token()])
    form = {"username": "owner", "password": "123", "timezone": "Europe/Berlin"}
    focus = re.compile(r'<input id="(\w+)"[^>]*\sautofocus')
    pages = [
        Client().get(link),
        Client().post(link, form),
        Client().post(link, form | {"username": "own er"}),
    ]
    found = [focus.findall(page.content.decode()) for page in pages]
    assert found == [["full_name"], ["password"], ["username"]]


def test_the_admin_lists_what_is_worked_with_first(
    person: Callable[..., User], browse: Callable[[User], Client]
) -> None:
    page = browse(person("admin", is_superuser=True)).get("/admin/").content.decode()
    apps = ("library", "templates_app", "scheduling", "metrics", "axes")
    places = [page.index(f'href="/admin/{one}/') for one in apps]
    assert places == sorted(places)
    assert "Sign-in attempts" in page
    assert "token_blacklist" not in page


def test_a_made_up_setup_link_opens_nothing(db: None) -> None:
    assert Client().get("/setup/owner:made:up").status_code == 404
