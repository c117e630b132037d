"""What is sent, frozen when the first lease is taken, so that a re-send is the same."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.core.files.storage import default_storage

from library.models import MediaItem
from scheduling.models import Publication
from scheduling.publishing.connectors import registry
from scheduling.publishing.connectors.base import (
    MediaFile,
    PublishError,
    PublishRequest,
    utc_text,
)


def freeze(publication: Publication, media: Iterable[MediaItem]) -> dict[str, Any]:
    """Return the payload of a publication loaded with post, channel and creator."""
    channel, post = publication.channel, publication.post
    return {
        "content": publication.content,
        "platform": channel.platform,
        "handle": channel.handle,
        "model": channel.creator.slug,
        "language": channel.language,
        "record_key": _record_key(channel.connector),
        "created_at": utc_text(post.created_at),
        "publish_at": utc_text(publication.publish_at or post.created_at),
        "media": [
            {
                "id": str(item.pk),
                "name": item.name,
                "file": item.file,
                "content_type": item.content_type,
                "sha256": item.stored_sha256,
                "size_bytes": item.size_bytes,
                "alt_text": item.alt_text,
                "width": item.width,
                "height": item.height,
            }
            for item in media
        ],
    }


def thaw(
    publication: Publication, first_attempt_at: datetime, attempt_number: int
) -> PublishRequest:
    """Return the request that a leased publication's payload stands for."""
    payload: dict[str, Any] = publication.payload or {}
    return PublishRequest(
        publication_id=str(publication.pk),
        idempotency_key=publication.idempotency_key,
        platform=payload["platform"],
        handle=payload["handle"],
        model=payload["model"],
        content=payload["content"],
        created_at=datetime.fromisoformat(payload["created_at"]),
        publish_at=datetime.fromisoformat(payload["publish_at"]),
        first_attempt_at=first_attempt_at,
        media=tuple(
            _file(item, fitted=bool(payload.get("fitted"))) for item in payload["media"]
        ),
        attempt_number=attempt_number,
        language=payload.get("language", "en"),
        record_key=payload.get("record_key", ""),
    )


def media_ids_of(publication: Publication) -> list[UUID]:
    """Return the ids of the media in a publication's payload."""
    payload = publication.payload or {}
    return [UUID(item["id"]) for item in payload.get("media", ())]


def _record_key(connector: str) -> str:
    try:
        return registry.connector_class(connector).new_record_key()
    except registry.UnknownConnector:
        # Delivery refuses it, in words.
        return ""


def _file(item: dict[str, Any], *, fitted: bool) -> MediaFile:
    return MediaFile(
        name=item["name"],
        content_type=item["content_type"],
        open=partial(_open if fitted else _refuse, item["file"]),
        sha256=item["sha256"],
        size_bytes=item["size_bytes"],
        alt_text=item["alt_text"],
        width=item["width"],
        height=item["height"],
    )


def _open(name: str) -> BinaryIO:
    return cast(BinaryIO, default_storage.open(name, "rb"))


def _refuse(name: str) -> BinaryIO:
    # The last door: an original may tell where it was taken.
    message = "The media have not been prepared for sending."
    raise PublishError(message, permanent=True, code="media_unfit")
