"""Recurring work: who wants it registers it, the publisher loop runs what is due.

What must go on when there is no publisher is registered as `anywhere`: the process of
the background tasks runs that as well (`watching.py`), whichever comes first.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.db.models.signals import post_migrate
from django.utils import timezone

from promura_site import events
from promura_site.models import Periodic

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)


@dataclass(frozen=True)
class Work:
    """Something to run again and again; it gets the time and must bear reruns.

    A run that takes longer than `lease` is taken for dead and started again.
    """

    name: str
    every: timedelta
    run: Callable[[datetime], None]
    anywhere: bool = False
    lease: timedelta = LEASE


_registered: dict[str, Work] = {}


def register(
    name: str,
    *,
    every: timedelta,
    run: Callable[[datetime], None],
    anywhere: bool = False,
    lease: timedelta = LEASE,
) -> None:
    """Add a piece of recurring work."""
    _registered[name] = Work(name, every, run, anywhere, lease)


def connect() -> None:
    """Create the rows of registered work after every migrate."""
    post_migrate.connect(_create_rows, dispatch_uid="promura_site.periodic")


def _create_rows(using: str, **kwargs: Any) -> None:
    if kwargs["sender"].label != "promura_site":
        return
    now = timezone.now()
    Periodic.objects.using(using).bulk_create(
        [Periodic(name=name, next_at=now) for name in _registered],
        ignore_conflicts=True,
    )


def run_due(now: datetime, *, only_anywhere: bool = False) -> int:
    """Run what is due and not being run elsewhere; return how many pieces ran.

    The look is a plain SELECT; the claim a conditional UPDATE, so that of several
    publishers one wins.
    """
    due = Q(next_at__lte=now) & (Q(lease_until=None) | Q(lease_until__lt=now))
    names = list(Periodic.objects.filter(due).values_list("name", flat=True))
    ran = 0
    for name in names:
        work = _registered.get(name)
        if work is None or (only_anywhere and not work.anywhere):
            continue
        claimed = Periodic.objects.filter(due, name=name).update(
            lease_until=now + work.lease, last_started_at=now
        )
        if claimed:
            ran += 1
            _run(work, now)
    return ran


def _run(work: Work, now: datetime) -> None:
    error = ""
    try:
        work.run(now)
    except Exception as failure:
        logger.exception("Recurring work %s failed", work.name)
        error = f"{type(failure).__name__}: {failure}"[:500]
        events.fault(type(failure).__name__, str(failure)[:300], where=work.name)
    finished = timezone.now()
    Periodic.objects.filter(name=work.name).update(
        lease_until=None,
        next_at=finished + work.every,
        last_finished_at=finished,
        last_error=error,
    )
