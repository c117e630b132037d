"""Long work in steps, whose state is a row: a task is only a wake-up.

The task queue has neither retries nor crash recovery. So a step does a bounded
piece inside one transaction and moves the job's cursor in it; whoever runs the job
next goes on from there. A wake-up may come twice or never: the lease keeps two
runners apart, and the sweeper wakes what nobody is working on.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django_tasks import task

from promura_site import events, periodic
from promura_site.models import Job, User

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 5

# Does one piece of the job, moves `job.done` and `job.cursor`, returns whether the
# job is finished. Called inside a transaction in which the row is saved.
Step = Callable[[Job], bool]
_steps: dict[str, Step] = {}


class LeaseLostError(Exception):
    """Another runner has taken the job over."""


def register(kind: str, step: Step) -> None:
    """Say which function carries out jobs of a kind."""
    _steps[kind] = step


def start(
    kind: str, *, actor: User | None, params: dict[str, Any], total: int = 0
) -> Job:
    """Create a job and wake a worker for it once the transaction has committed."""
    job = Job.objects.create(kind=kind, actor=actor, params=params, total=total)
    transaction.on_commit(lambda: wake(job.pk))
    return job


def wake(job_id: UUID) -> None:
    """Ask the task queue to run a job."""
    run_job.enqueue(str(job_id))


@task()
def run_job(job_id: str) -> None:
    """Run a job until it is finished, or until another runner has it."""
    job = _claim(UUID(job_id), timezone.now())
    if job is None:
        return
    try:
        while not _advance(job):
            pass
    except LeaseLostError:
        logger.warning("Job %s was taken over by another runner", job_id)
    except Exception as error:
        logger.exception("Job %s failed", job_id)
        _record_failure(job, error)


def _claim(job_id: UUID, now: datetime) -> Job | None:
    free = Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, lease_until__lt=now)
    claimed = Job.objects.filter(free, pk=job_id).update(
        state=Job.State.RUNNING,
        lease_until=now + LEASE,
        fence=F("fence") + 1,
        attempts=F("attempts") + 1,
    )
    return Job.objects.select_related("actor").get(pk=job_id) if claimed else None


def _advance(job: Job) -> bool:
    """Do one step and store it under the job's fence; tell whether it was the last."""
    with transaction.atomic():
        finished = _steps[job.kind](job)
        now = timezone.now()
        held = Job.objects.filter(pk=job.pk, fence=job.fence).update(
            done=job.done,
            total=job.total,
            cursor=job.cursor,
            result=job.result,
            state=Job.State.DONE if finished else Job.State.RUNNING,
            lease_until=None if finished else now + LEASE,
            finished_at=now if finished else None,
        )
        if not held:
            raise LeaseLostError
    return finished


def _record_failure(job: Job, error: Exception) -> None:
    """Queue the job again with what it has done so far, or give it up for good."""
    last = job.attempts >= MAX_ATTEMPTS
    message = f"{type(error).__name__}: {error}"[:500]
    Job.objects.filter(pk=job.pk, fence=job.fence).update(
        state=Job.State.FAILED if last else Job.State.RUNNING,
        error=message,
        finished_at=timezone.now() if last else None,
    )
    events.fault(type(error).__name__, message, where=f"job {job.kind}")


def sweep(now: datetime) -> None:
    """Wake jobs that nobody works on: a lost wake-up, a killed or failed runner."""
    lost = Q(state=Job.State.QUEUED, created_at__lt=now - timedelta(seconds=30))
    stale = Q(state=Job.State.RUNNING, lease_until__lt=now)
    for job_id in Job.objects.filter(lost | stale).values_list("pk", flat=True)[:100]:
        wake(job_id)


def register_sweeper() -> None:
    """Let the publisher loop sweep stale jobs."""
    periodic.register("jobs.sweep", every=timedelta(seconds=30), run=sweep)
