"""Figures in words, for the dashboard; words.js says the same as they change."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One figure of the dashboard: where it stands in the answer, how it reads."""

    path: str
    label: str
    unit: str = "count"
    note: str = ""
    # How it looks once it is not zero: bad, warn, or as ever.
    alarm: str = ""


SYSTEM = (
    Figure("system.status", "Status", "status"),
    Figure("system.worker.online", "Publisher", "worker", alarm="bad"),
    Figure("system.worker.lag_seconds", "Longest wait", "duration", alarm="warn"),
    Figure("system.uptime_seconds", "Uptime", "duration"),
)
API = (
    Figure("api.total_requests", "Requests", note="since the beginning"),
    Figure("api.requests_per_minute", "A minute", note="last 5 minutes"),
    Figure("api.success_rate", "Successful", "share", "last 24 hours"),
    Figure("api.avg_response_time", "Average", "ms", "last 24 hours"),
    Figure("api.p50", "Half within", "ms", "p50"),
    Figure("api.p95", "95 % within", "ms", "p95"),
    Figure("api.p99", "99 % within", "ms", "p99"),
)
POSTS = (
    Figure("posts.total", "All"),
    Figure("posts.successful", "Posted"),
    Figure("posts.pending", "Pending", note="drafts and planned"),
    Figure("posts.due", "Due now"),
    Figure("posts.failed", "Failed", note="wholly or in part", alarm="bad"),
    Figure("posts.unknown", "Unknown", note="to be settled", alarm="warn"),
)


def shown(figures: dict[str, Any], group: tuple[Figure, ...]) -> list[dict[str, Any]]:
    """Return a group of figures with their present words, for the template."""
    return [
        {
            "figure": figure,
            "text": in_words(value_at(figures, figure.path), figure.unit),
            "alarm": figure.alarm if _alarms(value_at(figures, figure.path)) else "",
        }
        for figure in group
    ]


def value_at(figures: dict[str, Any], path: str) -> Any:
    """Return the value that a dotted path leads to."""
    value: Any = figures
    for name in path.split("."):
        value = value[name]
    return value


def _alarms(value: Any) -> bool:
    return not value if isinstance(value, bool) else value not in (0, "online")


def in_words(value: Any, unit: str) -> str:
    """Say a value in its unit."""
    if unit == "share":
        # Never rounded up to all of them.
        return f"{round(value * 10_000) // 10 / 10:g} %"
    if unit == "ms":
        return f"{value / 1000:.1f} s" if value >= 1000 else f"{value:.0f} ms"
    if unit == "duration":
        return duration(int(value))
    if unit == "status":
        return "Online" if value == "online" else "Degraded"
    if unit == "worker":
        return "Online" if value else "Silent"
    return f"{value:,.1f}".removesuffix(".0")


def duration(seconds: int) -> str:
    """Say a length of time in its two largest units."""
    if seconds <= 0:
        return "None"
    parts: list[str] = []
    for name, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        amount, seconds = divmod(seconds, size)
        if amount or parts:
            parts.append(f"{amount} {name}")
    return " ".join(parts[:2])
