"""`manage.py prepare`: bring database and static files up to date, quickly."""

import hashlib
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


class Command(BaseCommand):
    """Do what a new checkout or an update needs; nothing when all is there."""

    help = "Apply migrations and collect static files where something has changed."

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, then collect."""
        self._migrate()
        self._collect()

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Bringing the database up to date …")
            call_command("migrate", verbosity=0, interactive=False)

    def _collect(self) -> None:
        stamp = settings.STATIC_ROOT / ".collected"
        fingerprint = _static_fingerprint()
        if stamp.exists() and stamp.read_text() == fingerprint:
            return
        self.stdout.write("Collecting static files …")
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        stamp.write_text(fingerprint)


def _static_fingerprint() -> str:
    """Hash name, size and time of every static file of the installed apps."""
    lines = []
    for finder in get_finders():
        for name, storage in finder.list([]):
            size, changed = storage.size(name), storage.get_modified_time(name)
            lines.append(f"{name} {size} {changed.timestamp()}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
