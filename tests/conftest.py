"""Fixtures that every test may use."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from rest_framework.test import APIClient

from promura_site import levels
from promura_site.models import User
from tests.factories import UserFactory


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    cache.clear()


def _person(level: str | None, **fields: Any) -> User:
    user = UserFactory(**fields)
    if level:
        levels.set_level(user, level)
    return user


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """Make a person on a level: person("edit", username="mia")."""
    return _person


@pytest.fixture
def viewer(db: None) -> User:
    return _person("view", username="viewer")


@pytest.fixture
def editor(db: None) -> User:
    return _person("edit", username="editor")


@pytest.fixture
def admin(db: None) -> User:
    return _person("admin", username="admin")


def _client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def client_of() -> Callable[[User], APIClient]:
    """Return an API client signed in as the given person."""
    return _client_of


@pytest.fixture
def as_viewer(viewer: User) -> APIClient:
    return _client_of(viewer)


@pytest.fixture
def as_editor(editor: User) -> APIClient:
    return _client_of(editor)


@pytest.fixture
def as_admin(admin: User) -> APIClient:
    return _client_of(admin)


@pytest.fixture
def anonymous() -> APIClient:
    return APIClient()


@pytest.fixture
def browse() -> Callable[[User], Client]:
    """Return a client with the session of the given person, for pages."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user, "django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in
