"""The stage of a crash test: channels on the platform, posts, and real publishers."""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any, Self
from uuid import UUID

import pytest
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import Q, QuerySet

from promura_site.models import Heartbeat
from scheduling import credentials
from scheduling.models import Channel, Publication
from scheduling.publishing.connectors.base import Recovery
from tests.factories import ChannelFactory, UserFactory
from tests.scheduling.crash.platform_process import PlatformProcess
from tests.scheduling.planning import a_post, a_webhook
from tests.scheduling.publisher_process import PublisherProcess

P = Publication.State
FULL = os.environ.get("CRASH_FORM") == "full"
SEED = int(os.environ.get("CRASH_SEED") or random.randrange(2**32))
KINDS = (Recovery.IDEMPOTENT, Recovery.LOOKUP, Recovery.MANUAL)
# Where on the platform a kind's channels are.
FOLDERS = {
    Recovery.IDEMPOTENT: "/honours",
    Recovery.LOOKUP: "/records",
    Recovery.MANUAL: "/plain",
}
CHANNELS_A_KIND = 4
SETTLED_WITHIN = 1800 if FULL else 300
# What a publisher may hold longer than its lease before it counts as stuck.
GRACE_SECONDS = 30

_HERE = "tests.scheduling.crash.lookup_connector"
CONNECTORS = {
    "webhook": f"{_HERE}.QuickWebhook",
    "lookup": f"{_HERE}.LookupConnector",
}
UNBRAKED = {
    "PROMURA_MIN_SPACING_MINUTES": "0",
    "PROMURA_DAILY_CAP": "0",
    "PROMURA_CHANNEL_RATE": "0",
    "PROMURA_BREAKER_POSTS": "0",
}
# Leases that run out while one waits for it.
HASTY_LEASE = 5
HASTY = {
    "PROMURA_PUBLISH_LEASE": str(HASTY_LEASE),
    "PROMURA_PUBLISH_FIRST_WAIT": "1",
    "CRASH_REQUEST_SECONDS": "2.5",
}


def size(short: int, full: int) -> int:
    """Return how much of something: for every run of the tests, or for `make crash`."""
    return full if FULL else short


class Stage:
    """Twelve channels of three kinds, and whoever publishes on them."""

    def __init__(self, platform: PlatformProcess) -> None:
        self.platform = platform
        self.environment = UNBRAKED | {
            "PROMURA_CONNECTORS": ",".join(f"{k}={v}" for k, v in CONNECTORS.items())
        }
        self.kills = 0
        self.channels = {
            kind: [self._channel(kind, n) for n in range(CHANNELS_A_KIND)]
            for kind in KINDS
        }
        self.kind_of = {
            channel.pk: kind
            for kind, channels in self.channels.items()
            for channel in channels
        }
        self._author = UserFactory()
        self._planned = 0
        self._latest: PublisherProcess | None = None

    def _channel(self, kind: Recovery, number: int) -> Channel:
        url = f"{self.platform.address}{FOLDERS[kind]}/{number}"
        if kind != Recovery.LOOKUP:
            return a_webhook(url, idempotent=kind == Recovery.IDEMPOTENT)
        sign_in = credentials.encrypt({"url": url})
        return ChannelFactory(
            platform="lookup", connector="lookup", credentials=sign_in
        )

    def plan(
        self,
        count: int,
        *kinds: Recovery,
        due: datetime | None = None,
        channels: int = CHANNELS_A_KIND,
    ) -> list[Publication]:
        """Plan so many posts of each kind, each with a text of its own, all at once."""
        planned = []
        with transaction.atomic():
            for number in range(count):
                for kind in kinds or KINDS:
                    channel = self.channels[kind][number % channels]
                    planned.append(self._post(channel, due))
        return planned

    def _post(self, channel: Channel, due: datetime | None) -> Publication:
        self._planned += 1
        post = a_post(
            channel,
            actor=self._author,
            content=f"Post {self._planned}.",
            schedule_time=due,
        )
        return post.publications.get()

    def publisher(
        self, *arguments: str, stop_at: str = "", **environment: str
    ) -> PublisherProcess:
        """Start a publisher."""
        self._latest = PublisherProcess(
            *("--interval", "0.1", *arguments),
            stop_at=stop_at,
            **(self.environment | environment),
        )
        return self._latest

    def somebody_works(self) -> bool:
        """Tell whether the publisher started last is there and past its start."""
        latest = self._latest
        return bool(latest and latest.runs() and _beats_of(latest).exists())

    def kill(self, process: PublisherProcess) -> None:
        """Kill a publisher, and make sure that it is gone."""
        process.kill()
        self.kills += 1

    def unsettled(self) -> QuerySet[Publication]:
        """Return what somebody or something still has to happen to by itself."""
        left_to_people = Q(state=P.UNKNOWN, next_attempt_at=None)
        return Publication.objects.exclude(
            left_to_people | Q(state__in=Publication.FINAL_STATES)
        )

    def wait_until_settled(self, *publishers: PublisherProcess) -> None:
        """Wait until nothing is left to do for the publishers, which must live."""
        self.wait_until(lambda: not self.unsettled().exists(), *publishers)

    def wait_until(
        self, holds: Callable[[], object], *publishers: PublisherProcess
    ) -> None:
        """Wait for something that must come about while the publishers live."""
        deadline = time.monotonic() + SETTLED_WITHIN
        while not holds():
            dead = [one for one in publishers if not one.runs()]
            if dead or time.monotonic() > deadline:
                self._give_up(dead or publishers)
            time.sleep(0.05)

    def _give_up(self, publishers: Any) -> None:
        rows = list(self.unsettled().values_list("pk", "state", "error_code")[:20])
        said = "\n".join(one.output()[-3000:] for one in publishers)
        pytest.fail(f"seed {SEED}: still open: {rows}\nThe publishers said:\n{said}")

    def wait_for_beats(self, *publishers: PublisherProcess) -> None:
        """Wait until each publisher has given a sign of life."""
        for one in publishers:
            self.wait_until(_beats_of(one).exists, *publishers)

    @contextmanager
    def publishers(
        self, *environments: dict[str, str], arguments: tuple[str, ...] = ()
    ) -> Iterator[list[PublisherProcess]]:
        """Run a publisher for each environment; in the end all stop when asked to."""
        with ExitStack() as stack:
            started = [
                stack.enter_context(self.publisher(*arguments, **environment))
                for environment in environments
            ]
            self.wait_for_beats(*started)
            yield started
            for one in started:
                assert one.terminate() == 0, one.output()

    def finish(self) -> None:
        """Let a publisher do whatever is left."""
        with self.publishers({}) as (one,):
            self.wait_until_settled(one)


def _beats_of(process: PublisherProcess) -> QuerySet[Heartbeat]:
    return Heartbeat.objects.filter(name__endswith=f":{process.pid}")


class Watch:
    """Looks how long publications stay in one pair of hands; a context manager.

    Its clock runs while a publisher is at work: before one has started, and after
    the last was killed, nobody can take anything over.
    """

    def __init__(self, stage: Stage) -> None:
        self.longest = 0.0
        self._stage = stage
        self._worked = 0.0
        self._since: dict[tuple[UUID, int], float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _look_on(self) -> None:
        held = Publication.objects.filter(state__in=(P.LEASED, P.SENDING))
        before = time.monotonic()
        while not self._over.wait(0.2):
            try:
                at_work = self._stage.somebody_works()
                found = set(held.values_list("pk", "fence"))
            except (DatabaseError, InterfaceError):
                # A database that is away is what some of the tests are about.
                connection.close()
                continue
            now = time.monotonic()
            self._worked += now - before if at_work else 0.0
            before = now
            self._note(found)
        connection.close()

    def _note(self, held: set[tuple[UUID, int]]) -> None:
        self._since = {one: self._since.get(one, self._worked) for one in held}
        first = min(self._since.values(), default=self._worked)
        self.longest = max(self.longest, self._worked - first)
