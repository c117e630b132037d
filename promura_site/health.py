"""A registry of checks that say whether this installation can do its work."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

READY, PUBLISHING = "ready", "publishing"


@dataclass(frozen=True)
class Health:
    """The answer of one check."""

    ok: bool
    detail: str = ""


Check = Callable[[datetime], Health]
_checks: dict[str, dict[str, Check]] = {READY: {}, PUBLISHING: {}}


def register(name: str, check: Check, group: str) -> None:
    """Add a check to a group; a later one of the same name replaces it."""
    _checks[group][name] = check


def examine(group: str, now: datetime) -> dict[str, Health]:
    """Run a group's checks; a database that does not answer fails its check."""
    results = {}
    for name, check in _checks[group].items():
        try:
            results[name] = check(now)
        except DatabaseError as error:
            results[name] = Health(False, f"the database says: {error}")
    return results


def database_answers(now: datetime) -> Health:
    """Check that the database answers a query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Health(True)


def migrations_applied(now: datetime) -> Health:
    """Check that no migration is waiting."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return Health(not plan, f"{len(plan)} migrations are waiting" if plan else "")


register("database", database_answers, READY)
register("migrations", migrations_applied, READY)
