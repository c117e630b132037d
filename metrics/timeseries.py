"""Figures over time, for the charts."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q, Sum

from metrics import snapshot
from metrics.durations import SUMS, add_sums, average, percentiles
from metrics.figures import recorder
from metrics.models import RequestMinute
from metrics.overview import API_PREFIX, iso


@dataclass(frozen=True)
class Range:
    """How far back a chart reaches, in which steps, and how old it may be."""

    length: timedelta
    step: timedelta
    max_age: timedelta


# Rows older than a day hold whole hours, so these steps are whole hours too.
RANGES = {
    "1h": Range(timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=10)),
    "24h": Range(timedelta(hours=24), timedelta(minutes=15), timedelta(minutes=1)),
    "7d": Range(timedelta(days=7), timedelta(hours=2), timedelta(minutes=5)),
    "30d": Range(timedelta(days=30), timedelta(hours=12), timedelta(minutes=15)),
}


def timeseries(name: str, now: datetime) -> dict[str, Any]:
    """Return the points of one of RANGES, oldest first, the present step last."""
    chosen = RANGES[name]

    def compute(moment: datetime) -> dict[str, Any]:
        return {
            "range": name,
            "step_seconds": int(chosen.step.total_seconds()),
            "points": points(chosen, moment),
            "generated_at": iso(moment),
        }

    return snapshot.read(f"timeseries:{name}", compute, chosen.max_age, now)


def points(chosen: Range, now: datetime) -> list[dict[str, Any]]:
    """Compute one point a step; a step without requests is a point of zeros."""
    recorder.flush()
    step = int(chosen.step.total_seconds())
    last = int(now.timestamp()) // step
    first = last - int(chosen.length / chosen.step) + 1
    rows = (
        RequestMinute.objects.filter(
            route__startswith=API_PREFIX,
            minute__gte=datetime.fromtimestamp(first * step, UTC),
        )
        .order_by()
        .values("minute")
        # First, since SUMS gives the name of the column to its sum.
        .annotate(failed=Sum("count", filter=Q(status_class=5)), **SUMS)
    )
    steps: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        steps[int(row["minute"].timestamp()) // step].append(row)
    return [_point(number * step, steps[number]) for number in range(first, last + 1)]


def _point(second: int, rows: list[Mapping[str, Any]]) -> dict[str, Any]:
    sums = add_sums(rows)
    return {
        "at": iso(datetime.fromtimestamp(second, UTC)),
        "requests": int(sums["count"]),
        "errors": sum(row["failed"] or 0 for row in rows),
        "avg": average(sums),
        **percentiles(sums),
    }
