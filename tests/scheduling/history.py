"""Past posts with engagement, for the tests of suggestions."""

from datetime import UTC, datetime, timedelta
from itertools import count

from library.models import Creator
from scheduling.models import Channel, Post, Publication
from scheduling.suggestions import slots
from tests.factories import ChannelFactory

NOW = datetime(2026, 6, 1, 10, 20, tzinfo=UTC)  # a Monday

_numbers = count()


def publication(
    channel: Channel,
    at: datetime,
    engagement: float | None = None,
    state: str = Publication.State.PUBLISHED,
    *,
    is_demo: bool = False,
) -> Publication:
    """Make a publication planned for, and if published published at, a time."""
    post = Post.objects.create(
        content="x", publish_at=at, timezone="UTC", is_demo=is_demo
    )
    return Publication.objects.create(
        post=post,
        channel=channel,
        state=state,
        publish_at=at,
        published_at=at if state == Publication.State.PUBLISHED else None,
        next_attempt_at=at,
        late_after=at + timedelta(hours=1),
        engagement=engagement,
        idempotency_key=f"history-{next(_numbers)}",
    )


def history(
    channel: Channel,
    weekly: dict[int, float],
    *,
    weeks: int = 12,
    until: datetime = NOW,
) -> list[Publication]:
    """Post every week in some UTC slots (Monday 00:00 is 0), and learn from it.

    `weekly` maps a slot to the engagement of each post in it.
    """
    monday = until.replace(hour=0, minute=0) - timedelta(days=until.weekday())
    posts = [
        publication(channel, monday - timedelta(weeks=week) + timedelta(hours=slot), e)
        for week in range(1, weeks + 1)
        for slot, e in weekly.items()
    ]
    slots.enter_many(channel.creator, posts)
    return posts


def model_in(zone: str, **fields: object) -> Channel:
    """Make a model in a zone, and return a channel of it."""
    channel = ChannelFactory(creator__timezone=zone, **fields)
    return Channel.objects.select_related("creator").get(pk=channel.pk)


def creator_of(channel: Channel) -> Creator:
    """Return a channel's model, read afresh."""
    return Creator.objects.get(pk=channel.creator_id)
