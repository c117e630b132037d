"""What an edit of a post comes to; nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from library.models import MediaItem
from promura_site.models import User
from scheduling.models import Channel, Post, Publication
from scheduling.models.moments import EACH_MODELS_OWN
from scheduling.publishing.moves import BUSY_STATES, OPEN_STATES, TAKEN_OUT_STATES
from scheduling.services.naming import (
    Problems,
    named_channels,
    named_creators,
    named_media,
    named_template,
)
from scheduling.services.planning import Plan, due_on, reached_by
from scheduling.services.texts import (
    Texts,
    kept_variants,
    named_variants,
    texts_of,
    with_values,
)
from scheduling.services.timing import GRACE, due_at, planned_times, wall_clock
from scheduling.services.writing import is_too_late
from templates_app.models import PostTemplate
from templates_app.variables import Values


@dataclass
class Revision(Plan):
    """A plan for what is still open of a post; `channels` are those it reaches.

    `goes_further` tells whether media, channels or times are other than an override
    of clearance was given for; `comes_too_late` that nothing is left to change.
    """

    publish_at: datetime | None = None
    retimed: bool = False
    goes_further: bool = False
    comes_too_late: bool = False
    has_new_media: bool = False
    has_new_variants: bool = False


@dataclass(frozen=True)
class _Before:
    """The post as it is, and what is asked of it."""

    post: Post
    publications: Sequence[Publication]
    changes: Mapping[str, Any]

    @cached_property
    def was_draft(self) -> bool:
        return self.post.state == Post.State.DRAFT

    @cached_property
    def draft(self) -> bool:
        return bool(self.changes.get("draft", self.was_draft))

    @cached_property
    def retimed(self) -> bool:
        timed = self.changes.keys() & {"schedule_time", "timezone"}
        return bool(timed) or self.draft != self.was_draft

    @cached_property
    def late(self) -> frozenset[UUID]:
        """Return the channels that it is too late for."""
        return frozenset(
            one.channel_id for one in self.publications if is_too_late(one)
        )

    @cached_property
    def nothing_open(self) -> bool:
        return not any(one.state in OPEN_STATES for one in self.publications)

    @cached_property
    def reached(self) -> list[Channel]:
        """Return the channels that are open, and those that the edit may bring back.

        As when a post is moved: a new time is for what is open, else for all of it.
        """
        revived = "channels" in self.changes or (self.retimed and self.nothing_open)
        return [
            one.channel
            for one in self.publications
            if one.state in OPEN_STATES or (revived and one.state in TAKEN_OUT_STATES)
        ]

    @cached_property
    def texts(self) -> Texts:
        return texts_of(self.post)

    @cached_property
    def media(self) -> list[UUID]:
        return list(self.post.media_entries.values_list("media_id", flat=True))

    @cached_property
    def wall(self) -> datetime | None:
        """Return the hour that the post shows, in its zone or in each model's own."""
        if self.post.timezone == EACH_MODELS_OWN:
            due = [(one.publish_at, one.channel.creator) for one in self.publications]
            return wall_clock((at, creator) for at, creator in due if at)
        zone = ZoneInfo(self.post.timezone)
        at = self.post.publish_at
        return at and at.astimezone(zone).replace(tzinfo=None)


def revise(
    post: Post,
    publications: Sequence[Publication],
    *,
    actor: User,
    now: datetime,
    changes: Mapping[str, Any],
    lock: bool = True,
) -> Revision:
    """Return what an edit comes to, and all that is wrong with it."""
    before, problems = _Before(post, publications, changes), Problems()
    channels = _channels(before, problems)
    zone, due = _times(before, channels, actor, now, problems)
    template = post.template
    if "template" in changes:
        template = named_template(changes["template"], problems)
    edit = Revision(
        draft=before.draft,
        zone=zone,
        channels=channels,
        due=due,
        texts=_texts(before, channels, _variables(before, template), problems),
        media=_media(before, problems, lock=lock),
        problems=problems,
        template=template,
        retimed=before.retimed,
        has_new_media="media_ids" in changes,
    )
    if edit.draft and before.late:
        problems.add("draft", "Some of it is out, or on its way: it is no draft.")
    _compare(before, edit)
    edit.examine()
    return edit


def _compare(before: _Before, edit: Revision) -> None:
    """Tell how far the edit goes beyond the post as it is."""
    held = {one.channel_id for one in before.publications}
    edit.has_new_variants = list(edit.texts.variants) != list(before.texts.variants)
    # Of what is partly out, the time is that of the part that is moved.
    moved = edit.retimed or not before.late
    edit.publish_at = edit.first if moved else before.post.publish_at
    edit.comes_too_late = (
        bool(before.late) and before.nothing_open and not (edit.due.keys() & held)
    )
    edit.goes_further = bool(
        edit.retimed
        or edit.due.keys() - held
        or {item.pk for item in edit.media} - set(before.media)
    )


def _channels(before: _Before, problems: Problems) -> list[Channel]:
    """Return where the post goes from now on, but for what it is too late for."""
    changes, late = before.changes, before.late
    if not changes.keys() & {"models", "channels"}:
        return before.reached
    if "models" in changes:
        creators = named_creators(changes["models"], problems)
    else:
        creators = reached_by(one.channel for one in before.publications)
    named = changes.get("channels")
    if named:
        # What is out stays out, whether or not it is named and still in use.
        rest = [one for one in named if one not in late]
        if not rest:
            return []
        named = rest
    found = named_channels(creators, named, problems)
    reached = {channel.pk for channel in before.reached}
    closed = {one.channel_id for one in before.publications} - reached
    return [channel for channel in found if channel.pk not in closed]


def _variables(before: _Before, template: PostTemplate | None) -> Values | None:
    """Return the values that stand after the edit; another template brings its own."""
    own = before.post.variables
    if (template and template.pk) != before.post.template_id:
        own = template.variables if template else None
    return with_values(own, before.changes.get("variables"))


def _texts(
    before: _Before,
    channels: Sequence[Channel],
    variables: Values | None,
    problems: Problems,
) -> Texts:
    stored, changes = before.texts, before.changes
    content = changes.get("content", stored.content)
    own = {channel.pk for channel in channels} | before.late
    own |= {
        one.channel_id for one in before.publications if one.state in TAKEN_OUT_STATES
    }
    if "variants" in changes:
        variants = named_variants(changes["variants"], own, problems)
    else:
        variants = kept_variants(stored.variants, own)
    return Texts(content, variants, variables)


def _media(before: _Before, problems: Problems, *, lock: bool) -> list[MediaItem]:
    wanted, stored = before.changes.get("media_ids"), before.media
    if wanted is not None:
        busy = any(one.state in BUSY_STATES for one in before.publications)
        if wanted != stored and busy:
            # They are on their way just as they are, and may be sent once more.
            words = "Media cannot change while some of the post is on its way."
            problems.add("media_ids", words)
        return named_media(wanted, problems, lock=lock)
    if before.retimed and not before.draft:
        # What has failed or was cancelled did not hold its media.
        return named_media(stored, problems, lock=lock)
    rows = MediaItem.objects.filter(pk__in=stored).prefetch_related("creators")
    found = {item.pk: item for item in rows}
    return [found[one] for one in stored]


def _times(
    before: _Before,
    channels: Sequence[Channel],
    actor: User,
    now: datetime,
    problems: Problems,
) -> tuple[str, dict[UUID, datetime | None]]:
    """Return the zone to keep, and the due time on every channel, old or new."""
    post, changes, zone = before.post, before.changes, before.post.timezone
    if before.retimed:
        clocks = changes.get("timezone", "")
        kept = before.wall if (clocks or zone) == EACH_MODELS_OWN else post.publish_at
        times = planned_times(
            changes.get("schedule_time", kept),
            clocks,
            reached_by(channels),
            draft=before.draft,
            actor=actor,
            now=now,
            problems=problems,
            kept=zone,
        )
        zone, due = times.zone, due_on(channels, times)
    else:
        due = _kept_times(before, channels, now, problems)
    if not before.draft and None in due.values():
        problems.add("schedule_time", "This post has no time yet.")
    return zone, due


def _kept_times(
    before: _Before, channels: Sequence[Channel], now: datetime, problems: Problems
) -> dict[UUID, datetime | None]:
    """Return the times that channels have; who joins gets the hour of the others."""
    known = {one.channel_id: one for one in before.publications}
    due: dict[UUID, datetime | None] = {}
    for channel in channels:
        old = known.get(channel.pk)
        at = old.publish_at if old else _hour_for(channel, before)
        due[channel.pk] = at
        joins = old is None or old.state in TAKEN_OUT_STATES
        if joins and at and at < now - GRACE and not before.draft:
            words = f"For {channel} this time has passed already; name another."
            problems.add("schedule_time", words, channel=channel.pk)
    return due


def _hour_for(channel: Channel, before: _Before) -> datetime | None:
    if before.post.timezone != EACH_MODELS_OWN or before.wall is None:
        return before.post.publish_at
    return due_at(before.wall, EACH_MODELS_OWN, channel.creator)
