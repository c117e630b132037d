"""Forecast how well each hour of the week does, from past posts and their engagement.

Pure arithmetic on numpy, without Django, so that it also runs in a notebook:

    model = SlotModel()
    key = model.add(published_at, 120, timezone="Europe/Berlin")
    rows = model.forecast(now)  # 168 rows, Monday 00:00 first

A week has 168 slots, ``weekday * 24 + hour`` on the local clock, Monday first. Every
post leaves three sums in its slot, ``n``, ``s`` and ``q`` (weight, weighted residual,
weighted squared residual), so a forecast costs the same after a hundred posts and
after a million. SlotModel keeps them in memory; a caller with a database stores them
and uses the functions it is made of.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SLOTS = 168
# Weights are relative to this moment. Any other does as well: reading divides it out.
REFERENCE = datetime(2024, 1, 1, tzinfo=UTC)
DECAY_HALF_LIFE = timedelta(days=90)
BASELINE_HALF_LIFE = 20  # posts
CLIP = 2.5
LEVEL_VARIANCE = 25.0
NOISE_GUESS = 0.8
NOISE_GUESS_POSTS = 10.0
MIX_FLOOR = 1e-3
CAUTION = 0.5
INTERVAL_Z = 1.2815515655446004  # 80 %: one forecast in ten lies beyond either end
PSEUDO_POSTS = 10
SMALLEST_VARIANCE = 1e-12
SMALL_TRIANGLE = 48

_BASELINE_DECAY = 2.0 ** (-1 / BASELINE_HALF_LIFE)
# 2 ** 1000 is near the end of a float; 90 days to a doubling make that 246 years.
_LARGEST_EXPONENT = 1000


def slot_of(published_at: datetime, timezone: str) -> int:
    """Return the weekly slot, 0 to 167, of a moment on the clocks of an IANA zone.

    Raises ValueError for a naive time, ZoneInfoNotFoundError for an unknown zone.
    """
    _require_aware(published_at)
    local = published_at.astimezone(ZoneInfo(timezone))
    return local.weekday() * 24 + local.hour


@dataclass(frozen=True, slots=True)
class Baseline:
    """Hold the exponentially weighted mean of a channel's ``y`` as two sums."""

    total: float = 0.0
    weight: float = 0.0

    @property
    def level(self) -> float | None:
        """Return the mean, or None before the first post."""
        return self.total / self.weight if self.weight else None


def next_baseline(baseline: Baseline, y: float) -> tuple[float, Baseline]:
    """Return what was to be expected of a post with ``y``, and the state after it.

    The expectation is the mean of the channel's earlier posts; of a first post it is
    ``y`` itself, since there is nothing to compare it with.
    """
    level = baseline.level
    after = Baseline(
        baseline.total * _BASELINE_DECAY + y, baseline.weight * _BASELINE_DECAY + 1.0
    )
    return (y if level is None else level), after


@dataclass(frozen=True, slots=True)
class Entry:
    """Record one publication as it entered: enough to take it out again exactly."""

    slot: int
    t: datetime
    y: float
    baseline: float


def response(engagement: float) -> float:
    """Return ``y``, the logarithm the forecast works with.

    Raises ValueError for an engagement that is negative or not finite.
    """
    if not (math.isfinite(engagement) and engagement >= 0):
        raise ValueError(f"engagement must be a number of 0 or more, not {engagement}")
    return math.log1p(engagement)


def growth(t: datetime, t_ref: datetime = REFERENCE) -> float:
    """Return the weight of a post at ``t``: twice as much for every 90 days later.

    Raises ValueError for a naive time and for one over 246 years from ``t_ref``.
    """
    _require_aware(t)
    exponent = (t - t_ref) / DECAY_HALF_LIFE
    if abs(exponent) > _LARGEST_EXPONENT:
        raise ValueError(f"{t.isoformat()} is too far from {t_ref.isoformat()}")
    return 2.0**exponent


def decay_at(now: datetime, t_ref: datetime = REFERENCE) -> float:
    """Return the factor that turns stored sums into what they are worth ``now``."""
    return 1.0 / growth(now, t_ref)


def terms(entry: Entry, t_ref: datetime = REFERENCE) -> tuple[float, float, float]:
    """Return what an entry adds to ``n``, ``s`` and ``q`` of its slot.

    The same entry always gives the same three floats: subtract them to take it out.
    """
    weight = growth(entry.t, t_ref)
    residual = max(-CLIP, min(CLIP, entry.y - entry.baseline))
    return weight, weight * residual, weight * residual * residual


class Sums(NamedTuple):
    """Hold the sufficient statistics of a week, one value per slot."""

    n: Floats
    s: Floats
    q: Floats
    posts: NDArray[np.int64]

    @classmethod
    def empty(cls) -> "Sums":
        """Return the statistics of nothing."""
        n, s, q = np.zeros((3, SLOTS))
        return cls(n, s, q, np.zeros(SLOTS, dtype=np.int64))

    def include(self, entry: Entry, t_ref: datetime = REFERENCE) -> None:
        """Add an entry's terms in place."""
        self._shift(entry.slot, terms(entry, t_ref), 1)

    def exclude(self, entry: Entry, t_ref: datetime = REFERENCE) -> None:
        """Subtract an entry's terms in place; an emptied slot is exactly zero."""
        self._shift(entry.slot, terms(entry, t_ref), -1)
        if not self.posts[entry.slot]:
            self.n[entry.slot] = self.s[entry.slot] = self.q[entry.slot] = 0.0

    def _shift(self, slot: int, amounts: tuple[float, ...], sign: int) -> None:
        self.posts[slot] += sign
        for column, amount in zip((self.n, self.s, self.q), amounts, strict=True):
            column[slot] += sign * amount


def rebuild(entries: Iterable[Entry], t_ref: datetime = REFERENCE) -> Sums:
    """Sum stored entries afresh, with the baselines they entered with."""
    sums = Sums.empty()
    for entry in entries:
        sums.include(entry, t_ref)
    return sums


@cache
def prior_covariance() -> Floats:
    """Return the prior covariance of slots, level included, in units of the noise.

    Neighbouring hours resemble each other on all days, more so within weekdays or
    within weekends, and most on the same day. The array is shared and read-only.
    """
    day, hour = np.divmod(np.arange(SLOTS), 24)
    same_day = day[:, None] == day
    same_class = (day[:, None] >= 5) == (day >= 5)
    angle = np.pi * (hour[:, None] - hour) / 24
    near = np.exp(-2 * np.sin(angle) ** 2 / 1.2**2)
    covariance = (
        0.030 * near
        + 0.003 * same_day
        + 0.008 * same_class * near
        + 0.0016 * same_day * near
        + 0.004 * np.eye(SLOTS)
        + LEVEL_VARIANCE
    )
    covariance.setflags(write=False)
    return covariance


@dataclass(frozen=True, slots=True)
class Posterior:
    """Hold what the sums say about the slots, before any comparison.

    ``covariance`` is in units of the noise variance ``noise``; ``mix`` is the share
    of each slot in the creator's own posting, and sums to 1.
    """

    mean: Floats
    covariance: Floats
    noise: float
    mix: Floats


def posterior(n: Floats, s: Floats, q: Floats, decay: float = 1.0) -> Posterior:
    """Return the Gaussian posterior of 168 slots after ``decay`` of the sums."""
    n = np.maximum(n * decay, 0.0)
    # What many subtractions leave behind may be a rounding error out of bounds.
    s = np.clip(s * decay, -CLIP * n, CLIP * n)
    q = np.maximum(q * decay, 0.0)
    prior = prior_covariance()
    used = np.flatnonzero(n > 0)
    if used.size:
        # With A = K + 25 + diag(1/n) over the used slots, A⁻¹ = R B⁻¹ R for
        # R = diag(√n) and B = 1 + R (K + 25) R. B has no eigenvalue below 1, however
        # small or large the counts, so its Cholesky factor always exists.
        root = np.sqrt(n[used])
        cross = root[:, None] * prior[used]
        factor = np.linalg.cholesky(cross[:, used] * root + np.eye(used.size))
        inverse = _inverted(factor)
        gain, target = inverse @ cross, inverse @ (s[used] / root)
        mean, covariance = gain.T @ target, prior - gain.T @ gain
    else:
        mean, covariance = np.zeros(SLOTS), prior
    mix = n + MIX_FLOOR
    return Posterior(mean, covariance, _noise(n, s, q), mix / mix.sum())


def _inverted(lower: NDArray[np.floating]) -> NDArray[np.floating]:
    """Invert a lower triangle by halves: numpy alone would work on its zeros too."""
    if len(lower) <= SMALL_TRIANGLE:
        return np.linalg.inv(lower)
    half = len(lower) // 2
    first, last = _inverted(lower[:half, :half]), _inverted(lower[half:, half:])
    inverse = np.zeros_like(lower)
    inverse[:half, :half], inverse[half:, half:] = first, last
    inverse[half:, :half] = -last @ (lower[half:, :half] @ first)
    return inverse


def _noise(n: Floats, s: Floats, q: Floats) -> float:
    """Return the variance within slots, drawn towards a guess worth ten posts."""
    used = n > 0
    within = q[used] - s[used] * (s[used] / n[used])
    freedom = n.sum() - np.minimum(n, 1.0).sum()
    spread = NOISE_GUESS_POSTS * NOISE_GUESS + np.maximum(within, 0.0).sum()
    return float(spread / (NOISE_GUESS_POSTS + freedom))


@dataclass(frozen=True, slots=True)
class Effects:
    """Compare 168 slots with the creator's own mix of posting times.

    ``effect`` and ``sd`` are on the scale of log1p(engagement). ``score`` ranks:
    the effect less half its uncertainty. ``confidence`` (0 to 100) is the probability
    that the slot is better than the mix. ``lift``, ``low`` and ``high`` are the gain
    as a share (0.1 is 10 % more) with its 80 % interval.
    """

    effect: Floats
    sd: Floats
    score: Floats
    confidence: Floats
    lift: Floats
    low: Floats
    high: Floats


def effects(of: Posterior) -> Effects:
    """Return how each slot compares with the creator's average posting time."""
    effect = of.mean - of.mix @ of.mean
    shared = of.covariance @ of.mix
    variance = of.noise * (np.diag(of.covariance) - 2 * shared + of.mix @ shared)
    sd = np.sqrt(np.maximum(variance, SMALLEST_VARIANCE))
    return Effects(
        effect=effect,
        sd=sd,
        score=effect - CAUTION * sd,
        confidence=100.0 * normal_cdf(effect / sd),
        lift=np.expm1(effect),
        low=np.expm1(effect - INTERVAL_Z * sd),
        high=np.expm1(effect + INTERVAL_Z * sd),
    )


def normal_cdf(z: Floats) -> Floats:
    """Return the standard normal distribution function of each value."""
    return np.array([0.5 * math.erfc(-x / math.sqrt(2)) for x in z.tolist()])


def expected_engagement(level: float, effect: Floats) -> Floats:
    """Return the engagement to expect of each slot, given the current baseline."""
    return np.maximum(np.expm1(level + effect), 0.0)


def success_rate(
    succeeded: NDArray[np.int64], tried: NDArray[np.int64], overall: float
) -> Floats:
    """Return the share of publications that succeed in each slot, 0 to 1.

    It is drawn towards the creator's ``overall`` share (0 to 1) as by ten more posts,
    so that one failure does not condemn an hour.
    """
    return (succeeded + PSEUDO_POSTS * overall) / (tried + PSEUDO_POSTS)


class SlotForecast(NamedTuple):
    """Say what to expect of one slot; its number is its place in the forecast."""

    effect: float
    sd: float
    confidence: float
    expected_engagement: float
    sample_size: int


@dataclass(slots=True, eq=False)
class SlotModel:
    """Learn from one creator's posts, in memory; each call but forecast is O(1).

    Add posts in the order of their times: each is measured against those before it
    on the same channel. Edits and removals leave the other posts' baselines alone.
    """

    t_ref: datetime = REFERENCE
    sums: Sums = field(default_factory=Sums.empty)
    entries: dict[int, Entry] = field(default_factory=dict)
    baselines: dict[str, Baseline] = field(default_factory=dict)
    _next_key: int = 0

    def add(
        self,
        published_at: datetime,
        engagement: float,
        *,
        timezone: str,
        channel: str = "",
    ) -> int:
        """Learn from a post and return the key to edit or remove it by."""
        y = response(engagement)
        slot = slot_of(published_at, timezone)
        before = self.baselines.get(channel, Baseline())
        baseline, after = next_baseline(before, y)
        entry = Entry(slot, published_at, y, baseline)
        self.sums.include(entry, self.t_ref)
        self.baselines[channel] = after
        key = self._next_key
        self._next_key += 1
        self.entries[key] = entry
        return key

    def edit(self, key: int, engagement: float) -> None:
        """Replace a post's engagement. Raises KeyError for an unknown key."""
        old = self.entries[key]
        new = replace(old, y=response(engagement))
        self.sums.exclude(old, self.t_ref)
        self.sums.include(new, self.t_ref)
        self.entries[key] = new

    def remove(self, key: int) -> None:
        """Forget a post. Raises KeyError for an unknown key."""
        self.sums.exclude(self.entries.pop(key), self.t_ref)

    def level(self) -> float:
        """Return the current mean of log1p(engagement) over all channels."""
        states = self.baselines.values()
        weight = sum(state.weight for state in states)
        return sum(state.total for state in states) / weight if weight else 0.0

    def forecast(self, now: datetime) -> list[SlotForecast]:
        """Return 168 rows, Monday 00:00 first, as seen at ``now``."""
        n, s, q, posts = self.sums
        found = effects(posterior(n, s, q, decay_at(now, self.t_ref)))
        columns = (
            found.effect,
            found.sd,
            found.confidence,
            expected_engagement(self.level(), found.effect),
            posts,
        )
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [SlotForecast(*row) for row in rows]


def _require_aware(moment: datetime) -> None:
    if moment.utcoffset() is None:
        raise ValueError(f"{moment.isoformat()} has no timezone")
