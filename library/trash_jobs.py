"""Emptying the trash: at once when it is little, as a job when it is much."""

from datetime import datetime

from django.utils import timezone

from library.models import MediaItem
from library.services.trash import PURGE_CHUNK, purge_next
from promura_site import jobs
from promura_site.models import Job, User

JOB = "library.empty_trash"


def empty_trash(*, actor: User | None, now: datetime) -> int | Job:
    """Purge what is in the trash now; return how much, or the job that does it."""
    trash = MediaItem.objects.trashed().filter(trashed_at__lte=now)
    total = trash.count()
    if total > PURGE_CHUNK:
        params = {"before": now.isoformat()}
        return jobs.start(JOB, actor=actor, params=params, total=total)
    return purge_next(trash, actor=actor, now=now)


def step(job: Job) -> bool:
    """Purge the next chunk of what was in the trash when the job began."""
    before = datetime.fromisoformat(job.params["before"])
    trash = MediaItem.objects.trashed().filter(trashed_at__lte=before)
    purged = purge_next(trash, actor=job.actor, now=timezone.now())
    job.done += purged
    job.result = {"purged_count": job.done}
    return not purged
