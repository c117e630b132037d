"""The publisher: looks for what is due and sends it, until it is told to stop.

One thread looks, several send, one writes for all of them, one keeps the leases in
hand, one runs recurring work and one gives the sign of life. Each has its own database
connection; a database that is away is waited for.
"""

import logging
import os
import queue
import socket
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.db.models.functions import Now
from django.utils import timezone

from promura_site import periodic
from promura_site.models import Heartbeat
from scheduling.publishing import gates, handing, ledger, sweeping
from scheduling.publishing.delivery import deliver
from scheduling.publishing.lease import Lease
from scheduling.publishing.scribe import Scribe
from scheduling.reasons import HEARTBEAT_KIND

logger = logging.getLogger(__name__)

# They mostly wait, for platforms and for the disk.
SENDERS = 24
# Leases waiting for a sender: a publisher that dies holds them up until they end.
BACKLOG = 64
# What is done one after the other, in one thread.
IN_A_ROW = 8
# No send and no fitting of media takes longer; a thread that hangs loses its lease.
LONGEST_IN_HAND = 1800.0
BEAT_SECONDS = 5.0
# Without a round, or with one thing to write for this long, the publisher is stuck,
# and no longer says it lives.
STUCK_SECONDS = 60.0
LONGEST_PAUSE = 30.0
# Longer than any connector may take for a send, a long clip's included.
STOP_SECONDS = 250.0


class Publisher:
    """A publishing process. `run` returns after `stop` has been called."""

    def __init__(self, *, interval: float = 1.0, senders: int = SENDERS) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"[:120]
        self._interval = interval
        self._senders = senders
        self._stopping = threading.Event()
        self._work: queue.Queue[Lease | None] = queue.Queue()
        self._free = threading.Condition()
        self._in_hand: dict[int, Lease] = {}
        self._swept_at = 0.0
        self._turn = (
            threading.Lock() if connection.vendor == "sqlite" else nullcontext()
        )
        self._scribe = Scribe(self._turn)
        self._round_at = time.monotonic()
        self._threads: list[threading.Thread] = []

    def stop(self) -> None:
        """Send no more; what is being sent now is finished."""
        self._stopping.set()
        with self._free:
            self._free.notify_all()

    def run_once(self) -> int:
        """Publish what is due, in this thread; return how many were taken in hand."""
        self.beat()
        _sweep()
        done = 0
        while leases := ledger.claim(IN_A_ROW):
            ledger.reached("leased")
            for lease in leases:
                self._deliver(lease, ledger.write)
            done += len(leases)
        periodic.run_due(timezone.now())
        return done

    def run(self) -> None:
        """Publish whatever gets due, until told to stop."""
        logger.info("Publisher %s starts", self.name)
        self._start("beat", lambda: self._repeat(self.beat, BEAT_SECONDS))
        self._start("recurring", lambda: self._repeat(_recur, self._interval))
        lease = settings.PUBLISH_LEASE.total_seconds()
        self._start("leases", lambda: self._repeat(self.keep, lease / 3))
        self._scribe.start()
        for number in range(self._senders):
            self._start(f"send-{number}", self._send)
        self._repeat(self._round, self._interval)
        self._wind_up()
        logger.info("Publisher %s has stopped", self.name)

    def beat(self) -> None:
        """Give a sign of life, by the database's clock, unless something is stuck."""
        if time.monotonic() - self._round_at > STUCK_SECONDS:
            logger.error("The publisher has made no round for a minute")
            return
        if self._scribe.is_stuck(STUCK_SECONDS) or self._has_lost_threads():
            logger.error("A part of the publisher is stuck or has ended; restart it")
            return
        beaten = Heartbeat.objects.filter(name=self.name).update(beaten_at=Now())
        if not beaten:
            Heartbeat.objects.create(
                name=self.name, kind=HEARTBEAT_KIND, started_at=Now(), beaten_at=Now()
            )

    def _has_lost_threads(self) -> bool:
        ended = any(not one.is_alive() for one in tuple(self._threads))
        return ended and not self._stopping.is_set()

    def keep(self) -> None:
        """Prolong the leases in hand, so that no long upload outlasts its own."""
        since = time.monotonic() - LONGEST_IN_HAND
        with self._free:
            held = [one for one in self._in_hand.values() if one.taken_at > since]
        if held:
            ledger.prolong(held)

    def _round(self) -> bool:
        """Look once; tell whether there may be more at once."""
        if time.monotonic() - self._swept_at >= self._interval:
            _sweep()
            self._swept_at = time.monotonic()
        with self._free:
            # Few claims of many cost less than many of few.
            has_room = self._free.wait_for(self._has_room, self._interval)
            room = self._senders + BACKLOG - len(self._in_hand) if has_room else 0
        leases = []
        if room > 0 and not self._stopping.is_set():
            with self._turn:
                leases = ledger.claim(room)
        # Last: a round that fails every time is no sign of life.
        self._round_at = time.monotonic()
        if leases:
            ledger.reached("leased")
        with self._free:
            self._in_hand |= {id(lease): lease for lease in leases}
        for lease in leases:
            self._work.put(lease)
        return bool(leases) and len(leases) == room

    def _has_room(self) -> bool:
        return (
            self._stopping.is_set() or len(self._in_hand) < self._senders + BACKLOG // 2
        )

    def _repeat(self, step: Callable[[], object], every: float) -> None:
        """Do a step again and again; whatever goes wrong, go on after a while."""
        pause = every
        while not self._stopping.is_set():
            close_old_connections()
            try:
                at_once = step() is True
                pause = 0.0 if at_once else every
            except (DatabaseError, InterfaceError) as error:
                pause = min(max(pause, every) * 2, LONGEST_PAUSE)
                logger.warning("The database does not answer: %s", error)
            except Exception:
                pause = min(max(pause, every) * 2, LONGEST_PAUSE)
                logger.exception("A round of the publisher failed")
            self._stopping.wait(pause)
        connection.close()

    def _send(self) -> None:
        while (lease := self._work.get()) is not None:
            close_old_connections()
            if self._stopping.is_set():
                self._give_back(lease)
            else:
                self._deliver(lease, self._scribe.write)
            with self._free:
                del self._in_hand[id(lease)]
                self._free.notify_all()
        connection.close()

    def _deliver(self, lease: Lease, write: ledger.Write) -> None:
        try:
            deliver(lease, self.name, write)
        except Exception:
            # The lease ends by itself, and with it comes another try or a doubt.
            logger.exception("Publication %s went wrong", lease.publication.pk)

    def _give_back(self, lease: Lease) -> None:
        try:
            ledger.release(lease)
        except (DatabaseError, InterfaceError):
            logger.warning("A lease could not be given back; it ends by itself")

    def _start(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _wind_up(self) -> None:
        """Let the senders finish; leave behind whoever takes longer than allowed."""
        for _ in range(self._senders):
            self._work.put(None)
        deadline = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))
            if thread.is_alive():
                logger.warning("The thread %s did not finish in time", thread.name)
        self._scribe.stop()


def _sweep() -> None:
    sweeping.expire_leases()
    gates.mark_waiting()
    sweeping.miss_late()
    handing.sweep_by_hand()


def _recur() -> None:
    periodic.run_due(timezone.now())
