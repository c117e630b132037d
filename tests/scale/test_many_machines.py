"""Two web processes and three publishers on PostgreSQL, Redis and S3, by settings.

Each process has a data directory of its own, as on a machine of its own: what they
share is in the database, the cache and the bucket.
"""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from django.conf import settings
from django.db import connection

from promura_site.models import Heartbeat, User
from scheduling.models import Publication, PublishAttempt
from tests.factories import CreatorFactory
from tests.loopback import Behaviour, Receiver
from tests.media_files import exif_bytes, jpeg_bytes
from tests.scheduling.planning import SECRET, a_webhook
from tests.scheduling.publisher_process import PublisherProcess
from tests.web_process import WebProcess, free_port, payload

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not (os.environ.get("TEST_DATABASE_URL") and os.environ.get("TEST_CACHE_URL")),
        reason="many machines need PostgreSQL and Redis: TEST_DATABASE_URL, _CACHE_URL",
    ),
]

BUCKET = "promura"
# One claim takes 66: enough for several publishers.
POSTS = 200
PATIENCE = 90


@pytest.fixture
def s3() -> Iterator[str]:
    """Run an S3 service on loopback with an empty bucket; yield its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: answers(address), "the S3 service")
        bucket_at(address).create_bucket(Bucket=BUCKET)
        yield address
    finally:
        server.kill()
        server.wait(PATIENCE)


def bucket_at(address: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=address,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        region_name="us-east-1",
        config=Config(retries={"max_attempts": 5}),
    )


def answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def wait_for(ask: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.2)
    return answer


def machine(tmp_path: Path, name: str, s3: str) -> dict[str, str]:
    """Return the settings of one machine: all that it has from us."""
    return {
        "PROMURA_DATA_DIR": str(tmp_path / name),
        "CACHE_URL": os.environ["TEST_CACHE_URL"],
        "SECRET_KEY": settings.SECRET_KEY,
        "PROMURA_S3_BUCKET": BUCKET,
        "PROMURA_S3_ENDPOINT": s3,
        "PROMURA_S3_ACCESS_KEY": "key",
        "PROMURA_S3_SECRET_KEY": "secret",
        "PROMURA_PUBLISH_LEASE": "10",
    }


def plan(clients: list[httpx.Client], media: str) -> list[str]:
    """Plan posts over both web processes in turn; return their ids."""
    ids = []
    for number in range(POSTS):
        body = {
            "content": f"Post {number}",
            "models": ["lea"],
            "media_ids": [media] if number % 20 == 0 else [],
        }
        answer = payload(clients[number % 2].post("/api/posts", json=body))
        ids.append(answer["post"]["id"])
    return ids


def all_published() -> bool:
    rows = Publication.objects.filter(state=Publication.State.PUBLISHED)
    return rows.count() == POSTS


def senders() -> Counter[str]:
    """Return how many posts each publisher has sent."""
    connection.close()
    return Counter(PublishAttempt.objects.values_list("publisher", flat=True))


def test_two_web_processes_and_three_publishers_are_one_installation(
    person: Callable[..., User], tmp_path: Path, s3: str
) -> None:
    person("edit", username="the-editor")
    lea = CreatorFactory(slug="lea", name="Lea")
    photo = jpeg_bytes(640, 800, exif=exif_bytes(gps=True))
    slow = Behaviour(delay=0.05)
    with ExitStack() as stack:
        receiver = stack.enter_context(
            Receiver(secret=SECRET, honours_keys=True, default=slow)
        )
        a_webhook(receiver.url, idempotent=True, creator=lea)
        webs = [
            stack.enter_context(WebProcess(**machine(tmp_path, f"web-{n}", s3)))
            for n in range(2)
        ]
        one = stack.enter_context(webs[0].sign_in("the-editor"))
        # The token of one is good for the other.
        other = stack.enter_context(
            httpx.Client(
                base_url=webs[1].address, headers=one.headers, timeout=PATIENCE
            )
        )
        media = payload(
            one.post(
                "/api/library/upload",
                files={"file": ("beach.jpg", photo, "image/jpeg")},
            )
        )["media"]
        # What was uploaded to one is served by the other, out of the bucket.
        assert other.get(media["url"]).content == photo
        assert bucket_at(s3).list_objects_v2(Bucket=BUCKET)["KeyCount"] >= 3
        ids = plan([one, other], media["id"])

        publishers = [
            stack.enter_context(
                PublisherProcess(
                    *("--interval", "0.1", "--senders", "2"),
                    **machine(tmp_path, f"publisher-{n}", s3),
                )
            )
            for n in range(3)
        ]
        wait_for(lambda: len(senders()) >= 2, "a second publisher at work")
        publishers[0].kill()
        wait_for(all_published, "all posts")

        effects = receiver.effects_by_key
        assert len(effects) == POSTS
        assert set(effects.values()) == {1}
        assert Heartbeat.objects.filter(kind="publisher").count() == 3
        assert b"Exif" not in b"".join(body for _, body in receiver.effects)
        for client in (one, other):
            for post in ids[:2]:
                shown = payload(client.get(f"/api/posts/{post}"))["post"]
                assert shown["status"] == "completed"
        publishing = httpx.get(f"{webs[1].address}/healthz/publishing", timeout=30)
        assert publishing.status_code == 200
        # Ended on one, ended on the other.
        User.objects.get(username="the-editor").delete()
        assert other.get("/api/posts").status_code == 401
