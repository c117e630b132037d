"""What stands above every page: who stopped what, and that nobody publishes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from library.models import Creator
from promura_site.models import Heartbeat, User
from scheduling.models import Channel, PanicStop
from scheduling.standing import bars
from tests.factories import CreatorFactory, UserFactory
from tests.scheduling.planning import a_channel, a_publication

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
NOW = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)


def stop(creator: Creator | None = None, **fields: Any) -> None:
    PanicStop.objects.create(
        key=str(creator.pk) if creator else PanicStop.EVERYONE,
        creator=creator,
        **{"stopped_at": AT, **fields},
    )


def only(person: User, now: datetime = NOW) -> dict[str, str]:
    (found,) = bars(person, now)
    return found


def in_tokyo(user: User) -> User:
    user.timezone = "Asia/Tokyo"
    return user


def test_a_stop_says_for_whom_since_when_by_whom_and_why(
    viewer: User, admin: User
) -> None:
    stop(stopped_by=UserFactory(username="nina"), reason="Account taken over.")
    viewer.timezone = "UTC"
    found = only(viewer)
    assert found["kind"] == "panic"
    assert found["text"] == (
        "Publishing is stopped for all models since 14:05 by nina: Account taken over."
    )
    assert (found["url"], found["link"]) == ("/queue", "See what waits")
    assert only(admin)["url"] == "/queue?resume=all"
    assert "since 23:05" in only(in_tokyo(viewer))["text"]
    later = NOW + timedelta(days=2)
    assert "since 2 March, 23:05" in only(viewer, later)["text"]


def test_several_stops_are_one_bar(admin: User) -> None:
    lea, mia = (CreatorFactory(slug=name.lower(), name=name) for name in ("Lea", "Mia"))
    stop(lea)
    assert only(admin)["url"] == "/queue?resume=lea"
    stop(mia, stopped_at=AT + timedelta(hours=1))
    found = only(admin)
    assert found["text"] == "Publishing is stopped for Lea and Mia."
    assert found["url"] == "/queue"
    for number in range(2):
        stop(CreatorFactory(name=f"Ada {number}"))
    assert only(admin)["text"] == "Publishing is stopped for 4 models."
    stop()
    assert "for all models since" in only(admin)["text"]


def test_silence_is_told_while_something_is_due_that_may_go_out(viewer: User) -> None:
    now = timezone.now()
    assert bars(viewer, now) == []
    held = a_channel(health=Channel.Health.NEEDS_SIGN_IN)
    a_publication(held)
    assert bars(viewer, timezone.now()) == []
    a_publication()
    found = only(viewer, timezone.now())
    assert found["kind"] == "silent"
    assert found["text"] == "No publisher is running: 1 post due."
    Heartbeat.objects.create(
        name="one", kind="publisher", started_at=now, beaten_at=now
    )
    assert bars(viewer, timezone.now()) == []
    Heartbeat.objects.update(beaten_at=timezone.now() - timedelta(seconds=61))
    assert only(viewer, timezone.now())["kind"] == "silent"


def test_two_queries_tell_it_whatever_is_stopped(
    viewer: User, django_assert_num_queries: Any
) -> None:
    viewer.has_perm("scheduling.view_panicstop")
    for _ in range(5):
        stop(CreatorFactory())
        a_publication()
    with django_assert_num_queries(2):
        assert len(bars(viewer, timezone.now())) == 2


def test_it_comes_with_every_page_and_with_what_the_bell_asks(
    viewer: User, browse: Callable[[User], Client]
) -> None:
    stop(reason="<b>Look</b>")
    client = browse(viewer)
    for address in ("/", "/library", "/models", "/queue", "/notices"):
        page = client.get(address).content.decode()
        assert "Publishing is stopped for all models" in page, address
        assert "&lt;b&gt;Look" in page
    (found,) = client.get("/notices/unread").json()["bars"]
    assert found["kind"] == "panic"
