"""The stored statistics agree with the pure model, whatever happens to posts."""

import math
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from library.services import update_creator
from promura_site import periodic
from scheduling.models import (
    ChannelBaseline,
    Publication,
    SlotEntry,
    SlotStatistic,
)
from scheduling.outcomes import engagement_recorded, publication_finished
from scheduling.suggestions import forecast as fc
from scheduling.suggestions import slots
from tests.factories import ChannelFactory
from tests.scheduling.history import NOW, creator_of, model_in, publication

pytestmark = pytest.mark.django_db

OLD = NOW - timedelta(days=30)
P = Publication.State


def sums(creator, *names):
    rows = SlotStatistic.objects.filter(creator=creator)
    return {row[0]: row[1:] for row in rows.values_list("slot", *(names or ("posts",)))}


def record(post, engagement, now=NOW):
    Publication.objects.filter(pk=post.pk).update(engagement=engagement)
    slots.enter(post, now)


# Entering


def test_a_post_of_an_age_enters_with_all_its_terms():
    channel = model_in("Europe/Berlin")
    post = publication(channel, datetime(2026, 5, 4, 8, 30, tzinfo=UTC), 99)
    slots.enter(post, NOW)

    entry = SlotEntry.objects.get()
    assert (entry.slot, entry.t) == (10, post.published_at)  # Monday 10:30 in Berlin
    assert entry.y == entry.baseline == math.log1p(99)
    row = SlotStatistic.objects.get()
    assert row.n == fc.growth(post.published_at)
    assert (row.slot, row.s, row.q, row.posts, row.engagement) == (10, 0, 0, 1, 99)
    assert (row.succeeded, row.failed) == (1, 0)


def test_a_young_post_counts_as_a_success_and_waits_with_its_engagement():
    channel = model_in("UTC")
    post = publication(channel, NOW - timedelta(hours=71), 50)
    slots.enter(post, NOW)
    assert sums(channel.creator, "posts", "n", "succeeded") == {107: (0, 0, 1)}
    assert not ChannelBaseline.objects.exists()

    slots.enter_ripe(NOW + timedelta(minutes=59))
    assert sums(channel.creator) == {107: (0,)}
    slots.enter_ripe(NOW + timedelta(hours=1))
    assert sums(channel.creator) == {107: (1,)}
    assert SlotEntry.objects.get().y == math.log1p(50)


def test_ripe_posts_enter_in_the_order_of_their_times():
    channel = model_in("UTC")
    for hours, engagement in ((10, 100), (30, 10), (20, 50)):
        slots.enter(publication(channel, NOW - timedelta(hours=hours), engagement), NOW)
    slots.enter_ripe(NOW + timedelta(days=9))
    first = SlotEntry.objects.get(t=NOW - timedelta(hours=30))
    second = SlotEntry.objects.get(t=NOW - timedelta(hours=20))
    assert first.baseline == second.baseline == math.log1p(10)


def test_ripening_is_recurring_work():
    channel = model_in("UTC")
    post = publication(channel, NOW - timedelta(hours=1), 50)
    slots.enter(post, NOW)
    periodic.run_due(NOW + timedelta(days=4000))
    assert sums(channel.creator)[9] == (1,)


def test_engagement_that_comes_late_enters_at_once():
    channel = model_in("UTC")
    post = publication(channel, OLD)
    slots.enter(post, NOW)
    assert sums(channel.creator, "posts", "succeeded") == {130: (0, 1)}
    record(post, 7)
    assert sums(channel.creator, "posts", "succeeded") == {130: (1, 1)}


def test_a_later_figure_is_an_edit_that_keeps_the_baseline():
    channel = model_in("UTC")
    slots.enter(publication(channel, OLD, 10), NOW)
    post = publication(channel, OLD + timedelta(days=1), 20)
    slots.enter(post, NOW)
    before = ChannelBaseline.objects.values().get()
    record(post, 40)

    entry = SlotEntry.objects.get(publication=post)
    assert (entry.y, entry.baseline) == (math.log1p(40), math.log1p(10))
    row = SlotStatistic.objects.get(slot=entry.slot)
    n, s, q = fc.terms(fc.Entry(entry.slot, entry.t, entry.y, entry.baseline))
    assert (row.n, row.posts, row.engagement) == (n, 1, 40)
    assert (row.s, row.q) == pytest.approx((s, q), rel=1e-12)
    assert ChannelBaseline.objects.values().get() == before


def test_entering_twice_is_entering_once():
    channel = model_in("UTC")
    post = publication(channel, OLD, 10)
    slots.enter(post, NOW)
    before = list(SlotStatistic.objects.values("n", "posts", "succeeded"))
    slots.enter(post, NOW)
    assert list(SlotStatistic.objects.values("n", "posts", "succeeded")) == before


def test_a_failure_counts_for_the_success_rate_only():
    channel = model_in("UTC")
    post = publication(channel, OLD, 500, state=Publication.State.FAILED)
    slots.enter(post, NOW)
    assert sums(channel.creator, "n", "posts", "succeeded", "failed") == {
        130: (0, 0, 0, 1)
    }


def test_a_failure_that_is_published_later_is_no_failure_any_more():
    channel = model_in("UTC")
    post = publication(channel, OLD, state=Publication.State.FAILED)
    slots.enter(post, NOW)
    later = OLD + timedelta(hours=5)
    Publication.objects.update(
        state=Publication.State.PUBLISHED, published_at=later, engagement=5
    )
    slots.enter(post, NOW)
    assert sums(channel.creator, "posts", "succeeded", "failed") == {
        130: (0, 0, 0),
        135: (1, 1, 0),
    }


@pytest.mark.parametrize("state", ["draft", "scheduled", "unknown", "missed"])
def test_what_is_not_finished_is_not_counted(state):
    slots.enter(publication(model_in("UTC"), OLD, state=state), NOW)
    assert not SlotEntry.objects.exists()
    assert not SlotStatistic.objects.exists()


def test_a_demo_post_never_counts_for_a_real_model():
    channel = model_in("UTC")
    slots.enter(publication(channel, OLD, 10, is_demo=True), NOW)
    assert not SlotStatistic.objects.exists()


def test_each_channel_has_its_own_baseline_and_the_model_one_week():
    channel = model_in("UTC")
    other = ChannelFactory(creator=channel.creator, platform="x")
    for one, engagement in ((channel, 10), (other, 10_000)) * 2:
        slots.enter(publication(one, OLD, engagement), NOW)
    assert sums(channel.creator, "posts", "s") == {130: (4, 0)}
    assert ChannelBaseline.objects.count() == 2


def test_outcomes_reach_the_statistics():
    channel = model_in("UTC")
    post = publication(channel, OLD)
    publication_finished(post, now=NOW)
    Publication.objects.update(engagement=3)
    engagement_recorded(post, now=NOW)
    assert sums(channel.creator, "posts", "engagement") == {130: (1, 3)}


def test_entering_costs_the_same_whatever_came_before():
    channel = model_in("UTC")

    def cost(engagement):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            slots.enter(publication(channel, OLD, engagement), NOW)
        return len(queries)

    cost(1)
    second = cost(2)
    slots.enter_many(
        channel.creator, [publication(channel, OLD, 5) for _ in range(200)]
    )
    assert cost(3) == second <= 14


# Removing


def test_removing_every_post_leaves_exactly_nothing():
    channel = model_in("UTC")
    posts = [publication(channel, OLD, engagement) for engagement in range(1, 30)]
    for post in posts:
        slots.enter(post, NOW)
    for post in posts:
        slots.remove(post)
    assert sums(channel.creator, *slots.COLUMNS) == {130: (0,) * 7}
    assert not SlotEntry.objects.exists()


def test_removing_what_never_entered_changes_nothing():
    slots.remove(publication(model_in("UTC"), OLD, 5))
    assert not SlotStatistic.objects.exists()


# Many at once


def test_many_at_once_equal_one_after_another():
    one, many = model_in("America/New_York"), model_in("America/New_York")
    times = [OLD + timedelta(hours=7 * i) for i in range(40)]
    for i, at in enumerate(times):
        slots.enter(publication(one, at, i % 7 * 10), NOW + timedelta(days=90))
    posts = [publication(many, at, i % 7 * 10) for i, at in enumerate(times)]
    assert slots.enter_many(many.creator, reversed(posts)) == 40
    assert slots.enter_many(many.creator, posts) == 0

    ours = sums(one.creator, *slots.COLUMNS)
    assert ours.keys() == sums(many.creator).keys()
    for slot, row in sums(many.creator, *slots.COLUMNS).items():
        assert row == pytest.approx(ours[slot], rel=1e-12)
    levels = ChannelBaseline.objects.values_list("total", "weight")
    assert len(set(levels)) == 1


def test_history_enters_whatever_its_age_beside_what_is_there():
    channel = model_in("UTC")
    slots.enter(publication(channel, OLD, 10), NOW)
    made = slots.enter_many(
        channel.creator,
        [
            publication(channel, OLD, 30),
            publication(channel, NOW - timedelta(hours=1), 20),
            publication(channel, OLD, state=Publication.State.FAILED),
            publication(channel, OLD),
            publication(channel, NOW, state=Publication.State.SCHEDULED),
        ],
    )
    assert made == 4
    assert sums(channel.creator, "posts", "succeeded", "failed") == {
        130: (2, 3, 1),
        9: (1, 1, 0),
    }


# Zones


def test_a_new_zone_sorts_history_anew():
    channel = model_in("Europe/Berlin")
    # One in winter and one in summer: New York is six hours behind in both.
    winter, summer = (datetime(2026, month, 10, 20, tzinfo=UTC) for month in (1, 6))
    slots.enter_many(
        channel.creator,
        [publication(channel, winter, 10), publication(channel, summer, 20)],
    )
    assert sums(channel.creator) == {5 * 24 + 21: (1,), 2 * 24 + 22: (1,)}

    update_creator(channel.creator, actor=None, timezone="America/New_York")

    posts = {slot: count for slot, (count,) in sums(channel.creator).items() if count}
    assert posts == {5 * 24 + 15: 1, 2 * 24 + 16: 1}
    assert set(SlotEntry.objects.values_list("slot", flat=True)) == posts.keys()
    assert slots.rebuild(channel.creator) == slots.Difference(2, 0.0, 0)
    emptied = SlotStatistic.objects.filter(posts=0).values_list("n", "succeeded")
    assert set(emptied) == {(0, 0)}


def test_a_new_name_leaves_history_alone():
    channel = model_in("UTC")
    slots.enter(publication(channel, OLD, 10), NOW)
    before = SlotStatistic.objects.values().get()
    update_creator(channel.creator, actor=None, name="Another")
    assert SlotStatistic.objects.values().get() == before


# Rebuilding


def test_a_rebuild_repairs_and_says_how_far_off_it_was():
    channel = model_in("UTC")
    for days in range(20):
        slots.enter(publication(channel, OLD - timedelta(days=days), 10 + days), NOW)
    scale = sum(abs(n) for n in SlotStatistic.objects.values_list("n", flat=True))
    row = SlotStatistic.objects.first()
    SlotStatistic.objects.filter(pk=row.pk).update(
        n=row.n + scale / 1000, posts=row.posts + 2
    )

    found = slots.rebuild(channel.creator)
    assert found.entries == 20
    assert found.miscounted == 2
    assert found.relative == pytest.approx(1e-3)
    assert slots.rebuild(channel.creator) == slots.Difference(20, 0.0, 0)
    assert SlotStatistic.objects.get(pk=row.pk).posts == row.posts


def test_sums_without_an_entry_are_wrong_by_any_measure():
    channel = model_in("UTC")
    SlotStatistic.objects.create(creator=channel.creator, slot=3, n=1, posts=1)
    assert slots.rebuild(channel.creator) == slots.Difference(0, math.inf, 1)
    assert sums(channel.creator, "n", "posts") == {3: (0, 0)}


def test_the_command_rebuilds_all_and_reports():
    for zone in ("UTC", "Asia/Tokyo"):
        slots.enter(publication(model_in(zone), OLD, 10), NOW)
    SlotStatistic.objects.filter(creator__timezone="UTC").update(failed=1)
    said, complained = StringIO(), StringIO()
    call_command("rebuild_slot_statistics", stdout=said, stderr=complained)
    assert "Rebuilt 2 models from 2 publications" in said.getvalue()
    assert "by 1 in its counts" in complained.getvalue()
    assert complained.getvalue().count("\n") == 1

    slug = creator_of(SlotEntry.objects.first().publication.channel).slug
    said = StringIO()
    call_command("rebuild_slot_statistics", model=slug, stdout=said)
    assert "0.0e+00 of the sum of absolute terms; counts: 0" in said.getvalue()
    with pytest.raises(CommandError, match="no model nobody"):
        call_command("rebuild_slot_statistics", model="nobody")


def test_the_command_enters_what_the_statistics_missed():
    channel = model_in("UTC")
    right, wrong, missing, failed = (
        publication(channel, OLD - timedelta(days=days), 10 * days, state)
        for days, state in zip(
            (4, 3, 2, 1), [P.PUBLISHED] * 3 + [P.FAILED], strict=True
        )
    )
    for one in (right, wrong):
        slots.enter(one, NOW)
    before = SlotEntry.objects.get(publication=right)
    Publication.objects.filter(pk=wrong.pk).update(engagement=99)
    publication(channel, OLD, 5, is_demo=True)
    publication(channel, OLD, state=P.SCHEDULED)

    assert slots.catch_up(channel.creator, NOW) == 3
    entries = {one.publication_id: one for one in SlotEntry.objects.all()}
    assert set(entries) == {one.pk for one in (right, wrong, missing, failed)}
    assert entries[wrong.pk].engagement == 99
    assert not entries[failed.pk].succeeded
    assert entries[right.pk].y == before.y
    assert slots.catch_up(channel.creator, NOW) == 0
    assert slots.rebuild(channel.creator) == slots.Difference(4, 0.0, 0)

    entries[missing.pk].delete()
    said = StringIO()
    call_command("rebuild_slot_statistics", stdout=said)
    assert "missing or different: 1" in said.getvalue()
    assert SlotEntry.objects.filter(publication=missing).exists()


# Together


@pytest.mark.django_db(transaction=True)
def test_posts_that_finish_together_are_all_counted_while_the_zone_changes():
    channel = model_in("UTC")
    posts = [publication(channel, OLD + timedelta(days=i % 3), i) for i in range(40)]

    def learn(some):
        try:
            for post in some:
                slots.enter(post, NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(learn, posts[start::4]) for start in range(4)]
        for zone in ("Asia/Tokyo", "America/New_York", "Europe/Berlin"):
            update_creator(channel.creator, actor=None, timezone=zone)
        for one in done:
            one.result()

    for slot, t in SlotEntry.objects.values_list("slot", "t"):
        assert slot == fc.slot_of(t, "Europe/Berlin")
    assert sum(count for (count,) in sums(channel.creator).values()) == 40
    found = slots.rebuild(channel.creator)
    assert (found.entries, found.miscounted) == (40, 0)
    assert found.relative < 1e-9


steps = st.lists(
    st.tuples(
        st.sampled_from(["enter", "edit", "remove"]),
        st.integers(0, 5),
        st.floats(0, 1e7),
    ),
    max_size=25,
)


@given(steps)
@settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_edits_and_removals_equal_a_rebuild(db, taken):
    with transaction.atomic():
        channel = model_in("Europe/Berlin")
        posts = [
            publication(channel, OLD + timedelta(hours=40 * i), 5) for i in range(6)
        ]
        for what, which, engagement in taken:
            if what == "remove":
                slots.remove(posts[which])
            else:
                record(posts[which], engagement)
        found = slots.rebuild(channel.creator)
        assert found.entries or found.relative == 0
        assert found.relative <= 1e-9
        assert found.miscounted == 0
        transaction.set_rollback(True)
