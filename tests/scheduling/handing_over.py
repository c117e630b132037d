"""Hand-overs for the tests: accounts that a person posts to, and posts due there."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from scheduling.models import Channel, Publication
from scheduling.publishing import handing
from tests.factories import ChannelFactory
from tests.scheduling.planning import a_publication, put

P = Publication.State


def by_hand(**fields: Any) -> Channel:
    # X takes a text alone, unless a test wants pictures.
    return ChannelFactory(**{"platform": "x", "connector": "handover"} | fields)


def planned(minutes: float = 5, channel: Channel | None = None, **plan: Any) -> Any:
    """Plan a hand-over that is due in so many minutes (before now: put back)."""
    now = timezone.now()
    due = now + timedelta(minutes=minutes)
    row = a_publication(
        channel or by_hand(), schedule_time=max(due, now + timedelta(seconds=1)), **plan
    )
    return put(
        row,
        publish_at=due,
        next_attempt_at=due,
        late_after=due + timedelta(minutes=60),
    )


def ready(minutes: float = 5, channel: Channel | None = None, **plan: Any) -> Any:
    """Return a hand-over that is on offer."""
    row = planned(minutes, channel, **plan)
    handing.make_ready()
    row.refresh_from_db()
    assert row.state == P.READY
    return row


def run_out(row: Publication) -> Publication:
    """Let a claim have ended a moment ago."""
    return put(row, claimed_until=timezone.now() - timedelta(seconds=1))
