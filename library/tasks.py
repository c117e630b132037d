"""Recurring work and long work of the library, made known to the ground floor."""

from datetime import timedelta

from library import orphans, renditions, selections, trash_jobs, undo
from library.services.trash import purge_expired
from promura_site import jobs, periodic


def register() -> None:
    """Register steps of jobs and recurring work."""
    jobs.register(selections.DELETE_JOB, selections.delete_step)
    jobs.register(selections.TAG_JOB, selections.tag_step)
    jobs.register(undo.JOB, undo.step)
    jobs.register(trash_jobs.JOB, trash_jobs.step)
    periodic.register(
        "library.purge_trash", every=timedelta(hours=1), run=purge_expired
    )
    periodic.register(
        "library.sweep_orphans", every=timedelta(days=1), run=orphans.sweep
    )
    periodic.register(
        "library.sweep_renditions", every=timedelta(days=1), run=renditions.sweep
    )
    periodic.register(
        "library.prune_operations", every=timedelta(days=1), run=undo.prune
    )
