"""Keep the statistics that suggestions are made of: O(1) per post, exact to undo.

Every publication that was published or failed has one SlotEntry, which says how it
stands in the SlotStatistic rows of its creator. `enter` brings both in line with the
publication; what an entry has added can be subtracted again. Imported posts have
entries too: history/learning.py.

Whoever writes here holds the lock on the creator's row, so that the statistics, the
entries, the channels' baselines and the creator's zone agree. A caller that locks a
post or a publication as well does so before.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from library.models import Creator
from scheduling.models import Publication, SlotEntry
from scheduling.suggestions import forecast as fc
from scheduling.suggestions import sums
from scheduling.suggestions.sums import COLUMNS, DECAYED

FINISHED = (Publication.State.PUBLISHED, Publication.State.FAILED)
RIPEN_EVERY = timedelta(minutes=10)
BATCH = 1000
MOST_AT_ONCE = 5000


def enter(publication: Publication, now: datetime) -> None:
    """Make the statistics say of a publication what its saved row says.

    Call it as often as you like, in the transaction that changed the publication.
    Its success or failure counts at once; its engagement when the post is
    settings.ENGAGEMENT_AGE old, and from then on with every change.
    """
    with transaction.atomic():
        creator = sums.lock(Creator.objects.filter(channels__publications=publication))
        fresh = Publication.objects.select_related("post", "slot_entry").get(
            pk=publication.pk
        )
        # Demo posts never count in a real agency's statistics.
        foreign = fresh.post.is_demo and not creator.is_demo
        if foreign or fresh.state not in FINISHED:
            return
        entry: SlotEntry | None = getattr(fresh, "slot_entry", None)
        before = (entry.slot, sums.amounts_of(entry)) if entry else None
        entry = entry or SlotEntry(publication=fresh, creator=creator)
        _describe(entry, fresh, creator.timezone)
        ripe = entry.y is not None or entry.t <= now - settings.ENGAGEMENT_AGE
        if ripe and entry.engagement is not None:
            baselines = sums.Baselines([fresh.channel_id])
            _measure(entry, fresh.channel_id, baselines)
            baselines.save()
        entry.save()
        sums.move(creator, before, (entry.slot, sums.amounts_of(entry)))


def enter_all(publications: Sequence[Publication], now: datetime) -> None:
    """Enter many at once, cheaply as long as they are new and without engagement.

    They come with their channels.
    """
    keys = [publication.pk for publication in publications]
    with transaction.atomic():
        locked = Creator.objects.filter(
            pk__in={publication.channel.creator_id for publication in publications}
        ).order_by("pk")
        creators = {
            one.pk: one for one in locked.select_for_update(of=("self",), no_key=True)
        }
        rows = Publication.objects.filter(pk__in=keys).select_related(
            "post", "channel", "slot_entry"
        )
        known, fresh = [], []
        for row in rows.defer("payload", "content", "post__content"):
            creator = creators[row.channel.creator_id]
            if row.engagement is not None or getattr(row, "slot_entry", None):
                known.append(row)
            elif row.state in FINISHED and (creator.is_demo or not row.post.is_demo):
                entry = SlotEntry(publication=row, creator=creator)
                _describe(entry, row, creator.timezone)
                fresh.append(entry)
        SlotEntry.objects.bulk_create(fresh)
        sums.count(fresh)
        for row in known:
            enter(row, now)


def remove(publication: Publication) -> None:
    """Take a publication out of the statistics; other posts' baselines stay.

    Whoever deletes a publication calls this before: its entry goes with it.
    """
    with transaction.atomic():
        creator = sums.lock(Creator.objects.filter(channels__publications=publication))
        entry = SlotEntry.objects.filter(publication=publication).first()
        if entry is not None:
            sums.move(creator, (entry.slot, sums.amounts_of(entry)), None)
            entry.delete()


def enter_many(creator: Creator, publications: Iterable[Publication]) -> int:
    """Enter a creator's history, whatever its age; return how many were new.

    The publications are saved and on channels of this creator. They enter in the
    order of their times, behind all that entered earlier; unfinished ones are left.
    """
    with transaction.atomic():
        creator = sums.lock(Creator.objects.filter(pk=creator.pk))
        entries = SlotEntry.objects.filter(creator=creator)
        known = set(entries.values_list("publication_id", flat=True))
        history = sorted(
            (one for one in publications if one.state in FINISHED), key=_moment
        )
        baselines = sums.Baselines({one.channel_id for one in history})
        table = sums.stored(creator)
        fresh = []
        for publication in history:
            if publication.pk in known:
                continue
            entry = SlotEntry(publication=publication, creator=creator)
            _describe(entry, publication, creator.timezone)
            if entry.engagement is not None:
                _measure(entry, publication.channel_id, baselines)
            sums.add(table[entry.slot], sums.amounts_of(entry))
            fresh.append(entry)
        SlotEntry.objects.bulk_create(fresh, batch_size=BATCH)
        baselines.save()
        sums.write(creator, table)
    return len(fresh)


def enter_ripe(now: datetime) -> None:
    """Enter engagement that was recorded early and has reached its age by now."""
    waiting = SlotEntry.objects.filter(
        y=None, engagement__isnull=False, t__lte=now - settings.ENGAGEMENT_AGE
    )
    ripe = waiting.order_by("t").select_related("publication")[:MOST_AT_ONCE]
    for entry in ripe:
        # Imported posts enter with their engagement and never wait.
        if entry.publication is not None:
            enter(entry.publication, now)


def reslot(creator: Creator) -> None:
    """Sort a creator's history by the clocks of its zone again, and sum it up."""
    with transaction.atomic():
        creator = sums.lock(Creator.objects.filter(pk=creator.pk))
        moved: dict[int, list[int]] = {}
        entries = SlotEntry.objects.filter(creator=creator)
        for pk, t, slot in entries.values_list("pk", "t", "slot"):
            if (new := fc.slot_of(t, creator.timezone)) != slot:
                moved.setdefault(new, []).append(pk)
        for new, keys in moved.items():
            for start in range(0, len(keys), BATCH):
                some = keys[start : start + BATCH]
                SlotEntry.objects.filter(pk__in=some).update(slot=new)
        rebuild(creator)


@dataclass(frozen=True)
class Difference:
    """How far the stored sums of a creator were from those of its entries.

    `relative` is the largest of n, s and q as a share of the sum of absolute terms;
    `miscounted` is by how many the counts were off.
    """

    entries: int
    relative: float
    miscounted: int


def rebuild(creator: Creator) -> Difference:
    """Sum a creator's stored terms afresh and return what that changed.

    Baselines stay as they were at entry and are never computed again.
    """
    with transaction.atomic():
        creator = sums.lock(Creator.objects.filter(pk=creator.pk))
        stored, table = sums.stored(creator), sums.empty()
        scale = dict.fromkeys(DECAYED, 0.0)
        entries = SlotEntry.objects.filter(creator=creator).order_by("t", "pk")
        count = 0
        for entry in entries.iterator(chunk_size=BATCH):
            amounts = sums.amounts_of(entry)
            sums.add(table[entry.slot], amounts)
            for name in DECAYED:
                scale[name] += abs(amounts[name])
            count += 1
        sums.write(creator, table)
    off = {
        name: sum(abs(a[name] - b[name]) for a, b in zip(stored, table, strict=True))
        for name in COLUMNS
    }
    shares = [off[name] / (scale[name] or math.inf) for name in DECAYED]
    # Sums without a single entry cannot be right by any measure.
    stray = not count and any(off[name] for name in DECAYED)
    return Difference(
        entries=count,
        relative=math.inf if stray else max(shares),
        miscounted=int(off["posts"] + off["succeeded"] + off["failed"]),
    )


def catch_up(creator: Creator, now: datetime) -> int:
    """Enter a creator's publications that the statistics missed or have otherwise.

    Return how many there were. Their outcome was stored when the statistics could
    not be, or a figure was changed past the services.
    """
    published, failed = FINISHED
    finished = Publication.objects.filter(channel__creator=creator, state__in=FINISHED)
    if not creator.is_demo:
        finished = finished.filter(post__is_demo=False)
    known = Q(slot_entry__engagement=F("engagement")) | Q(
        slot_entry__engagement=None, engagement=None
    )
    agreeing = finished.filter(
        Q(state=failed, slot_entry__succeeded=False)
        | Q(known, state=published, slot_entry__succeeded=True)
    )
    missed = finished.exclude(pk__in=agreeing.values("pk")).order_by("publish_at", "pk")
    count = 0
    for publication in missed.iterator(chunk_size=BATCH):
        enter(publication, now)
        count += 1
    return count


def _moment(publication: Publication) -> datetime:
    """Return when a finished publication appeared, or should have."""
    appeared = publication.published_at
    if publication.state == Publication.State.FAILED:
        appeared = None
    return appeared or publication.publish_at or publication.created_at


def _describe(entry: SlotEntry, publication: Publication, zone: str) -> None:
    """Write into an entry what happened to its publication, but no terms yet."""
    entry.succeeded = publication.state == Publication.State.PUBLISHED
    entry.t = _moment(publication)
    entry.slot = fc.slot_of(entry.t, zone)
    entry.engagement = publication.engagement if entry.succeeded else None
    if entry.engagement is None:
        entry.y = entry.baseline = None


def _measure(entry: SlotEntry, channel_id: UUID, baselines: sums.Baselines) -> None:
    """Give an entry its `y`; its baseline is that of the first time for ever."""
    assert entry.engagement is not None
    entry.y = fc.response(entry.engagement)
    if entry.baseline is None:
        entry.baseline = baselines.expect(channel_id, entry.y)
