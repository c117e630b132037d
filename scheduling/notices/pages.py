"""The pages of notices, and what the bell on every page asks."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import parse_etags
from django.views.decorators.cache import never_cache
from rest_framework.request import Request
from rest_framework.response import Response

from promura_site.api.responses import success
from promura_site.api.views import ApiView
from promura_site.models import User
from promura_site.pages import Page
from scheduling.models import Notice
from scheduling.notices import services
from scheduling.notices.bell import MOST, unread_count
from scheduling.notices.messages import is_over
from scheduling.notices.people import everybody
from scheduling.notices.views import notices_of, shown_preferences
from scheduling.standing import bars

PAGE = 50
LAST_PAGE = 200
K = Notice.Kind
# The glyph, as the state that it tells of or an icon of its own.
_GLYPHS = {
    K.SILENT: "i-warning",
    K.SIGN_IN: "i-lock",
    K.FAILED: "s-failed",
    K.UNKNOWN: "s-unknown",
    K.MISSED: "s-missed",
    K.HANDOVER: "s-ready",
    K.BURST: "i-pause",
    K.PANIC: "i-pause",
    K.SERIES: "i-refresh",
}


@dataclass(frozen=True)
class Line:
    """A notice as the page shows it."""

    notice: Notice
    glyph: str
    unread: bool
    over: bool


@dataclass(frozen=True)
class Day:
    """The notices of one day on the person's clock."""

    name: str
    lines: list[Line]


def days(notices: Sequence[Notice], zone: str, now: datetime) -> Iterator[Day]:
    """Group notices, the latest first, by the days of a zone."""
    clocks = ZoneInfo(zone)
    today = now.astimezone(clocks).date()

    def day_of(notice: Notice) -> date:
        return notice.last_at.astimezone(clocks).date()

    for day, found in groupby(notices, key=day_of):
        yield Day(_named(day, today), [_line(one) for one in found])


def _named(day: date, today: date) -> str:
    away = (today - day).days
    known = {0: "Today", 1: "Yesterday"}
    return known.get(away) or f"{day:%A}, {day.day} {day:%B}"


def _line(notice: Notice) -> Line:
    unread: bool = notice.unread  # type: ignore[attr-defined]
    glyph = _GLYPHS[Notice.Kind(notice.kind)]
    return Line(notice, glyph, unread, is_over(notice))


@method_decorator(never_cache, "dispatch")
class NoticesPage(Page):
    """What the person has been told, by day."""

    template_name = "scheduling/notices.html"
    permission_required = "scheduling.view_notice"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add one page of notices, and who is on call."""
        person, now = cast(User, self.request.user), timezone.now()
        number = _page_number(self.request.GET.get("page", ""))
        begin = (number - 1) * PAGE
        rows = notices_of(person).order_by("-last_at", "-id")
        found = list(rows[begin : begin + PAGE + 1])
        return super().get_context_data(
            days=list(days(found[:PAGE], person.timezone, now)),
            older=number + 1 if len(found) > PAGE and number < LAST_PAGE else None,
            newer=number - 1 if number > 1 else None,
            **kwargs,
        )


def _page_number(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 1
    return min(max(number, 1), LAST_PAGE)


@method_decorator(never_cache, "dispatch")
class SettingsPage(Page):
    """How the person wants to be told; for admins, also who is on call."""

    template_name = "scheduling/notice_settings.html"
    permission_required = "scheduling.view_notice"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the preferences and the people."""
        person = cast(User, self.request.user)
        may_set = person.has_perm("scheduling.change_oncall")
        people = sorted(everybody(), key=lambda one: one.user.username)
        return super().get_context_data(
            preferences=shown_preferences(person),
            may_set_on_call=may_set,
            people=people if may_set else [],
            on_call=list(services.people_on_call()),
            **kwargs,
        )


class Unread(ApiView):
    """What the bell asks again and again. A program asks /api/notices instead."""

    permission_map = {"get": "scheduling.view_notice"}
    schema = None

    def get(self, request: Request) -> Response:
        """Answer how much is unread, and what stands at the top of the page."""
        count, shown = unread_count(self.actor), bars(self.actor, timezone.now())
        tag = hashlib.sha256(f"{self.actor.pk}{count}{shown}".encode()).hexdigest()
        tag = f'"{tag[:20]}"'
        known = tag in parse_etags(request.headers.get("If-None-Match", ""))
        body = {"unread": min(count, MOST), "more": count > MOST, "bars": shown}
        response = Response(status=304) if known else success(**body)
        response["ETag"] = tag
        response["Cache-Control"] = "private, no-cache"
        return response
