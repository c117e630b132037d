"""The web process under many clients, and killed in the middle of its work."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.db import connection

from promura_site.models import User
from templates_app.models import PostTemplate
from tests.factories import PostTemplateFactory
from tests.web_process import WebProcess, payload

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 8
USES = 200
CREATES = 1000


def test_eight_clients_using_one_template_are_all_counted(
    person: Callable[..., User],
) -> None:
    person("view", username="counter")
    template = PostTemplateFactory()
    with WebProcess() as web:

        def use(_: int) -> set[int]:
            with web.sign_in("counter") as client:
                path = f"/api/templates/{template.pk}/use"
                return {client.post(path).status_code for _ in range(USES)}

        with ThreadPoolExecutor(CLIENTS) as pool:
            statuses = set().union(*pool.map(use, range(CLIENTS)))
    assert statuses == {200}
    template.refresh_from_db()
    assert template.usage_count == CLIENTS * USES


def test_what_was_acknowledged_survives_a_kill_in_the_middle(
    person: Callable[..., User],
) -> None:
    person("edit", username="writer")
    acknowledged: list[str] = []
    half_way = threading.Event()
    with WebProcess() as web:
        clients = [web.sign_in("writer") for _ in range(CLIENTS)]

        def create(turn: int) -> None:
            for number in range(CREATES // CLIENTS):
                body = {
                    "name": f"Template {turn}-{number}",
                    "content": "Words that must not get lost",
                    "models": ["model1", "model2"],
                    "tags": [f"tag{number % 7}", "kept"],
                    "media_ids": ["media-1"],
                }
                try:
                    answer = clients[turn].post("/api/templates", json=body)
                except httpx.HTTPError:
                    return
                if answer.status_code == 201:
                    acknowledged.append(answer.json()["template"]["id"])
                if len(acknowledged) >= CREATES // 3:
                    half_way.set()

        with ThreadPoolExecutor(CLIENTS + 1) as pool:
            writers = [pool.submit(create, turn) for turn in range(CLIENTS)]
            assert half_way.wait(120)
            web.kill()
            for writer in writers:
                writer.result()
        for client in clients:
            client.close()

    assert CREATES // 3 <= len(acknowledged) < CREATES
    stored = {str(one.pk): one for one in PostTemplate.objects.all()}
    assert set(acknowledged) <= set(stored)
    # Nothing is half there: every row that exists has all that belongs to it.
    for template in PostTemplate.objects.prefetch_related(
        "tags", "model_refs", "media_refs"
    ):
        assert len(template.tags.all()) == 2
        assert len(template.model_refs.all()) == 2
        assert len(template.media_refs.all()) == 1
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            assert cursor.fetchall() == [("ok",)]
    with WebProcess() as again, again.sign_in("writer") as client:
        assert payload(client.get("/api/templates?limit=1"))["count"] == len(stored)


def test_a_chunked_body_is_read_and_an_unread_one_costs_nothing(
    person: Callable[..., User],
) -> None:
    person("edit", username="sender")
    with WebProcess() as web, web.sign_in("sender") as client:
        created = client.post(
            "/api/templates",
            content=iter([b'{"name": "In pieces",', b' "content": "and whole"}']),
            headers={"Content-Type": "application/json"},
        )
        assert payload(created)["template"]["name"] == "In pieces"
        too_much = client.post(
            "/api/templates",
            content=(b"x" * 100_000 for _ in range(30)),
            headers={"Content-Type": "application/json"},
        )
        assert too_much.status_code == 413
        for _ in range(50):
            # An answer before the body has been read, then the next on the line.
            refused = client.post("/api/library", content=b"x" * 300_000)
            assert refused.status_code == 405
            assert client.get("/healthz").status_code == 200
