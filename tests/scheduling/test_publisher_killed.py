"""A publisher killed while it writes to the outbox, told to stop, or cut off.

What is killed on its way to a platform: tests/scheduling/crash.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from promura_site.models import Heartbeat
from scheduling.models import Publication
from scheduling.publishing.publisher import Publisher
from tests.loopback import Behaviour, Receiver
from tests.scheduling.planning import (
    SECRET,
    a_channel,
    a_publication,
    a_webhook,
    put,
    stored_picture,
)
from tests.scheduling.publisher_process import PublisherProcess, publish_once

pytestmark = pytest.mark.django_db(transaction=True)

P = Publication.State
STEPS = ["leased", "attempted", "sent"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(secret=SECRET, honours_keys=True) as receiver:
        yield receiver


def kill_at(step: str, publication: Publication) -> None:
    """Kill a publisher at a step, and let its lease run out."""
    with PublisherProcess("--interval", "0.05", stop_at=step) as process:
        process.wait_until_stopped(step)
        process.kill()
    publication.refresh_from_db()
    assert publication.state == (P.LEASED if step == "leased" else P.SENDING)
    assert Publisher().run_once() == 0, "nobody may take it over so soon"
    put(publication, lease_until=timezone.now() - timedelta(seconds=1))


def folders_of(publication: Publication) -> list[Path]:
    """Return what has appeared; what is being built has a name with a dot before."""
    found = Path(settings.OUTBOX_DIR).rglob("post.json")
    return [
        path.parent
        for path in found
        if json.loads(path.read_text())["publication_id"] == str(publication.pk)
        and not any(part.startswith(".tmp-") for part in path.parts)
    ]


@pytest.mark.parametrize("step", STEPS)
def test_an_outbox_post_appears_once(step: str) -> None:
    picture = stored_picture()
    publication = a_publication(a_channel(), media_ids=[picture.pk])
    kill_at(step, publication)
    assert len(folders_of(publication)) == (1 if step == "sent" else 0)
    publish_once()
    publication.refresh_from_db()
    assert publication.state == P.PUBLISHED
    (folder,) = folders_of(publication)
    (image,) = folder.glob("*.jpg")
    sent = publication.payload["media"][0]["sha256"]
    assert hashlib.sha256(image.read_bytes()).hexdigest() == sent
    picture.refresh_from_db()
    assert picture.used_count == 1
    assert Publisher().run_once() == 0
    assert len(folders_of(publication)) == 1


def test_a_publisher_told_to_stop_finishes_its_send(receiver: Receiver) -> None:
    receiver.script(Behaviour(delay=1.0))
    publication = a_publication(a_webhook(receiver.url))
    with PublisherProcess("--interval", "0.05") as process:
        assert receiver.wait_for(1, 30)
        assert Heartbeat.objects.filter(kind="publisher").exists()
        assert process.terminate() == 0
    publication.refresh_from_db()
    assert publication.state == P.PUBLISHED
    assert len(receiver.deliveries) == 1


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no server")
def test_a_publisher_outlives_its_database_connections(receiver: Receiver) -> None:
    channel = a_webhook(receiver.url)
    a_publication(channel)
    with PublisherProcess("--interval", "0.05") as process:
        assert receiver.wait_for(1, 30)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        a_publication(channel)
        assert receiver.wait_for(2, 60)
        assert process.terminate() == 0
    assert set(receiver.received_by_key.values()) == {1}
