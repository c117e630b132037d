"""Editing a post that has not gone out: what it says, shows, and where and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from library.models import MediaItem, Tag
from library.services import get_tags
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling.models import Channel, Post, Publication
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
from scheduling.services.timing import late_after, planned_times
from scheduling.services.writing import (
    add_publications,
    changed,
    locked_post,
    put_media,
    refuse_while_busy,
    schedule,
    too_late,
)

_P = Publication.State


@dataclass
class _Edit:
    """What an edit comes to, once everything it names has been found."""

    draft: bool
    retimed: bool
    zone: str
    channels: dict[UUID, Channel]
    # Whether the channels themselves were named: one that was cancelled comes back.
    named: bool
    due: dict[UUID, datetime | None] = field(default_factory=dict)
    media: list[MediaItem] | None = None
    tags: list[Tag] | None = None

    @property
    def first(self) -> datetime | None:
        """Return the earliest due time."""
        return min((at for at in self.due.values() if at), default=None)


@transaction.atomic
def edit_post(
    post_id: UUID,
    *,
    actor: User,
    now: datetime,
    version: int,
    changes: Mapping[str, Any],
) -> Post:
    """Change the fields of a plan that `changes` holds; see plan_post for them.

    Raise DomainError 409 when the post has been changed meanwhile, is being sent, or
    has been published: what is published never changes, a copy of it may.
    """
    post, publications = locked_post(post_id, version)
    refuse_while_busy(publications)
    _refuse_published(post, publications)
    edit = _resolve(post, publications, actor, now, changes)
    post.content = changes.get("content", post.content)
    if "tags" in changes and edit.tags is not None:
        post.tags.set(edit.tags)
    if edit.media is not None:
        put_media(post, edit.media)
    _apply(post, publications, edit)
    post.publish_at, post.timezone = edit.first, edit.zone
    return changed(post, "post.edited", actor, "edited a post")


def _refuse_published(post: Post, publications: Sequence[Publication]) -> None:
    if any(one.state == _P.PUBLISHED for one in publications):
        raise DomainError(
            "already_published",
            "What is published does not change. Duplicate the post and edit the copy.",
            status=409,
            too_late=too_late(publications),
            copy=f"/api/posts/{post.pk}/duplicate",
        )


def _resolve(
    post: Post,
    publications: Sequence[Publication],
    actor: User,
    now: datetime,
    changes: Mapping[str, Any],
) -> _Edit:
    problems = Problems()
    tags = get_tags(changes["tags"]) if "tags" in changes else None
    channels = _wanted_channels(publications, changes, problems)
    media = None
    if "media_ids" in changes:
        media = named_media(changes["media_ids"], problems)
    if "template" in changes:
        post.template = named_template(changes["template"], problems)
    edit = _timed(post, publications, channels, actor, now, changes, problems)
    edit.media, edit.tags = media, tags
    if not edit.draft and None in edit.due.values():
        problems.add("schedule_time", "This post has no time yet.")
    if edit.retimed and media is None and not edit.draft:
        # What has failed or was cancelled did not hold its media.
        named_media(post.media_entries.values_list("media_id", flat=True), problems)
    text = changes.get("content", post.content).strip()
    shown = media if media is not None else post.media_entries.exists()
    if not (edit.draft or text or shown):
        problems.add("content", "A post needs a text or media.")
    problems.refuse()
    return edit


def _wanted_channels(
    publications: Sequence[Publication],
    changes: Mapping[str, Any],
    problems: Problems,
) -> dict[UUID, Channel]:
    current = {one.channel_id: one.channel for one in publications}
    if not changes.keys() & {"models", "channels"}:
        return current
    if "models" in changes:
        creators = named_creators(changes["models"], problems)
    else:
        creators = list(
            {one.creator_id: one.creator for one in current.values()}.values()
        )
    found = named_channels(creators, changes.get("channels"), problems)
    return {channel.pk: channel for channel in found}


def _timed(
    post: Post,
    publications: Sequence[Publication],
    channels: Mapping[UUID, Channel],
    actor: User,
    now: datetime,
    changes: Mapping[str, Any],
    problems: Problems,
) -> _Edit:
    """Return the edit with the due time of every channel, old or new."""
    was_draft = post.state == Post.State.DRAFT
    draft, named = changes.get("draft", was_draft), "channels" in changes
    retimed = "schedule_time" in changes or "timezone" in changes or draft != was_draft
    known = {one.channel_id: one.publish_at for one in publications}
    if not retimed:
        due = {one: known.get(one, post.publish_at) for one in channels}
        return _Edit(draft, False, post.timezone, dict(channels), named, due)
    creators = {one.creator_id: one.creator for one in channels.values()}
    times = planned_times(
        changes.get("schedule_time", post.publish_at),
        changes.get("timezone", ""),
        creators.values(),
        draft=draft,
        actor=actor,
        now=now,
        problems=problems,
    )
    due = {
        one: times.of_creator.get(channel.creator_id)
        for one, channel in channels.items()
    }
    zone = times.zone if changes.get("timezone") else post.timezone
    return _Edit(draft, True, zone, dict(channels), named, due)


def _apply(post: Post, publications: Sequence[Publication], edit: _Edit) -> None:
    # As when it is moved: a new time is for what is open, else for all of it.
    nothing_open = not any(one.state in OPEN_STATES for one in publications)
    revived = edit.named or (edit.retimed and nothing_open)
    for publication in publications:
        is_cancelled = publication.state in TAKEN_OUT_STATES
        if publication.channel_id not in edit.channels:
            _drop(publication)
        elif publication.state in OPEN_STATES or (is_cancelled and revived):
            _rewrite(publication, post.content, edit)
        elif is_cancelled:
            # Should it be planned again, it must not say what was said before.
            move(publication, publication.state, content=post.content)
    known = {one.channel_id for one in publications}
    new = {one: at for one, at in edit.due.items() if one not in known}
    add_publications(post, new, draft=edit.draft)


def _rewrite(publication: Publication, content: str, edit: _Edit) -> None:
    due = edit.due[publication.channel_id]
    fields = {"content": content, **fresh_key(publication)}
    taken_out = publication.state in TAKEN_OUT_STATES
    if (edit.retimed or taken_out) and not edit.draft:
        schedule(publication, due, **fields)
        return
    if edit.draft:
        fields |= {
            "publish_at": due,
            "late_after": late_after(due),
            "next_attempt_at": None,
        }
    # What was made ready says what it said before: it is made ready anew.
    stays = _P.SCHEDULED if publication.state == _P.READY else publication.state
    to = _P.DRAFT if edit.draft else stays
    if not move(publication, to, **fields):
        raise DomainError("being_published", "It is being sent just now.", status=409)


def _drop(publication: Publication) -> None:
    """Take a channel out of the plan; what was tried stays on record."""
    if publication.first_attempt_at is None and not publication.attempts_made:
        publication.delete()
    elif publication.state in OPEN_STATES:
        move(publication, _P.CANCELLED, next_attempt_at=None)
