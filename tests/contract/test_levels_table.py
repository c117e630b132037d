"""Who may what: every route of the API against the one table of levels."""

import re
import uuid
from collections.abc import Callable, Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from promura_site.api.views import UnknownEndpoint
from promura_site.models import User

pytestmark = pytest.mark.django_db

LEVELS = ("view", "edit", "admin")

# Everything that is not a read and not named here takes the edit level.
VIEW_WRITES = {
    "POST /api/templates/<id>/use",
    # A look at a text: nothing is stored.
    "POST /api/templates/preview",
    "POST /api/templates/<id>/preview",
    "POST /api/publications/<id>/claim",
    "POST /api/publications/<id>/complete",
    "POST /api/publications/<id>/skip",
    "POST /api/publications/<id>/release",
    "POST /api/publications/<id>/takedown/done",
    # Each person's own.
    "POST /api/notices/read",
    "PATCH /api/notices/preferences",
    "POST /api/notices/test",
}
ADMIN_ONLY = {
    "PUT /api/notices/on-call",
    "GET /api/audit",
    "DELETE /api/templates/<id>",
    "POST /api/templates/<id>/restore",
    "POST /api/models",
    "POST /api/models/import",
    "PATCH /api/models/<id>",
    "POST /api/models/<id>/avatar",
    "POST /api/channels",
    "DELETE /api/channels/<id>",
    "POST /api/publishing/stops",
    "POST /api/publishing/stops/<id>/resume",
    "PATCH /api/models/<id>/pace",
    "POST /api/library/<id>/purge",
    "POST /api/library/empty-trash",
}
# Answered without signing in: the tokens themselves.
OPEN = {
    "POST /api/auth/token",
    "POST /api/auth/token/refresh",
    "POST /api/auth/token/revoke",
}


def _patterns(
    resolver: URLResolver, prefix: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    for one in resolver.url_patterns:
        path = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _patterns(one, path)
        else:
            yield path, one


def _routes() -> list[tuple[str, str]]:
    """Return (method, path) of every route under /api/."""
    routes = []
    for path, pattern in _patterns(get_resolver()):
        view = getattr(pattern.callback, "cls", None) or getattr(
            pattern.callback, "view_class", None
        )
        if not path.startswith("api/") or view is None or view is UnknownEndpoint:
            continue
        if view.__module__.startswith("drf_spectacular"):
            continue
        actions = getattr(pattern.callback, "actions", None)
        methods = actions or [
            name
            for name in ("get", "post", "put", "patch", "delete")
            if hasattr(view, name)
        ]
        shown = re.sub(r"<[^>]+>", "<id>", f"/{path}")
        routes += [
            (method.upper(), shown) for method in methods if method not in {"head"}
        ]
    return sorted(set(routes))


def _needed(method: str, path: str) -> str:
    name = f"{method} {path}"
    if name in ADMIN_ONLY:
        return "admin"
    return "view" if method == "GET" or name in VIEW_WRITES else "edit"


def _call(client: APIClient, method: str, path: str) -> int:
    concrete = path.replace("<id>", str(uuid.uuid4()))
    return client.generic(
        method, concrete, data="{}", content_type="application/json"
    ).status_code


def test_the_table_names_routes_that_exist() -> None:
    known = {f"{method} {path}" for method, path in _routes()}
    assert known >= (VIEW_WRITES | ADMIN_ONLY | OPEN)


@pytest.mark.parametrize(("method", "path"), _routes())
def test_a_route_takes_its_level_and_no_lower_one(
    method: str,
    path: str,
    anonymous: APIClient,
    person: Callable[..., User],
    client_of: Callable[[User], APIClient],
) -> None:
    if f"{method} {path}" in OPEN:
        assert _call(anonymous, method, path) == 400
        return
    assert _call(anonymous, method, path) == 401
    needed = LEVELS.index(_needed(method, path))
    for position, level in enumerate(LEVELS):
        status = _call(client_of(person(level)), method, path)
        if position < needed:
            assert status == 403, f"{level} may {method} {path}"
        else:
            assert status not in {401, 403, 500}, f"{level}: {status}"
    assert _call(client_of(person(None)), method, path) == 403
