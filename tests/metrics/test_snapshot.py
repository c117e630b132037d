"""One process computes the figures, all the others serve them."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from metrics import snapshot
from metrics.models import Snapshot

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
AGE = timedelta(seconds=4)


class Computer:
    """Counts how often it computes."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, now: datetime) -> dict[str, Any]:
        self.times += 1
        return {"n": self.times}


@pytest.mark.django_db
def test_fresh_figures_are_served_and_stale_ones_computed_again() -> None:
    compute = Computer()
    moments = (0, 3.9, 4, 5, 9)
    served = [
        snapshot.read("x", compute, AGE, NOON + timedelta(seconds=seconds))["n"]
        for seconds in moments
    ]
    assert served == [1, 1, 2, 2, 3]


@pytest.mark.django_db
def test_the_last_figures_are_served_while_somebody_computes() -> None:
    Snapshot.objects.create(
        name="x",
        body={"n": "old"},
        computed_at=NOON - timedelta(minutes=1),
        lease_until=NOON + timedelta(seconds=1),
    )
    assert snapshot.read("x", Computer(), AGE, NOON) == {"n": "old"}


@pytest.mark.django_db
def test_the_lease_of_a_dead_process_runs_out() -> None:
    Snapshot.objects.create(
        name="x",
        body={"n": "old"},
        computed_at=NOON - timedelta(minutes=1),
        lease_until=NOON - timedelta(seconds=1),
    )
    assert snapshot.read("x", Computer(), AGE, NOON) == {"n": 1}


@pytest.mark.django_db
def test_a_failed_computation_gives_the_lease_back() -> None:
    def fail(now: datetime) -> dict[str, Any]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        snapshot.read("x", fail, AGE, NOON)
    assert snapshot.read("x", Computer(), AGE, NOON) == {"n": 1}


@pytest.mark.django_db
def test_without_any_figures_one_waits_only_so_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(snapshot, "PATIENCE_SECONDS", 0.1)
    Snapshot.objects.create(name="x", lease_until=NOON + timedelta(seconds=5))
    assert snapshot.read("x", Computer(), AGE, NOON) == {"n": 1}
    assert Snapshot.objects.get().computed_at is None


@pytest.mark.django_db(transaction=True)
def test_of_many_threads_one_computes_and_all_are_served() -> None:
    barrier, lock = threading.Barrier(8), threading.Lock()
    served: list[Any] = []
    computed: list[int] = []

    def compute(now: datetime) -> dict[str, Any]:
        computed.append(1)
        # Long enough for all the others to find the lease taken.
        barrier.wait(timeout=20)
        return {"n": 1}

    def ask() -> None:
        try:
            body = snapshot.read("x", compute, AGE, NOON)
            with lock:
                served.append(body)
        finally:
            connection.close()

    def wait_for_the_lease_first() -> None:
        while not Snapshot.objects.filter(lease_until__isnull=False).exists():
            pass
        barrier.wait(timeout=20)
        ask()

    threads = [threading.Thread(target=ask)]
    threads += [threading.Thread(target=wait_for_the_lease_first) for _ in range(7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert served == [{"n": 1}] * 8
    assert len(computed) == 1
