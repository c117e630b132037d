"""The right to send one publication for a while, and how long that and waits are."""

import random
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from scheduling.models import Publication
from scheduling.publishing.connectors.base import PublishError, PublishRequest
from scheduling.publishing.payload import thaw

LONGEST_WAIT = timedelta(minutes=15)
# So long after its last moment a publication is too late for sure.
AFTERWARDS = timedelta(seconds=1)


@dataclass
class Lease:
    """The right to send one publication, for a while.

    `claimed_at` is the database's clock; `until` this process's monotonic one.
    `tries` counts all attempts so far, `series` those since it was last planned.
    """

    publication: Publication
    claimed_at: datetime
    tries: int
    series: int
    in_doubt: bool
    until: float = field(
        default_factory=lambda: (
            time.monotonic() + settings.PUBLISH_LEASE.total_seconds()
        )
    )
    taken_at: float = field(default_factory=time.monotonic)

    def request(self) -> PublishRequest:
        """Return what is to be sent, the same for every attempt."""
        first = self.publication.first_attempt_at or self.claimed_at
        return thaw(self.publication, first, self.tries + 1)

    def seconds_left(self) -> float:
        """Return for how long nobody else may take the publication."""
        return self.until - time.monotonic()


def length_for(timeout: float) -> timedelta:
    """Return how long a lease is that outlasts a call of `timeout` seconds.

    A quarter of the usual lease is left for what comes before and after the call.
    """
    lease: timedelta = settings.PUBLISH_LEASE
    return max(lease, timedelta(seconds=timeout) + lease / 4)


def wait_after(lease: Lease, error: PublishError) -> timedelta:
    """Return how long to wait: doubling, with jitter, never less than asked for."""
    doubled = settings.PUBLISH_FIRST_WAIT * 2 ** min(lease.series, 10)
    wait = min(doubled, LONGEST_WAIT) * random.uniform(0.8, 1.2)
    return max(wait, timedelta(seconds=error.retry_after or 0))
