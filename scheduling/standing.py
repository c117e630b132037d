"""What stands at the top of every page: publishing is stopped, or nobody publishes."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from promura_site.models import User
from scheduling.models import PanicStop, Publication
from scheduling.publishing import gates
from scheduling.reasons import beats

PANIC, SILENT = "panic", "silent"
# More names than that are a number.
MOST_NAMES = 3


def bars(person: User, now: datetime) -> list[dict[str, str]]:
    """Return the bars for a person: kind, text, and an address with its words.

    Two queries while all is well.
    """
    queue = reverse("queue")
    found = []
    stops = list(_stops())
    if stops:
        may = person.has_perm("scheduling.delete_panicstop")
        text = _said(stops, ZoneInfo(person.timezone), now)
        way = {"url": queue, "link": "See what waits"}
        if may:
            way["link"] = "Let it go on…"
        if may and len(stops) == 1:
            slug = stops[0].creator.slug if stops[0].creator else PanicStop.EVERYONE
            way["url"] = f"{queue}?resume={slug}"
        found.append({"kind": PANIC, "text": text, **way})
    due = _unattended(now)
    if due:
        posts = "1 post" if due == 1 else f"{due:,} posts"
        text = f"No publisher is running: {posts} due."
        found.append(
            {"kind": SILENT, "text": text, "url": queue, "link": "See what waits"}
        )
    return found


def _stops() -> Sequence[PanicStop]:
    """Return the stops, that of all first."""
    rows = PanicStop.objects.select_related("creator", "stopped_by")
    return sorted(rows, key=lambda one: (one.creator is not None, one.stopped_at))


def _said(stops: Sequence[PanicStop], zone: ZoneInfo, now: datetime) -> str:
    first = stops[0]
    names = [one.creator.name for one in stops if one.creator]
    if first.creator is None:
        whom = "all models"
    elif len(names) > MOST_NAMES:
        whom = f"{len(names)} models"
    else:
        whom = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    if first.creator and len(stops) > 1:
        return f"Publishing is stopped for {whom}."
    at, today = first.stopped_at.astimezone(zone), now.astimezone(zone).date()
    day = "" if at.date() == today else f"{at.day} {at:%B}, "
    by = f" by {first.stopped_by.get_username()}" if first.stopped_by else ""
    why = f": {first.reason.rstrip('.')}" if first.reason else ""
    return f"Publishing is stopped for {whom} since {day}{at:%H:%M}{by}{why}."


def _unattended(now: datetime) -> int:
    """Return how many posts are due while nobody publishes them."""
    due = Publication.objects.due(now).filter(gates.on_open_channel())
    return due.exclude(Exists(beats(now))).count()


def standing(request: HttpRequest) -> dict[str, Any]:
    """Add the bars to a page's context; nothing is asked unless the page shows them."""
    return {"bars": cache(lambda: _bars_for(request))}


def _bars_for(request: HttpRequest) -> list[dict[str, str]]:
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.has_perm("scheduling.view_panicstop"):
        return []
    return bars(user, timezone.now())
