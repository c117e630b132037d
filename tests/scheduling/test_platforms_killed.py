"""A publisher killed on its way to Mastodon and Telegram: once there, or a doubt."""

from datetime import timedelta

import pytest
from django.utils import timezone

from scheduling.models import Publication
from tests.platforms.mastodon import MastodonServer
from tests.platforms.telegram import TelegramServer
from tests.scheduling.planning import (
    a_mastodon,
    a_publication,
    a_telegram,
    put,
    stored_picture,
)
from tests.scheduling.publisher_process import PublisherProcess, publish_once

pytestmark = pytest.mark.django_db(transaction=True)

P = Publication.State


def killed_at(step: str, publication: Publication) -> Publication:
    """Kill a publisher at a step, let its lease run out and start another one."""
    with PublisherProcess("--interval", "0.05", stop_at=step) as process:
        process.wait_until_stopped(step)
        process.kill()
    publication.refresh_from_db()
    assert publication.state == P.SENDING
    put(publication, lease_until=timezone.now() - timedelta(seconds=1))
    publish_once()
    publication.refresh_from_db()
    return publication


@pytest.mark.parametrize("step", ["attempted", "sent"])
def test_a_status_is_there_once(step: str) -> None:
    with MastodonServer() as server:
        picture = stored_picture(alt_text="Lea")
        planned = a_publication(
            a_mastodon(server), content="Hello", media_ids=[picture.pk]
        )
        publication = killed_at(step, planned)
        assert server.texts == {"Hello": 1}
        assert publication.state == P.PUBLISHED
        assert list(server.statuses) == [publication.external_id]
        asked = server.asked("POST /api/v1/statuses")
    assert len(asked) == (1 if step == "attempted" else 2)
    assert {one.key for one in asked} == {publication.idempotency_key}


@pytest.mark.parametrize("step", ["attempted", "sent"])
def test_a_message_is_never_there_twice_and_a_person_is_asked(step: str) -> None:
    with TelegramServer() as server:
        publication = killed_at(step, a_publication(a_telegram(server), content="Hi"))
        publish_once()
        assert server.texts["Hi"] == (1 if step == "sent" else 0)
    publication.refresh_from_db()
    assert (publication.state, publication.next_attempt_at) == (P.UNKNOWN, None)
