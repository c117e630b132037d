"""The figures of /api/metrics: how the system, the API and the posts are doing."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, Min, Q

from metrics import snapshot
from metrics.durations import SUMS, add_sums, average, percentiles
from metrics.figures import WEB, recorder
from metrics.models import AuditEvent, ErrorEvent, RequestMinute, RequestTotal
from promura_site.models import Heartbeat
from scheduling.models import Post, Publication
from scheduling.reasons import HEARTBEAT_KIND, SILENT

MAX_AGE = timedelta(seconds=4)
# Rates, durations and errors are those of this window.
WINDOW = timedelta(hours=24)
# Requests a minute are the mean of as many full minutes.
RATE_MINUTES = 5

API_PREFIX = "api/"
ACTIVITIES, ERRORS = 20, 10
# At most 10 KB, whatever people write: 1,000 bytes are left for the live fields.
MAX_BYTES = 9_000
MAX_TEXT, MAX_NAME = 140, 60
# Enough rows to find the latest errors of a day in which everything goes wrong.
ERROR_ROWS = 500

# What changes by itself while all is well; an answer without other news is a 304.
_VOLATILE = {"uptime_seconds", "last_heartbeat"}


def overview(now: datetime) -> dict[str, Any]:
    """Return the figures, a few seconds old; uptime and heartbeat are live."""
    body = snapshot.read("overview", compute, MAX_AGE, now)
    next_due = body.pop("next_due")
    return {"system": _system(next_due, now), **body}


def etag(figures: dict[str, Any]) -> str:
    """Return a weak ETag of everything that does not change by itself."""
    system = {**figures["system"], "worker": {**figures["system"]["worker"]}}
    for part in (system, system["worker"]):
        for name in _VOLATILE & part.keys():
            del part[name]
    kept = {**figures, "system": system, "generated_at": None}
    digest = hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()
    return f'W/"{digest[:24]}"'


def compute(now: datetime) -> dict[str, Any]:
    """Compute what is shared by all processes; plain JSON, bounded in size."""
    recorder.flush()
    next_due = _next_due()
    body = {
        "api": _api(now),
        "posts": _posts(now),
        "recent_activity": _recent_activity(),
        "errors": _errors(now),
        "generated_at": iso(now),
        "next_due": iso(next_due) if next_due else None,
    }
    return _bounded(body)


def iso(moment: datetime) -> str:
    """Return a time as the API writes it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _system(next_due: str | None, now: datetime) -> dict[str, Any]:
    live = Q(kind=WEB, beaten_at__gte=now - SILENT)
    beats = Heartbeat.objects.filter(kind__in=(WEB, HEARTBEAT_KIND)).aggregate(
        publisher=Max("beaten_at", filter=Q(kind=HEARTBEAT_KIND)),
        web=Min("started_at", filter=live),
    )
    started_at = min(filter(None, (beats["web"], recorder.started_at)))
    beaten_at = beats["publisher"]
    is_online = beaten_at is not None and now - beaten_at <= SILENT
    waiting = now - datetime.fromisoformat(next_due) if next_due else timedelta(0)
    return {
        "online": True,
        "status": "online" if is_online else "degraded",
        "uptime_seconds": max(0, int((now - started_at).total_seconds())),
        "started_at": iso(started_at),
        "version": settings.VERSION,
        "database": connection.vendor,
        "worker": {
            "online": is_online,
            "last_heartbeat": iso(beaten_at) if beaten_at else None,
            "lag_seconds": max(0, int(waiting.total_seconds())),
        },
    }


def _api(now: datetime) -> dict[str, Any]:
    total = RequestTotal.objects.filter(route__startswith=API_PREFIX).aggregate(
        count=SUMS["count"]
    )
    requests = RequestMinute.objects.filter(route__startswith=API_PREFIX)
    by_class: list[Any] = list(
        requests.filter(minute__gte=now - WINDOW)
        .order_by()
        .values("status_class")
        .annotate(**SUMS)
    )
    day = add_sums(by_class)
    good = add_sums([row for row in by_class if row["status_class"] < 4])
    this_minute = now.replace(second=0, microsecond=0)
    recent = requests.filter(
        minute__gte=this_minute - timedelta(minutes=RATE_MINUTES),
        minute__lt=this_minute,
    ).aggregate(count=SUMS["count"])
    return {
        "total_requests": total["count"] or 0,
        "success_rate": round(good["count"] / day["count"], 4) if day["count"] else 1.0,
        "avg_response_time": average(day),
        **percentiles(day),
        "requests_per_minute": round((recent["count"] or 0) / RATE_MINUTES, 1),
    }


def _posts(now: datetime) -> dict[str, int]:
    """Count posts by what became of them; a partly posted one has failed in part."""
    posts = Post.objects.counting()
    by_state: dict[str, int] = dict(
        posts.order_by().values_list("state").annotate(Count("pk"))
    )
    due = Publication.objects.due(now).sendable()

    def of(*states: str) -> int:
        return sum(by_state.get(state, 0) for state in states)

    return {
        "total": sum(by_state.values()),
        "successful": of(Post.State.COMPLETED),
        "failed": of(Post.State.FAILED, Post.State.PARTIAL),
        "pending": of(*Post.PENDING_STATES),
        "due": posts.filter(pk__in=due.values("post")).count(),
        "unknown": of(Post.State.UNKNOWN),
    }


def _next_due() -> datetime | None:
    """Return when the publisher has, or had, to send something next."""
    waiting = (Publication.State.SCHEDULED, Publication.State.RETRY)
    planned = Publication.objects.sendable().filter(state__in=waiting)
    times = planned.order_by("next_attempt_at").values_list(
        "next_attempt_at", flat=True
    )
    return times.first()


def _recent_activity() -> list[dict[str, str]]:
    """Return what was done last; who signed in and who was refused is for admins."""
    rows = (
        AuditEvent.objects.filter(outcome="done")
        .exclude(action__startswith="person.")
        .values_list("at", "message", "actor_name", "action")
    )
    return [
        {
            "timestamp": iso(at),
            "message": cut(message, MAX_TEXT),
            "actor": cut(actor, MAX_NAME),
            "action": action,
        }
        for at, message, actor, action in rows[:ACTIVITIES]
    ]


def _errors(now: datetime) -> list[dict[str, Any]]:
    """Return the latest errors of the window, one a type and place, counted."""
    rows = ErrorEvent.objects.filter(last_at__gte=now - WINDOW).order_by("-last_at")
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for error in rows[:ERROR_ROWS]:
        fresh = {
            "timestamp": iso(error.last_at),
            "type": error.type,
            "message": cut(error.message, MAX_TEXT),
            "count": 0,
        }
        found.setdefault((error.type, error.where), fresh)["count"] += error.count
    return list(found.values())[:ERRORS]


def cut(text: str, length: int) -> str:
    """Shorten a text that is too long for a list."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _bounded(body: dict[str, Any]) -> dict[str, Any]:
    """Drop the oldest entries until the body is small enough."""
    while len(json.dumps(body, ensure_ascii=False).encode()) > MAX_BYTES:
        longest = max(("recent_activity", "errors"), key=lambda name: len(body[name]))
        body[longest].pop()
    return body
