"""The embedded default: each post becomes a folder that a person can work from.

``<outbox>/<model>/<platform>-<handle>/<YYYY-MM-DD HHMM>-<publication id>/`` (the time
is UTC) with ``post.json``, ``post.txt`` and the media in order. It is built in
``.tmp-<publication id>`` beside its place and appears by one rename, so it is whole
or not there, and its name follows from the publication alone: publishing again finds
it, or clears what a killed attempt left and begins anew.
"""

import contextlib
import json
import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import Iterable
from datetime import UTC
from pathlib import Path
from typing import Any, ClassVar

from scheduling.publishing.connectors.base import (
    Account,
    Connector,
    ConnectorOptions,
    MediaFile,
    PublishError,
    PublishRequest,
    Receipt,
    Recovery,
    refuse_unknown_fields,
)
from scheduling.publishing.connectors.multipart import extension_of

# Most file systems take 255 bytes in one name; several parts share one.
MAX_PART_BYTES = 80


class OutboxConnector(Connector):
    """Write posts and their media below the outbox directory."""

    name: ClassVar[str] = "outbox"
    platform: ClassVar[str] = "outbox"
    # Room for copying a long clip to a slow disk.
    timeout: ClassVar[float] = 60.0

    @property
    def recovery(self) -> Recovery:
        """Publishing again finds the folder, however late."""
        return Recovery.IDEMPOTENT

    @classmethod
    def validate_credentials(
        cls, credentials: object, options: ConnectorOptions
    ) -> dict[str, Any]:
        """Accept an empty object only: there is nothing to sign in to."""
        return dict(refuse_unknown_fields(credentials, frozenset()))

    def verify(self) -> Account:
        """Make sure that folders can be made in the outbox."""
        probe = self._options.outbox_dir / f".tmp-verify-{secrets.token_hex(8)}"
        try:
            probe.mkdir(parents=True)
            probe.rmdir()
        except OSError as error:
            raise _unwritable(error) from error
        return Account()

    def publish(self, request: PublishRequest) -> Receipt:
        """Write the folder, or find it. Every failure leaves it unpublished."""
        folder = self.folder_of(request)
        drafts = folder.with_name(f".tmp-{_part(request.publication_id)}")
        try:
            if not folder.is_dir():
                _make_folders(folder.parent)
                _build(folder, drafts, request)
            _sync(folder.parent)
        except OSError as error:
            raise _unwritable(error) from error
        finally:
            _clear(drafts)
        return Receipt(external_id=request.publication_id)

    def folder_of(self, request: PublishRequest) -> Path:
        """Return where this publication's folder is, or will be."""
        moment = request.publish_at.astimezone(UTC).strftime("%Y-%m-%d %H%M")
        account = f"{_part(request.platform)}-{_part(request.handle)}"
        return (
            self._options.outbox_dir
            / _part(request.model)
            / account
            / f"{moment}-{_part(request.publication_id)}"
        )


def _clear(drafts: Path) -> None:
    """Remove what an attempt at this publication left behind when it was killed.

    Should that attempt be alive after all, it must not rename a half-removed draft
    into place: the draft gets another name first, at one stroke.
    """
    with contextlib.suppress(OSError):
        for draft in drafts.iterdir():
            doomed = draft.rename(drafts / f"old-{secrets.token_hex(8)}")
            shutil.rmtree(doomed, ignore_errors=True)
        drafts.rmdir()


def _build(folder: Path, drafts: Path, request: PublishRequest) -> None:
    draft = drafts / secrets.token_hex(8)
    try:
        _write_draft(draft, request)
        draft.rename(folder)
    except OSError:
        # Another attempt may have been quicker: its folder says the same.
        if not folder.is_dir():
            raise


def _write_draft(draft: Path, request: PublishRequest) -> None:
    draft.mkdir(parents=True)
    media = []
    for number, item in enumerate(request.media, start=1):
        file_name = _media_name(number, item)
        _write(draft / file_name, item.chunks())
        media.append({"file": file_name, **item.described()})
    post = {
        **request.described(),
        "idempotency_key": request.idempotency_key,
        "media": media,
    }
    text = json.dumps(post, ensure_ascii=False, indent=2)
    _write(draft / "post.json", [text.encode() + b"\n"])
    _write(draft / "post.txt", [request.content.encode() + b"\n"])
    _sync(draft)


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    with path.open("xb") as target:
        for chunk in chunks:
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())


def _make_folders(folder: Path) -> None:
    """Make a folder and its parents, so that they outlast a power cut."""
    missing = [step for step in (folder, *folder.parents) if not step.is_dir()]
    for step in reversed(missing):
        step.mkdir(exist_ok=True)
        _sync(step.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _media_name(number: int, item: MediaFile) -> str:
    stem = _part(Path(item.name).stem).lower().replace(" ", "-")
    return f"{number:02d}-{stem}{extension_of(item.content_type)}"


def _part(text: str) -> str:
    """Return text as one part of a path: it neither leaves nor hides its folder."""
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r"[^\w@. -]+", "-", text).strip(" .-")
    cut = text.encode()[:MAX_PART_BYTES].decode(errors="ignore").rstrip(" .-")
    return cut or "unnamed"


def _unwritable(error: OSError) -> PublishError:
    reason = error.strerror or "unknown reason"
    return PublishError(
        f"The outbox cannot be written: {reason}.",
        permanent=False,
        code="outbox_unwritable",
    )
