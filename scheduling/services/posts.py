"""What a person can do about posts: plan, edit, cancel, move, try again, copy."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from library.models import Creator, MediaItem
from library.services import get_tags
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling.models import Post, Publication
from scheduling.publishing.moves import (
    OPEN_STATES,
    TAKEN_OUT_STATES,
    fresh_key,
    move,
)
from scheduling.services.naming import (
    Problems,
    named_channels,
    named_creators,
    named_media,
    named_template,
)
from scheduling.services.timing import Times, planned_times, utc_text
from scheduling.services.writing import (
    add_publications,
    changed,
    locked_post,
    put_media,
    refuse_while_busy,
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
    models: Sequence[str],
    content: str = "",
    channels: Sequence[UUID] | None = None,
    media_ids: Sequence[UUID] = (),
    tags: Iterable[str] = (),
    template: UUID | None = None,
    schedule_time: datetime | None = None,
    timezone: str = "",
    draft: bool = False,
    suggestions: Iterable[datetime] = (),
) -> Post:
    """Plan a post: one publication a channel, due at once unless told otherwise.

    `suggestions` are the times that were on offer. Raise DomainError 400 that names
    everything in the plan that is not there or cannot be used.
    """
    problems = Problems()
    words = get_tags(tags)
    creators = named_creators(models, problems)
    wanted = named_channels(creators, channels, problems)
    media = named_media(media_ids, problems)
    recipe = named_template(template, problems)
    reached = list({channel.creator_id: channel.creator for channel in wanted}.values())
    times = planned_times(
        schedule_time,
        timezone,
        reached or creators,
        draft=draft,
        actor=actor,
        now=now,
        problems=problems,
    )
    if not (draft or content.strip() or media_ids):
        problems.add("content", "A post needs a text or media.")
    problems.refuse()
    post = Post.objects.create(
        content=content,
        template=recipe,
        publish_at=times.first,
        timezone=times.zone,
        state=Post.State.DRAFT if draft else Post.State.SCHEDULED,
        author=actor,
        is_demo=_are_demo(reached or creators),
        **_offer(suggestions, times),
    )
    post.tags.set(words)
    put_media(post, media)
    due = {channel.pk: times.of_creator[channel.creator_id] for channel in wanted}
    add_publications(post, due, draft=draft)
    verb = "drafted" if draft else "planned"
    tell(post, f"post.{verb}", actor, f"{verb} a post for {_channels(len(wanted))}")
    return post


@transaction.atomic
def cancel_post(post_id: UUID, *, actor: User, version: int | None = None) -> Post:
    """Cancel what has not gone out; what is being sent or is out stays as it is.

    Raise DomainError 409 when there is nothing left to cancel.
    """
    post, publications = locked_post(post_id, version)
    cancelled = [
        publication
        for publication in publications
        if publication.state in OPEN_STATES
        and move(publication, _P.CANCELLED, next_attempt_at=None)
    ]
    if not cancelled:
        raise DomainError(
            "nothing_to_cancel",
            "Nothing of this post can be cancelled any more.",
            status=409,
            too_late=too_late(publications),
        )
    message = f"cancelled a post on {_channels(len(cancelled))}"
    return changed(post, "post.cancelled", actor, message)


@transaction.atomic
def reschedule_post(
    post_id: UUID,
    *,
    actor: User,
    now: datetime,
    schedule_time: datetime | None = None,
    timezone: str = "",
    version: int | None = None,
) -> Post:
    """Move what has not gone out to another time.

    A draft is planned by it, and so is, once more, a post that was cancelled. Raise
    DomainError 409 while something of it is being sent.
    """
    post, publications = locked_post(post_id, version)
    refuse_while_busy(publications)
    movable = _movable(publications)
    problems = Problems()
    # What was cancelled did not hold its media.
    named_media(post.media_entries.values_list("media_id", flat=True), problems)
    times = planned_times(
        schedule_time,
        timezone,
        {one.channel.creator_id: one.channel.creator for one in movable}.values(),
        draft=False,
        actor=actor,
        now=now,
        problems=problems,
    )
    if not (post.content.strip() or post.media_entries.exists()):
        problems.add("content", "A post needs a text or media.")
    problems.refuse()
    for publication in movable:
        due = times.of_creator[publication.channel.creator_id]
        schedule(publication, due, **fresh_key(publication))
    post.publish_at, post.timezone = times.first, times.zone
    return changed(post, "post.rescheduled", actor, f"moved a post to {_at(times)}")


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
    """Make a draft of the same text, media, tags and channels, as far as usable."""
    channels = [
        one.channel_id
        for one in post.publications.select_related("channel__creator")
        if one.channel.is_active and one.channel.creator.is_active
    ]
    media_ids = post.media_entries.values_list("media_id", flat=True)
    present = MediaItem.objects.present().filter(pk__in=media_ids)
    media = {item.pk: item for item in present.order_by("pk").select_for_update()}
    copy = Post.objects.create(
        content=post.content,
        template=post.template,
        timezone=post.timezone,
        author=actor,
        is_demo=post.is_demo,
    )
    copy.tags.set(post.tags.all())
    put_media(copy, [media[one] for one in media_ids if one in media])
    add_publications(copy, dict.fromkeys(channels), draft=True)
    tell(copy, "post.duplicated", actor, "made a copy of a post")
    return copy


def _are_demo(creators: Iterable[Creator]) -> bool:
    """Tell whether a post reaches models of the demo alone.

    It is a demo post then, whoever plans it: it counts with the demo and goes with it.
    """
    demo = [creator.is_demo for creator in creators]
    return bool(demo) and all(demo)


def _offer(suggestions: Iterable[datetime], times: Times) -> dict[str, Any]:
    """Return what to remember of the suggestions that were on offer."""
    offered = list(dict.fromkeys(suggestions))
    if not offered:
        return {}
    taken = any(due in offered for due in times.of_creator.values())
    return {
        "suggestions_offered": [utc_text(one) for one in offered],
        "suggestion_taken": taken,
    }


def _movable(publications: Sequence[Publication]) -> list[Publication]:
    """Return what can get a time: what is open, else all that was cancelled."""
    found = [one for one in publications if one.state in OPEN_STATES]
    found = found or [one for one in publications if one.state in TAKEN_OUT_STATES]
    if not found:
        raise DomainError(
            "nothing_to_reschedule", "Nothing of this post is still to come.", 409
        )
    return found


def _channels(count: int) -> str:
    return "1 channel" if count == 1 else f"{count} channels"


def _at(times: Times) -> str:
    return f"{times.first:%Y-%m-%d %H:%M} UTC" if times.first else "no time"
