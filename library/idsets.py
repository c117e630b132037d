"""Statements over thousands of ids at once, for SQLite and for PostgreSQL.

The ids travel as one parameter, so that neither the number of placeholders nor the
parsing of the statement grows with them.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db import NotSupportedError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, UUIDField

from library.models import BulkOperation

# Every tag that one of the media does not have yet.
_MISSING = """
  FROM library_mediaitem media CROSS JOIN library_tag tag
 WHERE media.id IN {ids} AND tag.id IN {tags}
   AND NOT EXISTS (SELECT 1 FROM library_mediatag held
                    WHERE held.media_id = media.id AND held.tag_id = tag.id)
"""
_CHANGED = """
  FROM library_bulkchange change
  JOIN library_mediaitem media ON media.id = change.media_id
 WHERE change.operation_id = %s AND change.change = %s
   AND change.id > %s AND change.id <= %s AND media.purged_at IS NULL
"""


class IdSet(Expression):
    """A set of UUIDs to stand on the right of `__in`."""

    def __init__(self, ids: Collection[UUID]) -> None:
        super().__init__(output_field=UUIDField())
        self.ids = ids

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        """Refuse any other database."""
        raise NotSupportedError(f"Sets of ids are not written for {connection.vendor}.")

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        """Let SQLite read the ids out of a JSON array; it keeps UUIDs as hex."""
        return _SQLITE_SET, [json.dumps([one.hex for one in self.ids])]

    def as_postgresql(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        """Let PostgreSQL unfold an array."""
        return _POSTGRESQL_SET, [list(self.ids)]


_SQLITE_SET = "(SELECT value FROM json_each(%s))"
_POSTGRESQL_SET = "(SELECT unnest(%s::uuid[]))"


def add_missing_tags(
    operation: BulkOperation, media: Collection[UUID], tags: Sequence[int]
) -> None:
    """Put every tag on every item and record which of them were not there before."""
    if not media or not tags:
        return
    ids, parameters = _set_of(media)
    missing = _MISSING.format(ids=ids, tags=_places(tags))
    parameters += tags
    _execute(
        "INSERT INTO library_bulkchange (operation_id, media_id, change, tag_id) "
        f"SELECT %s, media.id, 'added', tag.id {missing}",
        [_key(operation), *parameters],
    )
    _execute(
        "INSERT INTO library_mediatag (media_id, tag_id) "
        f"SELECT media.id, tag.id {missing} ON CONFLICT DO NOTHING",
        parameters,
    )


def remove_tags(
    operation: BulkOperation,
    media: Collection[UUID],
    tags: Sequence[int],
    *,
    all_but: bool = False,
) -> None:
    """Take the tags (or all but these) off every item and record what was taken."""
    ids, parameters = _set_of(media)
    condition = f"media_id IN {ids}"
    if tags:
        condition += f" AND tag_id {'NOT IN' if all_but else 'IN'} {_places(tags)}"
        parameters += tags
    elif not all_but:
        return
    _execute(
        "INSERT INTO library_bulkchange (operation_id, media_id, change, tag_id) "
        "SELECT %s, media_id, 'removed', tag_id "
        f"FROM library_mediatag WHERE {condition}",
        [_key(operation), *parameters],
    )
    _execute(f"DELETE FROM library_mediatag WHERE {condition}", parameters)


def record_trashed(operation: BulkOperation, media: Collection[UUID]) -> None:
    """Record that the operation moved these items to the trash."""
    ids, parameters = _set_of(media)
    _execute(
        "INSERT INTO library_bulkchange (operation_id, media_id, change) "
        f"SELECT %s, id, 'trashed' FROM library_mediaitem WHERE id IN {ids}",
        [_key(operation), *parameters],
    )


def put_tags_back(operation: BulkOperation, after: int, last: int) -> None:
    """Undo the tag changes whose row ids are above `after`, up to `last`."""
    span = (after, last)
    _execute(
        "DELETE FROM library_mediatag WHERE id IN (SELECT held.id "
        + _CHANGED.replace(
            " WHERE",
            "  JOIN library_mediatag held ON held.media_id = change.media_id "
            "AND held.tag_id = change.tag_id WHERE",
            1,
        )
        + ")",
        [_key(operation), "added", *span],
    )
    _execute(
        "INSERT INTO library_mediatag (media_id, tag_id) "
        f"SELECT change.media_id, change.tag_id {_CHANGED} ON CONFLICT DO NOTHING",
        [_key(operation), "removed", *span],
    )


def _set_of(ids: Collection[UUID]) -> tuple[str, list[Any]]:
    if connection.vendor == "postgresql":
        return _POSTGRESQL_SET, [list(ids)]
    return _SQLITE_SET, [json.dumps([one.hex for one in ids])]


def _places(values: Sequence[int]) -> str:
    return f"({', '.join(['%s'] * len(values))})"


def _key(operation: BulkOperation) -> Any:
    return UUIDField().get_db_prep_value(operation.pk, connection)


def _execute(statement: str, parameters: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
