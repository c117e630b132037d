"""Counters that several processes raise at once."""

from typing import Any

from django.db import transaction
from django.db.models import F, Model


def add_up(
    model: type[Model],
    key: dict[str, Any],
    amounts: dict[str, float],
    *,
    first: dict[str, Any] | None = None,
    latest: dict[str, Any] | None = None,
) -> None:
    """Add `amounts` to the one row of `key`, which a unique constraint covers.

    `first` is what a new row is given besides, `latest` what every call sets. The
    sum is the database's own, and whoever loses the race to make the row adds to
    the winner's, so that no count is lost.
    """
    rows = model._default_manager.filter(**key)
    change = {name: F(name) + amount for name, amount in amounts.items()}
    change |= latest or {}
    with transaction.atomic():
        if rows.update(**change):
            return
        empty = model(
            **key, **(first or {}), **(latest or {}), **dict.fromkeys(amounts, 0)
        )
        model._default_manager.bulk_create([empty], ignore_conflicts=True)
        rows.update(**change)
