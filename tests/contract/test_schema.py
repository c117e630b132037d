"""The API's description: complete, free of outside addresses, and never a 5xx."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from promura_site import services
from promura_site.api.authentication import issue_tokens
from promura_site.models import Job, User
from tests.factories import (
    ChannelFactory,
    MediaItemFactory,
    PostTemplateFactory,
)
from tests.scheduling.planning import a_publication, stored_picture

PASSWORD = "a-long-password-1"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def _description() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


schema = schemathesis.openapi.from_dict(_description())
schema.app = get_wsgi_application()
# By name, so that each has a test of its own: schemathesis gives all of them one id,
# of which pytest-xdist would run a single one.
OPERATIONS = {
    operation.label: operation
    for operation in (found.ok() for found in schema.get_all_operations())
}


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """Keep the test's connection open between requests, as Django's client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def bearer(db: None, _one_connection: None) -> dict[str, str]:
    user = services.add_member("fuzz", level="admin", password=PASSWORD)
    MediaItemFactory.create_batch(3)
    PostTemplateFactory.create_batch(3)
    ChannelFactory.create_batch(2)
    return {"Authorization": f"Bearer {issue_tokens(user)['access']}"}


@pytest.fixture
def known(db: None) -> dict[str, str]:
    """Return an id under each path that takes one."""
    publication = a_publication()
    job = Job.objects.create(kind="library.undo", actor=None)
    return {
        "/api/library/": str(stored_picture().pk),
        "/api/templates/": str(PostTemplateFactory().pk),
        "/api/channels/": str(publication.channel_id),
        "/api/models/": publication.channel.creator.slug,
        "/api/posts/": str(publication.post_id),
        "/api/publications/": str(publication.pk),
        "/api/jobs/": str(job.pk),
    }


def _point_at_what_is_there(case: schemathesis.Case, known: dict[str, str]) -> None:
    """Let every other case name a row that exists: a 404 shows little of an answer."""
    for prefix, there in known.items():
        for name, made_up in case.path_parameters.items():
            if case.path.startswith(prefix) and sum(map(ord, str(made_up))) % 2:
                case.path_parameters[name] = there


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_answer_is_as_the_schema_has_it_and_none_a_fault(
    name: str, bearer: dict[str, str], known: dict[str, str]
) -> None:
    operation = OPERATIONS[name]

    @given(
        case=operation.as_strategy()
        | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    )
    @settings(
        max_examples=25,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    def every_answer(case: schemathesis.Case) -> None:
        _point_at_what_is_there(case, known)
        response = case.call(headers=bearer)
        case.validate_response(response, checks=CHECKS)
        if "json" in response.headers.get("content-type", [""])[0]:
            body = response.json()
            if case.path.startswith("/api/") and isinstance(body, dict):
                assert body.get("success", True) is (response.status_code < 400)

    every_answer()


def test_the_description_has_no_warnings(tmp_path: object) -> None:
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--file", f"{tmp_path}/x.yaml"
    )


def test_the_description_is_openapi_3_1_and_lists_each_path_once() -> None:
    described = _description()
    assert described["openapi"].startswith("3.1")
    paths = list(described["paths"])
    assert paths
    assert not [path for path in paths if path != "/" and path.endswith("/")]


def test_the_docs_page_loads_nothing_from_outside(viewer: User, db: None) -> None:
    client = Client()
    client.force_login(viewer, "django.contrib.auth.backends.ModelBackend")
    for path in ("/api/docs", "/api/docs?script="):
        page = client.get(path)
        assert page.status_code == 200
        found = re.findall(rb"(?:src|href)=[\"']?(https?:)?//", page.content)
        assert not found


def test_the_browsable_api_answers_a_browser_and_keeps_what_was_typed(
    editor: User, db: None
) -> None:
    client = Client()
    client.force_login(editor, "django.contrib.auth.backends.ModelBackend")
    page = client.get("/api/templates", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert b"PROMURA" in page.content
    refused = client.post(
        "/api/templates",
        data={"name": "", "content": "typed with care"},
        content_type="application/json",
        headers={"Accept": "text/html"},
    )
    assert refused.status_code == 400
    assert refused.content.count(b"typed with care") >= 1
