"""What following suggestions has gained so far, and how sure that is."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Count, F, Q, Variance
from django.db.models.functions import Greatest, Least

from library.models import Creator
from scheduling.models import SlotEntry
from scheduling.suggestions import evidence as ev
from scheduling.suggestions import forecast as fc

SINCE = timedelta(days=365)
# A spread of fewer says nothing.
FEWEST = 5


@dataclass(frozen=True)
class Realised:
    """Posts at a suggested time against all others that were planned here.

    `lift` is the difference of what they did against what was to be expected of them,
    as a share, `low` to `high` its 80 % interval, `confidence` the probability in per
    cent that it is above 0; None while there are too few of either.
    """

    suggested: int
    others: int
    lift: float | None = None
    low: float | None = None
    high: float | None = None
    confidence: int | None = None


def realised(creator: Creator | None, now: datetime) -> Realised:
    """Compare the last year's posts of a model, or of all models."""
    whose = Q(creator=creator) if creator else Q(creator__is_demo=ev.counts_demo())
    rows = SlotEntry.objects.filter(
        whose, publication__isnull=False, y__isnull=False, t__gte=now - SINCE
    ).order_by()
    gain = Least(Greatest(F("y") - F("baseline"), -fc.CLIP), fc.CLIP)
    rows = rows.annotate(gain=gain)
    taken = Q(publication__post__suggestion_taken=True)
    groups = [
        chosen.aggregate(
            posts=Count("pk"),
            mean=Avg("gain"),
            # Of a sample, SQLite could not tell that of a single post.
            variance=Variance("gain"),
        )
        for chosen in (rows.filter(taken), rows.exclude(taken))
    ]
    counts = [group["posts"] for group in groups]
    if min(counts) < FEWEST:
        return Realised(suggested=counts[0], others=counts[1])
    suggested, others = groups
    errors = (group["variance"] / (group["posts"] - 1) for group in groups)
    error = math.sqrt(sum(errors))
    return _compare(counts, suggested["mean"] - others["mean"], error)


def _compare(counts: list[int], gain: float, error: float) -> Realised:
    error = max(error, math.sqrt(fc.SMALLEST_VARIANCE))
    sure = 100 * 0.5 * math.erfc(-gain / error / math.sqrt(2))
    return Realised(
        suggested=counts[0],
        others=counts[1],
        lift=round(math.expm1(gain), 3),
        low=round(math.expm1(gain - fc.INTERVAL_Z * error), 3),
        high=round(math.expm1(gain + fc.INTERVAL_Z * error), 3),
        confidence=min(max(round(sure), 1), 99),
    )
