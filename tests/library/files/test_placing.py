"""Bytes on their way in, and into their place."""

import hashlib
import io
import os
import uuid
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage, InMemoryStorage
from django.core.files.uploadedfile import SimpleUploadedFile

from library import files
from library.files import Limits
from tests import media_files as made
from tests.library.files.judging import LIMITS, refusal


def test_the_bytes_and_their_hash_are_those_sent(tmp_path):
    data = made.jpeg_bytes(seed=1)
    received = files.receive(io.BytesIO(data), directory=tmp_path, limits=LIMITS)
    assert received.path.read_bytes() == data
    assert received.path.parent == tmp_path
    assert received.size == len(data)
    assert received.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    "stream",
    [[b"one", b"", b"two"], SimpleUploadedFile("x.jpg", b"onetwo")],
    ids=["chunks", "an uploaded file"],
)
def test_it_takes_chunks_and_uploads(tmp_path, stream: Iterable[bytes]):
    received = files.receive(stream, directory=tmp_path / "new", limits=LIMITS)
    assert received.path.read_bytes() == b"onetwo"


def test_too_many_bytes_are_refused_and_leave_nothing(tmp_path):
    def endless():
        while True:
            yield b"x" * 1000

    code = refusal(
        files.receive,
        endless(),
        directory=tmp_path,
        limits=Limits(max_bytes=10_000),
        claimed_name="big.mp4",
    )
    assert code == ("file_too_large", 413)
    assert list(tmp_path.iterdir()) == []


def test_exactly_the_limit_is_taken(tmp_path):
    limits = Limits(max_bytes=10)
    received = files.receive([b"x" * 10], directory=tmp_path, limits=limits)
    assert received.size == 10


def test_no_bytes_are_refused(tmp_path):
    code = refusal(files.receive, [], directory=tmp_path, limits=LIMITS)
    assert code == ("file_empty", 400)
    assert list(tmp_path.iterdir()) == []


def test_a_connection_that_breaks_leaves_nothing(tmp_path):
    def broken():
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        files.receive(broken(), directory=tmp_path, limits=LIMITS)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def synced(monkeypatch) -> list[int]:
    """Note the inode of whatever is synced to disk."""
    inodes: list[int] = []
    fsync = os.fsync

    def noting(descriptor: int) -> None:
        inodes.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    return inodes


def test_a_local_file_is_synced_and_renamed(tmp_path, write, synced):
    media = tmp_path / "media"
    storage = FileSystemStorage(
        media, file_permissions_mode=0o640, directory_permissions_mode=0o750
    )
    path = write(b"picture")
    inode = path.stat().st_ino
    name = "originals/ab/x.jpg"
    assert files.place(storage, path, name) == name
    target = media / name
    assert target.read_bytes() == b"picture"
    assert target.stat().st_ino == inode
    assert not path.exists()
    assert target.stat().st_mode & 0o777 == 0o640
    assert target.parent.stat().st_mode & 0o777 == 0o750
    assert inode in synced
    assert synced[-1] == target.parent.stat().st_ino
    assert storage.open(name).read() == b"picture"


def test_another_file_system_gets_the_whole_file_or_none(tmp_path, write):
    memory = Path("/dev/shm")
    path = write(b"picture")
    if not memory.is_dir() or memory.stat().st_dev == path.stat().st_dev:
        pytest.skip("there is no second file system")
    media = memory / uuid.uuid4().hex
    try:
        files.place(FileSystemStorage(media), path, "a/x.jpg")
        assert [found.name for found in (media / "a").iterdir()] == ["x.jpg"]
        assert (media / "a/x.jpg").read_bytes() == b"picture"
        assert not path.exists()
    finally:
        (media / "a/x.jpg").unlink(missing_ok=True)
        (media / "a").rmdir()
        media.rmdir()


def test_a_storage_without_paths_gets_the_bytes(write):
    storage = InMemoryStorage("/nowhere")
    path = write(b"picture")
    stored = files.place(storage, path, "originals/ab/x.jpg")
    assert storage.open(stored).read() == b"picture"
    assert not path.exists()


def test_a_name_that_is_taken_is_told(write):
    storage = InMemoryStorage("/nowhere")
    files.place(storage, write(b"one"), "a/x.jpg")
    stored = files.place(storage, write(b"two"), "a/x.jpg")
    assert stored != "a/x.jpg"
    assert storage.open(stored).read() == b"two"
