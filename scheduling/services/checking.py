"""What would come of a plan or an edit: nothing is written, nothing is locked."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from promura_site.errors import DomainError
from promura_site.models import User
from scheduling.models import Post
from scheduling.services import braces, cautions
from scheduling.services.clearance import OVERRIDE, standing
from scheduling.services.planning import Plan, Wanted, resolve
from scheduling.services.revising import Revision, revise
from scheduling.services.room import room_for
from scheduling.services.texts import Going
from scheduling.services.timing import utc_text
from scheduling.services.writing import publications_of, too_late

UNUSED = "variant_unused"


def check_plan(
    *, actor: User, now: datetime, override_clearance: str = "", **wanted: Any
) -> dict[str, Any]:
    """Return what is wrong with a new plan, what to know, and what each channel gets.

    `wanted` are the fields of planning.Wanted.
    """
    plan = resolve(Wanted(**wanted), actor=actor, now=now, lock=False)
    overridden = bool(override_clearance) and actor.has_perm(OVERRIDE)
    return _answer(plan, overridden=overridden)


def check_edit(
    post_id: UUID,
    *,
    actor: User,
    now: datetime,
    changes: Mapping[str, Any],
    override_clearance: str = "",
) -> dict[str, Any]:
    """Return the same of an edit, and which channels it comes too late for."""
    post = Post.objects.filter(pk=post_id).first()
    if post is None:
        raise DomainError("not_found", "This post is not there any more.", status=404)
    publications = publications_of(post)
    edit = revise(post, publications, actor=actor, now=now, changes=changes, lock=False)
    overridden = bool(override_clearance) and actor.has_perm(OVERRIDE)
    late = too_late(publications)
    answer = _answer(edit, post=post, overridden=overridden)
    if edit.comes_too_late:
        answer["problems"] = [
            {"code": "too_late", **{name: one[name] for name in ("channel", "text")}}
            for one in late
        ]
    return {**answer, "ok": not answer["problems"], "too_late": late}


def _answer(
    plan: Plan, *, overridden: bool, post: Post | None = None
) -> dict[str, Any]:
    bars = cautions.shown_bars(_bars(plan, post))
    problems = [cautions.shown_problem(one) for one in plan.problems.found]
    known = [*_unused(plan), *braces.warnings(plan.texts, plan.template)]
    if plan.draft:
        known += [cautions.shown_problem(one) for one in plan.unfit.found]
    if plan.draft or overridden:
        known += bars
    else:
        problems += bars
    media = {item.pk for item in plan.media}
    known += cautions.duplicates(plan.going, media, but=post.pk if post else None)
    return {
        "ok": not problems,
        "problems": problems,
        "warnings": known,
        "channels": [_shown(going, plan) for going in plan.going],
        "too_late": [],
    }


def _bars(plan: Plan, post: Post | None) -> list[Any]:
    """Return what is not cleared, but for what an override still lets out."""
    stands = post is not None and isinstance(plan, Revision) and not plan.goes_further
    held = standing(post)["cleared_for"] if post and stands else ()
    return [bar for bar in plan.bars() if bar.key not in held]


def _unused(plan: Plan) -> list[dict[str, Any]]:
    used = {id(plan.texts.variant_on(channel)) for channel in plan.channels}
    return [
        {
            "code": UNUSED,
            "field": "variants",
            "text": f"No account chosen here takes the text for “{one.language}”.",
        }
        for one in plan.texts.variants
        if one.language and id(one) not in used
    ]


def _shown(going: Going, plan: Plan) -> dict[str, Any]:
    channel, variant = going.channel, plan.texts.variant_on(going.channel)
    room = room_for(going, with_media=bool(plan.media))
    whose = ""
    if variant is not None:
        whose = "language" if variant.language else "channel"
    return {
        "channel": str(channel.pk),
        "model": channel.creator.slug,
        "handle": channel.handle,
        "platform": channel.platform,
        "language": channel.language,
        "variant": whose,
        "text": going.text,
        "length": room.length,
        "limit": room.limit,
        "schedule_time": utc_text(going.at) if going.at else None,
    }
