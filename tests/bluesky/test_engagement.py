"""How people reacted, read back from Bluesky's own AppView."""

import os
from collections.abc import Callable

import pytest

from scheduling.publishing.connectors.base import Connector, Engagement
from tests.bluesky.network import POSTS, Network, Person
from tests.bluesky.test_posting import a_post

pytestmark = pytest.mark.skipif(
    not (os.environ.get("TEST_DATABASE_URL") and os.environ.get("TEST_CACHE_URL")),
    reason="the AppView needs PostgreSQL and Redis: TEST_DATABASE_URL, TEST_CACHE_URL",
)

Connect = Callable[..., Connector]


def test_likes_answers_reposts_and_quotes_are_counted(
    network: Network, person: Person, connect: Connect
) -> None:
    friend, connector = network.person(), connect(person)
    liked, quiet = (connector.publish(a_post()).external_id for _ in range(2))
    cid = network.cid(liked)
    subject = {"uri": liked, "cid": cid}
    now = {"createdAt": "2026-03-01T19:00:00Z"}
    network.write(friend, "app.bsky.feed.like", subject=subject, **now)
    network.write(person, "app.bsky.feed.like", subject=subject, **now)
    network.write(friend, "app.bsky.feed.repost", subject=subject, **now)
    thread = {"root": subject, "parent": subject}
    network.write(friend, POSTS, text="Lovely", reply=thread, **now)
    quote = {"$type": "app.bsky.embed.record", "record": subject}
    network.write(friend, POSTS, text="Look", embed=quote, **now)
    network.catch_up()
    gone = liked[:-13] + "2222222222222"
    assert connector.engagement([liked, quiet, gone]) == {
        liked: Engagement(likes=2, comments=1, shares=2),
        quiet: Engagement(likes=0, comments=0, shares=0),
    }


def test_more_posts_than_one_call_takes_are_read(
    network: Network, person: Person, connect: Connect
) -> None:
    connector = connect(person)
    posts = [connector.publish(a_post()).external_id for _ in range(27)]
    network.catch_up()
    assert set(connector.engagement(posts)) == set(posts)
