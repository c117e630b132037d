"""The main job from upload to dashboard: real processes, real files, real receipts.

A web process, a publisher and a task worker share the test database; everything is
done over HTTP as a program of the agency would do it.
"""

import base64
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings

from promura_site.models import User
from tests.loopback import Receiver
from tests.media_files import exif_bytes, jpeg_bytes, mp4_bytes
from tests.scheduling.publisher_process import PublisherProcess
from tests.web_process import WebProcess, payload

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
PATIENCE = 60


def _await(ask: Callable[[], Any], what: str) -> Any:
    """Ask until there is an answer."""
    deadline = time.monotonic() + PATIENCE
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.2)
    return answer


def _upload(client: httpx.Client) -> list[dict[str, Any]]:
    photo = jpeg_bytes(640, 800, "#a03060", exif=exif_bytes(orientation=6, gps=True))
    clip = mp4_bytes(1)
    answer = payload(
        client.post(
            "/api/library/upload",
            files=[
                ("file", ("beach.jpg", photo, "image/jpeg")),
                ("file", ("clip.mp4", clip, "video/mp4")),
            ],
            data={"tags": "fresh", "models": "lea,nora"},
        )
    )
    again = client.post(
        "/api/library/upload", files={"file": ("again.jpg", photo, "image/jpeg")}
    )
    assert again.status_code == 200
    assert again.json()["duplicate"] is True
    media: list[dict[str, Any]] = answer["uploaded"]
    assert [one["type"] for one in media] == ["image", "video"]
    for one in media:
        thumbnail = client.get(one["thumbnail_url"])
        assert thumbnail.status_code == 200
        assert b"Exif" not in thumbnail.content
    return media


def _connect(owner: httpx.Client, webhook: str) -> None:
    for slug, name, zone in (
        ("lea", "Lea Moss", "Europe/Berlin"),
        ("nora", "Nora Vale", "America/New_York"),
    ):
        body = {"id": slug, "name": name, "timezone": zone}
        payload(owner.post("/api/models", json=body))
    payload(
        owner.post(
            "/api/channels",
            json={
                "model": "lea",
                "platform": "instagram",
                "connector": "outbox",
                "handle": "@lea.moss",
            },
        )
    )
    credentials = {"url": webhook, "secret": SECRET, "idempotent": True}
    payload(
        owner.post(
            "/api/channels",
            json={
                "model": "nora",
                "platform": "webhook",
                "handle": "nora-site",
                "credentials": credentials,
            },
        )
    )


def _plan(client: httpx.Client, template: dict[str, Any]) -> dict[str, Any]:
    """Plan the template's post for both models, a few seconds from now."""
    at = datetime.now(UTC) + timedelta(seconds=3)
    body = {
        "content": template["content"],
        "models": template["models"],
        "media_ids": template["media_ids"],
        "tags": template["tags"],
        "template": template["id"],
        "schedule_time": at.isoformat(),
    }
    key = {"Idempotency-Key": "plan-1"}
    post: dict[str, Any] = payload(client.post("/api/posts", json=body, headers=key))[
        "post"
    ]
    repeated = payload(client.post("/api/posts", json=body, headers=key))["post"]
    assert repeated["id"] == post["id"]
    assert post["status"] == "scheduled"
    assert len(post["publications"]) == 2
    return post


def test_the_main_job_from_upload_to_metrics(person: Callable[..., User]) -> None:
    for level in ("edit", "admin"):
        person(level, username=f"the-{level}")
    with (
        Receiver(secret=SECRET, honours_keys=True) as receiver,
        WebProcess() as web,
        PublisherProcess(),
        web.sign_in("the-admin") as owner,
        web.sign_in("the-edit") as client,
    ):
        _connect(owner, receiver.url)
        media = _upload(client)
        ids = [one["id"] for one in media]
        tagged = payload(
            client.post(
                "/api/library/bulk-tag",
                json={"media_ids": ids, "tags": ["beach", "summer"], "action": "add"},
            )
        )
        assert tagged["updated_count"] == 2

        template = payload(
            client.post(
                "/api/templates",
                json={
                    "name": "Beach day",
                    "content": "Salt on everything",
                    "models": ["lea", "nora"],
                    "media_ids": ids,
                    "tags": ["summer"],
                    "schedule_pattern": "weekly",
                },
            )
        )["template"]
        used = payload(client.post(f"/api/templates/{template['id']}/use"))["template"]
        assert used["usage_count"] == 1
        suggestions = payload(
            client.get("/api/scheduling/suggestions?count=5&model=lea")
        )["suggestions"]
        assert len(suggestions) == 5

        post = _plan(client, used)
        path = f"/api/posts/{post['id']}"
        refused = payload(
            client.post("/api/library/bulk-delete", json={"media_ids": ids})
        )
        assert refused["deleted_count"] == 0
        assert set(refused["failed_ids"]) == set(ids)

        def published() -> Any:
            now = payload(client.get(path))["post"]
            return now if now["status"] == "completed" else None

        done = _await(published, "the post to be published")
        _check_outbox(done, media)
        _check_webhook(receiver)
        _give_engagement(client, done)
        _check_dashboard(owner, media)


def _check_outbox(post: dict[str, Any], media: list[dict[str, Any]]) -> None:
    folders = [one for one in Path(settings.OUTBOX_DIR).glob("lea/*/*") if one.is_dir()]
    mine = [
        one
        for one in folders
        if any(row["id"] in one.name for row in post["publications"])
    ]
    assert len(mine) == 1
    written = json.loads((mine[0] / "post.json").read_text())
    assert written["content"] == "Salt on everything"
    assert len(list(mine[0].iterdir())) == 2 + len(media)


def _check_webhook(receiver: Receiver) -> None:
    assert len(receiver.effects) == 1
    sent = json.loads(receiver.effects[0][1])
    assert sent["data"]["content"] == "Salt on everything"
    assert len(sent["data"]["media"]) == 2


def _give_engagement(client: httpx.Client, post: dict[str, Any]) -> None:
    for row in post["publications"]:
        answer = payload(
            client.post(
                f"/api/publications/{row['id']}/engagement",
                json={"likes": 120, "comments": 8, "shares": 3, "views": 2400},
            )
        )
        assert answer["publication"]["engagement"]["likes"] == 120


def _check_dashboard(owner: httpx.Client, media: list[dict[str, Any]]) -> None:
    def told() -> Any:
        figures = payload(owner.get("/api/metrics"))
        return figures if figures["posts"]["successful"] else None

    figures = _await(told, "the dashboard to show the post")
    assert figures["system"]["worker"]["online"] is True
    assert figures["api"]["total_requests"] > 0
    actions = {one["action"] for one in figures["recent_activity"]}
    assert any(action.startswith("post") for action in actions)
    item = payload(owner.get(f"/api/library/{media[0]['id']}"))["media"]
    assert item["used_count"] >= 1
    events = payload(owner.get("/api/audit?limit=200"))["events"]
    done = {event["action"] for event in events}
    assert {"media.bulk_tagged", "template.used"} <= done
