"""What is stored of a creator's week, and of what each channel's posts come to.

Whoever writes here holds the lock on the creator's row: `lock`.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils import timezone

from library.models import Creator
from scheduling.models import ChannelBaseline, SlotEntry, SlotStatistic
from scheduling.suggestions import forecast as fc

DECAYED = ("n", "s", "q")
COLUMNS = (*DECAYED, "posts", "engagement", "succeeded", "failed")

Amounts = dict[str, float]


def lock(creators: QuerySet[Creator]) -> Creator:
    """Lock the one creator whose statistics are to be written."""
    # Not FOR UPDATE: rows that refer to the creator may still be inserted meanwhile.
    return creators.select_for_update(of=("self",), no_key=True).get()


class Baselines:
    """The baselines of some channels, read once and written once."""

    def __init__(self, channels: Iterable[UUID]) -> None:
        self._states = {
            row.channel_id: fc.Baseline(row.total, row.weight)
            for row in ChannelBaseline.objects.filter(channel__in=channels)
        }
        self._changed: set[UUID] = set()

    def expect(self, channel_id: UUID, y: float) -> float:
        """Return what was to be expected of a post, and learn from it."""
        state = self._states.get(channel_id, fc.Baseline())
        expected, self._states[channel_id] = fc.next_baseline(state, y)
        self._changed.add(channel_id)
        return expected

    def save(self) -> None:
        """Store the channels that have learned."""
        rows = [
            ChannelBaseline(
                channel_id=channel_id,
                total=self._states[channel_id].total,
                weight=self._states[channel_id].weight,
            )
            for channel_id in self._changed
        ]
        ChannelBaseline.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["channel"],
            update_fields=["total", "weight"],
        )


def amounts_of(entry: SlotEntry) -> Amounts:
    """Return what an entry adds to its slot."""
    n = s = q = engagement = 0.0
    if entry.y is not None and entry.baseline is not None:
        n, s, q = fc.terms(fc.Entry(entry.slot, entry.t, entry.y, entry.baseline))
        engagement = entry.engagement or 0.0
    # An imported post was not sent by us: it says nothing of what succeeds.
    sent = entry.publication_id is not None
    return {
        "n": n,
        "s": s,
        "q": q,
        "posts": int(entry.y is not None),
        "engagement": engagement,
        "succeeded": int(sent and entry.succeeded),
        "failed": int(sent and not entry.succeeded),
    }


def move(
    creator: Creator,
    before: tuple[int, Amounts] | None,
    after: tuple[int, Amounts] | None,
) -> None:
    """Replace in the stored sums what an entry added by what it adds now."""
    changes: dict[int, Amounts] = {}
    for sign, standing in ((-1, before), (1, after)):
        if standing:
            slot, amounts = standing
            add(changes.setdefault(slot, dict.fromkeys(COLUMNS, 0)), amounts, sign)
    for slot, change in sorted(changes.items()):
        if any(change.values()):
            shift(creator, slot, change)


def shift(creator: Creator, slot: int, change: Amounts) -> None:
    """Add amounts to one stored slot."""
    row = SlotStatistic.objects.filter(creator=creator, slot=slot)
    more = {name: F(name) + amount for name, amount in change.items() if amount}
    if not row.update(**more, updated_at=timezone.now()):
        SlotStatistic.objects.create(creator=creator, slot=slot, **change)
    if change["posts"] < 0:
        # What rounding leaves of an emptied slot is not knowledge.
        row.filter(posts=0).update(n=0, s=0, q=0, engagement=0)


def count(entries: Iterable[SlotEntry]) -> None:
    """Add entries without engagement to the counts of their slots."""
    changes: dict[tuple[UUID, int], Amounts] = {}
    for entry in entries:
        place = (entry.creator_id, entry.slot)
        change = changes.setdefault(place, {"succeeded": 0, "failed": 0})
        change["succeeded" if entry.succeeded else "failed"] += 1
    rows = SlotStatistic.objects.filter(
        creator__in={creator for creator, _ in changes},
        slot__in={slot for _, slot in changes},
    )
    there = {(one.creator_id, one.slot): one for one in rows}
    for place, change in changes.items():
        row = there.get(place) or SlotStatistic(creator_id=place[0], slot=place[1])
        row.succeeded += int(change["succeeded"])
        row.failed += int(change["failed"])
        row.pk = None
        there[place] = row
    # Nobody else changes them: their creators are locked.
    SlotStatistic.objects.bulk_create(
        [there[place] for place in changes],
        update_conflicts=True,
        unique_fields=["creator", "slot"],
        update_fields=["succeeded", "failed", "updated_at"],
    )


def empty() -> list[Amounts]:
    """Return a week of nothing."""
    return [dict.fromkeys(COLUMNS, 0) for _ in range(fc.SLOTS)]


def add(total: Amounts, amounts: Amounts, sign: int = 1) -> None:
    """Add amounts in place; with a sign of -1 subtract them."""
    for name, amount in amounts.items():
        total[name] += sign * amount


def stored(creator: Creator) -> list[Amounts]:
    """Return the week of sums as it is stored."""
    table = empty()
    rows = SlotStatistic.objects.filter(creator=creator).values("slot", *COLUMNS)
    for row in rows:
        table[row.pop("slot")] = row
    return table


def write(creator: Creator, table: list[Amounts]) -> None:
    """Store a whole week of sums, zeros only over what was stored before."""
    there = set(
        SlotStatistic.objects.filter(creator=creator).values_list("slot", flat=True)
    )
    rows = [
        SlotStatistic(creator=creator, slot=slot, **amounts)
        for slot, amounts in enumerate(table)
        if slot in there or any(amounts.values())
    ]
    SlotStatistic.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["creator", "slot"],
        update_fields=[*COLUMNS, "updated_at"],
    )


def shift_many(creator: Creator, changes: dict[int, Amounts]) -> None:
    """Add amounts to many stored slots in one go; the creator is locked."""
    table = stored(creator)
    for slot, change in changes.items():
        add(table[slot], change)
        if change["posts"] < 0 and not table[slot]["posts"]:
            # What rounding leaves of an emptied slot is not knowledge.
            table[slot] |= dict.fromkeys((*DECAYED, "engagement"), 0.0)
    write(creator, table)
