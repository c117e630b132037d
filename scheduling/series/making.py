"""Make the posts of series, some weeks ahead of their time.

It may run twice, late, or in several processes: a series is locked while posts of it
are made, and remembers up to where they are there. What is made too late to go out is
missed from the start; nothing is ever sent in a burst.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from library.models import MediaItem
from promura_site import events
from promura_site.ids import new_id
from scheduling import states
from scheduling.models import (
    Channel,
    Post,
    PostMedia,
    Publication,
    Series,
    SeriesMedia,
)
from scheduling.models.moments import EACH_MODELS_OWN
from scheduling.series.recipe import Recipe, rule_of, text_of
from scheduling.series.zones import follow_zones, follow_zones_of
from scheduling.services.texts import Going
from scheduling.services.timing import late_after, utc_text

logger = logging.getLogger(__name__)

_P = Publication.State

# So far ahead there is a post for every occurrence, and as far behind at most.
AHEAD = timedelta(days=60)
EVERY = timedelta(hours=1)
# A series is looked at again once this much more of it can be made.
STEP = timedelta(days=1)
# Occurrences that one transaction makes, and one run, and publications of either.
A_BATCH = 200
A_RUN = 5_000
PUBLICATIONS = 5_000
MOST_SERIES = 1_000
_MINUTE = timedelta(minutes=1)
_ROWS = 500

NO_CHANNEL = (
    "None of its models has an active channel. It goes on by itself as soon as one has."
)
BROKEN = "Its posts could not be made. That is tried again every hour."
MEDIA_GONE = "Media of it are not in the library any more. Restore them, or end it."


@dataclass(frozen=True)
class Batch:
    """What was made at once: occurrences, those too late to go out, if more follow."""

    made: int = 0
    missed: int = 0
    more: bool = False


def make_occurrences(now: datetime) -> None:
    """Make what has come into reach of every running series.

    One that cannot go on says why, and keeps nobody else from it.
    """
    follow_zones()
    left = A_RUN
    for pk in _within_reach(now)[:MOST_SERIES]:
        try:
            more = True
            while more and left > 0:
                batch = make_batch(pk, now)
                left, more = left - batch.made, batch.more
        except Exception:
            logger.exception("The posts of series %s could not be made", pk)
            _hold_up(pk, BROKEN)


@transaction.atomic
def make_batch(series_id: UUID, now: datetime, *, most: int = A_BATCH) -> Batch:
    """Make the next posts of a series, and say whether there are more to make."""
    series = Series.objects.running().select_for_update().filter(pk=series_id).first()
    if series is None:
        return Batch()
    follow_zones_of(series)
    recipe = recipe_of(series)
    problem = "" if recipe.channels else NO_CHANNEL
    if len(recipe.media) < SeriesMedia.objects.filter(series=series).count():
        problem = problem or MEDIA_GONE
    if problem:
        _say(series, problem)
        return Batch()
    most = min(most, max(PUBLICATIONS // len(recipe.channels), 1))
    batch = continue_series(recipe, next_walls(series, now, most), now)
    if series.problem:
        _say(series, "")
    if batch.made:
        events.emit(
            "series.continued",
            actor=None,
            kind="series",
            ids=[series.pk],
            message=f"planned {_posts(batch.made)} of the series “{series.name}”",
            data={"posts": batch.made, "missed": batch.missed},
        )
    return batch


@dataclass(frozen=True)
class Walls:
    """The next occurrences: up to where they reach, whether they are the last."""

    walls: Sequence[datetime]
    until: datetime
    more: bool
    exhausted: bool


def next_walls(series: Series, now: datetime, most: int) -> Walls:
    """Return the occurrences within reach of which there are no posts yet."""
    own = series.timezone == EACH_MODELS_OWN
    here = now.astimezone(UTC if own else ZoneInfo(series.timezone))
    wall = here.replace(tzinfo=None, second=0, microsecond=0)
    begin, end = wall - AHEAD, wall + AHEAD
    if series.made_until:
        begin = max(begin, datetime.fromisoformat(series.made_until))
    coming = rule_of(series).since(begin)
    near = takewhile(lambda one: one < end, coming)
    walls = list(islice(near, most + 1))
    more, walls = len(walls) > most, walls[:most]
    until = walls[-1] + _MINUTE if more else max(begin, end)
    exhausted = not more and next(rule_of(series).since(until), None) is None
    return Walls(walls, until, more, exhausted)


def continue_series(recipe: Recipe, coming: Walls, now: datetime) -> Batch:
    """Make a post for each of these occurrences; the series is locked."""
    texts = [text_of(wall) for wall in coming.walls]
    rows = Post.objects.filter(series=recipe.series, occurrence__in=texts)
    there = set(rows.values_list("occurrence", flat=True))
    walls = [wall for wall in coming.walls if text_of(wall) not in there]
    return store(recipe, coming, recipe.planned(walls, now), now)


def store(
    recipe: Recipe,
    coming: Walls,
    planned: Mapping[datetime, Sequence[Going]],
    now: datetime,
) -> Batch:
    """Store posts as they are planned, and up to where there are some now."""
    missed = _write(recipe, planned, now)
    series = recipe.series
    series.made_until, series.exhausted = text_of(coming.until), coming.exhausted
    series.save(update_fields=["made_until", "exhausted"])
    return Batch(len(planned), missed, coming.more)


def recipe_of(series: Series) -> Recipe:
    """Return a stored series with all that its posts are made of, its media locked."""
    models = series.model_entries.order_by("position").values("creator")
    rows = Channel.objects.usable().filter(creator__in=models)
    if not series.has_all_channels:
        rows = rows.filter(pk__in=series.channels.values("pk"))
    shown = SeriesMedia.objects.filter(series=series).order_by("position")
    ids = list(shown.values_list("media_id", flat=True))
    media = MediaItem.objects.present().filter(pk__in=ids).order_by("pk")
    there = {item.pk: item for item in media.select_for_update()}
    return Recipe(
        series=series,
        rule=rule_of(series),
        channels=list(rows.select_related("creator").order_by("creator__name", "pk")),
        media=[there[pk] for pk in ids if pk in there],
        tags=list(series.tags.all()),
    )


def _within_reach(now: datetime) -> Sequence[UUID]:
    """Return the series of which there is something to make, or to try again.

    Those that are held up come last, so that however many they are others go on.
    """
    reach = text_of((now + AHEAD - STEP).astimezone(UTC).replace(tzinfo=None))
    rows = Series.objects.running().filter(Q(made_until__lte=reach) | ~Q(problem=""))
    in_turn = rows.order_by("problem", "made_until", "pk")
    return list(in_turn.values_list("pk", flat=True))


def _write(
    recipe: Recipe, planned: Mapping[datetime, Sequence[Going]], now: datetime
) -> int:
    """Write the rows in a few statements; return how many are too late to go out."""
    posts: list[Post] = []
    publications: list[Publication] = []
    for wall, going in planned.items():
        post = _post(recipe, wall, going)
        parts = [_publication(post, one, now) for one in going]
        post.state = states.derive(part.state for part in parts)
        posts.append(post)
        publications += parts
    Post.objects.bulk_create(posts, batch_size=_ROWS)
    PostMedia.objects.bulk_create(
        (
            PostMedia(post=post, media=item, position=position)
            for post in posts
            for position, item in enumerate(recipe.media)
        ),
        batch_size=_ROWS,
    )
    tagged = Post.tags.through
    tagged.objects.bulk_create(
        (tagged(post=post, tag=tag) for post in posts for tag in recipe.tags),
        batch_size=_ROWS,
    )
    Publication.objects.bulk_create(publications, batch_size=_ROWS)
    _tell_missed(one for one in publications if one.state == _P.MISSED)
    return sum(post.state == Post.State.MISSED for post in posts)


def _post(recipe: Recipe, wall: datetime, going: Sequence[Going]) -> Post:
    series = recipe.series
    # Each model's best hour is a suggestion that was followed, and judged as one.
    best = {one.at for one in going if one.at} if series.best_hour else set()
    return Post(
        content=series.content,
        variables=series.variables,
        template_id=series.template_id,
        series=series,
        occurrence=text_of(wall),
        publish_at=min(one.at for one in going if one.at),
        timezone=series.timezone,
        author_id=series.author_id,
        cleared_by_id=series.cleared_by_id,
        cleared_at=series.cleared_at,
        cleared_because=series.cleared_because,
        cleared_for=series.cleared_for,
        is_demo=series.is_demo,
        suggestions_offered=[utc_text(at) for at in sorted(best)],
        suggestion_taken=True if best else None,
    )


def _publication(post: Post, going: Going, now: datetime) -> Publication:
    row_id, late = new_id(), late_after(going.at)
    row = Publication(
        id=row_id,
        post=post,
        channel=going.channel,
        state=_P.SCHEDULED,
        content=going.text,
        publish_at=going.at,
        next_attempt_at=going.at,
        late_after=late,
        idempotency_key=str(row_id),
    )
    if late and late < now:
        row.state, row.next_attempt_at = _P.MISSED, None
        row.error_code = "missed"
        row.error = (
            f"It was due at {going.at:%Y-%m-%d %H:%M} UTC, while nothing planned it."
        )
    return row


def _tell_missed(publications: Iterable[Publication]) -> None:
    """Tell of what came too late as the publishers do, many at once."""
    rows = [one.pk for one in publications]
    for start in range(0, len(rows), events.MAX_IDS):
        some = rows[start : start + events.MAX_IDS]
        events.emit(
            "publication.missed",
            actor=None,
            kind="publication",
            ids=some,
            message=f"missed the time for {len(some)} posts of a series",
            data={"code": "missed"},
        )


@transaction.atomic
def _hold_up(series_id: UUID, problem: str) -> None:
    series = Series.objects.select_for_update().filter(pk=series_id).first()
    if series is not None:
        _say(series, problem)


def _say(series: Series, problem: str) -> None:
    """Put a new problem of a locked series on record, or that it is over."""
    if series.problem == problem:
        return
    series.problem = problem[:500]
    series.save(update_fields=["problem"])
    name = series.name
    events.emit(
        "series.held_up" if problem else "series.goes_on",
        actor=None,
        kind="series",
        ids=[series.pk],
        message=f"cannot go on with the series “{name}”: {problem}"
        if problem
        else f"goes on with the series “{name}”",
    )


def _posts(count: int) -> str:
    return "1 post" if count == 1 else f"{count} posts"
