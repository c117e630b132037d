"""Many senders, one that writes; and leases that last as long as the work."""

import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from promura_site.models import Heartbeat
from scheduling.models import Publication, PublishAttempt
from scheduling.publishing import ledger
from scheduling.publishing.connectors.base import Receipt
from scheduling.publishing.publisher import (
    LONGEST_IN_HAND,
    STUCK_SECONDS,
    Publisher,
)
from scheduling.publishing.scribe import Scribe
from tests.scheduling.planning import a_channel, a_publication, put

P = Publication.State


@pytest.fixture
def scribe() -> Iterator[Scribe]:
    scribe = Scribe(threading.Lock())
    scribe.start()
    yield scribe
    scribe.stop()


def together(works: Sequence[Any]) -> list[Any]:
    """Run callables in threads of their own; return what each returned or raised."""
    results: list[Any] = [None] * len(works)

    def run(place: int) -> None:
        try:
            results[place] = works[place]()
        except Exception as error:  # noqa: BLE001 - looked at by the test
            results[place] = error
        connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_what_many_senders_write_is_all_there(scribe: Scribe) -> None:
    channel = a_channel()
    for _ in range(12):
        a_publication(channel)
    leases = ledger.claim(20)
    begun = together(
        [
            lambda one=lease: ledger.begin(one, "test", 5.0, scribe.write)
            for lease in leases
        ]
    )
    assert all(request is not None for request in begun)
    assert PublishAttempt.objects.filter(outcome="open").count() == 12
    stored = together(
        [
            lambda one=lease, n=n: ledger.record_receipt(
                one, Receipt(f"remote-{n}"), scribe.write
            )
            for n, lease in enumerate(leases)
        ]
    )
    assert stored == [True] * 12
    ids = Publication.objects.filter(state=P.PUBLISHED).values_list("external_id")
    assert len(set(ids)) == 12


@pytest.mark.django_db(transaction=True)
def test_one_that_cannot_be_written_costs_the_others_nothing(
    scribe: Scribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = a_channel()
    bad, *good = (a_publication(channel) for _ in range(4))
    leases = ledger.claim(10)
    write = ledger.write

    def stubborn(beginnings: Any, arrivals: Any) -> None:
        if any(one.lease.publication.pk == bad.pk for one in beginnings):
            raise OperationalError("the disk is full")
        write(beginnings, arrivals)

    monkeypatch.setattr(ledger, "write", stubborn)
    results = together(
        [
            lambda one=lease: ledger.begin(one, "test", 5.0, scribe.write)
            for lease in leases
        ]
    )
    assert [type(one) for one in results].count(OperationalError) == 1
    states = Publication.objects.filter(pk__in=[one.pk for one in good])
    assert set(states.values_list("state", flat=True)) == {P.SENDING}
    bad.refresh_from_db()
    assert bad.state == P.LEASED


@pytest.mark.django_db
def test_many_at_once_are_written_with_as_many_queries_as_few() -> None:
    def queries(count: int) -> int:
        channel = a_channel()
        for _ in range(count):
            a_publication(channel)
        leases = ledger.claim(count)
        begins = [ledger.Beginning(one, "test", 5.0) for one in leases]
        with CaptureQueriesContext(connection) as asked:
            ledger.write(begins, [])
            ledger.write([], [ledger.Arrival(one, Receipt("x")) for one in leases])
        rows = [one for one in asked if "metrics_auditevent" not in one["sql"]]
        return len(rows)

    assert queries(2) == queries(12)


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_scribe_that_ends_leaves_nobody_waiting_and_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publication = a_publication()
    (lease,) = ledger.claim(1)

    def die(beginnings: Any, arrivals: Any) -> None:
        raise SystemExit

    monkeypatch.setattr(ledger, "write", die)
    publisher = Publisher()
    publisher._scribe.start()
    publisher.beat()
    assert Heartbeat.objects.exists()
    Heartbeat.objects.all().delete()
    (result,) = together(
        [lambda: ledger.begin(lease, "test", 5.0, publisher._scribe.write)]
    )
    assert isinstance(result, RuntimeError)
    publisher._scribe._thread.join(10)
    publisher.beat()
    assert not Heartbeat.objects.exists()
    publication.refresh_from_db()
    assert publication.state == P.LEASED


@pytest.mark.django_db(transaction=True)
def test_a_publisher_that_cannot_write_for_a_minute_does_not_say_it_lives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a_publication()
    (lease,) = ledger.claim(1)
    go_on, write = threading.Event(), ledger.write

    def hang(beginnings: Any, arrivals: Any) -> None:
        go_on.wait(30)
        write(beginnings, arrivals)

    monkeypatch.setattr(ledger, "write", hang)
    publisher = Publisher()
    publisher._scribe.start()
    sender = threading.Thread(
        target=together,
        args=([lambda: ledger.begin(lease, "test", 5.0, publisher._scribe.write)],),
    )
    sender.start()
    while publisher._scribe._busy_since is None:
        go_on.wait(0.01)
    publisher._scribe._busy_since -= STUCK_SECONDS + 1
    publisher.beat()
    assert not Heartbeat.objects.exists()
    go_on.set()
    sender.join()
    publisher._scribe.stop()


@pytest.mark.django_db
def test_a_receipt_that_was_rolled_back_is_not_taken_for_written() -> None:
    publication = a_publication()
    (lease,) = ledger.claim(1)
    assert ledger.begin(lease, "test", 5.0) is not None
    arrival = ledger.Arrival(lease, Receipt("remote-1"))
    # As a first transaction, with others', left it behind.
    arrival.held = True
    put(publication, fence=2, state=P.SENDING)
    ledger.write([], [arrival])
    assert not arrival.held


@pytest.mark.django_db
def test_leases_in_hand_are_prolonged_and_lost_ones_are_not() -> None:
    held, gone, newer = (a_publication() for _ in range(3))
    leases = ledger.claim(10)
    soon = timezone.now() + timedelta(seconds=2)
    for one in (held, newer):
        put(one, lease_until=soon)
    put(gone, lease_until=timezone.now() - timedelta(seconds=1))
    put(newer, fence=2)
    ledger.prolong(leases)
    held.refresh_from_db()
    assert held.lease_until > timezone.now() + timedelta(seconds=100)
    gone.refresh_from_db(), newer.refresh_from_db()
    assert gone.lease_until < timezone.now()
    assert newer.lease_until == soon


@pytest.mark.django_db
def test_prolonging_never_shortens_what_a_send_has() -> None:
    publication = a_publication()
    (lease,) = ledger.claim(1)
    assert ledger.begin(lease, "test", 600.0) is not None
    until = lease.until
    ledger.prolong([lease])
    publication.refresh_from_db()
    assert publication.lease_until > timezone.now() + timedelta(seconds=600)
    assert lease.until == until


@pytest.mark.django_db
def test_a_publisher_keeps_what_it_works_on_but_not_what_hangs() -> None:
    publication = a_publication()
    publisher = Publisher()
    (lease,) = ledger.claim(1)
    publisher._in_hand[id(lease)] = lease
    soon = timezone.now() + timedelta(seconds=2)
    put(publication, lease_until=soon)
    lease.taken_at -= LONGEST_IN_HAND + 1
    publisher.keep()
    publication.refresh_from_db()
    assert publication.lease_until == soon
    lease.taken_at += LONGEST_IN_HAND + 1
    publisher.keep()
    publication.refresh_from_db()
    assert publication.lease_until > soon
