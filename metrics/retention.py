"""How long the record is kept, and how old request figures are condensed."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from metrics.counting import add_up
from metrics.durations import SUMS
from metrics.models import AuditEvent, ErrorEvent, RequestMinute
from promura_site import periodic

KEEP_AUDIT = timedelta(days=400)
KEEP_ERRORS = timedelta(days=90)
KEEP_REQUESTS = timedelta(days=35)
# Single minutes are kept a little longer than the longest chart that shows them.
KEEP_MINUTES = timedelta(hours=26)

# Stands for all processes in rows that have been rolled up.
ALL_PROCESSES = "all"


def prune(now: datetime) -> None:
    """Delete what is older than its keeping time and roll up old minutes."""
    AuditEvent.objects.filter(at__lt=now - KEEP_AUDIT).delete()
    ErrorEvent.objects.filter(last_at__lt=now - KEEP_ERRORS).delete()
    RequestMinute.objects.filter(minute__lt=now - KEEP_REQUESTS).delete()
    roll_up(now)


def roll_up(now: datetime) -> None:
    """Make one row an hour, route and class out of old minutes of any process."""
    edge = (now - KEEP_MINUTES).replace(minute=0, second=0, microsecond=0)
    single = RequestMinute.objects.exclude(process=ALL_PROCESSES)
    while oldest := single.filter(minute__lt=edge).order_by("minute").first():
        _roll_up_hour(oldest.minute.replace(minute=0))


@transaction.atomic
def _roll_up_hour(hour: datetime) -> None:
    rows = RequestMinute.objects.filter(
        minute__gte=hour, minute__lt=hour + timedelta(hours=1)
    ).exclude(process=ALL_PROCESSES)
    # Locked, so that a late count is either in the sum or in a row that stays.
    ids = [row.pk for row in rows.select_for_update().only("pk")]
    own = RequestMinute.objects.filter(pk__in=ids).order_by()
    groups: QuerySet[Any, Any] = own.values("route", "status_class").annotate(**SUMS)
    for sums in groups:
        key = {"route": sums["route"], "status_class": sums["status_class"]}
        amounts = {name: sums[name] for name in SUMS}
        add_up(
            RequestMinute,
            {"minute": hour, "process": ALL_PROCESSES, **key},
            amounts,
        )
    own.delete()


def register_pruning() -> None:
    """Let the publisher loop prune once an hour."""
    periodic.register("metrics.prune", every=timedelta(hours=1), run=prune)
