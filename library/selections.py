"""Bulk calls on whatever a filter finds: at once, or as a job when it is too much."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from library import bulk
from library.bulk import BulkResult, GivenIds, Refused, Tagging
from library.filters import matching
from library.models import BulkOperation, MediaItem
from promura_site import jobs
from promura_site.models import Job, User

DELETE_JOB = "library.bulk_delete"
TAG_JOB = "library.bulk_tag"
CHUNK = 2_000
# A job's result is read as one answer; it lists this many refusals and counts the rest.
MAX_LISTED = 1_000


def delete_matching(wanted: dict[str, Any], *, actor: User | None) -> BulkResult | Job:
    """Move all that the filter finds to the trash."""
    given = _few(matching(wanted))
    if given is None:
        return _start(DELETE_JOB, BulkOperation.Kind.DELETE, actor, wanted, {})
    return bulk.delete(given, actor=actor)


def tag_matching(
    wanted: dict[str, Any], tagging: Tagging, *, actor: User | None
) -> BulkResult | Job:
    """Change the tags of all that the filter finds."""
    tagging = tagging.checked()
    given = _few(matching(wanted))
    if given is None:
        params = asdict(tagging)
        return _start(TAG_JOB, BulkOperation.Kind.TAG, actor, wanted, params)
    return bulk.tag(given, tagging, actor=actor)


def delete_step(job: Job) -> bool:
    """Trash the next chunk of what a job's filter finds."""
    operation, given = _next(job)
    result = bulk.trash_some(operation, given)
    bulk.close_operation(result)
    return _move_on(job, result, given, "deleted_count")


def tag_step(job: Job) -> bool:
    """Tag the next chunk of what a job's filter finds."""
    operation, given = _next(job)
    tagging = Tagging(job.params["action"], job.params["names"])
    result = bulk.tag_some(operation, given, tagging)
    bulk.close_operation(result, tagging)
    return _move_on(job, result, given, "updated_count")


def _few(rows: QuerySet[MediaItem]) -> GivenIds | None:
    """Return the ids of `rows`, None if they are too many for one transaction."""
    ids = rows.order_by("pk").values_list("pk", flat=True)[: bulk.MAX_IDS + 1]
    found = tuple(ids)
    return GivenIds(found) if len(found) <= bulk.MAX_IDS else None


def _start(
    kind: str,
    operation_kind: BulkOperation.Kind,
    actor: User | None,
    wanted: dict[str, Any],
    params: dict[str, Any],
) -> Job:
    rows = matching(wanted)
    # Ids rise with time: what is uploaded from now on is not part of it.
    last = rows.order_by("-pk").values_list("pk", flat=True)[0]
    with transaction.atomic():
        operation = bulk.open_operation(operation_kind, actor)
        job = jobs.start(
            kind,
            actor=actor,
            params=params
            | {"filter": wanted, "last": str(last), "operation": str(operation.pk)},
            total=rows.count(),
        )
        operation.job = job
        operation.save(update_fields=["job"])
    return job


def _next(job: Job) -> tuple[BulkOperation, GivenIds]:
    operation = BulkOperation.objects.select_related("actor").get(
        pk=job.params["operation"]
    )
    rows = matching(job.params["filter"]).filter(pk__lte=UUID(job.params["last"]))
    if after := job.cursor.get("after"):
        rows = rows.filter(pk__gt=UUID(after))
    ids = rows.order_by("pk").values_list("pk", flat=True)[:CHUNK]
    return operation, GivenIds(tuple(ids))


def _move_on(job: Job, result: BulkResult, given: GivenIds, count_name: str) -> bool:
    """Note in the job how far it has come; tell whether that was the end."""
    if given.ids:
        job.cursor = {"after": str(given.ids[-1])}
    job.done += len(given.ids)
    former = job.result or {count_name: 0, "refused_count": 0, "failures": []}
    room = MAX_LISTED - len(former["failures"])
    job.result = {
        count_name: former[count_name] + len(result.done),
        "refused_count": former["refused_count"] + len(result.refused),
        "failures": former["failures"] + _plain(result.refused[:room]),
        "operation_id": str(result.operation.pk),
    }
    return len(given.ids) < CHUNK


def _plain(refused: list[Refused]) -> list[dict[str, Any]]:
    return [asdict(one) for one in refused]
