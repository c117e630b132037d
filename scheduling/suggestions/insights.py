"""Sum up what past posts say: the best day, the best hour, and the whole week."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from library.models import Creator
from scheduling.suggestions import evidence as ev
from scheduling.suggestions import forecast as fc
from scheduling.suggestions.forecast import Floats
from scheduling.suggestions.roomy import with_room
from scheduling.suggestions.words import DAYS

WEEK = (7, 24)


@dataclass(frozen=True)
class Insights:
    """What posts say so far; `day` and `hour` are None when there are too few.

    `day` (0 is Monday) and `hour` come with the plain mean engagement of their posts.
    """

    total_posts: int
    day: tuple[int, float] | None = None
    hour: tuple[int, float] | None = None


def insights(creator: Creator | None, now: datetime) -> Insights:
    """Return the best day and the best hour of a model, or of all models.

    They are chosen by the forecast of the hours that were posted in, less half its
    uncertainty, so that two lucky posts do not make a day the best. What is shown
    beside it is the mean of its posts as anyone would work it out.
    """
    if creator is None:
        found = ev.of_agency(is_demo=ev.counts_demo())
    else:
        found = ev.of_creator(creator)
    if not found.is_enough:
        return Insights(found.total_posts)
    return with_room(lambda: best_of(found, now))


def best_of(found: ev.Evidence, now: datetime) -> Insights:
    """Work out the best day and hour of sums that are enough to be asked."""
    of = fc.posterior(found.n, found.s, found.q, fc.decay_at(now))
    posts, engagement = found.posts.reshape(WEEK), found.engagement.reshape(WEEK)
    return Insights(
        found.total_posts,
        day=_best(of, np.arange(fc.SLOTS) // 24, posts.sum(1), engagement.sum(1)),
        hour=_best(of, np.arange(fc.SLOTS) % 24, posts.sum(0), engagement.sum(0)),
    )


def _best(
    of: fc.Posterior, group: NDArray[np.int64], posts: Floats, engagement: Floats
) -> tuple[int, float]:
    """Return the best group of slots that has posts, and its mean engagement.

    `group` is each slot's; `posts` and `engagement` are the groups' sums. A group is
    judged by the slots it was posted in, against the whole week's mix.
    """
    mixes = of.mix * (group == np.arange(posts.size)[:, None])
    contrast = mixes / mixes.sum(axis=1, keepdims=True) - of.mix
    variance = of.noise * np.sum(contrast @ of.covariance * contrast, axis=1)
    score = contrast @ of.mean - fc.CAUTION * np.sqrt(np.maximum(variance, 0.0))
    best = int(np.argmax(np.where(posts > 0, score, -np.inf)))
    return best, float(engagement[best] / posts[best])


@dataclass(frozen=True)
class Cell:
    """What to expect of one hour of the week; `few` when its own posts say little."""

    lift: float
    low: float
    high: float
    sample_size: int
    few: bool


@dataclass(frozen=True)
class Heatmap:
    """The whole week, `cells[day][hour]`, Monday first."""

    basis: str
    total_posts: int
    cells: list[list[Cell]]


def heatmap(creator: Creator | None, now: datetime) -> Heatmap:
    """Return the expected lift of each hour, from whoever is asked for advice."""
    rung = ev.best_rung(creator, now)
    found, posts = rung.effects, rung.evidence.posts.astype(np.int64)
    columns = [
        column.round(3).tolist() for column in (found.lift, found.low, found.high)
    ]
    cells = [
        Cell(lift, low, high, count, count < ev.FEW_POSTS)
        for lift, low, high, count in zip(*columns, posts.tolist(), strict=True)
    ]
    return Heatmap(
        basis=rung.basis,
        total_posts=rung.evidence.total_posts,
        cells=[cells[start : start + 24] for start in range(0, fc.SLOTS, 24)],
    )


def sentences(found: Insights) -> list[str]:
    """Return what the insights say, a sentence each."""
    if found.day is None or found.hour is None:
        return []
    return [
        f"Your best posting day is {DAYS[found.day[0]]}",
        f"Optimal posting time is around {found.hour[0]:02d}:00",
        f"Total posts analyzed: {found.total_posts}",
    ]
