"""The files that a person posts by hand: fitted, without metadata, one by one or all.

Never the originals, which may tell where they were taken.
"""

import logging
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import IO, Any, cast
from uuid import UUID

from django.core.files.storage import default_storage

from library.serving import CHUNK, Stored
from promura_site.errors import DomainError
from scheduling.models import Publication
from scheduling.publishing.connectors import registry
from scheduling.publishing.fitting import fitted_files
from scheduling.publishing.handing import fail_unfit
from scheduling.publishing.moves import move
from scheduling.publishing.payload import media_ids_of

logger = logging.getLogger(__name__)

_P = Publication.State
_ON_OFFER = (_P.READY, _P.CLAIMED)
EVERY = timedelta(seconds=10)
# Hand-overs that one round prepares; a long clip takes minutes.
BATCH = 20


@dataclass(frozen=True)
class HandedFile:
    """One file of a hand-over: which item it shows, and what is stored of it."""

    media_id: UUID
    stored: Stored


def files_of(publication: Publication) -> list[HandedFile]:
    """Return the files to post, in order; make those not there yet, which takes time.

    Call it outside of any transaction. Raise DomainError for what cannot be made.
    """
    payload = publication.payload or {}
    if not payload.get("fitted"):
        return [
            HandedFile(media_id, Stored(one.file, one.sha256, name, one.content_type))
            for media_id, (name, one) in zip(
                _media_ids(publication), fitted_files(publication), strict=True
            )
        ]
    return [
        HandedFile(
            UUID(entry["id"]),
            Stored(
                entry["file"], entry["sha256"], entry["name"], entry["content_type"]
            ),
        )
        for entry in payload["media"]
    ]


def prepare(now: datetime) -> None:
    """Make the files of what is on offer, so that nobody waits for them.

    They are written into the payload: what was offered is what is kept.
    """
    rows = Publication.objects.filter(
        state__in=_ON_OFFER, channel__connector__in=registry.by_hand()
    ).select_related("channel__creator", "post")
    for row in rows.exclude(payload__has_key="fitted").order_by("next_attempt_at")[
        :BATCH
    ]:
        try:
            _prepare(row)
        except DomainError as error:
            fail_unfit(row, error.message)
        except Exception:
            # The storage or the disk; whoever opens the task sees it too.
            logger.exception("The files of %s could not be prepared", row.pk)


def zip_chunks(publication: Publication) -> Iterator[bytes]:
    """Yield a ZIP of the files and the text, made while it is sent."""
    sink = _Sink()
    with zipfile.ZipFile(cast(IO[bytes], sink), "w", zipfile.ZIP_STORED) as archive:
        for number, one in enumerate(files_of(publication), start=1):
            name = f"{number:02}-{one.stored.filename}"
            with (
                default_storage.open(one.stored.name, "rb") as source,
                archive.open(name, "w", force_zip64=True) as target,
            ):
                while chunk := source.read(CHUNK):
                    target.write(chunk)
                    yield sink.taken()
        archive.writestr("caption.txt", _caption(publication))
    yield sink.taken()


def zip_name(publication: Publication) -> str:
    """Return what to call the ZIP: whose, where, when."""
    channel, at = publication.channel, publication.publish_at
    when = f"-{at.astimezone(UTC):%Y-%m-%d-%H%M}" if at else ""
    return f"{channel.creator.slug}-{channel.platform}{when}.zip"


class _Sink:
    """What the archive writes into; it cannot be wound back, so nothing piles up."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: what is written is taken as it comes."""

    def taken(self) -> bytes:
        found = b"".join(self._parts)
        self._parts.clear()
        return found


def _prepare(row: Publication) -> None:
    payload: dict[str, Any] = row.payload or {}
    made = fitted_files(row) if payload.get("media") else []
    entries = [
        {
            **entry,
            "name": name,
            "file": one.file,
            "content_type": one.content_type,
            "sha256": one.sha256,
            "size_bytes": one.size_bytes,
            "width": one.width,
            "height": one.height,
        }
        for entry, (name, one) in zip(payload.get("media", ()), made, strict=True)
    ]
    fitted = {**payload, "media": entries, "fitted": True}
    # Somebody may have taken it meanwhile, which changes nothing about the files.
    move(row, row.state, payload=fitted)


def _media_ids(publication: Publication) -> list[UUID]:
    if publication.payload is not None:
        return media_ids_of(publication)
    entries = publication.post.media_entries.order_by("position")
    return list(entries.values_list("media_id", flat=True))


def _caption(publication: Publication) -> str:
    payload = publication.payload or {}
    return str(payload.get("content", publication.content))
