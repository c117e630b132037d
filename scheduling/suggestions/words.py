"""Say in a manager's words why a time is suggested."""

from datetime import datetime

DAYS = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
_PARTS = ((5, "night"), (12, "morning"), (17, "afternoon"), (22, "evening"))
# Shares by which engagement is above the average, and how sure that must be.
_HIGH, _GOOD = (0.10, 75), (0.03, 60)

_WHOSE = {
    "slot": "{judgement}",
    "model": "{judgement} at similar times",
    "agency": "{judgement} for the agency's models",
    "default": "a popular time, until there are more posts to learn from",
}


def reason(
    local: datetime, basis: str, lift: float, confidence: float, posts: int
) -> str:
    """Return a line such as "Monday morning - high engagement (23 posts)"."""
    why = _WHOSE[basis].format(judgement=_judge(lift, confidence))
    return f"{day_part(local)} - {why} ({count_posts(posts)})"


def day_part(local: datetime) -> str:
    """Return a weekday with the part of the day, as in "Monday morning"."""
    part = next((name for end, name in _PARTS if local.hour < end), "night")
    return f"{DAYS[local.weekday()]} {part}"


def count_posts(count: int) -> str:
    """Return "1 post", "23 posts" or "no posts yet"."""
    if not count:
        return "no posts yet"
    return "1 post" if count == 1 else f"{count:,} posts"


def clock(local: datetime) -> str:
    """Return a time of day as "10:00 AM", whatever the server's locale."""
    half = "AM" if local.hour < 12 else "PM"
    return f"{local.hour % 12 or 12:02d}:{local.minute:02d} {half}"


def _judge(lift: float, confidence: float) -> str:
    for word, (least, sure) in (("high", _HIGH), ("good", _GOOD)):
        if lift >= least and confidence >= sure:
            return f"{word} engagement"
    return "average engagement" if lift > -_GOOD[0] else "lower engagement"
