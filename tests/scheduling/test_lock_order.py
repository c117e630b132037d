"""Two who change many posts of many models at once never wait for each other."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection, transaction
from django.utils import timezone

from library.models import Creator, MediaItem
from scheduling.models import Publication
from scheduling.publishing import handing, ledger, sweeping
from scheduling.services.bulk.moving import Move, cancel_posts, move_posts
from tests.factories import CreatorFactory, UserFactory
from tests.scheduling.handing_over import by_hand, planned
from tests.scheduling.planning import (
    LONG_AGO,
    a_channel,
    a_post,
    a_publication,
    put,
    stored_picture,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor == "sqlite", reason="One at a time writes there anyway"
    ),
]

P = Publication.State


def two_models() -> tuple[Creator, Creator]:
    first, second = sorted(CreatorFactory.create_batch(2), key=lambda one: one.pk)
    return first, second


@contextmanager
def somebody_with(rows: list[object]) -> Iterator[Callable[[], None]]:
    """Have another session lock the first row now, and the second when told to."""
    has_first, go_on = Event(), Event()
    model = type(rows[0])

    def lock() -> None:
        try:
            with transaction.atomic():
                for row in rows:
                    found = model.objects.filter(pk=row.pk)  # type: ignore[attr-defined]
                    list(found.select_for_update(no_key=True))
                    has_first.set()
                    go_on.wait(10)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(lock)
        assert has_first.wait(10)
        yield go_on.set
        go_on.set()
        # A deadlock would be raised here, or has been where the other one works.
        work.result(30)


def in_the_background(work: Callable[[], object]) -> Callable[[], object]:
    def run() -> object:
        try:
            return work()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    future = pool.submit(run)
    pool.shutdown(wait=False)
    return lambda: future.result(30)


def until_somebody_waits() -> None:
    """Return when a session of this database waits for a lock."""
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
        Event().wait(0.01)
    raise AssertionError("Nobody waits")


def test_missing_many_at_once_takes_their_models_in_order() -> None:
    first, second = two_models()
    rows = [a_publication(a_channel(creator=one)) for one in (second, first)]
    for place, row in enumerate(rows):
        put(
            row,
            publish_at=LONG_AGO.replace(month=1 + place),
            next_attempt_at=LONG_AGO,
            late_after=LONG_AGO,
        )
    with somebody_with([first, second]) as goes_on:
        missed = in_the_background(sweeping.miss_late)
        until_somebody_waits()
        goes_on()
    assert missed() == 2


def test_a_claim_that_refuses_takes_the_models_in_order() -> None:
    first, second = two_models()
    picture = stored_picture()
    gone = a_publication(a_channel(creator=second), media_ids=[picture.pk])
    a_publication(a_channel(creator=first))
    MediaItem.objects.update(trashed_at=timezone.now())
    with somebody_with([first, second]) as goes_on:
        claimed = in_the_background(lambda: len(ledger.claim(10)))
        until_somebody_waits()
        goes_on()
    assert claimed() == 1
    gone.refresh_from_db()
    assert gone.state == P.FAILED


def test_offering_many_at_once_takes_their_media_in_order() -> None:
    first, second = sorted((stored_picture(), stored_picture()), key=lambda one: one.pk)
    for minutes, picture in ((4, second), (5, first)):
        planned(minutes, by_hand(), media_ids=[picture.pk])
    with somebody_with([first, second]) as goes_on:
        offered = in_the_background(handing.make_ready)
        until_somebody_waits()
        goes_on()
    assert offered() == 2


def test_moving_many_takes_their_posts_in_order() -> None:
    channel, actor = a_channel(), UserFactory()
    posts = sorted((a_post(channel), a_post(channel)), key=lambda one: one.pk)
    moves = [
        Move(str(one.pk), schedule_time=timezone.now() + timedelta(days=2))
        for one in reversed(posts)
    ]
    with somebody_with(posts) as goes_on:
        moved = in_the_background(
            lambda: move_posts(moves, actor=actor, now=timezone.now())
        )
        until_somebody_waits()
        goes_on()
    assert len(moved().steps) == 2


def test_cancelling_many_takes_their_media_in_order() -> None:
    pictures = sorted((stored_picture(), stored_picture()), key=lambda one: one.pk)
    channel, actor = a_channel(), UserFactory()
    posts = [a_post(channel, media_ids=[picture.pk]) for picture in reversed(pictures)]
    with somebody_with(pictures) as goes_on:
        cancelled = in_the_background(
            lambda: cancel_posts(
                [str(one.pk) for one in posts], actor=actor, now=timezone.now()
            )
        )
        until_somebody_waits()
        goes_on()
    assert len(cancelled().steps) == 2
