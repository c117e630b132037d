"""One network for the whole run, and accounts of its own for each test."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings

from scheduling import credentials
from scheduling.models import Channel
from scheduling.publishing.connectors import registry
from scheduling.publishing.connectors.base import Connector
from tests.bluesky.network import Network, Person, Relay
from tests.factories import ChannelFactory

DATABASE = os.environ.get("TEST_DATABASE_URL", "")
CACHE = os.environ.get("TEST_CACHE_URL", "")


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    folder: Path = tmp_path_factory.mktemp("bluesky")
    with _places_of_the_appview() as places:
        environment = {"LOG_ENABLED": "0", "TMPDIR": str(folder), **places}
        with Network(environment, folder / "errors.txt") as network:
            yield network


@contextmanager
def _places_of_the_appview() -> Iterator[dict[str, str]]:
    """Give the AppView a database of its own, where the tests have servers."""
    if not (DATABASE and CACHE):
        yield {}
        return
    name = f"bluesky_{os.getpid()}"
    with psycopg.connect(DATABASE, dbname="postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield {
                "DB_POSTGRES_URL": urlsplit(DATABASE)._replace(path=name).geturl(),
                "DB_POSTGRES_SCHEMA": "promura",
                "REDIS_HOST": urlsplit(CACHE).hostname or "127.0.0.1",
            }
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def person(network: Network) -> Person:
    return network.person()


@pytest.fixture
def relay(network: Network) -> Iterator[Relay]:
    with Relay(network.service) as relay:
        yield relay


def sign_in(person: Person, **changes: str) -> dict[str, Any]:
    given = {"identifier": person.handle, "password": person.password}
    return registry.validate_credentials("bluesky", {**given, **changes})


@pytest.fixture
def connect(network: Network) -> Callable[..., Connector]:
    """Return connectors: connect(person, service=…, password=…)."""

    def connect(person: Person, **changes: str) -> Connector:
        given = sign_in(person, **{"service": network.service, **changes})
        return registry.get_connector("bluesky", given)

    return connect


@pytest.fixture
def a_bluesky(network: Network) -> Callable[..., Channel]:
    """Return channels: a_bluesky(person, service=…)."""

    def a_bluesky(person: Person, service: str = "") -> Channel:
        given = sign_in(person, service=service or network.service)
        return ChannelFactory(
            platform="bluesky",
            connector="bluesky",
            handle=person.handle,
            credentials=credentials.encrypt(given),
        )

    assert settings.ALLOW_PRIVATE_TARGETS
    return a_bluesky
