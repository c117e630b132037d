"""What a person can do with series: begin one, end it, take the end back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from library.models import Creator, MediaItem
from promura_site import events
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling import states
from scheduling.models import (
    Post,
    PostQuerySet,
    Publication,
    Series,
    SeriesMedia,
    SeriesModel,
)
from scheduling.series.making import MEDIA_GONE, make_batch, next_walls, store
from scheduling.series.planning import SeriesPlan, Wanted, resolve
from scheduling.series.recipe import SERIES_ENDED, bars, here_on, text_of
from scheduling.series.words import end_in_words, in_words, notes
from scheduling.services import braces, cautions, clearance
from scheduling.services.naming import Problems
from scheduling.services.room import note_what_does_not_fit
from scheduling.services.texts import Going
from templates_app.services import get_template, use_template

_P = Publication.State

# What a series plans while somebody waits; the rest follows in the background.
AT_ONCE = 100
PUBLICATIONS_AT_ONCE = 2_000
_ENDED_TEXT = "Its series was ended."


@dataclass(frozen=True)
class Begun:
    """A series that begins, or would: its next occurrences, and what to know of it."""

    plan: SeriesPlan
    coming: Mapping[datetime, Sequence[Going]]
    notes: list[str]
    warnings: list[dict[str, Any]]
    made: int = 0

    @property
    def words(self) -> str:
        """Return how it comes round."""
        return in_words(self.plan.series, self.plan.recipe.rule)

    @property
    def ends(self) -> str:
        """Return how long it goes on."""
        return end_in_words(self.plan.recipe.rule)


@dataclass(frozen=True)
class Ended:
    """A series that was ended or goes on: posts that changed, and that stay as is."""

    series: Series
    changed: int
    kept: int = 0


def try_series(
    template_id: UUID,
    *,
    actor: User,
    now: datetime,
    most: int,
    override_clearance: str = "",
    keep_unknown: bool = False,
    **wanted: Any,
) -> Begun:
    """Show the next occurrences of a series that is not begun; nothing is stored.

    Raise DomainError 400 as begin_series; what it would ask about is a warning.
    """
    clearance.refuse_override(actor, override_clearance)
    template = get_template(template_id)
    plan = resolve(template, Wanted(**wanted), actor=actor, now=now, lock=False)
    coming = plan.coming(now, most)
    going = [one for of_one in coming.values() for one in of_one]
    asks = [] if keep_unknown else braces.warnings(plan.recipe.texts, template)
    if not override_clearance:
        asks += cautions.shown_bars(bars(plan.recipe.media, going))
    return Begun(plan, coming, _notes(plan), asks)


@transaction.atomic
def begin_series(
    template_id: UUID,
    *,
    actor: User,
    now: datetime,
    most: int,
    override_clearance: str = "",
    keep_unknown: bool = False,
    **wanted: Any,
) -> Begun:
    """Begin a series of posts from a template, and plan what is soon.

    `wanted` are the fields of planning.Wanted; the answer shows `most` occurrences. It
    keeps text, media, tags, values and models as they are now. Raise DomainError 400
    for all that is not there or cannot be used, 409 for media that is not cleared and
    for braces that nobody has said are to stay (`keep_unknown` says so).
    """
    template = get_template(template_id)
    plan = resolve(template, Wanted(**wanted), actor=actor, now=now)
    braces.ask(plan.recipe.texts, template, actor=actor, keep=keep_unknown)
    channels = len(plan.recipe.channels)
    coming = next_walls(
        plan.series, now, max(min(AT_ONCE, PUBLICATIONS_AT_ONCE // channels), 1)
    )
    planned = plan.planned(coming.walls, now)
    shown = dict(islice(planned.items(), most)) or plan.coming(now, most)
    _check(plan, planned or shown, actor=actor, now=now, reason=override_clearance)
    _store(plan)
    store(plan.recipe, coming, planned, now)
    use_template(template_id, actor=actor, now=now)
    _tell(plan.series, "series.begun", actor, "began", {"posts": len(planned)})
    known = _notes(plan)
    if coming.more:
        known.append("The first posts are planned now, the others within the hour.")
    return Begun(plan, shown, known, [], len(planned))


@transaction.atomic
def end_series(
    series_id: UUID, *, actor: User, now: datetime, keep_planned: bool = False
) -> Ended:
    """Let no further posts come of a series; cancel those planned, if nobody cares.

    A post that somebody has edited or moved stays, and so does what is on its way or
    out. Raise DomainError 409 when the series has been ended already.
    """
    series = _locked(series_id)
    if series.ended_at is not None:
        raise DomainError(
            "already_ended", "This series has been ended already.", status=409
        )
    series.ended_at, series.ended_by, series.problem = now, actor, ""
    series.save(update_fields=["ended_at", "ended_by", "problem"])
    coming = _coming(series, now)
    cancelled = 0 if keep_planned else _cancel(coming.filter(version=1), now)
    kept = _coming(series, now).count()
    _tell(series, "series.ended", actor, "ended", {"cancelled": cancelled})
    return Ended(series, cancelled, kept)


@transaction.atomic
def reopen_series(series_id: UUID, *, actor: User, now: datetime) -> Ended:
    """Let an ended series go on, with what was cancelled when it ended.

    What would have come meanwhile is left out. Raise DomainError 409 when it has not
    been ended, or its media are gone.
    """
    series = _locked(series_id)
    if series.ended_at is None:
        raise DomainError("not_ended", "This series has not been ended.", status=409)
    creators = Creator.objects.filter(series_entries__series=series)
    here = here_on(series.timezone, list(creators), now)
    series.ended_at = series.ended_by = None
    series.made_until = max(series.made_until, text_of(here))
    series.save(update_fields=["ended_at", "ended_by", "made_until"])
    revived = _revive(series, now)
    # Media are locked after posts, as by everybody.
    held = SeriesMedia.objects.filter(series=series).values("media")
    media = MediaItem.objects.filter(pk__in=held).order_by("pk").select_for_update()
    if any(item.trashed_at for item in media):
        raise DomainError("media_gone", MEDIA_GONE, status=409)
    make_batch(series.pk, now, most=AT_ONCE)
    series.refresh_from_db()
    _tell(series, "series.reopened", actor, "goes on with", {"planned": revived})
    return Ended(series, revived)


def _check(
    plan: SeriesPlan,
    planned: Mapping[datetime, Sequence[Going]],
    *,
    actor: User,
    now: datetime,
    reason: str,
) -> None:
    """Check whether texts fit and media are cleared for these occurrences."""
    going = [one for of_one in planned.values() for one in of_one]
    problems, media = Problems(), plan.recipe.media
    # By then a weekday may have a longer name than at the first occurrence.
    different = {(one.channel.pk, one.text): one for one in going}
    note_what_does_not_fit(different.values(), media, problems)
    problems.refuse()
    found = bars(media, going)
    cleared = clearance.decide(found, actor=actor, now=now, reason=reason)
    clearance.put(plan.series, cleared, found)


def _notes(plan: SeriesPlan) -> list[str]:
    return notes(plan.series, plan.recipe.rule, plan.creators, plan.here)


def _store(plan: SeriesPlan) -> None:
    """Store a series and what it is made of."""
    series = plan.series
    series.save(force_insert=True)
    series.tags.set(plan.recipe.tags)
    if not series.has_all_channels:
        series.channels.set(plan.recipe.channels)
    SeriesModel.objects.bulk_create(
        SeriesModel(
            series=series, creator=one, position=position, timezone=one.timezone
        )
        for position, one in enumerate(plan.creators)
    )
    SeriesMedia.objects.bulk_create(
        SeriesMedia(series=series, media=item, position=position)
        for position, item in enumerate(plan.recipe.media)
    )


def _locked(series_id: UUID) -> Series:
    series = Series.objects.select_for_update().filter(pk=series_id).first()
    if series is None:
        raise DomainError("not_found", "This series is not there any more.", status=404)
    return series


def _coming(series: Series, now: datetime) -> PostQuerySet:
    """Return the posts of a series of which something is still planned.

    On each model's own clocks a post is out in Sydney a day before it is in Honolulu.
    """
    waiting = _waiting(now).filter(post=OuterRef("pk"))
    return Post.objects.filter(Exists(waiting), series=series)


def _waiting(now: datetime) -> QuerySet[Publication]:
    return Publication.objects.filter(
        state__in=(_P.SCHEDULED, _P.READY), publish_at__gt=now
    )


def _cancel(posts: PostQuerySet, now: datetime) -> int:
    """Cancel what is still planned of posts with their series; return how many."""
    rows = list(posts.order_by("pk").select_for_update())
    _waiting(now).filter(post__in=rows).update(
        state=_P.CANCELLED,
        next_attempt_at=None,
        payload=None,
        error_code=SERIES_ENDED,
        error=_ENDED_TEXT,
    )
    states.recompute_all(rows)
    return len(rows)


def _revive(series: Series, now: datetime) -> int:
    """Plan again what was cancelled with a series; return how many posts."""
    cancelled = Publication.objects.filter(
        state=_P.CANCELLED, error_code=SERIES_ENDED, publish_at__gt=now
    )
    ids = cancelled.filter(post__series=series).values("post")
    rows = list(Post.objects.filter(pk__in=ids).order_by("pk").select_for_update())
    cancelled.filter(post__in=rows).update(
        state=_P.SCHEDULED, next_attempt_at=F("publish_at"), error_code="", error=""
    )
    states.recompute_all(rows)
    return len(rows)


def _tell(
    series: Series, action: str, actor: User, verb: str, data: dict[str, Any]
) -> None:
    events.emit(
        action,
        actor=actor,
        kind="series",
        ids=[series.pk],
        message=f"{verb} the series “{series.name}”",
        data=data,
    )
