"""The real publisher against Bluesky's own server, killed on the way: one post each."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from scheduling.models import Channel, Publication
from scheduling.publishing.publisher import Publisher
from tests.bluesky.network import Network, Person, Relay
from tests.scheduling.planning import a_publication, due_again, put, stored_picture
from tests.scheduling.publisher_process import PublisherProcess, publish_once

pytestmark = pytest.mark.django_db(transaction=True)

P = Publication.State
CREATE = "com.atproto.repo.createRecord"


def kill_at(step: str, publication: Publication) -> None:
    """Kill a publisher at a step, and let its lease run out."""
    with PublisherProcess("--interval", "0.05", stop_at=step) as process:
        process.wait_until_stopped(step)
        process.kill()
    publication.refresh_from_db()
    if publication.state != P.PUBLISHED:
        assert Publisher().run_once() == 0, "nobody may take it over so soon"
        put(publication, lease_until=timezone.now() - timedelta(seconds=1))


def settle(publication: Publication) -> None:
    """Run another publisher, and rounds of one, until the publication is out."""
    publish_once()
    for _ in range(3):
        publication.refresh_from_db()
        if publication.state == P.PUBLISHED:
            return
        due_again(publication)
        Publisher().run_once()
    publication.refresh_from_db()


def check_single(network: Network, person: Person, publication: Publication) -> None:
    assert publication.state == P.PUBLISHED, publication.error
    ((key, record),) = network.posts(person).items()
    assert record["text"] == publication.content
    assert publication.external_id == f"at://{person.did}/app.bsky.feed.post/{key}"
    assert publication.url == f"https://bsky.app/profile/{person.handle}/post/{key}"
    assert Publisher().run_once() == 0


@pytest.mark.parametrize(
    ("step", "there"),
    [("leased", 0), ("attempted", 0), ("sent", 1), ("stored", 1)],
)
def test_a_post_appears_once_wherever_the_publisher_is_killed(
    step: str,
    there: int,
    network: Network,
    person: Person,
    a_bluesky: Callable[..., Channel],
) -> None:
    picture = stored_picture()
    publication = a_publication(a_bluesky(person), media_ids=[picture.pk])
    kill_at(step, publication)
    assert len(network.posts(person)) == there
    settle(publication)
    check_single(network, person, publication)


@pytest.mark.parametrize("before", ["attempted", "sent"])
def test_killed_while_finding_out_it_appears_once(
    before: str, network: Network, person: Person, a_bluesky: Callable[..., Channel]
) -> None:
    publication = a_publication(a_bluesky(person))
    kill_at(before, publication)
    kill_at("looked_up", publication)
    settle(publication)
    check_single(network, person, publication)


def test_a_post_whose_answer_is_lost_is_found(
    network: Network, person: Person, relay: Relay, a_bluesky: Callable[..., Channel]
) -> None:
    relay.lose[CREATE] = 1
    publication = a_publication(a_bluesky(person, service=relay.service))
    publish_once()
    publication.refresh_from_db()
    assert (publication.state, publication.in_doubt) == (P.UNKNOWN, True)
    assert len(network.posts(person)) == 1
    due_again(publication)
    settle(publication)
    check_single(network, person, publication)
    assert relay.calls.count(CREATE) == 1


def test_a_refused_password_loses_no_post(
    network: Network, person: Person, a_bluesky: Callable[..., Channel]
) -> None:
    channel = a_bluesky(Person(person.did, person.handle, "xxxx-xxxx-xxxx-xxxx"))
    publication = a_publication(channel)
    publish_once()
    publication.refresh_from_db()
    channel.refresh_from_db()
    assert channel.health == Channel.Health.NEEDS_SIGN_IN
    assert network.posts(person) == {}
    assert publication.error_code == "needs_sign_in"
