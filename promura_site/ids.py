"""Public identifiers."""

import uuid

import uuid6


def new_id() -> uuid.UUID:
    """Return a version 7 UUID (RFC 9562), so that ids sort by the time of creation."""
    return uuid.UUID(int=uuid6.uuid7().int)
