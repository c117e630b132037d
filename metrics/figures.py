"""Figures of requests: counted in memory, written to rows every few seconds.

Each process counts for itself and a thread of its own adds what it counted to the
tables, so that a request never waits for them. A process that ends writes the rest;
one that is killed outright loses what it counted since the last round.
"""

import logging
import os
import socket
import threading
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.util import Finalize
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from metrics.counting import add_up
from metrics.models import RequestMinute, RequestTotal
from promura_site.models import Heartbeat

logger = logging.getLogger(__name__)

# Upper bounds in milliseconds; the last bucket holds what is above all of them.
BOUNDS = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000)
BUCKETS = (*(f"le_{bound}" for bound in BOUNDS), "above")

# The kind of the web processes' heartbeats, and how often they beat at least.
WEB = "web"
BEAT_SECONDS = 20

# A database that stays away must not fill the memory: beyond this, counts are lost.
MAX_KEYS = 20_000


class Key(NamedTuple):
    """What one row of counts stands for; `minute` in minutes since 1970."""

    minute: int
    route: str
    status_class: int


class Counts:
    """Answers of one key: how many, how long in all, how many in each bucket."""

    __slots__ = ("buckets", "count", "total_ms")

    def __init__(self) -> None:
        self.count = 0
        self.total_ms = 0.0
        self.buckets = [0] * len(BUCKETS)

    def add(self, other: "Counts") -> None:
        """Add the counts of another."""
        self.count += other.count
        self.total_ms += other.total_ms
        self.buckets = [a + b for a, b in zip(self.buckets, other.buckets, strict=True)]

    def columns(self) -> dict[str, float]:
        """Return the counts by the names of their columns."""
        named = {"count": self.count, "total_ms": self.total_ms}
        return named | {
            name: n for name, n in zip(BUCKETS, self.buckets, strict=True) if n
        }


class Recorder:
    """Counts the requests of one process."""

    def __init__(self) -> None:
        self.start_afresh()

    def start_afresh(self) -> None:
        """Forget everything: a forked process has counts and a thread of its own."""
        self._lock = threading.Lock()
        self._counts: dict[Key, Counts] = {}
        self._thread: threading.Thread | None = None
        self._news = threading.Event()
        self._end = threading.Event()
        self._at_exit: Finalize | None = None
        self.started_at = timezone.now()

    def count(self, route: str, status: int, milliseconds: float) -> None:
        """Count one answer; a few microseconds and no database."""
        key = Key(int(time.time()) // 60, route, status // 100)
        bucket = bisect_left(BOUNDS, milliseconds)
        with self._lock:
            counts = self._counts.get(key)
            if counts is None:
                counts = self._counts[key] = Counts()
            counts.count += 1
            counts.total_ms += milliseconds
            counts.buckets[bucket] += 1
        if not self._news.is_set():
            self._news.set()
            self._watch()

    def flush(self) -> int:
        """Write what has been counted and return the number of answers.

        Nothing is lost when the database refuses: it is counted in again.
        """
        with self._lock:
            taken, self._counts = self._counts, {}
        if not taken:
            return 0
        try:
            _store(taken)
        except DatabaseError:
            self._take_back(taken)
            raise
        return sum(counts.count for counts in taken.values())

    def _take_back(self, taken: dict[Key, Counts]) -> None:
        with self._lock:
            for key, counts in taken.items():
                if known := self._counts.get(key):
                    known.add(counts)
                elif len(self._counts) < MAX_KEYS:
                    self._counts[key] = counts

    def _watch(self) -> None:
        """Start the thread that writes, once in each process that counts."""
        if self._thread is not None or settings.FIGURES_FLUSH_SECONDS <= 0:
            return
        with self._lock:
            if self._thread is not None:
                return
            self._thread = threading.Thread(
                target=self._run, name="request-figures", daemon=True
            )
        try:
            self._thread.start()
        except RuntimeError:
            # The interpreter is going down; what it still answers is not counted.
            return
        # A forked worker ends through multiprocessing and skips atexit; any other
        # process runs these finalizers from atexit.
        self._at_exit = Finalize(None, self.finish, exitpriority=10)

    def _run(self) -> None:
        while not self._end.is_set():
            self._news.wait(BEAT_SECONDS)
            self._end.wait(settings.FIGURES_FLUSH_SECONDS)
            self._news.clear()
            self._work_apart(self._flush_and_beat)

    def _flush_and_beat(self) -> None:
        self.flush()
        Heartbeat.objects.update_or_create(
            name=f"web {process_name()}",
            defaults={
                "kind": WEB,
                "started_at": self.started_at,
                "beaten_at": timezone.now(),
            },
        )

    def _work_apart(self, work: Callable[[], object]) -> None:
        """Run `work` on a connection that is closed again; keep going if it fails."""
        try:
            work()
        except DatabaseError as error:
            logger.warning("Request figures wait for the database: %s", error)
        finally:
            connection.close()

    def finish(self) -> None:
        """Write the rest and sign off; called when the process ends."""
        if self._at_exit is not None:
            self._at_exit.cancel()
        self._end.set()
        self._news.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        self._work_apart(self._flush_and_sign_off)

    def _flush_and_sign_off(self) -> None:
        self.flush()
        Heartbeat.objects.filter(name=f"web {process_name()}").delete()


def process_name() -> str:
    """Return what tells this process from the others, on any machine."""
    return f"{socket.gethostname()[:45]}:{os.getpid()}"


def _store(counted: dict[Key, Counts]) -> None:
    process = process_name()
    totals: dict[tuple[str, int], Counts] = defaultdict(Counts)
    with transaction.atomic():
        for key, counts in counted.items():
            minute = datetime.fromtimestamp(key.minute * 60, UTC)
            add_up(
                RequestMinute,
                {
                    "minute": minute,
                    "route": key.route,
                    "status_class": key.status_class,
                    "process": process,
                },
                counts.columns(),
            )
            totals[key.route, key.status_class].add(counts)
        # In one order everywhere, so that two processes cannot wait for each other.
        for (route, status_class), counts in sorted(
            totals.items(), key=lambda pair: pair[0]
        ):
            add_up(
                RequestTotal,
                {"route": route, "status_class": status_class},
                counts.columns(),
            )


recorder = Recorder()
os.register_at_fork(after_in_child=recorder.start_afresh)
