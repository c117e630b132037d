"""Bytes on their way: received into a temporary file, then put in their place."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage

from library.files.limits import Limits, empty, too_large

CHUNK = 256 * 1024


class Readable(Protocol):
    """An open upload."""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes."""


@dataclass(frozen=True, slots=True)
class Received:
    """A complete upload in a temporary file; `sha256` is hexadecimal."""

    path: Path
    size: int
    sha256: str


def receive(
    stream: Readable | Iterable[bytes],
    *,
    directory: Path,
    limits: Limits,
    claimed_name: str = "",
) -> Received:
    """Write an upload to a new file in `directory`, hash it and sync it to disk.

    Raise `FileRefused` (413) as soon as one byte too many arrives, (400) if none does;
    nothing is left behind then.
    """
    digest = hashlib.sha256()
    size = 0
    target, path = new_file(directory, "incoming-", ".part")
    try:
        with target:
            for chunk in _chunks(stream):
                size += len(chunk)
                if size > limits.max_bytes:
                    raise too_large(claimed_name, limits.max_bytes)
                digest.update(chunk)
                target.write(chunk)
            if not size:
                raise empty(claimed_name)
            target.flush()
            os.fsync(target.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Received(path, size, digest.hexdigest())


def place(storage: Storage, path: Path, name: str) -> str:
    """Move a finished temporary file into the storage and return its name there.

    On a local disk the file is synced and renamed, so that a name never stands for
    half a file, and the rename itself is synced before this returns. Any other
    storage gets the bytes through `save`. The temporary file is gone afterwards.
    """
    if not isinstance(storage, FileSystemStorage):
        with path.open("rb") as content:
            stored = storage.save(name, File(content))
        path.unlink()
        return stored
    target = Path(storage.path(name))
    _make_directories(target.parent, storage.directory_permissions_mode)
    if path.stat().st_dev != target.parent.stat().st_dev:
        path = _brought_near(path, target.parent)
    if storage.file_permissions_mode is not None:
        path.chmod(storage.file_permissions_mode)
    _sync(path)
    path.replace(target)
    _sync(target.parent)
    return name


def new_file(directory: Path, prefix: str, suffix: str) -> tuple[BinaryIO, Path]:
    """Open a file of a name that nobody else has; only this user may read it."""
    directory.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(suffix, prefix, directory)
    return os.fdopen(descriptor, "wb"), Path(name)


def _chunks(stream: Readable | Iterable[bytes]) -> Iterator[bytes]:
    # Uploaded files can be read and iterated; iterating goes by lines, so read first.
    if hasattr(stream, "read"):
        while chunk := stream.read(CHUNK):
            yield chunk
    else:
        yield from stream


def _brought_near(path: Path, directory: Path) -> Path:
    # A rename is atomic only within one file system.
    copy, near = new_file(directory, "incoming-", ".part")
    with copy, path.open("rb") as original:
        shutil.copyfileobj(original, copy, CHUNK)
    path.unlink()
    return near


def _make_directories(directory: Path, mode: int | None) -> None:
    missing = []
    while not directory.exists():
        missing.append(directory)
        directory = directory.parent
    for new in reversed(missing):
        new.mkdir(exist_ok=True)
        if mode:
            new.chmod(mode)
        _sync(new.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
