"""Where the wall-clock time of a post goes when many are shifted together."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from library.models import Creator
from promura_site.errors import DomainError
from promura_site.zones import to_utc
from scheduling.models import Post, Publication
from scheduling.models.moments import EACH_MODELS_OWN
from scheduling.services.timing import wall_clock


@dataclass(frozen=True)
class Shift:
    """Another date at the same time of day, or as many days and minutes later.

    Read on the clocks of `model` (her id) where it is given; else on those of the
    only model that a post has; else in the zone that it was planned in.
    """

    day: date | None = None
    days: int = 0
    minutes: int = 0
    model: str = ""

    def of(self, wall: datetime) -> datetime:
        """Return where a wall-clock time goes."""
        if self.day:
            return datetime.combine(self.day, wall.time())
        return wall + timedelta(days=self.days, minutes=self.minutes)


def shifted(post: Post, movable: Iterable[Publication], shift: Shift) -> datetime:
    """Return the time to plan a post for: aware, or wall-clock time of each model.

    So 09:00 stays 09:00 across a change of the clocks. Raise DomainError for what has
    no time, or does not go to the model.
    """
    due = [(one.publish_at, one.channel.creator) for one in movable]
    if shift.model:
        due = [(at, creator) for at, creator in due if creator.slug == shift.model]
    if not due:
        raise DomainError("not_of_model", f"It does not go to “{shift.model}”.")
    timed = [(at, creator) for at, creator in due if at]
    if not timed:
        raise DomainError("no_time", "It has no time yet that could be shifted.")
    try:
        return _shifted(post, timed, shift)
    except OverflowError:
        raise DomainError("invalid", "This time is out of range.") from None


def _shifted(
    post: Post, timed: list[tuple[datetime, Creator]], shift: Shift
) -> datetime:
    if post.timezone == EACH_MODELS_OWN:
        wall = wall_clock(timed)
        assert wall is not None
        return shift.of(wall)
    zones = {creator.timezone for _, creator in timed}
    zone = ZoneInfo(zones.pop() if len(zones) == 1 else post.timezone)
    first = min(at for at, _ in timed)
    return to_utc(shift.of(first.astimezone(zone).replace(tzinfo=None)), zone)
