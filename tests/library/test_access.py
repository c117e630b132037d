"""Who may call what in the library."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from library.models import BulkOperation
from promura_site.models import User
from tests.factories import CreatorFactory, MediaItemFactory

pytestmark = pytest.mark.django_db

VIEW = [
    ("get", "/api/library"),
    ("get", "/api/library/stats"),
    ("get", "/api/library/tags"),
    ("get", "/api/library/{id}"),
    ("get", "/api/library/{id}/usage"),
    ("get", "/api/library/{id}/file"),
    ("get", "/api/library/{id}/thumbnail"),
    ("get", "/api/library/{id}/preview"),
    ("get", "/api/models/{slug}/avatar"),
]
EDIT = [
    ("post", "/api/library/upload"),
    ("patch", "/api/library/{id}"),
    ("delete", "/api/library/{id}"),
    ("post", "/api/library/{id}/restore"),
    ("post", "/api/library/{id}/use"),
    ("post", "/api/library/bulk-delete"),
    ("post", "/api/library/bulk-tag"),
    ("post", "/api/library/bulk-operations/{operation}/undo"),
]
ADMIN = [
    ("post", "/api/library/{id}/purge"),
    ("post", "/api/library/empty-trash"),
    ("post", "/api/models/{slug}/avatar"),
]


@pytest.fixture
def call() -> Callable[[APIClient, str, str], int]:
    item, creator = MediaItemFactory(), CreatorFactory()
    operation = BulkOperation.objects.create(kind="tag")

    def send(client: APIClient, method: str, path: str) -> int:
        address = path.format(id=item.pk, slug=creator.slug, operation=operation.pk)
        return getattr(client, method)(address).status_code

    return send


@pytest.mark.parametrize(("method", "path"), VIEW + EDIT + ADMIN)
def test_an_anonymous_call_is_a_401(
    call: Callable[..., int], anonymous: APIClient, method: str, path: str
) -> None:
    assert call(anonymous, method, path) == 401


@pytest.mark.parametrize(("method", "path"), VIEW + EDIT + ADMIN)
def test_a_person_in_no_group_may_do_nothing(
    call: Callable[..., int],
    person: Callable[..., User],
    client_of: Callable[[User], APIClient],
    method: str,
    path: str,
) -> None:
    assert call(client_of(person(None)), method, path) == 403


@pytest.mark.parametrize(("method", "path"), VIEW)
def test_the_view_level_may_look(
    call: Callable[..., int], as_viewer: APIClient, method: str, path: str
) -> None:
    assert call(as_viewer, method, path) in {200, 404}


@pytest.mark.parametrize(("method", "path"), EDIT + ADMIN)
def test_the_view_level_may_not_write(
    call: Callable[..., int], as_viewer: APIClient, method: str, path: str
) -> None:
    assert call(as_viewer, method, path) == 403


@pytest.mark.parametrize(("method", "path"), EDIT)
def test_the_edit_level_may_write(
    call: Callable[..., int], as_editor: APIClient, method: str, path: str
) -> None:
    assert call(as_editor, method, path) in {200, 400, 409, 415}


@pytest.mark.parametrize(("method", "path"), ADMIN)
def test_the_edit_level_may_not_do_what_is_the_admins(
    call: Callable[..., int], as_editor: APIClient, method: str, path: str
) -> None:
    assert call(as_editor, method, path) == 403


@pytest.mark.parametrize(("method", "path"), ADMIN)
def test_the_admin_level_may_do_it(
    call: Callable[..., int], as_admin: APIClient, method: str, path: str
) -> None:
    assert call(as_admin, method, path) in {200, 400, 409}


@pytest.mark.parametrize(("method", "path"), EDIT + ADMIN)
def test_no_address_does_its_work_for_another_method(
    call: Callable[..., int], as_admin: APIClient, method: str, path: str
) -> None:
    known = {one for one, other in VIEW + EDIT + ADMIN if other == path}
    for other in {"get", "post", "put", "patch", "delete"} - known:
        assert call(as_admin, other, path) == 405
