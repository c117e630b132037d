"""Spread media over the best free times of models: what it comes to, nothing stored."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from math import ceil
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from library.models import Creator, MediaItem
from promura_site.errors import DomainError
from promura_site.ids import new_id
from scheduling.models import Channel
from scheduling.services import braces
from scheduling.services.bulk.crowds import Coming, warnings_about
from scheduling.services.cautions import shown_bars, shown_problem
from scheduling.services.naming import (
    Problems,
    named_channels,
    named_creators,
    named_template,
)
from scheduling.services.planning import Plan
from scheduling.services.texts import Texts, with_values
from scheduling.services.timing import GRACE, HORIZON
from scheduling.suggestions.advice import Suggestion, planned_times
from scheduling.suggestions.days import Outlook, day_limits
from templates_app.models import PostTemplate
from templates_app.variables import Values

MOST_POSTS = 500
MOST_DAYS = 100
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Slot:
    """One post of a spread: whose, of which media, and when."""

    model: str
    media_ids: Sequence[UUID]
    schedule_time: datetime


@dataclass(frozen=True)
class Spread:
    """What is asked for; `slots` is a plan that is to be followed as it is.

    `first` is the first day on each model's clocks (none: tomorrow), `end` the day
    after the last; without an end the days are filled one after the other.
    """

    media_ids: Sequence[UUID]
    models: Sequence[str]
    content: str | None = None
    channels: Sequence[UUID] | None = None
    template: UUID | None = None
    variables: Values | None = None
    tags: Sequence[str] | None = None
    first: date | None = None
    end: date | None = None
    per_day: int = 1
    media_per_post: int = 1
    slots: Sequence[Slot] = ()


@dataclass
class Draft:
    """One post that would be made."""

    creator: Creator
    at: datetime
    plan: Plan
    suggestion: Suggestion | None
    id: UUID = field(default_factory=new_id)
    warnings: list[Mapping[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Skipped:
    """A media item that no post is made of: for one model, or for all of them."""

    media_id: UUID
    model: str | None
    reason: str


@dataclass
class Spreading:
    """What a spread comes to."""

    drafts: list[Draft] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    template: PostTemplate | None = None


class Spreader:
    """Finds the posts of a spread; what it is made of has been looked up already."""

    def __init__(
        self, asked: Spread, media: Mapping[UUID, MediaItem], now: datetime
    ) -> None:
        problems = Problems()
        self._asked, self._media, self._now = asked, media, now
        creators = named_creators(asked.models, problems)
        channels = named_channels(creators, asked.channels, problems)
        self._template = named_template(asked.template, problems)
        self._check_slots(problems)
        problems.refuse()
        self._channels: dict[UUID, list[Channel]] = {}
        for channel in channels:
            self._channels.setdefault(channel.creator_id, []).append(channel)
        self._creators = [one for one in creators if one.pk in self._channels]
        self._found = Spreading(template=self._template)

    def spread(self) -> Spreading:
        """Return the posts in the order of time, and what none is made of."""
        self._note_absent()
        if self._asked.slots:
            self._follow()
        else:
            self._arrange()
        drafts = self._found.drafts
        drafts.sort(key=lambda one: (one.at, one.creator.slug))
        crowded = warnings_about(
            [
                Coming(one.id, channel, one.at)
                for one in drafts
                for channel in one.plan.channels
            ]
        )
        for one in drafts:
            one.warnings += crowded.get(one.id, [])
        return self._found

    def _check_slots(self, problems: Problems) -> None:
        """Note what in a plan is not of this request."""
        for slot in self._asked.slots:
            if slot.model not in self._asked.models:
                problems.add("plan", f"“{slot.model}” is none of the chosen models.")
            for one in set(slot.media_ids) - set(self._asked.media_ids):
                problems.add("plan", f"{one} is none of the chosen media.")

    def _note_absent(self) -> None:
        chosen = {one.pk for one in self._creators}
        for pk in self._asked.media_ids:
            item = self._media.get(pk)
            if item is None:
                self._skip(pk, None, f"There is no media item {pk} in the library.")
            elif not _may_go_to(item, chosen):
                words = f"{item.name} is of none of the chosen models."
                self._skip(pk, None, words)

    def _arrange(self) -> None:
        """Give each model's media her best free times."""
        for creator in self._creators:
            own = [
                self._media[pk]
                for pk in self._asked.media_ids
                if pk in self._media and _may_go_to(self._media[pk], {creator.pk})
            ]
            groups = list(_groups(own, self._asked.media_per_post))
            if not groups:
                continue
            times = self._times(creator, len(groups))
            for group, time in zip(groups, times, strict=False):
                self._add(creator, group, time.at, time)
            for group in groups[len(times) :]:
                for item in group:
                    words = f"{creator.name} has no free time left in these days."
                    self._skip(item.pk, creator, words)

    def _follow(self) -> None:
        """Take the plan as it is, but for what cannot be any more."""
        creators = {one.slug: one for one in self._creators}
        outlooks = {slug: Outlook.of(one, self._now) for slug, one in creators.items()}
        for slot in self._asked.slots:
            creator = creators.get(slot.model)
            for pk, reason in self._refusals(slot, creator):
                self._skip(pk, slot.model, reason)
            items = self._usable(slot, creator)
            if creator and items:
                told = outlooks[slot.model].told(slot.schedule_time)
                self._add(creator, items, slot.schedule_time, told)

    def _refusals(
        self, slot: Slot, creator: Creator | None
    ) -> Iterator[tuple[UUID, str]]:
        usable = {item.pk for item in self._usable(slot, creator)}
        for pk in slot.media_ids:
            item = self._media.get(pk)
            if pk in usable or item is None:
                continue
            if creator is None:
                yield pk, f"None of the chosen channels is of “{slot.model}”."
            else:
                words = f"{item.name} is not for {creator.name}."
                yield pk, self._untimely(slot) or words

    def _usable(self, slot: Slot, creator: Creator | None) -> list[MediaItem]:
        if creator is None or self._untimely(slot):
            return []
        there = [self._media[one] for one in slot.media_ids if one in self._media]
        return [item for item in there if _may_go_to(item, {creator.pk})]

    def _untimely(self, slot: Slot) -> str:
        """Say why nothing is planned for the time of a slot; empty: it can be."""
        if slot.schedule_time < self._now - GRACE:
            return "This time has passed already."
        too_far = slot.schedule_time > self._now + HORIZON
        return "This is more than five years ahead." if too_far else ""

    def _times(self, creator: Creator, count: int) -> list[Suggestion]:
        """Return free times of a model, as many as there are of `count`."""
        days, asked = self._days(creator), self._asked
        if not days:
            return []
        begin, _ = day_limits(days[0], creator.timezone)
        _, end = day_limits(days[-1], creator.timezone)
        taken = planned_times(creator, begin, end)
        outlook = Outlook.of(creator, self._now)
        level = asked.per_day
        if asked.end:
            # Evenly over all of the days, before any gets more.
            level = min(level, ceil(count / len(days)))
            days = spread_out(days, ceil(count / level))
        found: list[Suggestion] = []
        for most in (level, asked.per_day - level):
            for day in days if most else ():
                wanted = min(most, count - len(found))
                some = outlook.best_times_on(day, wanted, now=self._now, taken=taken)
                found += some
                taken += [one.at for one in some]
                if len(found) == count:
                    break
        return sorted(found, key=lambda one: one.at)

    def _days(self, creator: Creator) -> list[date]:
        today = self._now.astimezone(ZoneInfo(creator.timezone)).date()
        first = self._asked.first or today + _DAY
        count = (self._asked.end - first).days if self._asked.end else MOST_DAYS
        return [first + n * _DAY for n in range(min(count, MOST_DAYS))]

    def _add(
        self,
        creator: Creator,
        items: Iterable[MediaItem],
        at: datetime,
        suggestion: Suggestion | None,
    ) -> None:
        if len(self._found.drafts) == MOST_POSTS:
            raise DomainError(
                "too_many_posts",
                f"This would be more than {MOST_POSTS} posts, and no more are made at "
                "once. Choose fewer models or media.",
            )
        channels = self._channels[creator.pk]
        plan = Plan(
            draft=True,
            zone=creator.timezone,
            channels=channels,
            due=dict.fromkeys((one.pk for one in channels), at),
            texts=self._texts(),
            media=list(items),
            problems=Problems(),
            template=self._template,
        )
        plan.examine()
        draft = Draft(creator, at, plan, suggestion)
        draft.warnings += [
            *map(shown_problem, plan.problems.found + plan.unfit.found),
            *shown_bars(plan.bars()),
            *braces.warnings(plan.texts, self._template),
        ]
        self._found.drafts.append(draft)

    def _texts(self) -> Texts:
        content, template = self._asked.content, self._template
        if content is None:
            content = template.content if template else ""
        own = template.variables if template else None
        return Texts(content, (), with_values(own, self._asked.variables))

    def _skip(self, pk: UUID, model: Creator | str | None, reason: str) -> None:
        slug = model.slug if isinstance(model, Creator) else model
        self._found.skipped.append(Skipped(pk, slug, reason))


def spread_out(days: Sequence[date], count: int) -> list[date]:
    """Return all days, those first that lie `count` evenly over them."""
    count = min(count, len(days))
    chosen = [days[n * len(days) // count] for n in range(count)]
    return [*chosen, *(day for day in days if day not in set(chosen))]


def _groups(items: Iterable[MediaItem], size: int) -> Iterator[list[MediaItem]]:
    left = iter(items)
    while group := list(islice(left, size)):
        yield group


def _may_go_to(item: MediaItem, creators: set[UUID]) -> bool:
    """Tell whether media is of one of the models, or of none and so for all."""
    own = {one.pk for one in item.creators.all()}
    return not own or bool(own & creators)
