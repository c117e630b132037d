"""What a plan comes to, once all that it names has been found; nothing is written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from library.models import Creator, MediaItem
from promura_site.models import User
from scheduling import clearing
from scheduling.models import Channel
from scheduling.services.naming import (
    Problems,
    named_channels,
    named_creators,
    named_media,
    named_template,
)
from scheduling.services.room import note_what_does_not_fit
from scheduling.services.texts import (
    LONGEST,
    Going,
    Texts,
    named_variants,
    with_values,
)
from scheduling.services.timing import Times, planned_times
from templates_app.models import PostTemplate
from templates_app.variables import Values

MISSING_VALUE = "missing_value"


@dataclass(frozen=True)
class Wanted:
    """A plan as it is asked for; no channels: all active ones of the models.

    With `variables` or a template the texts get their variables' values; those that
    are given come before the template's own.
    """

    models: Sequence[str]
    content: str = ""
    channels: Sequence[UUID] | None = None
    variants: Sequence[Mapping[str, Any]] = ()
    media_ids: Sequence[UUID] = ()
    template: UUID | None = None
    variables: Values | None = None
    schedule_time: datetime | None = None
    timezone: str = ""
    draft: bool = False


@dataclass
class Plan:
    """What would be published where and when, and what is wrong with that.

    `unfit` is what a channel would not take: a problem, unless it is only a draft.
    """

    draft: bool
    zone: str
    channels: list[Channel]
    due: dict[UUID, datetime | None]
    texts: Texts
    media: list[MediaItem]
    problems: Problems
    template: PostTemplate | None = None
    unfit: Problems = field(default_factory=Problems)

    @property
    def first(self) -> datetime | None:
        """Return the earliest due time."""
        return min((at for at in self.due.values() if at), default=None)

    @property
    def going(self) -> list[Going]:
        """Return the post as each channel gets it."""
        return [
            Going(channel, self.texts.on(channel, at), at)
            for channel in self.channels
            for at in [self.due.get(channel.pk)]
        ]

    def bars(self) -> list[clearing.Bar]:
        """Return what is not cleared for where the media would go."""
        return [
            bar
            for going in self.going
            for bar in clearing.bars(self.media, going.channel, going.at)
        ]

    def examine(self) -> None:
        """Note what is missing, and what the channels would not take."""
        going = self.going
        note_what_does_not_fit(going, self.media, self.unfit)
        note_missing_values(self.texts, self.channels, self.unfit)
        for one in going:
            if len(one.text) > LONGEST:
                words = f"With its variables filled in, the text for {one.channel} has"
                words = f"{words} more than {LONGEST} characters."
                self.problems.add("content", words, channel=one.channel.pk)
        if self.draft:
            return
        silent = [one.channel for one in going if not one.text.strip()]
        if going and not self.media and len(silent) == len(going):
            self.problems.add("content", "A post needs a text or media.")
        elif not self.media:
            for channel in silent:
                words = f"There is no text for {channel}, and no media."
                self.problems.add("variants", words, channel=channel.pk)
        self.problems.found += self.unfit.found


def resolve(wanted: Wanted, *, actor: User, now: datetime, lock: bool = True) -> Plan:
    """Find everything that a new plan names; locks its media unless told not to."""
    problems = Problems()
    creators = named_creators(wanted.models, problems)
    channels = named_channels(creators, wanted.channels, problems)
    variants = named_variants(
        wanted.variants, [channel.pk for channel in channels], problems
    )
    media = named_media(wanted.media_ids, problems, lock=lock)
    template = named_template(wanted.template, problems)
    own = template.variables if template else None
    times = planned_times(
        wanted.schedule_time,
        wanted.timezone,
        reached_by(channels) or creators,
        draft=wanted.draft,
        actor=actor,
        now=now,
        problems=problems,
    )
    plan = Plan(
        draft=wanted.draft,
        zone=times.zone,
        channels=channels,
        due=due_on(channels, times),
        texts=Texts(wanted.content, variants, with_values(own, wanted.variables)),
        media=media,
        problems=problems,
        template=template,
    )
    plan.examine()
    return plan


def note_missing_values(
    texts: Texts, channels: Iterable[Channel], problems: Problems
) -> None:
    """Add a problem for each variable that has no value for a model it reaches."""
    missing = {
        (name, channel.creator): None
        for channel in channels
        for name in texts.missing_on(channel)
    }
    for name, creator in missing:
        words = f"{{{name}}} has no value for {creator.name} ({creator.slug})."
        problems.add("variables", words, code=MISSING_VALUE)


def reached_by(channels: Iterable[Channel]) -> list[Creator]:
    """Return the models of channels, each once."""
    return list({one.creator_id: one.creator for one in channels}.values())


def due_on(channels: Iterable[Channel], times: Times) -> dict[UUID, datetime | None]:
    """Return the due time on each channel."""
    return {one.pk: times.of_creator.get(one.creator_id) for one in channels}
