"""Recurring work runs when due, once, and survives its own failures."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from promura_site import periodic
from promura_site.models import Periodic

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def _row(name: str, **fields: object) -> Periodic:
    fields.setdefault("next_at", timezone.now() - timedelta(seconds=1))
    Periodic.objects.all().delete()
    return Periodic.objects.create(name=name, **fields)


def test_every_registered_work_has_a_row() -> None:
    rows = set(Periodic.objects.values_list("name", flat=True))
    assert {"jobs.sweep", "ground.prune"} <= rows
    assert set(periodic._registered) >= rows


def test_due_work_runs_once_and_is_planned_again() -> None:
    ran: list[datetime] = []
    periodic.register("test.work", every=HOUR, run=ran.append)
    row = _row("test.work")
    now = timezone.now()
    assert periodic.run_due(now) == 1
    assert periodic.run_due(now) == 0
    assert ran == [now]
    row.refresh_from_db()
    assert row.lease_until is None
    assert row.next_at >= now + HOUR


def test_work_that_somebody_runs_is_left_alone_until_its_lease_ends() -> None:
    ran: list[datetime] = []
    periodic.register("test.work", every=HOUR, run=ran.append)
    now = timezone.now()
    _row("test.work", lease_until=now + timedelta(minutes=5))
    assert periodic.run_due(now) == 0
    assert periodic.run_due(now + timedelta(minutes=6)) == 1


def test_a_failure_is_remembered_and_stops_nothing_else() -> None:
    def fail(now: datetime) -> None:
        raise RuntimeError("broken on purpose")

    periodic.register("test.work", every=HOUR, run=fail)
    row = _row("test.work")
    assert periodic.run_due(timezone.now()) == 1
    row.refresh_from_db()
    assert "broken on purpose" in row.last_error
    assert row.next_at > timezone.now()


@pytest.fixture(autouse=True)
def _forget_test_work() -> object:
    yield
    periodic._registered.pop("test.work", None)


def test_only_work_of_any_process_runs_beside_the_tasks() -> None:
    ran: list[str] = []
    periodic.register("test.work", every=HOUR, run=lambda now: ran.append("publisher"))
    periodic.register(
        "test.watch", every=HOUR, run=lambda now: ran.append("any"), anywhere=True
    )
    _row("test.work")
    Periodic.objects.create(name="test.watch", next_at=timezone.now() - HOUR)
    assert periodic.run_due(timezone.now(), only_anywhere=True) == 1
    assert ran == ["any"]


def test_work_may_have_a_lease_of_its_own() -> None:
    seen: list[datetime | None] = []
    minute = timedelta(minutes=1)
    periodic.register(
        "test.work",
        every=HOUR,
        run=lambda at: seen.append(Periodic.objects.get().lease_until),
        lease=minute,
    )
    now = timezone.now()
    _row("test.work")
    periodic.run_due(now)
    assert seen == [now + minute]
