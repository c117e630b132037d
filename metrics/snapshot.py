"""Figures that one process computes and all of them serve.

The row is the cache and its lease says who computes next, so that any number of web
processes and pages cost one computation in a few seconds.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from metrics.models import Snapshot

# Whoever takes longer to compute is taken for dead.
LEASE = timedelta(seconds=10)
# How long to wait for the very first figures before computing them oneself.
PATIENCE_SECONDS = 2.0
POLL_SECONDS = 0.05

Compute = Callable[[datetime], dict[str, Any]]


def read(
    name: str, compute: Compute, max_age: timedelta, now: datetime
) -> dict[str, Any]:
    """Return the figures called `name`, at most `max_age` old if all is well.

    While somebody computes the next ones, everybody else gets the last ones.
    """
    row = Snapshot.objects.filter(pk=name).first()
    if row is not None and _is_fresh(row, max_age, now):
        return row.body
    if row is None:
        Snapshot.objects.bulk_create([Snapshot(pk=name)], ignore_conflicts=True)
    if _claim(name, max_age, now):
        return _compute(name, compute, now)
    if row is not None and row.computed_at is not None:
        return row.body
    return _wait_for_first(name) or compute(now)


def _is_fresh(row: Snapshot, max_age: timedelta, now: datetime) -> bool:
    # abs: a clock that was set back must not freeze the figures.
    return row.computed_at is not None and abs(now - row.computed_at) < max_age


def _claim(name: str, max_age: timedelta, now: datetime) -> bool:
    """Take the lease to compute, unless somebody holds it or has just computed."""
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    stale = (
        Q(computed_at=None)
        | Q(computed_at__lte=now - max_age)
        | Q(computed_at__gte=now + max_age)
    )
    claimed = Snapshot.objects.filter(free & stale, pk=name)
    return bool(claimed.update(lease_until=now + LEASE))


def _compute(name: str, compute: Compute, now: datetime) -> dict[str, Any]:
    mine = Snapshot.objects.filter(pk=name, lease_until=now + LEASE)
    try:
        body = compute(now)
    except BaseException:
        mine.update(lease_until=None)
        raise
    mine.update(body=body, computed_at=now, lease_until=None)
    return body


def _wait_for_first(name: str) -> dict[str, Any] | None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        row = Snapshot.objects.filter(pk=name).exclude(computed_at=None).first()
        if row is not None:
            return row.body
    return None
