"""One thread that writes for all senders: what comes in together is committed together.

A commit waits for the disk. Whoever sends waits for the scribe as for a commit of its
own, so that nothing is promised before it is on disk; while one is under way the next
comes together.
"""

import logging
import queue
import threading
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from django.db import close_old_connections, connection

from scheduling.publishing import ledger

logger = logging.getLogger(__name__)

# In one transaction, so that the first does not wait long for the last.
MOST = 64


@dataclass
class _Note:
    """What one sender wants to have written."""

    beginnings: Sequence[ledger.Beginning]
    arrivals: Sequence[ledger.Arrival]
    done: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None


class Scribe:
    """Write notes of many threads; `write` is `ledger.write`, called by any of them.

    `turn` is held while a transaction is open: on SQLite, where one at a time may
    write, it is quicker to wait for one's turn than to ask again and again.
    """

    def __init__(self, turn: AbstractContextManager[object] | None = None) -> None:
        self._turn = turn or nullcontext()
        self._notes: queue.SimpleQueue[_Note | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="scribe", daemon=True)
        # Since when it has been at what it writes now; None: it waits for notes.
        self._busy_since: float | None = None

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """End when everything has been written that was handed in before."""
        self._notes.put(None)
        self._thread.join()

    def is_stuck(self, seconds: float) -> bool:
        """Tell whether it has ended by itself, or writes one thing for so long."""
        since = self._busy_since
        if since is not None and time.monotonic() - since > seconds:
            return True
        return self._thread.ident is not None and not self._thread.is_alive()

    def write(
        self,
        beginnings: Sequence[ledger.Beginning],
        arrivals: Sequence[ledger.Arrival],
    ) -> None:
        """Have something written, and wait until it is on disk; see `ledger.write`."""
        note = _Note(beginnings, arrivals)
        self._notes.put(note)
        note.done.wait()
        if note.error is not None:
            raise note.error

    def _run(self) -> None:
        while (notes := self._next()) is not None:
            self._busy_since = time.monotonic()
            written = False
            try:
                with self._turn:
                    self._write(notes)
                written = True
            finally:
                # Whatever becomes of the scribe, nobody waits for it for ever.
                for note in notes:
                    if not written:
                        note.error = RuntimeError("The scribe has ended")
                    note.done.set()
            self._busy_since = None
        connection.close()

    def _next(self) -> list[_Note] | None:
        """Return what has come in, at least one note; None: it is time to end."""
        first = self._notes.get()
        if first is None:
            return None
        notes = [first]
        while len(notes) < MOST and not self._notes.empty():
            note = self._notes.get()
            if note is None:
                self._notes.put(None)
                break
            notes.append(note)
        return notes

    def _write(self, notes: Sequence[_Note]) -> None:
        try:
            close_old_connections()
            ledger.write(
                [one for note in notes for one in note.beginnings],
                [one for note in notes for one in note.arrivals],
            )
        except Exception as error:  # noqa: BLE001 - raised where it was asked for
            if len(notes) == 1:
                notes[0].error = error
                return
            # Whatever is wrong with one must not cost the others theirs.
            logger.warning("%s notes are written one by one: %s", len(notes), error)
            for note in notes:
                self._write([note])
