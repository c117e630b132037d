"""How much somebody has not read, for the bell on every page."""

from functools import cache
from typing import Any

from django.http import HttpRequest

from promura_site.models import User
from scheduling.models import NoticeReceipt

# Nobody counts further, and neither does the database.
MOST = 99


def unread_count(user: User) -> int:
    """Return how many notices have something new for a person; at most MOST + 1."""
    rows = NoticeReceipt.objects.filter(NoticeReceipt.unread(), user=user)
    return rows[: MOST + 1].count()


def bell(request: HttpRequest) -> dict[str, Any]:
    """Add the count to a page's context; nothing is asked unless the page shows it."""
    return {"unread_notices": cache(lambda: _count_for(request))}


def _count_for(request: HttpRequest) -> int | None:
    """Return the count; None for somebody who has no notices."""
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.has_perm("scheduling.view_notice"):
        return None
    return unread_count(user)
