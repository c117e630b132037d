"""What moving a post to another time comes to; nothing is written."""

from collections.abc import Sequence
from datetime import datetime

from library.models import MediaItem
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling.models import Post, Publication
from scheduling.publishing.moves import BUSY_STATES, OPEN_STATES, TAKEN_OUT_STATES
from scheduling.services.naming import Problems
from scheduling.services.planning import Plan, due_on, reached_by
from scheduling.services.texts import texts_of
from scheduling.services.timing import planned_times
from scheduling.services.writing import refuse_too_late, too_late


def movable_of(post: Post, publications: Sequence[Publication]) -> list[Publication]:
    """Return what can get a time: what is open, else all that was cancelled.

    Raise DomainError 409 when nothing of the post is still to come.
    """
    found = [one for one in publications if one.state in OPEN_STATES]
    found = found or [one for one in publications if one.state in TAKEN_OUT_STATES]
    if not found and any(one.state in BUSY_STATES for one in publications):
        refuse_too_late(post, publications)
    if not found:
        raise DomainError(
            "nothing_to_reschedule",
            "Nothing of this post is still to come.",
            status=409,
            too_late=too_late(publications),
        )
    return found


def moved_plan(
    post: Post,
    movable: Sequence[Publication],
    media: list[MediaItem],
    *,
    schedule_time: datetime | None,
    timezone: str,
    actor: User,
    now: datetime,
    problems: Problems,
    draft: bool = False,
) -> Plan:
    """Return the plan of the same post for another time; none means now."""
    channels = [one.channel for one in movable]
    times = planned_times(
        schedule_time,
        timezone,
        reached_by(channels),
        draft=draft,
        actor=actor,
        now=now,
        problems=problems,
        kept=post.timezone,
    )
    plan = Plan(
        draft=draft,
        zone=times.zone,
        channels=channels,
        due=due_on(channels, times),
        texts=texts_of(post),
        media=media,
        problems=problems,
        template=post.template,
    )
    plan.examine()
    return plan
