"""Publish requests as the ledger makes them, for the connectors' tests."""

import hashlib
import io
from datetime import UTC, datetime
from typing import Any

from scheduling.publishing.connectors.base import MediaFile, PublishRequest


def a_media_file(
    data: bytes = b"picture", name: str = "Beach Day.JPG", **changes: Any
) -> MediaFile:
    values = {
        "name": name,
        "content_type": "image/jpeg",
        "open": lambda: io.BytesIO(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "size_bytes": len(data),
        "alt_text": "Lea on the beach",
        "width": 4,
        "height": 3,
    }
    return MediaFile(**{**values, **changes})


def a_request(**changes: Any) -> PublishRequest:
    values = {
        "publication_id": "0195f1d2-7c00-7000-8000-000000000001",
        "idempotency_key": "key-1",
        "platform": "instagram",
        "handle": "@lea.studio",
        "model": "lea",
        "content": "Sommer am Meer 🌊\nzweite Zeile",
        "created_at": datetime(2026, 2, 27, 9, 30, tzinfo=UTC),
        "publish_at": datetime(2026, 3, 1, 18, 5, tzinfo=UTC),
        "first_attempt_at": datetime(2026, 3, 1, 18, 5, 1, tzinfo=UTC),
        "media": (
            a_media_file(),
            a_media_file(b"clip", "clip.mov", content_type="video/mp4"),
        ),
    }
    return PublishRequest(**{**values, **changes})
