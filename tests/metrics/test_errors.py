"""Errors are counted by type, place and hour."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection
from rest_framework.test import APIClient

from metrics import errors, snapshot
from metrics.models import ErrorEvent
from promura_site import events

NOON = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)


@pytest.mark.django_db
def test_the_same_error_in_one_hour_is_one_row() -> None:
    for minute in range(3):
        errors.count_error(
            "KeyError", f"no {minute}", "job x", NOON + timedelta(minutes=minute)
        )
    row = ErrorEvent.objects.get()
    assert (row.count, row.message) == (3, "no 2")
    assert row.first_at == NOON
    assert row.last_at == NOON + timedelta(minutes=2)


@pytest.mark.django_db
def test_another_type_place_or_hour_is_another_row() -> None:
    errors.count_error("KeyError", "no", "job x", NOON)
    errors.count_error("ValueError", "no", "job x", NOON)
    errors.count_error("KeyError", "no", "job y", NOON)
    errors.count_error("KeyError", "no", "job x", NOON + timedelta(hours=1))
    assert list(ErrorEvent.objects.values_list("count", flat=True)) == [1] * 4


@pytest.mark.django_db
def test_a_fault_is_counted_whatever_its_text() -> None:
    events.fault("T" * 100, "a\x00b\ud800" * 200, where="w" * 100)
    row = ErrorEvent.objects.get()
    assert row.count == 1
    assert row.message.startswith("ab?ab?")


@pytest.mark.django_db
def test_a_database_that_refuses_does_not_hide_the_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(errors, "add_up", refuse)
    events.fault("KeyError", "no")


@pytest.mark.django_db(transaction=True)
def test_errors_of_many_threads_are_all_counted() -> None:
    barrier = threading.Barrier(8)

    def fail() -> None:
        barrier.wait()
        try:
            for _ in range(5):
                errors.count_error("KeyError", "no", "race", NOON)
        finally:
            connection.close()

    threads = [threading.Thread(target=fail) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ErrorEvent.objects.get().count == 40


@pytest.mark.django_db
def test_the_same_fault_of_two_requests_is_one_error_with_an_id_to_quote(
    as_viewer: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise KeyError("caption")

    monkeypatch.setattr(snapshot, "read", fail)
    ids = [as_viewer.get("/api/metrics").json()["id"] for _ in range(2)]
    row = ErrorEvent.objects.get()
    assert (row.type, row.count) == ("KeyError", 2)
    assert row.message == f"'caption' [{ids[1]}]"
    assert row.where.startswith("tests/metrics/test_errors.py ")
