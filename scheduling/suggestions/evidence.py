"""Read the statistics, and choose whose are asked: the model's or the agency's."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from django.core.cache import cache
from django.db.models import Max, QuerySet, Sum

from library.models import Creator
from scheduling.models import ChannelBaseline, SlotStatistic
from scheduling.suggestions import forecast as fc
from scheduling.suggestions.forecast import Floats
from scheduling.suggestions.roomy import with_room
from scheduling.suggestions.sums import COLUMNS

# Fewer completed posts say too little to be asked.
ENOUGH_POSTS = 10
# Fewer posts in a slot say little about it by themselves.
FEW_POSTS = 3
# Of two transactions the one begun first may commit last, and leave the version of
# the statistics as it was; the cache forgets that soon.
CACHE_SECONDS = 60
# Forecasts that a process remembers, some 14 KB each.
KEPT = 256
_SUMS = {f"{name}_sum": Sum(name) for name in COLUMNS}


@dataclass(frozen=True)
class Evidence:
    """The sums of a week, one value per slot, and of the channels' baselines."""

    n: Floats
    s: Floats
    q: Floats
    posts: Floats
    engagement: Floats
    succeeded: Floats
    failed: Floats
    baseline: fc.Baseline

    @cached_property
    def total_posts(self) -> int:
        """Return how many posts the sums are of."""
        return int(self.posts.sum())

    @property
    def is_enough(self) -> bool:
        """Tell whether there are enough posts to be asked for advice."""
        return self.total_posts >= ENOUGH_POSTS

    @property
    def success(self) -> float:
        """Return the share of publications that succeeded; 1 before the first."""
        succeeded = float(self.succeeded.sum())
        tried = succeeded + float(self.failed.sum())
        return succeeded / tried if tried else 1.0

    def without(self, part: "Evidence") -> "Evidence":
        """Return what is left when `part`, which is contained in this, is left out."""
        left = {name: getattr(self, name) - getattr(part, name) for name in COLUMNS}
        # What rounding leaves of an emptied slot is not knowledge.
        emptied = left["posts"] <= 0
        for name in ("n", "s", "q", "posts", "engagement"):
            left[name][emptied] = 0.0
        for name in ("succeeded", "failed"):
            np.maximum(left[name], 0.0, out=left[name])
        own, others = self.baseline, part.baseline
        baseline = fc.Baseline(own.total - others.total, own.weight - others.weight)
        return Evidence(**left, baseline=baseline)


def of_creator(creator: Creator) -> Evidence:
    """Read what is known of one model."""
    rows = SlotStatistic.objects.filter(creator=creator).order_by()
    return _evidence(
        rows.values_list("slot", *COLUMNS),
        ChannelBaseline.objects.filter(channel__creator=creator),
    )


def of_agency(*, is_demo: bool) -> Evidence:
    """Return the sums over all models on one footing, of the demo or real.

    They are kept in the cache until anything in the statistics changes.
    """
    version = SlotStatistic.objects.aggregate(at=Max("updated_at"))["at"]
    key = f"suggestions.agency.{int(is_demo)}"
    known = cache.get(key)
    if known and known[0] == version:
        return known[1]
    rows = SlotStatistic.objects.filter(creator__is_demo=is_demo).order_by()
    found = _evidence(
        rows.values("slot").annotate(**_SUMS).values_list("slot", *_SUMS),
        ChannelBaseline.objects.filter(channel__creator__is_demo=is_demo),
    )
    cache.set(key, (version, found), CACHE_SECONDS)
    return found


def counts_demo() -> bool:
    """Tell whether figures are made of the demo: see DemoQuerySet.counting."""
    return not Creator.objects.filter(is_demo=False).exists()


def _evidence(
    rows: Iterable[tuple[Any, ...]], channels: QuerySet[ChannelBaseline]
) -> Evidence:
    """Put together a week of sums, each row a slot, and the channels' baselines."""
    table = np.zeros((len(COLUMNS), fc.SLOTS))
    for slot, *values in rows:
        table[:, slot] = values
    baseline = channels.aggregate(
        total=Sum("total", default=0.0), weight=Sum("weight", default=0.0)
    )
    columns = dict(zip(COLUMNS, table, strict=True))
    return Evidence(**columns, baseline=fc.Baseline(**baseline))


@dataclass(frozen=True)
class Rung:
    """Say who is asked: `basis` is model, agency or default.

    `level` is the current mean of log1p(engagement) of the model that asks, else of
    the agency; None before the first post.
    """

    basis: str
    evidence: Evidence
    level: float | None
    now: datetime

    @cached_property
    def effects(self) -> fc.Effects:
        """Return how the slots compare; nothing is claimed on the last rung."""
        if self.basis == "default":
            nothing = np.zeros(fc.SLOTS)
            return with_room(
                lambda: fc.effects(fc.posterior(nothing, nothing, nothing))
            )
        table = np.stack([self.evidence.n, self.evidence.s, self.evidence.q])
        return _effects(
            table.tobytes(), self.now.replace(minute=0, second=0, microsecond=0)
        )


@lru_cache(maxsize=KEPT)
def _effects(table: bytes, hour: datetime) -> fc.Effects:
    """Compare the slots; the same sums say the same for the rest of the hour."""
    n, s, q = np.frombuffer(table).reshape(3, fc.SLOTS)
    decay = fc.decay_at(hour)
    return with_room(lambda: fc.effects(fc.posterior(n, s, q, decay)))


def best_rung(creator: Creator | None, now: datetime) -> Rung:
    """Choose who is asked: the model, else the other models, else nobody."""
    if creator is None:
        agency = of_agency(is_demo=counts_demo())
        basis = "agency" if agency.is_enough else "default"
        return Rung(basis, agency, agency.baseline.level, now)
    own = of_creator(creator)
    if own.is_enough:
        return Rung("model", own, own.baseline.level, now)
    others = of_agency(is_demo=creator.is_demo).without(own)
    level = own.baseline.level if own.total_posts else others.baseline.level
    if others.is_enough:
        return Rung("agency", others, level, now)
    return Rung("default", own, level, now)
