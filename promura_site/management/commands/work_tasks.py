"""`manage.py work_tasks`: run background tasks on whichever backend is set."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from promura_site.watching import Watch


class Command(BaseCommand):
    """Start the worker of the configured task backend."""

    help = "Run background tasks, and what must go on without a publisher."

    def handle(self, *args: Any, **options: Any) -> None:
        """Hand over to the backend's own worker, and watch beside it."""
        with Watch():
            self._work()

    def _work(self) -> None:
        if settings.TASKS_BACKEND == "rq":
            call_command("rqworker", "default")
        else:
            # A long poll spares SQLite's write lock; a wake-up may wait a second.
            call_command("db_worker", "--no-reload", "--interval", "1")
