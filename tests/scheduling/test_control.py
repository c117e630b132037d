"""Stopping and pacing publishing as a whole, and how it goes on afterwards."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from metrics.models import AuditEvent
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling.models import Channel, ChannelFlow, PanicStop, Publication
from scheduling.publishing import gates, ledger, sweeping
from scheduling.services import control, resuming
from scheduling.services.posts import plan_post
from tests.factories import CreatorFactory
from tests.scheduling.planning import a_channel, a_post, a_publication, put

pytestmark = pytest.mark.django_db

P = Publication.State


def now() -> datetime:
    return timezone.now()


def fresh(publication: Publication) -> Publication:
    return Publication.objects.select_related("post").get(pk=publication.pk)


def ago(publication: Publication, **delta: float) -> Publication:
    """Let a publication have been planned for some time ago."""
    at = now() - timedelta(**delta)
    return put(
        publication,
        publish_at=at,
        next_attempt_at=at,
        late_after=at + timedelta(hours=1),
    )


def missed(publication: Publication) -> Publication:
    """Let a publication be missed for what it waits for."""
    PanicStop.objects.update(stopped_at=now() - timedelta(minutes=1))
    gates.mark_waiting()
    put(publication, late_after=now() - timedelta(seconds=1))
    sweeping.miss_late()
    found = fresh(publication)
    assert found.state == P.MISSED
    return found


def test_a_stop_is_pressed_once_and_told_once(admin: User) -> None:
    first = control.stop_publishing(None, actor=admin, now=now(), reason="Hacked")
    again = control.stop_publishing(None, actor=admin, now=now(), reason="Again")
    assert (first, again.reason) == (again, "Hacked")
    assert AuditEvent.objects.filter(action="publishing.stopped").count() == 1
    creator = CreatorFactory()
    control.stop_publishing(creator, actor=admin, now=now())
    assert set(PanicStop.objects.values_list("key", flat=True)) == {
        "all",
        str(creator.pk),
    }


def test_the_counts_say_what_waits_what_is_late_and_what_comes_later(
    admin: User,
) -> None:
    channel = a_channel()
    due, late, gone = (a_publication(channel) for _ in range(3))
    a_publication(channel, schedule_time=now() + timedelta(hours=3))
    a_publication()
    control.stop_publishing(channel.creator, actor=admin, now=now())
    missed(gone)
    put(late, late_after=now() - timedelta(seconds=1))
    counts = control.resume_preview(channel.creator, now())
    assert counts == {"due": 1, "late": 2, "upcoming": 1}
    assert fresh(due).state == P.SCHEDULED


def test_nothing_goes_on_that_is_not_stopped(admin: User) -> None:
    for call in (
        lambda: control.resume_preview(None, now()),
        lambda: control.resume_publishing(None, actor=admin, now=now(), how="kept"),
    ):
        with pytest.raises(DomainError) as refused:
            call()
        assert (refused.value.code, refused.value.status) == ("not_stopped", 409)


def test_spaced_sends_what_was_held_up_one_after_the_other(admin: User) -> None:
    channel = a_channel()
    first = ago(a_publication(channel), minutes=30)
    second = ago(a_publication(channel), minutes=20)
    elsewhere = a_publication()
    control.stop_publishing(None, actor=admin, now=now())
    missed(first)
    moment = now()
    control.resume_publishing(None, actor=admin, now=moment, how="spaced")
    assert not PanicStop.objects.exists()
    times = [fresh(one).next_attempt_at for one in (first, second, elsewhere)]
    assert times == [moment, moment + timedelta(minutes=5), moment]
    row = fresh(first)
    assert (row.state, row.error, row.post.state) == (P.SCHEDULED, "", "scheduled")
    assert row.late_after == moment + timedelta(hours=1)
    assert len(ledger.claim(10)) == 2


def test_moved_keeps_the_wall_clock_of_the_models_zone(admin: User) -> None:
    creator = CreatorFactory(timezone="America/New_York")
    channel = a_channel(creator=creator)
    first = ago(a_publication(channel), minutes=30)
    second = put(a_publication(channel), publish_at=first.publish_at)
    control.stop_publishing(creator, actor=admin, now=now())
    missed(first)
    control.resume_publishing(creator, actor=admin, now=now(), how="moved")
    zone = ZoneInfo("America/New_York")
    was = first.publish_at.astimezone(zone)
    moved = sorted(fresh(one).publish_at.astimezone(zone) for one in (first, second))
    for days, at in enumerate(moved, 1):
        assert at.time() == was.time()
        assert at.date() == was.date() + timedelta(days=days)
    row = fresh(first)
    assert row.next_attempt_at == row.publish_at == row.post.publish_at
    assert row.post.version == 2
    assert ledger.claim(10) == []


def test_skipped_sends_none_of_it(admin: User) -> None:
    first, second = a_publication(), a_publication()
    later = a_publication(schedule_time=now() + timedelta(hours=3))
    control.stop_publishing(None, actor=admin, now=now())
    missed(first)
    control.resume_publishing(None, actor=admin, now=now(), how="skipped")
    assert {fresh(one).state for one in (first, second)} == {P.SKIPPED}
    assert fresh(first).post.state == "cancelled"
    assert fresh(later).state == P.SCHEDULED


def test_kept_lets_go_on_what_is_not_late(admin: User) -> None:
    gone, waits = a_publication(), a_publication()
    control.stop_publishing(None, actor=admin, now=now())
    missed(gone)
    control.resume_publishing(None, actor=admin, now=now(), how="kept")
    assert fresh(gone).state == P.MISSED
    assert [one.publication for one in ledger.claim(10)] == [waits]
    event = AuditEvent.objects.get(action="publishing.resumed")
    assert event.data["late"] == 1


def test_what_an_earlier_stop_made_too_late_stays_missed(admin: User) -> None:
    old = a_publication()
    control.stop_publishing(None, actor=admin, now=now())
    missed(old)
    control.resume_publishing(None, actor=admin, now=now(), how="kept")
    control.stop_publishing(None, actor=admin, now=now())
    assert control.resume_preview(None, now())["late"] == 0


def test_who_is_stopped_on_her_own_stays_so(admin: User) -> None:
    hers, others = a_publication(), a_publication()
    creator = hers.channel.creator
    control.stop_publishing(creator, actor=admin, now=now())
    control.stop_publishing(None, actor=admin, now=now())
    counts = control.resume_publishing(None, actor=admin, now=now(), how="skipped")
    assert counts["due"] == 1
    assert (fresh(hers).state, fresh(others).state) == (P.SCHEDULED, P.SKIPPED)
    assert ledger.claim(10) == []


def test_what_is_doubtful_is_left_to_be_found_out(admin: User) -> None:
    publication = put(a_publication(), state=P.UNKNOWN, in_doubt=True)
    control.stop_publishing(None, actor=admin, now=now())
    control.resume_publishing(None, actor=admin, now=now(), how="skipped")
    assert fresh(publication).state == P.UNKNOWN


def test_many_posts_go_on_in_batches(admin: User, monkeypatch: object) -> None:
    monkeypatch.setattr("scheduling.services.resuming.BATCH", 2)  # type: ignore[attr-defined]
    channel = a_channel()
    for _ in range(5):
        a_publication(channel)
    control.stop_publishing(None, actor=admin, now=now())
    control.resume_publishing(None, actor=admin, now=now(), how="spaced")
    times = Publication.objects.order_by("next_attempt_at")
    gaps = list(times.values_list("next_attempt_at", flat=True))
    assert len(set(gaps)) == 5
    assert gaps[-1] - gaps[0] == timedelta(minutes=20)


def test_a_channel_after_a_burst_goes_on_when_released(editor: User) -> None:
    publication = a_publication()
    channel = publication.channel
    with pytest.raises(DomainError):
        control.release_channel(channel, actor=editor)
    ChannelFlow.objects.create(channel=channel, stopped_at=now())
    assert ledger.claim(10) == []
    control.release_channel(channel, actor=editor)
    flow = ChannelFlow.objects.get()
    assert (flow.stopped_at, flow.burst_from is None) == (None, False)
    assert len(ledger.claim(10)) == 1


def test_a_channel_in_trouble_goes_on_as_a_person_chooses(editor: User) -> None:
    channel = a_channel(health="needs_sign_in")
    first = ago(a_publication(channel), minutes=30)
    second = ago(a_publication(channel), minutes=20)
    missed(first)
    assert control.resume_preview(channel, now()) == {
        "due": 1,
        "late": 1,
        "upcoming": 0,
    }
    with pytest.raises(DomainError) as refused:
        control.resume_channel(channel, actor=editor, now=now(), how="spaced")
    assert refused.value.code == "needs_sign_in"
    Channel.objects.update(health="good")
    channel.refresh_from_db()
    moment = now()
    control.resume_channel(channel, actor=editor, now=moment, how="spaced")
    gap = fresh(second).next_attempt_at - fresh(first).next_attempt_at
    assert gap == timedelta(minutes=5)


def test_a_channel_that_rests_goes_on_at_once_when_a_person_says_so(
    editor: User,
) -> None:
    publication = a_publication()
    ChannelFlow.objects.create(
        channel=publication.channel,
        failures=4,
        blocked_until=now() + timedelta(minutes=10),
    )
    control.resume_channel(publication.channel, actor=editor, now=now(), how="kept")
    assert len(ledger.claim(10)) == 1


def test_a_pace_is_the_models_own_until_it_is_taken_back(admin: User) -> None:
    creator = CreatorFactory()
    control.set_pace(creator, actor=admin, daily_cap=3)
    pace = control.set_pace(creator, actor=admin, min_spacing_minutes=10)
    assert (pace.min_spacing_minutes, pace.daily_cap) == (10, 3)
    pace = control.set_pace(creator, actor=admin, daily_cap=None)
    assert (pace.min_spacing_minutes, pace.daily_cap) == (10, None)
    with pytest.raises(TypeError):
        control.set_pace(creator, actor=admin, mood=1)


def test_a_stop_holds_posts_planned_meanwhile(admin: User) -> None:
    channel = a_channel()
    control.stop_publishing(channel.creator, actor=admin, now=now())
    plan_post(
        actor=admin, now=now(), models=[channel.creator.slug], content="Good morning"
    )
    a_post(channel)
    assert ledger.claim(10) == []


def test_a_stop_pressed_while_it_is_lifted_stays(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    control.stop_publishing(None, actor=admin, now=timezone.now())
    carry_on = resuming.carry_on

    def slowly(scope: Any, how: str, now: Any) -> list[Any]:
        control.stop_publishing(None, actor=admin, now=timezone.now())
        return carry_on(scope, how, now)

    monkeypatch.setattr(resuming, "carry_on", slowly)
    with pytest.raises(DomainError) as refused:
        control.resume_publishing(None, actor=admin, now=timezone.now(), how="kept")
    assert refused.value.code == "stopped_again"
    assert PanicStop.objects.filter(key="all").exists()
