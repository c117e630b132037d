"""Take an import out again: what it has taught is forgotten exactly."""

from itertools import groupby
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction

from library.models import Creator
from promura_site import events, jobs
from promura_site.errors import DomainError
from promura_site.models import Job, User
from scheduling.history import learning
from scheduling.models import HistoryImport, ImportedPost, SlotEntry

JOB = "scheduling.undo_history_import"
CHUNK = 2_000


def undo(source_id: UUID, *, actor: User) -> HistoryImport:
    """Start the job that takes an import out; raise 409 while it is still coming in."""
    with transaction.atomic():
        source = (
            HistoryImport.objects.select_for_update(of=("self",))
            .select_related("job")
            .get(pk=source_id)
        )
        if source.state in (HistoryImport.State.UNDOING, HistoryImport.State.UNDONE):
            raise DomainError("undone", "This import is undone already.", status=409)
        if _is_running(source):
            raise DomainError(
                "running", "This import is still coming in; wait for it.", status=409
            )
        source.state = HistoryImport.State.UNDOING
        source.job = jobs.start(
            JOB,
            actor=actor,
            params={"import": str(source.pk)},
            total=source.posts.count(),
        )
        source.save(update_fields=["state", "job"])
    return source


def _is_running(source: HistoryImport) -> bool:
    """Tell whether its job may still go on; one that was given up may be undone."""
    if source.state != HistoryImport.State.RUNNING or source.job is None:
        return False
    return source.job.state in (Job.State.QUEUED, Job.State.RUNNING)


def step(job: Job) -> bool:
    """Take out the next posts; the last step settles the channels' levels."""
    source = HistoryImport.objects.select_for_update().get(pk=job.params["import"])
    posts = source.posts.order_by("channel__creator_id", "pk").values_list(
        "pk", "channel_id", "channel__creator_id"
    )[:CHUNK]
    met: set[str] = set(job.cursor.get("channels", ()))
    done = 0
    for creator_id, run in groupby(posts, key=lambda row: row[2]):
        rows = list(run)
        _forget(source, creator_id, rows)
        met |= {str(channel) for _, channel, _ in rows}
        done += len(rows)
    job.done += done
    job.cursor = {"channels": sorted(met)}
    job.result = {"import_id": str(source.pk), "removed": job.done}
    if done == CHUNK:
        return False
    learning.settle(UUID(one) for one in met)
    _close(source, job)
    return True


def _forget(source: HistoryImport, creator_id: UUID, rows: list[Any]) -> None:
    keys = [pk for pk, _, _ in rows]
    with learning.locked(Creator.objects.filter(pk=creator_id)) as creator:
        # By a span of keys: databases bound how many one query may name.
        own = ImportedPost.objects.filter(
            source=source, channel__creator=creator, pk__range=(keys[0], keys[-1])
        )
        entries = SlotEntry.objects.filter(imported__in=own.values("pk"))
        learning.forget(creator, list(entries))
        entries.delete()
        own.delete()


def _close(source: HistoryImport, job: Job) -> None:
    if source.file:
        # Left behind by an import that was given up.
        name = source.file
        transaction.on_commit(lambda: default_storage.delete(name))
    source.state, source.file = HistoryImport.State.UNDONE, ""
    source.save(update_fields=["state", "file"])
    events.emit(
        "history.undone",
        actor=job.actor,
        kind="history",
        ids=[source.pk],
        count=job.done,
        message=f"took {job.done:,} past posts from {source.name} out again",
    )
