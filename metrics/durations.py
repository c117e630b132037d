"""Reading durations from sums of bucket columns."""

from collections.abc import Mapping, Sequence

from django.db.models import Sum

from metrics.figures import BOUNDS, BUCKETS

SUMS = {name: Sum(name) for name in ("count", "total_ms", *BUCKETS)}


def percentile(buckets: Sequence[int], share: float) -> float:
    """Return the duration in ms below which `share` (0-1) of the answers lie.

    Interpolated within the bucket, as Prometheus' histogram_quantile does; what is
    above all bounds counts as the highest of them.
    """
    rank, below, low = share * sum(buckets), 0, 0.0
    for bound, inside in zip(BOUNDS, buckets, strict=False):
        if inside and below + inside >= rank:
            return round(low + (bound - low) * max(rank - below, 0) / inside, 1)
        below, low = below + inside, float(bound)
    return float(BOUNDS[-1]) if sum(buckets) else 0.0


def percentiles(sums: Mapping[str, float | None]) -> dict[str, float]:
    """Return p50, p95 and p99 of a row of `SUMS`."""
    buckets = [int(sums[name] or 0) for name in BUCKETS]
    return {f"p{share}": percentile(buckets, share / 100) for share in (50, 95, 99)}


def average(sums: Mapping[str, float | None]) -> float:
    """Return the mean duration in ms of a row of `SUMS`."""
    count = sums["count"] or 0
    return round((sums["total_ms"] or 0) / count, 1) if count else 0.0


def add_sums(rows: Sequence[Mapping[str, float | None]]) -> dict[str, float]:
    """Return the sum of several rows of `SUMS`."""
    return {name: sum(row[name] or 0 for row in rows) for name in SUMS}
