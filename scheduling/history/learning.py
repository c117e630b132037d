"""Let the statistics learn from imported posts, and forget them exactly."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from library.models import Creator
from scheduling.models import Channel, ChannelBaseline, ImportedPost, SlotEntry
from scheduling.suggestions import forecast as fc
from scheduling.suggestions import sums

# A post this many posts back has a millionth of a say in the level.
REACH = 20 * fc.BASELINE_HALF_LIFE

Amounts = sums.Amounts


class Chains:
    """The level of each channel at the place in time where the import has arrived.

    History belongs before what came later, so its posts are measured against those
    before them and not against today's level.
    """

    def __init__(self, states: dict[UUID, fc.Baseline]) -> None:
        self._states = states

    @classmethod
    def load(cls, kept: dict[str, list[float]]) -> "Chains":
        """Return what `dump` has kept."""
        return cls({UUID(key): fc.Baseline(*pair) for key, pair in kept.items()})

    def dump(self) -> dict[str, list[float]]:
        """Return the states as JSON holds them."""
        return {str(key): [one.total, one.weight] for key, one in self._states.items()}

    def channels(self) -> list[UUID]:
        """Return the channels that were met."""
        return list(self._states)

    def expect(self, post: ImportedPost, y: float) -> float:
        """Return what was to be expected of a post, and learn from it."""
        channel = post.channel_id
        if channel not in self._states:
            before = _newest(channel, published_at__lt=post.published_at)
            self._states[channel] = _level(before)
        expected, self._states[channel] = fc.next_baseline(self._states[channel], y)
        return expected


@contextmanager
def locked(creators: QuerySet[Creator]) -> Iterator[Creator]:
    """Hold the lock on a creator's statistics; part of the caller's transaction."""
    with transaction.atomic():
        yield sums.lock(creators)


def enter(creator: Creator, posts: Sequence[ImportedPost], chains: Chains) -> None:
    """Enter saved posts of a locked creator, which come in the order of their times."""
    table, entries = _Week(), []
    for post in posts:
        y = fc.response(post.engagement)
        entry = SlotEntry(
            imported=post,
            creator=creator,
            slot=fc.slot_of(post.published_at, creator.timezone),
            t=post.published_at,
            y=y,
            baseline=chains.expect(post, y),
            engagement=post.engagement,
        )
        table.add(entry)
        entries.append(entry)
    SlotEntry.objects.bulk_create(entries)
    table.store(creator)


def forget(creator: Creator, entries: Iterable[SlotEntry]) -> None:
    """Subtract what entries of a locked creator have added; the caller deletes them."""
    table = _Week()
    for entry in entries:
        table.add(entry, -1)
    table.store(creator)


def settle(channels: Iterable[UUID]) -> None:
    """Set the channels' levels to what their posts say in the order of their times."""
    for channel in Channel.objects.filter(pk__in=list(channels)).order_by("creator_id"):
        with locked(Creator.objects.filter(pk=channel.creator_id)):
            found = _level(_newest(channel.pk))
            if found.weight:
                ChannelBaseline.objects.update_or_create(
                    channel=channel,
                    defaults={"total": found.total, "weight": found.weight},
                )
            else:
                ChannelBaseline.objects.filter(channel=channel).delete()


class _Week:
    """Changes of a creator's sums, slot by slot."""

    def __init__(self) -> None:
        self._changes: dict[int, Amounts] = defaultdict(
            lambda: dict.fromkeys(sums.COLUMNS, 0)
        )

    def add(self, entry: SlotEntry, sign: int = 1) -> None:
        """Add an entry's amounts, or subtract them."""
        sums.add(self._changes[entry.slot], sums.amounts_of(entry), sign)

    def store(self, creator: Creator) -> None:
        """Add the changes to what is stored."""
        sums.shift_many(creator, self._changes)


def _newest(channel: UUID, **span: object) -> list[float]:
    """Return `y` of a channel's newest posts, the oldest of them first."""
    found = []
    for whose in ("publication", "imported"):
        told = {f"{whose}__{name}": value for name, value in span.items()}
        rows = SlotEntry.objects.filter(
            **{f"{whose}__channel": channel}, y__isnull=False, **told
        )
        newest = rows.order_by(f"-{whose}__published_at").values_list("t", "y")
        found += list(newest[:REACH])
    return [y for _, y in sorted(found)[-REACH:] if y is not None]


def _level(values: Iterable[float]) -> fc.Baseline:
    state = fc.Baseline()
    for y in values:
        _, state = fc.next_baseline(state, y)
    return state
