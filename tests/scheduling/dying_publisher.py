"""Publish one post to an outbox and die by SIGKILL on the way: a program of its own.

    python -m tests.scheduling.dying_publisher OUTBOX step|piece N

``step``: just before the N-th thing done to the file system below the outbox, as the
interpreter's audit hook sees it. ``piece``: when the N-th piece of a picture is read.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any, Self

from scheduling.publishing.connectors.base import ConnectorOptions, PublishRequest
from scheduling.publishing.connectors.outbox import OutboxConnector
from tests.scheduling.publications import a_media_file, a_request

WATCHED = {"open", "os.mkdir", "os.rename", "os.rmdir", "os.remove", "os.scandir"}
PIECES = [b"piece", b"piece", b"piece"]


class Fuse:
    """Kills the process when it has burnt down."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def burn(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class Picture:
    """A picture that is read in three pieces."""

    def __init__(self, fuse: Fuse | None) -> None:
        self._fuse = fuse
        self._rest = list(PIECES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing to close."""

    def read(self, size: int) -> bytes:
        if self._fuse:
            self._fuse.burn()
        return self._rest.pop(0) if self._rest else b""


def the_request(fuse: Fuse | None = None) -> PublishRequest:
    """Return the post that is published; its second picture may hold the fuse."""
    second = a_media_file(b"".join(PIECES), "big.jpg", open=lambda: Picture(fuse))
    return a_request(media=(a_media_file(), second))


def main(outbox: Path, kind: str, steps: int) -> None:
    fuse = Fuse(steps)

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in WATCHED and str(outbox) in str(args[0]):
            fuse.burn()

    if kind == "step":
        sys.addaudithook(hook)
    connector = OutboxConnector({}, ConnectorOptions(outbox_dir=outbox))
    connector.publish(the_request(fuse if kind == "piece" else None))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
