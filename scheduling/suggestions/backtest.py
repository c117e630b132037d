"""Measure on past posts what each way of choosing posting times would have gained.

Pure arithmetic, like the forecast. The first part of each account's posts is history;
the rest is held out. A forecast is made before the held-out posts and again after every
few of them: each ranking sees the posts so far (all, or the last n) and names its best
k of the hours in use in the stretch of posts that follows, for others cannot be judged.
Lift is the mean of the posts of all stretches in the hours named for them, as
log1p(engagement) less a centred moving mean, in units of the account's standard
deviation. Hours that a ranking does not tell apart share what is left to be named.
Intervals are 95 % bootstrap intervals over accounts, those of a difference paired.

Why stretches: five hours named once for all hold one held-out post in twenty-five, and
what those few happened to do says more about an account's lift than the ranking does.

Calibration compares, at the first forecast, a slot's probability of beating the
account's mean with how often its mean does over the next third of the posts. A mean
of a few posts is noisy, so the posterior's probability allows for that noise; the
raw mean states none to allow for, and its confidence (10 a post, at most 100) is
taken at its word.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scheduling.suggestions import forecast as fc
from scheduling.suggestions.forecast import Floats

SIZES: dict[str, int | None] = {"30": 30, "100": 100, "300": 300, "all": None}
TREND_POSTS = 50  # on either side
OVERLAP = 3  # stretches that hold the same post, so that no cut decides
FEWEST_POSTS = 100
JUDGED_SHARE = 0.35  # of an account's posts, for calibration
BINS = 10


class PastPost(NamedTuple):
    """A post as it is judged."""

    account: str
    published_at: datetime
    timezone: str
    engagement: float


class Account(NamedTuple):
    """An account's posts in the order of their times."""

    times: list[datetime]
    timezones: list[str]
    engagement: Floats
    slots: NDArray[np.int64]
    detrended: Floats


class View(NamedTuple):
    """Hold what was known before a forecast: the sums, and the raw means."""

    sums: fc.Sums
    now: datetime
    counts: NDArray[np.int64]
    means: Floats


@dataclass(frozen=True)
class Setup:
    """How to judge: the share of history, slots named, and the draws.

    `stretch` is how many posts a forecast is judged by; 0 is all that are held out.
    """

    train: float = 0.65
    k: int = 5
    stretch: int = 30
    resamples: int = 10_000
    seed: int = 1


class Interval(NamedTuple):
    """A mean over accounts with its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float


class Bin(NamedTuple):
    """Slots whose stated probability lay in one tenth: how many, said, and seen."""

    slots: int
    stated: float
    seen: float


@dataclass(frozen=True)
class Row:
    """What one size of history came to; `difference` is ours less the raw mean."""

    size: str
    lifts: dict[str, Interval]
    difference: Interval
    errors: dict[str, float]
    calibration: list[Bin]


def accounts_of(posts: Iterable[PastPost]) -> list[Account]:
    """Sort posts into accounts; those with fewer than FEWEST_POSTS are left out."""
    rows = defaultdict(list)
    for post in posts:
        rows[post.account].append(post[1:])
    return [
        _make_account(sorted(rows[name]))
        for name in sorted(rows)
        if len(rows[name]) >= FEWEST_POSTS
    ]


def _make_account(posts: list[tuple[datetime, str, float]]) -> Account:
    times = [at for at, _, _ in posts]
    timezones = [zone for _, zone, _ in posts]
    engagement = np.array([number for _, _, number in posts], dtype=float)
    slots = np.array([fc.slot_of(at, zone) for at, zone, _ in posts])
    y = np.log1p(engagement)
    return Account(times, timezones, engagement, slots, y - _moving_mean(y))


def _moving_mean(y: Floats) -> Floats:
    sums = np.concatenate([[0.0], np.cumsum(y)])
    place = np.arange(len(y))
    low = np.maximum(place - TREND_POSTS, 0)
    high = np.minimum(place + TREND_POSTS + 1, len(y))
    return (sums[high] - sums[low]) / (high - low)


def _views(account: Account, stops: Iterable[int], size: int | None) -> Iterator[View]:
    """Yield what was known before each stop: the last `size` posts, or all.

    The last few are entered as if the account had begun with them.
    """
    model, start, done = fc.SlotModel(), 0, 0
    for stop in stops:
        if size and stop > size:
            model, start, done = fc.SlotModel(), stop - size, stop - size
        for i in range(done, stop):
            model.add(
                account.times[i], account.engagement[i], timezone=account.timezones[i]
            )
        done = stop
        slots, engagement = account.slots[start:stop], account.engagement[start:stop]
        counts = np.bincount(slots, minlength=fc.SLOTS)
        totals = np.bincount(slots, engagement, fc.SLOTS)
        means = np.where(counts, totals / np.maximum(counts, 1), -1.0)
        yield View(model.sums, account.times[stop - 1], counts, means)


def _posterior(view: View) -> fc.Posterior:
    n, s, q, _ = view.sums
    return fc.posterior(n, s, q, fc.decay_at(view.now))


RANKINGS: dict[str, Callable[[View], Floats]] = {
    "random": lambda view: np.zeros(fc.SLOTS),
    "raw mean": lambda view: view.means,
    "ours": lambda view: fc.effects(_posterior(view)).score,
}


def _named(score: Floats, k: int) -> Floats:
    """Return the share with which each slot is among the best k; ties share alike."""
    least = np.sort(score)[-min(k, len(score))]
    better, tied = score > least, score == least
    return better + tied * ((min(k, len(score)) - better.sum()) / tied.sum())


def _lifts(account: Account, size: int | None, setup: Setup) -> list[float]:
    """Return the held-out lift of each ranking on one account."""
    cut, end = int(len(account.slots) * setup.train), len(account.slots)
    stretch = min(setup.stretch or end, end - cut)
    starts = range(cut, end - stretch + 1, max(stretch // OVERLAP, 1))
    held_out = account.detrended[cut:]
    centred = account.detrended - held_out.mean()
    gained = np.zeros(len(RANKINGS))
    for start, view in zip(starts, _views(account, starts, size), strict=True):
        slots = account.slots[start : start + stretch]
        counts = np.bincount(slots, minlength=fc.SLOTS)
        totals = np.bincount(slots, centred[start : start + stretch], fc.SLOTS)
        used = np.flatnonzero(counts)
        for ranking, rank in enumerate(RANKINGS.values()):
            share = _named(rank(view)[used], setup.k)
            gained[ranking] += (share @ totals[used]) / (share @ counts[used])
    # An account whose posts all do the same has no better hours.
    spread = held_out.std() or 1.0
    return (gained / len(starts) / spread).tolist()


def _beats_the_mean(account: Account, size: int | None, setup: Setup) -> Floats:
    """Return one row per slot in use: raw and our probability, and what happened."""
    cut = int(len(account.slots) * setup.train)
    view = next(_views(account, [cut], size))
    end = cut + max(1, int(len(account.slots) * JUDGED_SHARE))
    held_out = account.detrended[cut:end] - account.detrended[cut:end].mean()
    slots = account.slots[cut:end]
    counts = np.bincount(slots, minlength=fc.SLOTS)
    totals = np.bincount(slots, held_out, fc.SLOTS)
    used = np.flatnonzero(counts)
    posterior = _posterior(view)
    found = fc.effects(posterior)
    spread = np.sqrt(found.sd[used] ** 2 + posterior.noise / counts[used])
    ours = fc.normal_cdf(found.effect[used] / spread)
    raw = np.minimum(view.counts[used] * 10, 100) / 100
    return np.column_stack([raw, ours, totals[used] > 0])


def _binned(stated: Floats) -> NDArray[np.int64]:
    return np.minimum((stated * BINS).astype(np.int64), BINS - 1)


def _calibration_error(stated: Floats, happened: Floats) -> float:
    """Return the mean gap between stated and seen over ten bins, by their size."""
    gaps = np.bincount(_binned(stated), stated - happened, minlength=BINS)
    return float(np.abs(gaps).sum() / len(stated))


def _bins(stated: Floats, happened: Floats) -> list[Bin]:
    place = _binned(stated)
    counts = np.bincount(place, minlength=BINS)
    said, seen = (np.bincount(place, x, BINS) for x in (stated, happened))
    return [
        Bin(int(n), float(a / n), float(b / n))
        for n, a, b in zip(counts, said, seen, strict=True)
        if n
    ]


def _bootstrap(values: Floats, setup: Setup, rng: np.random.Generator) -> Interval:
    picks = rng.integers(0, len(values), (setup.resamples, len(values)))
    low, high = np.percentile(values[picks].mean(axis=1), [2.5, 97.5])
    return Interval(float(values.mean()), float(low), float(high))


def judge(accounts: list[Account], setup: Setup) -> Iterable[Row]:
    """Yield what each size of history comes to, the smallest first."""
    rng = np.random.default_rng(setup.seed)
    for name, size in SIZES.items():
        lifts = np.array([_lifts(one, size, setup) for one in accounts])
        judged = np.concatenate([_beats_the_mean(one, size, setup) for one in accounts])
        raw, ours, happened = judged.T
        columns = dict(zip(RANKINGS, lifts.T, strict=True))
        yield Row(
            size=name,
            lifts={one: _bootstrap(x, setup, rng) for one, x in columns.items()},
            difference=_bootstrap(columns["ours"] - columns["raw mean"], setup, rng),
            errors={
                "raw mean": _calibration_error(raw, happened),
                "ours": _calibration_error(ours, happened),
            },
            calibration=_bins(ours, happened),
        )


def as_data(row: Row) -> dict[str, Any]:
    """Return a row as JSON holds it."""
    return {
        "n": row.size,
        "lift": {name: one._asdict() for name, one in row.lifts.items()},
        "ours_less_raw_mean": row.difference._asdict(),
        "calibration_error": row.errors,
        "calibration": [one._asdict() for one in row.calibration],
    }
