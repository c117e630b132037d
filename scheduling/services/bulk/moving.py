"""Move many posts to other times, cancel many, and take either back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from promura_site.errors import DomainError
from promura_site.models import User
from scheduling.models import Post, Publication
from scheduling.publishing.moves import OPEN_STATES, fresh_key
from scheduling.services import braces, clearance
from scheduling.services.bulk.crowds import warn
from scheduling.services.bulk.loading import Loaded, post_id
from scheduling.services.bulk.restoring import restored
from scheduling.services.bulk.steps import Bulk, Part, Step, carry_out
from scheduling.services.bulk.times import Shift, shifted
from scheduling.services.bulk.undoing import Before
from scheduling.services.moving import movable_of, moved_plan
from scheduling.services.naming import Problems
from scheduling.services.planning import Plan
from scheduling.services.writing import (
    check_version,
    drafted_for,
    nothing_to,
    planned_for,
)

_P = Publication.State


@dataclass(frozen=True)
class Move:
    """Where one post is to go: to a time, by a shift, or back to how it stood."""

    id: str
    schedule_time: datetime | None = None
    timezone: str = ""
    version: int | None = None
    restore: str = ""
    shift: Shift | None = None


def move_posts(
    moves: Iterable[Move],
    *,
    actor: User,
    now: datetime,
    plan_drafts: bool = False,
    dry_run: bool = False,
) -> Bulk:
    """Move posts, each by itself: what cannot be moved does not keep the others.

    Drafts stay drafts unless `plan_drafts`. A shift leaves alone what was cancelled; a
    time of its own plans it once more.
    """
    wanted: dict[UUID | str, Move] = {}
    for one in moves:
        wanted.setdefault(post_id(one.id) or one.id, one)

    def prepare(loaded: Loaded) -> Step:
        asked = wanted[loaded.post.pk]
        check_version(loaded.post, asked.version)
        if asked.restore:
            return restored(loaded, asked.restore, actor=actor, now=now)
        return _moved(loaded, asked, actor=actor, now=now, plan_drafts=plan_drafts)

    return carry_out(
        [one.id for one in wanted.values()],
        prepare,
        actor=actor,
        now=now,
        dry_run=dry_run,
        action="post.rescheduled",
        verb="moved",
        warn=warn,
    )


def cancel_posts(
    ids: Iterable[str], *, actor: User, now: datetime, dry_run: bool = False
) -> Bulk:
    """Cancel what has not gone out of each post, each by itself."""
    return carry_out(
        ids,
        _cancelled,
        actor=actor,
        now=now,
        dry_run=dry_run,
        action="post.cancelled",
        verb="cancelled",
    )


def _cancelled(loaded: Loaded) -> Step:
    post = loaded.post
    open_ones = [one for one in loaded.publications if one.state in OPEN_STATES]
    if not open_ones:
        raise nothing_to("cancel", "cancelled", loaded.publications)
    return Step(
        loaded,
        [Part(one, _P.CANCELLED, {"next_attempt_at": None}) for one in open_ones],
        post.publish_at,
        post.timezone,
        {},
        Before.of(post, open_ones),
    )


def _moved(
    loaded: Loaded, asked: Move, *, actor: User, now: datetime, plan_drafts: bool
) -> Step:
    post = loaded.post
    if asked.shift and post.state == Post.State.CANCELLED:
        words = "It is cancelled; give it a time of its own to plan it again."
        raise DomainError("cancelled", words, status=409)
    movable, problems = movable_of(post, loaded.publications), Problems()
    loaded.note_absent(problems)
    draft = post.state == Post.State.DRAFT
    stays = draft and not plan_drafts
    plan = moved_plan(
        post,
        movable,
        loaded.media,
        schedule_time=shifted(post, movable, asked.shift)
        if asked.shift
        else asked.schedule_time,
        timezone=asked.timezone,
        actor=actor,
        now=now,
        problems=problems,
        draft=stays,
    )
    plan.problems.refuse()
    if draft and plan_drafts:
        braces.ask(plan.texts, plan.template, actor=actor, keep=False)
    bars = [] if stays else plan.bars()
    cleared = clearance.decide(bars, actor=actor, now=now, reason="")
    return Step(
        loaded,
        _parts(movable, plan),
        plan.first,
        plan.zone,
        cleared,
        Before.of(post, movable),
    )


def _parts(movable: Sequence[Publication], plan: Plan) -> list[Part]:
    fields, to = (drafted_for, _P.DRAFT) if plan.draft else (planned_for, _P.SCHEDULED)
    return [
        Part(one, to, {**fields(going.at), "content": going.text, **fresh_key(one)})
        for one, going in zip(movable, plan.going, strict=True)
    ]
