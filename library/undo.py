"""Taking a bulk operation back: exactly what it changed, and nothing else.

An operation can be undone for thirty days.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from library import idsets
from library.bulk import PURGED, Refused
from library.idsets import IdSet
from library.models import BulkChange, BulkOperation, MediaItem
from promura_site import events, jobs
from promura_site.errors import DomainError
from promura_site.models import Job, User

JOB = "library.undo"
# Changes taken back in one transaction; what is more than this becomes a job.
CHUNK = 30_000
KEEP = timedelta(days=30)


@dataclass(slots=True)
class Undone:
    """What was put back; `job` when that still goes on."""

    operation: BulkOperation
    done: list[UUID]
    refused: list[Refused]
    job: Job | None = None


def undo(operation_id: UUID, *, actor: User | None) -> Undone:
    """Put back what an operation changed; raise 404, or 409 if it cannot be undone."""
    with transaction.atomic():
        operation = (
            BulkOperation.objects.select_for_update().filter(pk=operation_id).first()
        )
        if operation is None:
            raise DomainError("not_found", "There is no such operation.", 404)
        _refuse_unfit(operation)
        operation.undone_at = timezone.now()
        operation.save(update_fields=["undone_at"])
        last = operation.changes.aggregate(last=Max("pk"))["last"] or 0
        count = operation.changes.count()
        if count > CHUNK:
            params = {"operation": str(operation.pk), "last": last}
            job = jobs.start(JOB, actor=actor, params=params, total=count)
            return Undone(operation, [], [], job)
        undone = _put_back(operation, 0, last)
        _tell(undone, actor)
    return undone


def step(job: Job) -> bool:
    """Put back the next chunk of a large operation."""
    operation = BulkOperation.objects.get(pk=job.params["operation"])
    after, last = job.cursor.get("after", 0), job.params["last"]
    chunk = list(
        operation.changes.filter(pk__gt=after, pk__lte=last)
        .order_by("pk")
        .values_list("pk", flat=True)[:CHUNK]
    )
    if not chunk:
        return True
    undone = _put_back(operation, after, chunk[-1])
    _tell(undone, job.actor)
    job.cursor = {"after": chunk[-1]}
    job.done += len(chunk)
    job.result = {"operation_id": str(operation.pk)}
    return len(chunk) < CHUNK


def prune(now: datetime) -> None:
    """Forget operations that are too old to be undone; the audit trail has them."""
    BulkOperation.objects.filter(created_at__lt=now - KEEP).delete()


def _refuse_unfit(operation: BulkOperation) -> None:
    if operation.undone_at is not None:
        raise DomainError("already_undone", "This has been undone already.", 409)
    job = operation.job
    if job and job.state in (Job.State.QUEUED, Job.State.RUNNING):
        raise DomainError(
            "still_running", "This is still going on; undo it when it has ended.", 409
        )


def _put_back(operation: BulkOperation, after: int, last: int) -> Undone:
    """Take back the changes with row ids above `after`, up to `last`."""
    changes = BulkChange.objects.filter(operation=operation, pk__gt=after, pk__lte=last)
    rows = list(
        MediaItem.objects.filter(pk__in=changes.values("media"))
        .order_by("pk")
        .select_for_update()
        .values_list("pk", "purged_at", "trashed_at")
    )
    refused = [Refused(str(one), PURGED) for one, purged, _ in rows if purged]
    done = [one for one, purged, _ in rows if not purged]
    if operation.kind == BulkOperation.Kind.DELETE:
        # Restored by hand since, or trashed again by somebody else: not ours.
        ours = operation.created_at
        done = [one for one, purged, at in rows if at == ours and not purged]
        MediaItem.objects.filter(pk__in=IdSet(done)).update(trashed_at=None)
    else:
        idsets.put_tags_back(operation, after, last)
    return Undone(operation, done, refused)


def _tell(undone: Undone, actor: User | None) -> None:
    count = len(undone.done)
    events.emit(
        "media.bulk_undone",
        actor=actor,
        kind="media",
        ids=undone.done[: events.MAX_IDS],
        count=count,
        message=f"undid a bulk change of {count} media item{'' if count == 1 else 's'}",
        data={
            "operation": str(undone.operation.pk),
            "operation_kind": undone.operation.kind,
        },
    )
