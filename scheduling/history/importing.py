"""Bring past posts in: checked at once, then entered step by step by a job.

The checked rows wait in a file of one JSON line a post, sorted by creator and time,
so that every step enters a run of posts in the order they came out. A step is one
transaction, and the job's cursor says where the next one begins.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby, islice
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from library.models import Creator
from promura_site import events, jobs
from promura_site.models import Job, User
from scheduling.engagement import COUNTS
from scheduling.history import learning
from scheduling.history.table import PastPost
from scheduling.models import HistoryImport, ImportedPost, Publication

JOB = "scheduling.import_history"
FOLDER = "history"
CHUNK = 2_000
# What we published ourselves is in the statistics already; exports give whole minutes.
SAME = timedelta(minutes=1)

Key = tuple[UUID, datetime, str]


@dataclass(frozen=True)
class Sorted:
    """The posts of a table that are new, in the order they are entered."""

    fresh: list[PastPost]
    duplicates: int


def sort_out(posts: Iterable[PastPost]) -> Sorted:
    """Leave out what is known already, and sort the rest by creator and time."""
    ordered = sorted(
        posts, key=lambda one: (one.account.creator_id, one.published_at, one.reference)
    )
    fresh: list[PastPost] = []
    seen: set[Key] = set()
    for _, run in groupby(ordered, key=lambda one: one.account.creator_id):
        some = list(run)
        known = Known({one.account.pk for one in some}, some[0], some[-1])
        for post in some:
            key = (post.account.pk, post.published_at, post.reference)
            if key not in seen and not known.has(*key):
                seen.add(key)
                fresh.append(post)
    return Sorted(fresh, len(ordered) - len(fresh))


class Known:
    """What channels have in a span of time: imported before, or published by us."""

    def __init__(self, channels: set[UUID], first: Any, last: Any) -> None:
        span = (first.published_at - SAME, last.published_at + SAME)
        imported = ImportedPost.objects.filter(
            channel__in=channels, published_at__range=span
        )
        fields = ("channel_id", "published_at", "reference")
        self._imported = set(imported.values_list(*fields))
        published = Publication.objects.filter(
            channel__in=channels,
            state=Publication.State.PUBLISHED,
            published_at__range=span,
        ).values_list("channel_id", "published_at", "url", "external_id")
        self._minutes: set[tuple[UUID, datetime]] = set()
        self._references: set[tuple[UUID, str]] = set()
        for channel, at, *names in published:
            assert at is not None
            minute = at.replace(second=0, microsecond=0)
            self._minutes |= {(channel, minute), (channel, minute + SAME)}
            self._references |= {(channel, name) for name in names if name}

    def has(self, channel: UUID, at: datetime, reference: str) -> bool:
        """Tell whether this post is there already."""
        minute = at.replace(second=0, microsecond=0)
        return (
            (channel, at, reference) in self._imported
            or (channel, reference) in self._references
            or (channel, minute) in self._minutes
        )


def start(found: Sorted, *, name: str, actor: User) -> HistoryImport:
    """Store checked posts and start the job that enters them."""
    source = HistoryImport(actor=actor, name=name, duplicates=found.duplicates)
    source.file = default_storage.save(f"{FOLDER}/{source.pk}.jsonl", _lines(found))
    try:
        with transaction.atomic():
            source.job = jobs.start(
                JOB,
                actor=actor,
                params={"import": str(source.pk)},
                total=len(found.fresh),
            )
            source.save()
    except BaseException:
        default_storage.delete(source.file)
        raise
    return source


def _lines(found: Sorted) -> ContentFile:
    lines = (
        json.dumps(
            [
                str(post.account.creator_id),
                str(post.account.pk),
                post.published_at.isoformat(),
                post.reference,
                post.counts,
                post.engagement,
            ]
        )
        for post in found.fresh
    )
    return ContentFile("\n".join(lines).encode())


def step(job: Job) -> bool:
    """Enter the next posts; the last step settles the channels' levels."""
    source = HistoryImport.objects.select_for_update().get(pk=job.params["import"])
    chains = learning.Chains.load(job.cursor.get("chains", {}))
    lines, at = _next(source.file, job.cursor.get("at", 0))
    for creator_id, run in groupby(lines, key=lambda line: line[0]):
        source.added += _enter(source, UUID(creator_id), list(run), chains)
    job.done += len(lines)
    job.cursor = {"at": at, "chains": chains.dump()}
    # Another import may have been quicker with some of them.
    job.result = {
        "import_id": str(source.pk),
        "added": source.added,
        "duplicates": source.duplicates + job.done - source.added,
    }
    finished = len(lines) < CHUNK
    if finished:
        learning.settle(chains.channels())
        _close(source, job)
    source.save(update_fields=["added", "duplicates", "state", "file"])
    return finished


def _next(name: str, at: int) -> tuple[list[list[Any]], int]:
    """Return the next lines of a file from a byte on, and where they end."""
    with default_storage.open(name, "rb") as file:
        file.seek(at)
        # Iterating over Django's files begins at their start again.
        raw = list(islice(iter(file.readline, b""), CHUNK))
    return [json.loads(line) for line in raw], at + sum(map(len, raw))


def _enter(
    source: HistoryImport,
    creator_id: UUID,
    lines: Sequence[list[Any]],
    chains: "learning.Chains",
) -> int:
    with learning.locked(Creator.objects.filter(pk=creator_id)) as creator:
        posts = [_post(source, line) for line in lines]
        known = Known({one.channel_id for one in posts}, posts[0], posts[-1])
        fresh = [
            one
            for one in posts
            if not known.has(one.channel_id, one.published_at, one.reference)
        ]
        ImportedPost.objects.bulk_create(fresh)
        learning.enter(creator, fresh, chains)
    return len(fresh)


def _post(source: HistoryImport, line: list[Any]) -> ImportedPost:
    _, channel, at, reference, counts, engagement = line
    return ImportedPost(
        source=source,
        channel_id=UUID(channel),
        published_at=datetime.fromisoformat(at),
        reference=reference,
        engagement=engagement,
        **dict(zip(COUNTS, counts, strict=True)),
    )


def _close(source: HistoryImport, job: Job) -> None:
    transaction.on_commit(partial(default_storage.delete, source.file))
    source.state, source.file = HistoryImport.State.DONE, ""
    source.duplicates += job.done - source.added
    events.emit(
        "history.imported",
        actor=job.actor,
        kind="history",
        ids=[source.pk],
        count=source.added,
        message=f"brought in {source.added:,} past posts from {source.name}",
    )
