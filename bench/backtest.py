"""Measure on past posts what each way of choosing posting times would have gained.

    python bench/backtest.py history.csv.gz

The file has the columns account, timezone, published_at and engagement. The first
part of each account's posts is history. The rest is held out and met in stretches
of a twentieth: before each one every ranking sees the posts so far (all, or the last
n) and names its best five of the slots in use in that stretch, for others cannot be
judged. Lift is the mean of the held-out posts in those slots, as log1p(engagement)
less a centred moving mean, in units of the account's standard deviation. Intervals
are 95 % bootstrap intervals over accounts; the more is held out, the narrower.

Calibration compares, at the first forecast, a slot's probability of beating the
account's mean with how often its mean does over the next third of the posts. A mean
of a few posts is noisy, so the posterior's probability allows for that noise; the
raw mean states none to allow for, and its confidence (10 a post, at most 100) is
taken at its word.
"""

import argparse
import csv
import gzip
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scheduling.suggestions import forecast as fc

SIZES = {"30": 30, "100": 100, "300": 300, "all": None}
TREND_POSTS = 50  # on either side
TIE_BREAKS = 20  # slots that a ranking does not tell apart are drawn at random
FEWEST_POSTS = 100
JUDGED_SHARE = 0.35  # of an account's posts, for calibration


class Account(NamedTuple):
    times: list[datetime]
    timezones: list[str]
    engagement: np.ndarray
    slots: np.ndarray
    detrended: np.ndarray


class View(NamedTuple):
    """Hold what was known before a forecast: the sums, and the raw means."""

    sums: fc.Sums
    now: datetime
    counts: np.ndarray
    means: np.ndarray


class Setup(NamedTuple):
    train: float
    k: int
    stretch: float
    resamples: int
    rng: np.random.Generator


def read_accounts(path: Path) -> list[Account]:
    rows = defaultdict(list)
    unpack = gzip.open if path.suffix == ".gz" else open
    with unpack(path, "rt") as lines:
        for row in csv.DictReader(lines):
            at = datetime.fromisoformat(row["published_at"])
            rows[row["account"]].append((at, row["timezone"], row["engagement"]))
    kept = (sorted(posts) for posts in rows.values() if len(posts) >= FEWEST_POSTS)
    return [make_account(posts) for posts in kept]


def make_account(posts: list[tuple[datetime, str, str]]) -> Account:
    times, timezones, numbers = (list(column) for column in zip(*posts, strict=True))
    engagement = np.array(numbers, dtype=float)
    slots = np.array([fc.slot_of(at, zone) for at, zone, _ in posts])
    y = np.log1p(engagement)
    return Account(times, timezones, engagement, slots, y - moving_mean(y))


def moving_mean(y: np.ndarray) -> np.ndarray:
    sums = np.concatenate([[0.0], np.cumsum(y)])
    place = np.arange(len(y))
    low = np.maximum(place - TREND_POSTS, 0)
    high = np.minimum(place + TREND_POSTS + 1, len(y))
    return (sums[high] - sums[low]) / (high - low)


def view_of(account: Account, start: int, stop: int) -> View:
    """Enter the posts from start to stop, as if the account had begun with them."""
    model = fc.SlotModel()
    for i in range(start, stop):
        model.add(
            account.times[i], account.engagement[i], timezone=account.timezones[i]
        )
    slots, engagement = account.slots[start:stop], account.engagement[start:stop]
    counts = np.bincount(slots, minlength=fc.SLOTS)
    totals = np.bincount(slots, engagement, fc.SLOTS)
    means = np.where(counts, totals / np.maximum(counts, 1), -1.0)
    return View(model.sums, account.times[stop - 1], counts, means)


def posterior_of(view: View) -> fc.Posterior:
    n, s, q, _ = view.sums
    return fc.posterior(n, s, q, fc.decay_at(view.now))


RANKINGS: dict[str, Callable[[View], np.ndarray]] = {
    "random": lambda view: np.zeros(fc.SLOTS),
    "raw mean": lambda view: view.means,
    "ours": lambda view: fc.effects(posterior_of(view)).score,
}


def account_lifts(account: Account, size: int | None, setup: Setup) -> list[float]:
    """Return the held-out lift of each ranking on one account."""
    cut, end = int(len(account.slots) * setup.train), len(account.slots)
    stretches = max(1, round((1 - setup.train) / setup.stretch))
    edges = np.linspace(cut, end, stretches + 1).astype(int).tolist()
    held_out = account.detrended[cut:]
    centred = account.detrended - held_out.mean()
    gained = np.zeros((len(RANKINGS), TIE_BREAKS, 2))
    for start, stop in pairwise(edges):
        view = view_of(account, max(0, start - size) if size else 0, start)
        slots = account.slots[start:stop]
        counts = np.bincount(slots, minlength=fc.SLOTS)
        totals = np.bincount(slots, centred[start:stop], fc.SLOTS)
        used = np.flatnonzero(counts)
        ties = [setup.rng.random(used.size) for _ in range(TIE_BREAKS)]
        for ranking, rank in enumerate(RANKINGS.values()):
            score = rank(view)[used]
            for draw, tie in enumerate(ties):
                best = used[np.lexsort((tie, -score))[: setup.k]]
                gained[ranking, draw] += totals[best].sum(), counts[best].sum()
    means = gained[:, :, 0] / gained[:, :, 1]
    return (means.mean(axis=1) / held_out.std()).tolist()


def beats_the_mean(account: Account, size: int | None, setup: Setup) -> np.ndarray:
    """Return one row per slot in use: raw and our probability, and what happened."""
    cut = int(len(account.slots) * setup.train)
    view = view_of(account, max(0, cut - size) if size else 0, cut)
    end = cut + int(len(account.slots) * JUDGED_SHARE)
    held_out = account.detrended[cut:end] - account.detrended[cut:end].mean()
    counts = np.bincount(account.slots[cut:end], minlength=fc.SLOTS)
    totals = np.bincount(account.slots[cut:end], held_out, fc.SLOTS)
    used = np.flatnonzero(counts)
    posterior = posterior_of(view)
    found = fc.effects(posterior)
    spread = np.sqrt(found.sd[used] ** 2 + posterior.noise / counts[used])
    ours = fc.normal_cdf(found.effect[used] / spread)
    raw = np.minimum(view.counts[used] * 10, 100) / 100
    return np.column_stack([raw, ours, totals[used] > 0])


def calibration_error(stated: np.ndarray, happened: np.ndarray) -> float:
    """Return the mean gap between stated and seen over ten bins, by their size."""
    bins = np.minimum((stated * 10).astype(int), 9)
    gaps = np.bincount(bins, stated - happened, minlength=10)
    return float(np.abs(gaps).sum() / len(stated))


def bootstrap(values: np.ndarray, setup: Setup) -> tuple[float, float, float]:
    picks = setup.rng.integers(0, len(values), (setup.resamples, len(values)))
    low, high = np.percentile(values[picks].mean(axis=1), [2.5, 97.5])
    return float(values.mean()), float(low), float(high)


def report(accounts: list[Account], setup: Setup) -> None:
    columns = [*RANKINGS, "ours - raw"]
    print(f"{'n':>4}  " + "  ".join(f"{name:^24}" for name in columns), "calibration")
    for name, size in SIZES.items():
        lifts = np.array([account_lifts(a, size, setup) for a in accounts])
        _, raw, ours = lifts.T
        cells = [bootstrap(column, setup) for column in (*lifts.T, ours - raw)]
        judged = np.concatenate([beats_the_mean(a, size, setup) for a in accounts])
        errors = [calibration_error(judged[:, i], judged[:, 2]) for i in (0, 1)]
        shown = "  ".join(
            f"{m:+.3f} [{low:+.3f}, {high:+.3f}]" for m, low, high in cells
        )
        print(f"{name:>4}  {shown}  raw {errors[0]:.3f}, ours {errors[1]:.3f}")


def time_forecast(account: Account, repeats: int = 200) -> None:
    model = fc.SlotModel(sums=view_of(account, 0, len(account.slots)).sums)
    taken = []
    for _ in range(repeats):
        begun = time.perf_counter()
        model.forecast(account.times[-1])
        taken.append((time.perf_counter() - begun) * 1000)
    p50, p95 = np.percentile(taken, [50, 95])
    used = np.count_nonzero(model.sums.posts)
    print(f"one forecast, {used} slots in use: p50 {p50:.2f} ms, p95 {p95:.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file", type=Path, help="posting history, .csv or .csv.gz")
    parser.add_argument("--train", type=float, default=0.65, help="share for history")
    parser.add_argument("--k", type=int, default=5, help="slots suggested")
    parser.add_argument("--stretch", type=float, default=0.05, help="of all posts")
    parser.add_argument("--resamples", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    setup = Setup(
        options.train,
        options.k,
        options.stretch,
        options.resamples,
        np.random.default_rng(options.seed),
    )
    accounts = read_accounts(options.file)
    posts = sum(len(account.slots) for account in accounts)
    print(
        f"{posts:,} posts of {len(accounts)} accounts, "
        f"{setup.train:.0%} history, stretches of {setup.stretch:.0%}, k={setup.k}"
    )
    report(accounts, setup)
    time_forecast(max(accounts, key=lambda account: len(account.slots)))


if __name__ == "__main__":
    main()
