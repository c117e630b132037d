"""`manage.py work_tasks`: run background tasks on whichever backend is set."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Start the worker of the configured task backend."""

    help = "Run background tasks until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        """Hand over to the backend's own worker."""
        if settings.TASKS_BACKEND == "rq":
            call_command("rqworker", "default")
        else:
            # A long poll spares SQLite's write lock; a wake-up may wait a second.
            call_command("db_worker", "--no-reload", "--interval", "1")
