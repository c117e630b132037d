"""What a person can do about posts: plan, edit, cancel, move, try again, copy."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from library.models import Creator, MediaItem, Tag
from library.services import get_tags
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling.models import Post, Publication
from scheduling.publishing.moves import (
    OPEN_STATES,
    fresh_key,
    move,
)
from scheduling.services import braces, clearance
from scheduling.services.cautions import duplicates
from scheduling.services.duplicates import NEAR_DUPLICATE
from scheduling.services.moving import movable_of, moved_plan
from scheduling.services.naming import Problems, named_media
from scheduling.services.planning import Plan, Wanted, reached_by, resolve
from scheduling.services.texts import Texts, kept_variants, put_variants, texts_of
from scheduling.services.timing import utc_text
from scheduling.services.writing import (
    Changed,
    add_publications,
    changed,
    follow_offer,
    locked_post,
    nothing_to,
    put_media,
    schedule,
    tell,
    too_late,
    try_again,
)

_P = Publication.State


@transaction.atomic
def plan_post(
    *,
    actor: User,
    now: datetime,
    tags: Iterable[str] = (),
    suggestions: Iterable[datetime] = (),
    override_clearance: str = "",
    refuse_duplicates: bool = False,
    keep_unknown: bool = False,
    **wanted: Any,
) -> Post:
    """Plan a post: one publication a channel, due at once unless told otherwise.

    `wanted` are the fields of planning.Wanted, `suggestions` the times that were on
    offer. Raise DomainError 400 that names everything in the plan that is not there
    or cannot be used, 409 for media that is not cleared, for braces that nobody has
    said are to stay as they are (`keep_unknown` says so) and, if they are to be
    refused, for near-duplicates.
    """
    words = get_tags(tags)
    plan = resolve(Wanted(**wanted), actor=actor, now=now)
    plan.problems.refuse()
    if not plan.draft:
        braces.ask(plan.texts, plan.template, actor=actor, keep=keep_unknown)
    bars = [] if plan.draft else plan.bars()
    cleared = clearance.decide(bars, actor=actor, now=now, reason=override_clearance)
    if refuse_duplicates:
        _refuse_duplicates(plan)
    post = Post(
        content=plan.texts.content,
        variables=plan.texts.variables,
        template=plan.template,
        publish_at=plan.first,
        timezone=plan.zone,
        state=Post.State.DRAFT if plan.draft else Post.State.SCHEDULED,
        author=actor,
        is_demo=are_demo(reached_by(plan.channels)),
        **_offer(suggestions, plan),
    )
    clearance.put(post, cleared, bars)
    _store(post, plan, words)
    return post


@transaction.atomic
def cancel_post(post_id: UUID, *, actor: User, version: int | None = None) -> Changed:
    """Cancel what has not gone out; what is being sent or is out stays as it is.

    Raise DomainError 409 when there is nothing left to cancel.
    """
    return _take_out(post_id, _P.CANCELLED, "cancel", actor=actor, version=version)


@transaction.atomic
def skip_post(post_id: UUID, *, actor: User, version: int | None = None) -> Changed:
    """Leave out what has not gone out, such as one post of a series.

    As with one that is cancelled, another time brings it back. Raise DomainError 409
    when there is nothing left to skip.
    """
    return _take_out(post_id, _P.SKIPPED, "skip", actor=actor, version=version)


@transaction.atomic
def reschedule_post(
    post_id: UUID,
    *,
    actor: User,
    now: datetime,
    schedule_time: datetime | None = None,
    timezone: str = "",
    version: int | None = None,
    override_clearance: str = "",
    keep_unknown: bool = False,
) -> Changed:
    """Move what has not gone out to another time; none means now.

    A draft is planned by it, and so is, once more, a post that was cancelled. Raise
    DomainError 409 when nothing of it is still to come, for media that is not
    cleared, and for braces of a draft that nobody has said are to stay.
    """
    post, publications = locked_post(post_id, version)
    movable = movable_of(post, publications)
    problems = Problems()
    # What was cancelled did not hold its media.
    entries = post.media_entries.values_list("media_id", flat=True)
    plan = moved_plan(
        post,
        movable,
        named_media(entries, problems),
        schedule_time=schedule_time,
        timezone=timezone,
        actor=actor,
        now=now,
        problems=problems,
    )
    plan.problems.refuse()
    if post.state == Post.State.DRAFT:
        braces.ask(plan.texts, plan.template, actor=actor, keep=keep_unknown)
    bars = plan.bars()
    cleared = clearance.decide(bars, actor=actor, now=now, reason=override_clearance)
    clearance.put(post, cleared, bars)
    _schedule_all(movable, plan)
    post.publish_at, post.timezone = plan.first, plan.zone
    stay = [one.publish_at for one in publications if one not in movable]
    follow_offer(post, [*stay, *plan.due.values()])
    changed(post, "post.rescheduled", actor, f"moved a post to {_at(plan.first)}")
    return Changed(post, too_late(publications))


@transaction.atomic
def retry_post(
    post_id: UUID, *, actor: User, now: datetime, version: int | None = None
) -> Post:
    """Try again at once whatever failed or was missed.

    Raise DomainError 409 when nothing did.
    """
    post, publications = locked_post(post_id, version)
    again = [one for one in publications if one.state in {_P.FAILED, _P.MISSED}]
    if not again:
        raise DomainError(
            "nothing_to_retry", "Nothing of this post has failed or was missed.", 409
        )
    for publication in again:
        try_again(publication, now)
    message = f"tries a post again on {_channels(len(again))}"
    return changed(post, "post.retried", actor, message)


@transaction.atomic
def duplicate_post(post: Post, *, actor: User) -> Post:
    """Make a draft of the same texts, media, tags and channels, as far as usable."""
    channels = [
        one.channel
        for one in post.publications.select_related("channel__creator")
        if one.channel.is_active and one.channel.creator.is_active
    ]
    media_ids = post.media_entries.values_list("media_id", flat=True)
    present = MediaItem.objects.present().filter(pk__in=media_ids)
    media = {item.pk: item for item in present.order_by("pk").select_for_update()}
    texts = texts_of(post)
    kept = kept_variants(texts.variants, [channel.pk for channel in channels])
    plan = Plan(
        draft=True,
        zone=post.timezone,
        channels=channels,
        due={},
        texts=Texts(texts.content, kept, texts.variables),
        media=[media[one] for one in media_ids if one in media],
        problems=Problems(),
    )
    copy = Post(
        content=post.content,
        variables=post.variables,
        template=post.template,
        timezone=post.timezone,
        author=actor,
        is_demo=post.is_demo,
    )
    copy.save()
    copy.tags.set(post.tags.all())
    _place(copy, plan)
    tell(copy, "post.duplicated", actor, "made a copy of a post")
    return copy


def _take_out(
    post_id: UUID, state: str, verb: str, *, actor: User, version: int | None
) -> Changed:
    """Take what has not gone out of a post out of the plan."""
    post, publications = locked_post(post_id, version)
    taken_out = [
        publication
        for publication in publications
        if publication.state in OPEN_STATES
        and move(publication, state, next_attempt_at=None)
    ]
    past = {"cancel": "cancelled", "skip": "skipped"}[verb]
    if not taken_out:
        raise nothing_to(verb, past, publications)
    message = f"{past} a post on {_channels(len(taken_out))}"
    changed(post, f"post.{past}", actor, message)
    return Changed(post, too_late(publications))


def _store(post: Post, plan: Plan, tags: Iterable[Tag]) -> None:
    post.save()
    post.tags.set(tags)
    _place(post, plan)
    verb = "drafted" if plan.draft else "planned"
    words = f"{verb} a post for {_channels(len(plan.channels))}"
    tell(post, f"post.{verb}", post.author, words)


def _place(post: Post, plan: Plan) -> None:
    put_variants(post, plan.texts.variants)
    put_media(post, plan.media)
    add_publications(post, plan.going, draft=plan.draft)


def _schedule_all(movable: Iterable[Publication], plan: Plan) -> None:
    for publication, going in zip(movable, plan.going, strict=True):
        fields = {"content": going.text, **fresh_key(publication)}
        if not schedule(publication, going.at, **fields):
            # A publisher was quicker.
            publication.refresh_from_db(fields=["state"])


def _refuse_duplicates(plan: Plan) -> None:
    found = duplicates(plan.going, {item.pk for item in plan.media})
    if found:
        raise DomainError(
            NEAR_DUPLICATE, str(found[0]["text"]), status=409, warnings=found
        )


def are_demo(creators: Iterable[Creator]) -> bool:
    """Tell whether a post reaches models of the demo alone.

    It is a demo post then, whoever plans it: it counts with the demo and goes with it.
    """
    demo = [creator.is_demo for creator in creators]
    return bool(demo) and all(demo)


def _offer(suggestions: Iterable[datetime], plan: Plan) -> dict[str, Any]:
    """Return what to remember of the suggestions that were on offer."""
    offered = list(dict.fromkeys(suggestions))
    if not offered:
        return {}
    taken = any(due in offered for due in plan.due.values())
    return {
        "suggestions_offered": [utc_text(one) for one in offered],
        "suggestion_taken": taken,
    }


def _channels(count: int) -> str:
    return "1 channel" if count == 1 else f"{count} channels"


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "no time"
