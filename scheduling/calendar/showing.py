"""What the calendars show: the days of one model, and the week of several."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse

from library.models import Creator
from scheduling.calendar.reading import (
    Detail,
    Entry,
    ModelPlan,
    read_details,
    read_plans,
)
from scheduling.crowding import LIVE_STATES, Clash
from scheduling.models import Channel, Post
from scheduling.platform_names import platform_name
from scheduling.services.timing import utc_text

WEEK = 7
# So many posts of a day are listed in the week of many models.
MOST_A_CELL = 8
# And so many in all in the calendar of one.
MOST_LISTED = 5_000


def days_of_model(
    creator: Creator,
    first: date,
    end: date,
    *,
    statuses: Collection[str] = (),
    per_day: int,
) -> dict[str, Any]:
    """Return the days of a model's calendar, and the first posts of each.

    `statuses` narrow what is counted and listed, without them what is cancelled is
    left out; the cap is held against all.
    """
    plan = read_plans([creator], first, end)[creator.pk]
    entries, found = plan.entries(), plan.clashes()
    wanted = _wanted(entries, statuses)
    by_day = _by_day(plan, wanted)
    loads = Counter(plan.on_day(one.at) for one in entries if one.is_live)
    listed = [one for day in by_day.values() for one in day[:per_day]][:MOST_LISTED]
    details, notes = read_details(listed), _notes(plan, found)
    return {
        "model": creator.slug,
        "timezone": creator.timezone,
        "days": [
            {
                "date": day.isoformat(),
                "count": len(by_day.get(day, ())),
                "states": Counter(one.status for one in by_day.get(day, ())),
                "cap": plan.pace.cap,
                "over_cap": _is_over(plan, loads[day]),
            }
            for day in _days(first, (end - first).days)
        ],
        "posts": [_post(plan, one, details[one.told_by], notes) for one in listed],
        "count": len(wanted),
    }


def weeks_of_models(
    creators: Sequence[Creator], first: date, now: datetime
) -> list[dict[str, Any]]:
    """Return seven days of each model: posts, clashes, and what is missing."""
    plans = read_plans(creators, first, first + timedelta(days=WEEK))
    weeks = {pk: _by_day(plan, _wanted(plan.entries())) for pk, plan in plans.items()}
    listed = [
        one
        for by_day in weeks.values()
        for day in by_day.values()
        for one in day[:MOST_A_CELL]
    ]
    details = read_details(listed)
    return [
        _week(plans[one.pk], weeks[one.pk], details, first, now) for one in creators
    ]


def _week(
    plan: ModelPlan,
    by_day: dict[date, list[Entry]],
    details: dict[UUID, Detail],
    first: date,
    now: datetime,
) -> dict[str, Any]:
    creator, found = plan.creator, plan.clashes()
    notes = _notes(plan, found)
    clashing: dict[date, list[Clash]] = defaultdict(list)
    for clash in found:
        clashing[plan.on_day(clash.first.at)].append(clash)
    channels = _channels(plan)
    return {
        "id": creator.slug,
        "name": creator.name,
        "avatar_url": reverse("model-avatar", args=[creator.slug])
        if creator.avatar
        else None,
        "timezone": creator.timezone,
        "today": plan.on_day(now).isoformat(),
        "cap": plan.pace.cap,
        "channels": channels,
        "days": [
            _cell(plan, day, by_day.get(day, []), clashing[day], details, notes)
            for day in _days(first, WEEK)
        ],
        "gaps": [_gap(one) for one in channels if one["missing"]],
    }


def _cell(
    plan: ModelPlan,
    day: date,
    entries: list[Entry],
    found: Iterable[Clash],
    details: dict[UUID, Detail],
    notes: dict[UUID, str],
) -> dict[str, Any]:
    listed = entries[:MOST_A_CELL]
    return {
        "date": day.isoformat(),
        "count": len(entries),
        "posts": [_post(plan, one, details[one.told_by], notes) for one in listed],
        "more": len(entries) - len(listed),
        "over_cap": _is_over(plan, sum(one.is_live for one in entries)),
        "clashes": [
            {"text": plan.told(one), "posts": list(map(str, one.posts))}
            for one in found
        ],
    }


def _channels(plan: ModelPlan) -> list[dict[str, Any]]:
    """Return the channels in use, with what stands against what is wanted."""
    planned = Counter(row.channel for row in plan.rows if row.state in LIVE_STATES)
    return [
        _channel(one)
        | {
            "posts_per_week": one.posts_per_week,
            "planned": planned[one.pk],
            "missing": max((one.posts_per_week or 0) - planned[one.pk], 0),
        }
        for one in plan.channels.values()
        if one.is_active
    ]


def _gap(channel: dict[str, Any]) -> str:
    planned, wanted = channel["planned"], channel["posts_per_week"]
    place = f"{channel['handle']} on {platform_name(channel['platform'])}"
    posts = f"post{'s' * (wanted != 1)} a week"
    return f"{place}: {planned} of {wanted} {posts}, {channel['missing']} missing."


def _post(
    plan: ModelPlan, entry: Entry, detail: Detail, notes: dict[UUID, str]
) -> dict[str, Any]:
    first = detail.media[0] if detail.media else None
    local = entry.at.astimezone(plan.zone)
    return {
        "id": str(entry.post),
        "at": utc_text(entry.at),
        "local": f"{local:%Y-%m-%dT%H:%M}",
        "status": entry.status,
        "text": detail.text,
        "thumbnail_url": reverse("media-thumbnail", args=[first]) if first else None,
        "media_count": len(detail.media),
        "channels": [_channel(plan.channels[one]) for one in entry.channels],
        "series": str(detail.series) if detail.series else None,
        "version": detail.version,
        "movable": entry.movable,
        "clash": notes.get(entry.post),
    }


def _channel(channel: Channel) -> dict[str, Any]:
    return {
        "id": str(channel.pk),
        "platform": channel.platform,
        "handle": channel.handle,
    }


def _notes(plan: ModelPlan, found: Iterable[Clash]) -> dict[UUID, str]:
    """Return for each post that clashes the first sentence about it."""
    notes: dict[UUID, str] = {}
    for clash in found:
        for post in clash.posts:
            notes.setdefault(post, plan.told(clash))
    return notes


def _wanted(entries: Iterable[Entry], statuses: Collection[str] = ()) -> list[Entry]:
    """Return entries in these states; what is cancelled only where it is asked for."""
    if statuses:
        return [one for one in entries if one.status in statuses]
    return [one for one in entries if one.status != Post.State.CANCELLED]


def _by_day(plan: ModelPlan, entries: Iterable[Entry]) -> dict[date, list[Entry]]:
    days: dict[date, list[Entry]] = defaultdict(list)
    for entry in entries:
        days[plan.on_day(entry.at)].append(entry)
    return days


def _days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(count)]


def _is_over(plan: ModelPlan, posts: int) -> bool:
    return 0 < plan.pace.cap < posts
