"""A publisher killed again and again at any moment loses and repeats nothing."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from scheduling import states
from scheduling.models import Post, Publication, PublishAttempt
from scheduling.publishing.publisher import Publisher
from tests.loopback import Behaviour, Receiver
from tests.scheduling.planning import SECRET, a_channel, a_publication, a_webhook
from tests.scheduling.publisher_process import PublisherProcess

pytestmark = pytest.mark.django_db(transaction=True)

P = Publication.State
POSTS_A_CHANNEL = 20
KILLS = 3
# So few requests a kill that there is something left to do for the last publisher.
MOST_BETWEEN_KILLS = 2 * POSTS_A_CHANNEL // (KILLS + 1)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    slow = Behaviour(delay=0.02)
    with Receiver(secret=SECRET, honours_keys=True, default=slow) as receiver:
        yield receiver


def kill_somewhere(receiver: Receiver) -> None:
    """Kill a publisher while it works, and let its leases run out."""
    wanted = len(receiver.deliveries) + random.randint(1, MOST_BETWEEN_KILLS)
    with PublisherProcess("--interval", "0.05", "--senders", "3") as process:
        assert receiver.wait_for(wanted, 60)
        process.kill()
    held = Publication.objects.filter(state__in=(P.LEASED, P.SENDING))
    held.update(lease_until=timezone.now() - timedelta(seconds=1))


def folders() -> Counter[str]:
    """Return how many folders of the outbox each publication has."""
    found = Path(settings.OUTBOX_DIR).rglob("post.json")
    return Counter(json.loads(path.read_text())["publication_id"] for path in found)


def check_unpromised(row: Publication, received: int) -> None:
    """Check that a post which may not be sent again was sent once, or is in doubt."""
    if row.state == P.PUBLISHED:
        assert received == 1
        return
    assert (row.state, row.in_doubt) == (P.UNKNOWN, True)
    assert row.next_attempt_at is None
    assert received <= 1


def test_killed_anywhere_it_repeats_and_loses_nothing(receiver: Receiver) -> None:
    outbox, manual = a_channel(), a_webhook(receiver.url)
    honouring = a_webhook(receiver.url, idempotent=True)
    channels = (outbox, honouring, manual)
    for _ in range(POSTS_A_CHANNEL):
        for channel in channels:
            a_publication(channel)
    for _ in range(KILLS):
        kill_somewhere(receiver)
    Publisher().run_once()
    rows = {channel.pk: [] for channel in channels}
    for row in Publication.objects.all():
        rows[row.channel_id].append(row)

    assert {row.state for row in rows[outbox.pk]} == {P.PUBLISHED}
    written = folders()
    assert all(written[str(row.pk)] == 1 for row in rows[outbox.pk])
    assert {row.state for row in rows[honouring.pk]} == {P.PUBLISHED}
    effects = receiver.effects_by_key
    assert all(effects[row.idempotency_key] == 1 for row in rows[honouring.pk])
    for row in rows[manual.pk]:
        check_unpromised(row, receiver.received_by_key[row.idempotency_key])
    assert not PublishAttempt.objects.filter(outcome="open").exists()
    for post in Post.objects.prefetch_related("publications"):
        found = [one.state for one in post.publications.all()]
        assert post.state == states.derive(found)
