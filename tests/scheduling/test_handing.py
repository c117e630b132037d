"""Handing over by hand: ready in time, one person each, posted once or missed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from library.models import MediaItem
from metrics.models import AuditEvent
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling.models import (
    Channel,
    PanicStop,
    Post,
    Publication,
    PublishAttempt,
)
from scheduling.publishing import handing
from scheduling.publishing.publisher import Publisher
from scheduling.services.editing import edit_post
from scheduling.services.handing import (
    claim_hand_over,
    complete_hand_over,
    release_hand_over,
    skip_hand_over,
)
from scheduling.services.posts import cancel_post, reschedule_post, retry_post
from scheduling.states import recompute
from tests.factories import UserFactory
from tests.library.test_races import at_once
from tests.scheduling.handing_over import by_hand, planned, ready, run_out
from tests.scheduling.planning import a_post, a_publication, put, stored_picture

P = Publication.State


@pytest.fixture
def ana(person: Callable[..., User]) -> User:
    return person("view", username="ana")


@pytest.fixture
def bo(person: Callable[..., User]) -> User:
    return person("view", username="bo")


def refused(deed: Callable[[], object]) -> DomainError:
    with pytest.raises(DomainError) as caught:
        deed()
    return caught.value


def fresh(row: Publication) -> Publication:
    return Publication.objects.select_related("post").get(pk=row.pk)


@pytest.mark.django_db
class TestReady:
    def test_it_is_offered_a_quarter_of_an_hour_ahead_with_its_text_frozen(
        self,
    ) -> None:
        picture = stored_picture()
        soon = planned(14, media_ids=[picture.pk], content="Salt on everything")
        later = planned(16)
        assert handing.sweep_by_hand() == 1
        soon, later = fresh(soon), fresh(later)
        assert (soon.state, later.state) == (P.READY, P.SCHEDULED)
        assert soon.payload is not None
        assert soon.payload["content"] == "Salt on everything"
        assert [one["id"] for one in soon.payload["media"]] == [str(picture.pk)]
        assert soon.post.state == Post.State.SCHEDULED

    @pytest.mark.django_db(transaction=True)
    def test_the_publisher_offers_and_never_sends_it(self) -> None:
        row = planned(0)
        Publisher().run_once()
        Publisher().run_once()
        assert fresh(row).state == P.READY
        assert not PublishAttempt.objects.exists()

    def test_what_another_way_reaches_is_not_offered(self) -> None:
        row = a_publication(schedule_time=timezone.now() + timedelta(minutes=5))
        handing.sweep_by_hand()
        assert fresh(row).state == P.SCHEDULED

    def test_media_that_are_gone_are_said_before_anybody_posts(self) -> None:
        picture = stored_picture(name="beach.jpg")
        row = planned(5, media_ids=[picture.pk])
        MediaItem.objects.filter(pk=picture.pk).update(trashed_at=timezone.now())
        handing.sweep_by_hand()
        row = fresh(row)
        assert (row.state, row.error_code) == (P.FAILED, "media_missing")
        assert "beach.jpg" in row.error

    @pytest.mark.parametrize("everybody", [True, False])
    def test_a_stopped_models_posts_are_not_offered(
        self, ana: User, everybody: bool
    ) -> None:
        row = planned(5)
        offered = ready(5)
        creator = row.channel.creator
        Publication.objects.filter(pk=row.pk).update(state=P.SCHEDULED)
        for key, whom in [
            (PanicStop.EVERYONE, None) if everybody else (str(creator.pk), creator)
        ]:
            PanicStop.objects.create(
                key=key, creator=whom, stopped_at=timezone.now(), reason="A leak"
            )
        handing.sweep_by_hand()
        assert fresh(row).state == P.SCHEDULED
        error = refused(lambda: claim_hand_over(row.pk, actor=ana))
        assert (error.code, error.status) == ("stopped", 409)
        if everybody:
            assert refused(lambda: claim_hand_over(offered.pk, actor=ana)).code == (
                "stopped"
            )
        else:
            claim_hand_over(offered.pk, actor=ana)

    def test_nobody_took_it_within_the_hour_so_it_is_missed(self) -> None:
        row = ready(-55)
        put(row, late_after=timezone.now() - timedelta(seconds=1))
        assert handing.sweep_by_hand() == 1
        row = fresh(row)
        assert (row.state, row.error_code) == (P.MISSED, "not_handed_over")
        assert row.post.state == Post.State.MISSED
        assert AuditEvent.objects.filter(action="publication.missed").exists()

    def test_it_is_not_missed_while_somebody_has_it(self, ana: User) -> None:
        row = ready(-55)
        claim_hand_over(row.pk, actor=ana)
        put(row, late_after=timezone.now() - timedelta(seconds=1))
        handing.sweep_by_hand()
        assert fresh(row).state == P.CLAIMED
        run_out(row)
        handing.sweep_by_hand()
        assert fresh(row).state == P.MISSED

    def test_a_missed_one_is_offered_once_more_when_it_is_tried_again(
        self, editor: User
    ) -> None:
        row = ready(-59)
        put(row, late_after=timezone.now() - timedelta(seconds=1))
        handing.sweep_by_hand()
        retry_post(row.post_id, actor=editor, now=timezone.now())
        handing.sweep_by_hand()
        row = fresh(row)
        assert (row.state, row.error) == (P.READY, "")


@pytest.mark.django_db
class TestClaim:
    def test_whoever_takes_it_has_it_for_twenty_minutes(self, ana: User) -> None:
        row = ready()
        claim_hand_over(row.pk, actor=ana)
        row = fresh(row)
        assert (row.state, row.claimed_by) == (P.CLAIMED, ana)
        assert row.claimed_until is not None
        left = row.claimed_until - timezone.now()
        assert timedelta(minutes=19) < left <= timedelta(minutes=20)
        (event,) = AuditEvent.objects.filter(action="hand_over.taken")
        assert event.actor == ana

    def test_nobody_else_can_take_it_meanwhile(self, ana: User, bo: User) -> None:
        row = ready()
        claim_hand_over(row.pk, actor=ana)
        error = refused(lambda: claim_hand_over(row.pk, actor=bo))
        assert (error.code, error.status) == ("already_claimed", 409)
        assert error.payload["claimed_by"] == "ana"
        assert "ana has it in hand until" in error.message
        assert fresh(row).claimed_by == ana

    def test_the_claimer_keeps_it_longer(self, ana: User) -> None:
        row = ready()
        claim_hand_over(row.pk, actor=ana)
        put(row, claimed_until=timezone.now() + timedelta(minutes=2))
        claim_hand_over(row.pk, actor=ana)
        until = fresh(row).claimed_until
        assert until is not None
        assert until > timezone.now() + timedelta(minutes=19)
        assert AuditEvent.objects.filter(action="hand_over.taken").count() == 1

    def test_it_may_be_kept_beyond_the_hour(self, ana: User) -> None:
        row = ready(-59)
        claim_hand_over(row.pk, actor=ana)
        put(row, late_after=timezone.now() - timedelta(seconds=1))
        claim_hand_over(row.pk, actor=ana)
        assert fresh(row).state == P.CLAIMED

    def test_one_that_ran_out_is_anybodys(self, ana: User, bo: User) -> None:
        row = ready()
        claim_hand_over(row.pk, actor=ana)
        run_out(row)
        claim_hand_over(row.pk, actor=bo)
        assert fresh(row).claimed_by == bo

    def test_one_that_ran_out_is_offered_again(self, ana: User) -> None:
        row = ready()
        claim_hand_over(row.pk, actor=ana)
        run_out(row)
        assert handing.sweep_by_hand() == 1
        assert fresh(row).state == P.READY

    def test_the_edit_level_takes_over_and_the_view_level_does_not(
        self, ana: User, bo: User, editor: User
    ) -> None:
        row = ready()
        claim_hand_over(row.pk, actor=ana)
        error = refused(lambda: claim_hand_over(row.pk, actor=bo, take_over=True))
        assert error.status == 403
        assert refused(lambda: claim_hand_over(row.pk, actor=editor)).status == 409
        claim_hand_over(row.pk, actor=editor, take_over=True)
        assert fresh(row).claimed_by == editor
        gone = refused(
            lambda: complete_hand_over(row.pk, actor=ana, now=timezone.now())
        )
        assert gone.payload["claimed_by"] == "editor"

    def test_it_is_offered_although_no_publisher_came_by(self, ana: User) -> None:
        row = planned(10)
        claim_hand_over(row.pk, actor=ana)
        row = fresh(row)
        assert row.state == P.CLAIMED
        assert row.payload is not None

    def test_what_is_hours_ahead_cannot_be_taken_yet(self, ana: User) -> None:
        row = planned(120)
        error = refused(lambda: claim_hand_over(row.pk, actor=ana))
        assert (error.code, error.status) == ("not_ready", 409)
        assert fresh(row).state == P.SCHEDULED

    def test_nothing_is_taken_of_an_account_that_is_out_of_use(self, ana: User) -> None:
        row = ready()
        Channel.objects.update(is_active=False)
        error = refused(lambda: claim_hand_over(row.pk, actor=ana))
        assert (error.code, error.status) == ("channel_inactive", 409)
        assert fresh(row).state == P.READY

    def test_what_a_program_sends_cannot_be_taken(self, ana: User) -> None:
        row = a_publication()
        assert refused(lambda: claim_hand_over(row.pk, actor=ana)).code == "not_by_hand"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("already", [True, False], ids=["offered", "not yet offered"])
def test_of_two_people_one_has_it(already: bool) -> None:
    people = UserFactory.create_batch(4)
    row = ready() if already else planned(10)

    def take(person: User) -> str:
        try:
            claim_hand_over(row.pk, actor=person)
        except DomainError as error:
            return error.code
        return person.username

    answers = at_once(*(lambda one=one: take(one) for one in people))
    won = [one for one in answers if one != "already_claimed"]
    assert won == [fresh(row).claimed_by.username]  # type: ignore[union-attr]


@pytest.mark.django_db
class TestPosted:
    def test_it_is_published_with_its_link_and_counted(self, ana: User) -> None:
        picture = stored_picture()
        row = ready(media_ids=[picture.pk])
        claim_hand_over(row.pk, actor=ana)
        now = timezone.now()
        link = "https://www.instagram.com/p/abc/"
        complete_hand_over(row.pk, actor=ana, now=now, url=link)
        row = fresh(row)
        assert (row.state, row.url, row.published_at) == (P.PUBLISHED, link, now)
        assert (row.external_id, row.error, row.claimed_until) == ("", "", None)
        assert row.post.state == Post.State.COMPLETED
        picture.refresh_from_db()
        assert picture.used_count == 1
        (event,) = AuditEvent.objects.filter(action="publication.published")
        assert event.actor == ana

    def test_saying_so_twice_changes_nothing(self, ana: User, bo: User) -> None:
        picture = stored_picture()
        row = ready(media_ids=[picture.pk])
        claim_hand_over(row.pk, actor=ana)
        now = timezone.now()
        complete_hand_over(row.pk, actor=ana, now=now, url="https://x.com/1")
        later = now + timedelta(minutes=3)
        complete_hand_over(row.pk, actor=ana, now=later, url="https://x.com/2")
        assert (fresh(row).published_at, fresh(row).url) == (now, "https://x.com/1")
        picture.refresh_from_db()
        assert picture.used_count == 1
        other = refused(lambda: complete_hand_over(row.pk, actor=bo, now=later))
        assert "ana has posted it already" in other.message

    def test_only_who_has_it_can_say_so(self, ana: User, bo: User) -> None:
        row = ready()
        now = timezone.now()
        error = refused(lambda: complete_hand_over(row.pk, actor=ana, now=now))
        assert error.code == "not_claimed"
        claim_hand_over(row.pk, actor=ana)
        assert refused(lambda: complete_hand_over(row.pk, actor=bo, now=now)).code == (
            "already_claimed"
        )

    @pytest.mark.parametrize("late", [False, True], ids=["ran out", "missed"])
    def test_what_is_posted_is_posted_though_the_time_was_over(
        self, ana: User, late: bool
    ) -> None:
        row = ready(-50)
        claim_hand_over(row.pk, actor=ana)
        run_out(row)
        if late:
            put(row, late_after=timezone.now() - timedelta(seconds=1))
        handing.sweep_by_hand()
        handing.sweep_by_hand()
        assert fresh(row).state == (P.MISSED if late else P.READY)
        complete_hand_over(row.pk, actor=ana, now=timezone.now())
        assert fresh(row).state == P.PUBLISHED
        assert fresh(row).post.state == Post.State.COMPLETED


@pytest.mark.django_db
class TestGivenBack:
    def test_a_released_one_is_anybodys(self, ana: User, bo: User) -> None:
        row = ready()
        claim_hand_over(row.pk, actor=ana)
        assert refused(lambda: release_hand_over(row.pk, actor=bo)).status == 409
        release_hand_over(row.pk, actor=ana)
        assert (fresh(row).state, fresh(row).claimed_by) == (P.READY, None)
        claim_hand_over(row.pk, actor=bo)

    def test_it_is_skipped_with_a_reason_and_that_can_be_taken_back(
        self, ana: User
    ) -> None:
        row = ready()
        assert refused(lambda: skip_hand_over(row.pk, actor=ana)).code == "not_claimed"
        claim_hand_over(row.pk, actor=ana)
        skip_hand_over(row.pk, actor=ana, reason="The account is locked.")
        skipped = fresh(row)
        assert (skipped.state, skipped.error) == (P.SKIPPED, "The account is locked.")
        assert skipped.post.state == Post.State.CANCELLED
        release_hand_over(row.pk, actor=ana)
        assert (fresh(row).state, fresh(row).error) == (P.READY, "")
        assert fresh(row).post.state == Post.State.SCHEDULED

    def test_a_skip_of_somebody_else_stays(self, ana: User, bo: User) -> None:
        row = ready()
        claim_hand_over(row.pk, actor=ana)
        skip_hand_over(row.pk, actor=ana)
        assert refused(lambda: release_hand_over(row.pk, actor=bo)).status == 409
        assert fresh(row).state == P.SKIPPED


@pytest.mark.django_db
class TestEditing:
    def edit(self, row: Publication, editor: User, **changes: object) -> None:
        version = Post.objects.get(pk=row.post_id).version
        edit_post(
            row.post_id,
            actor=editor,
            now=timezone.now(),
            version=version,
            changes=changes,
        )

    def test_what_is_ready_may_change_and_is_made_ready_anew(
        self, editor: User
    ) -> None:
        row = ready(content="Before")
        self.edit(row, editor, content="After")
        assert (fresh(row).state, fresh(row).payload) == (P.SCHEDULED, None)
        handing.sweep_by_hand()
        payload = fresh(row).payload
        assert payload is not None
        assert payload["content"] == "After"

    def test_what_somebody_has_in_hand_does_not_change(
        self, ana: User, editor: User
    ) -> None:
        row = ready(content="Before")
        claim_hand_over(row.pk, actor=ana)
        error = refused(lambda: self.edit(row, editor, content="After"))
        assert error.status == 409
        assert "ana has it in hand" in error.message
        assert fresh(row).content == "Before"
        run_out(row)
        self.edit(row, editor, content="After")
        assert fresh(row).content == "After"

    def test_what_is_ready_moves_and_is_cancelled(self, editor: User) -> None:
        row = ready()
        later = timezone.now() + timedelta(days=1)
        reschedule_post(
            row.post_id, actor=editor, now=timezone.now(), schedule_time=later
        )
        assert (fresh(row).state, fresh(row).publish_at) == (P.SCHEDULED, later)
        cancel_post(row.post_id, actor=editor)
        assert fresh(row).state == P.CANCELLED

    def test_what_was_edited_after_a_skip_comes_back_with_its_new_text(
        self, ana: User, editor: User
    ) -> None:
        row = ready(content="Old")
        claim_hand_over(row.pk, actor=ana)
        skip_hand_over(row.pk, actor=ana)
        edit_post(
            row.post_id,
            actor=editor,
            now=timezone.now(),
            version=fresh(row).post.version,
            changes={"content": "New"},
        )
        release_hand_over(row.pk, actor=ana)
        handing.sweep_by_hand()
        row = fresh(row)
        assert (row.state, row.payload["content"]) == (P.READY, "New")

    def test_what_was_skipped_can_be_planned_again(
        self, ana: User, editor: User
    ) -> None:
        row = ready()
        claim_hand_over(row.pk, actor=ana)
        skip_hand_over(row.pk, actor=ana)
        later = timezone.now() + timedelta(days=1)
        reschedule_post(
            row.post_id, actor=editor, now=timezone.now(), schedule_time=later
        )
        assert (fresh(row).state, fresh(row).claimed_by) == (P.SCHEDULED, None)


@pytest.mark.django_db
def test_a_post_by_hand_and_by_program_is_half_done_until_both_are(ana: User) -> None:
    channel = by_hand()
    other = a_publication().channel
    post = a_post(channel, other)
    rows = {one.channel_id: one for one in post.publications.all()}
    put(rows[other.pk], state=P.PUBLISHED, next_attempt_at=None)
    handing.sweep_by_hand()
    recompute(post)
    assert post.state == Post.State.PUBLISHING
    claim_hand_over(rows[channel.pk].pk, actor=ana)
    complete_hand_over(rows[channel.pk].pk, actor=ana, now=timezone.now())
    post.refresh_from_db()
    assert post.state == Post.State.COMPLETED
