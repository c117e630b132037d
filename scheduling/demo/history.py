"""What the demo's models posted, and how it was received: numbers with a rhythm.

The level of a post's engagement is a sum in log space: the model's reach, a slow
growth, the hour's and the weekday's effect, the platform, and noise twice as large as
any of them, so that the suggestions have something to find and something to doubt.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from promura_site.zones import exists, to_utc
from scheduling.demo.cast import Model

_NOISE = 0.55
_PLATFORM = {"instagram": 0.0, "tiktok": 0.25, "x": -0.6, "telegram": -0.9}
_OTHER_PLATFORM = -1.1
# How likely the team picks an hour when nobody tells it a better one.
_HOURS = np.array(
    [1, 0, 0, 0, 0, 0, 1, 3, 5, 6, 6, 5, 7, 6, 4, 4, 5, 7, 9, 9, 8, 6, 4, 2], float
)
_WEEKDAY = (-0.08, -0.02, 0.0, 0.05, 0.02, 0.10, 0.08)


@dataclass(frozen=True)
class Reception:
    """The counts that a platform reports for one publication."""

    likes: int
    comments: int
    shares: int
    views: int
    clicks: int


def slot_effect(model: Model, local: datetime) -> float:
    """Return how much better than usual this local hour is, in log units."""
    from_peak = abs(local.hour - model.peak)
    from_peak = min(from_peak, 24 - from_peak)
    evening = 0.42 * np.exp(-(from_peak**2) / (2 * 2.0**2))
    lunch = 0.16 * np.exp(-((local.hour - 12) ** 2) / (2 * 1.5**2))
    night = -0.30 if local.hour < 6 else 0.0
    return float(evening + lunch + night + _WEEKDAY[local.weekday()])


def posting_times(
    model: Model, start: datetime, end: datetime, random: np.random.Generator
) -> Iterator[datetime]:
    """Yield the model's posting times between two moments, in UTC and in order."""
    zone = ZoneInfo(model.timezone)
    day = start.astimezone(zone).replace(
        hour=0, minute=0, second=0, microsecond=0, tzinfo=None
    )
    chances = _HOURS / _HOURS.sum()
    while (midnight := to_utc(day, zone)) < end:
        if random.random() < model.pace / 7:
            minute = int(random.choice((0, 0, 0, 15, 30, 45)))
            hour = int(random.choice(24, p=chances))
            wall = day.replace(hour=hour, minute=minute)
            at = to_utc(wall, zone)
            if exists(wall, zone) and start <= at < end:
                yield at
        day += timedelta(days=1)
        if midnight > end:
            break


def reception(
    model: Model,
    platform: str,
    at: datetime,
    *,
    age_share: float,
    growth: float,
    random: np.random.Generator,
) -> Reception:
    """Return counts for a publication; `age_share` 1 means they have settled.

    `growth` is what the audience has gained since the history began, in log units.
    """
    local = at.astimezone(ZoneInfo(model.timezone))
    level = model.reach + growth + slot_effect(model, local)
    level += _PLATFORM.get(platform, _OTHER_PLATFORM) + random.normal(0, _NOISE)
    likes = float(np.exp(level)) * age_share

    def about(share: float) -> int:
        return int(random.poisson(max(likes * share, 0.05)))

    return Reception(
        likes=round(likes),
        comments=about(0.045),
        shares=about(0.018),
        views=about(11.0),
        clicks=about(0.025),
    )
