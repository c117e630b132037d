"""Tie imported history to the rest of the house; called when the app is ready."""

from promura_site import jobs, levels
from scheduling.history import importing, undoing


def connect() -> None:
    """Register the jobs and who may start them."""
    levels.grant(
        "scheduling",
        view=["view_historyimport"],
        edit=["add_historyimport", "delete_historyimport"],
    )
    jobs.register(importing.JOB, importing.step)
    jobs.register(undoing.JOB, undoing.step)
