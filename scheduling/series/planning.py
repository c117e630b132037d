"""What a series would come to, once all that it names has been found; no writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import islice
from uuid import UUID
from zoneinfo import ZoneInfo

from library.models import Creator, MediaItem
from promura_site.models import User
from promura_site.zones import agency_zone, zone_names
from scheduling.models import Series
from scheduling.models.moments import EACH_MODELS_OWN
from scheduling.series import recurrence
from scheduling.series.recipe import Recipe, here_on, text_of, times_as_stored
from scheduling.series.recurrence import Rule, RuleError
from scheduling.services.naming import (
    Problems,
    named_channels,
    named_creators,
    named_media,
)
from scheduling.services.planning import Plan
from scheduling.services.texts import Going, with_values
from scheduling.services.timing import GRACE, HORIZON
from templates_app import references
from templates_app.models import PostTemplate
from templates_app.variables import Values

BEST = "best"
# From here a rule may be counted on, as in: every second week since.
LONG_AGO = timedelta(days=366)


@dataclass(frozen=True)
class Wanted:
    """A series as it is asked for; what is left out is the template's.

    `start` and `until` are aware, or wall-clock times in `timezone`. `times` are hours
    of the day in place of the start's, or the word for each model's best hour.
    """

    start: datetime
    timezone: str = ""
    until: datetime | None = None
    count: int | None = None
    endless: bool = False
    models: Sequence[str] | None = None
    channels: Sequence[UUID] | None = None
    times: Sequence[time] | str = ()
    pattern: str = ""
    variables: Values | None = None


@dataclass
class SeriesPlan:
    """A series that could begin, not stored yet; `here` is now on its clocks."""

    recipe: Recipe
    creators: list[Creator]
    here: datetime

    @property
    def series(self) -> Series:
        """Return the series itself."""
        return self.recipe.series

    def coming(self, now: datetime, most: int) -> dict[datetime, Sequence[Going]]:
        """Return the next occurrences as each channel gets them."""
        walls = list(islice(self.recipe.rule.since(self.here), most))
        return self.planned(walls, now)

    def planned(
        self, walls: Sequence[datetime], now: datetime
    ) -> dict[datetime, Sequence[Going]]:
        """Return occurrences without what had passed before the series was there."""
        found = {
            wall: [one for one in going if one.at and one.at >= now - GRACE]
            for wall, going in self.recipe.planned(walls, now).items()
        }
        return {wall: going for wall, going in found.items() if going}


def resolve(
    template: PostTemplate,
    wanted: Wanted,
    *,
    actor: User,
    now: datetime,
    lock: bool = True,
) -> SeriesPlan:
    """Find everything that a new series names; locks its media unless told not to.

    Raise DomainError 400 that names all that is not there or cannot be used.
    """
    problems = Problems()
    refs = references.describe([template])[template.pk]
    slugs = refs.models if wanted.models is None else wanted.models
    if not slugs:
        problems.add("models", "The template names no models; choose some.")
    creators = named_creators(slugs, problems)
    channels = named_channels(creators, wanted.channels, problems)
    series = _series(template, wanted, creators, actor, problems)
    here = here_on(series.timezone, creators, now)
    rule = _rule(series, wanted, here, problems)
    media = _media(refs.media_ids, problems, lock=lock)
    if rule is not None:
        plan = SeriesPlan(
            recipe=Recipe(series, rule, channels, media, list(template.tags.all())),
            creators=creators,
            here=here,
        )
        _examine(plan, now, problems)
    problems.refuse()
    return plan


def _series(
    template: PostTemplate,
    wanted: Wanted,
    creators: Sequence[Creator],
    actor: User,
    problems: Problems,
) -> Series:
    return Series(
        template=template,
        name=template.name,
        content=template.content,
        variables=with_values(template.variables, wanted.variables) or {},
        author=actor,
        has_all_channels=wanted.channels is None,
        best_hour=wanted.times == BEST,
        timezone=_clocks(wanted, actor, problems),
        is_demo=bool(creators) and all(one.is_demo for one in creators),
    )


def _clocks(wanted: Wanted, actor: User, problems: Problems) -> str:
    clocks = wanted.timezone or actor.timezone
    if wanted.times == BEST:
        # An hour that is best for each model is one of her own clocks.
        return EACH_MODELS_OWN
    if clocks != EACH_MODELS_OWN and clocks not in zone_names():
        problems.add("timezone", f"“{clocks}” is no IANA time zone, nor “model”.")
        return agency_zone()
    return clocks


def _rule(
    series: Series, wanted: Wanted, here: datetime, problems: Problems
) -> Rule | None:
    """Return the rule and enter it in the series; None: a problem says why not."""
    template = series.template
    given = wanted.pattern.strip()
    pattern = given or (template.schedule_pattern if template else "")
    if not pattern:
        words = "The template does not say when it comes again; give a pattern."
        problems.add("pattern", words)
        return None
    own = series.timezone == EACH_MODELS_OWN
    zone = None if own else ZoneInfo(series.timezone)
    try:
        start = _wall("start", wanted.start, zone)
        rule = recurrence.build(
            pattern,
            start,
            times=() if isinstance(wanted.times, str) else wanted.times,
            until=wanted.until and _wall("until", wanted.until, zone),
            count=wanted.count,
            endless=wanted.endless,
            clocks=zone,
            hourless=series.best_hour,
        )
        _check_start(rule, here)
    except RuleError as error:
        problems.add(error.field, str(error))
        return None
    series.pattern, series.rule = pattern, rule.text
    series.start = text_of(rule.start)
    series.times = times_as_stored(rule.times)
    series.until = text_of(rule.until) if rule.until else ""
    series.count = rule.count
    series.made_until = text_of(here)
    return rule


def _wall(field: str, moment: datetime, zone: ZoneInfo | None) -> datetime:
    """Return a time on the clocks of the series, in whole minutes."""
    if moment.tzinfo is not None:
        if zone is None:
            raise RuleError(field, "In each model's zone, leave the offset out.")
        try:
            moment = moment.astimezone(zone).replace(tzinfo=None)
        except OverflowError:
            raise RuleError(field, "This time is out of range.") from None
    return moment.replace(second=0, microsecond=0, fold=0)


def _check_start(rule: Rule, here: datetime) -> None:
    if rule.start > here + HORIZON:
        raise RuleError("start", "This is more than five years ahead.")
    if rule.start < here - LONG_AGO:
        raise RuleError("start", "This is more than a year ago; name a later start.")
    first = next(rule.since(here), None)
    if first is None:
        raise RuleError("start", "All of it has passed already.")
    if first > here + HORIZON:
        words = "By this rule the first post is more than five years ahead."
        raise RuleError("pattern", words)


def _media(refs: Sequence[str], problems: Problems, *, lock: bool) -> list[MediaItem]:
    ids: list[UUID] = []
    for ref in refs:
        if one := references.media_id(ref):
            ids.append(one)
        else:
            problems.add("media_ids", f"There is no media item {ref} in the library.")
    return named_media(ids, problems, lock=lock)


def _examine(plan: SeriesPlan, now: datetime, problems: Problems) -> None:
    """Note what channels would not take, as of a post at the first occurrence."""
    first = next(iter(plan.coming(now, 2).values()), [])
    as_post = Plan(
        draft=False,
        zone=plan.series.timezone,
        channels=list(plan.recipe.channels),
        due={one.channel.pk: one.at for one in first},
        texts=plan.recipe.texts,
        media=list(plan.recipe.media),
        problems=problems,
        template=plan.series.template,
    )
    as_post.examine()
