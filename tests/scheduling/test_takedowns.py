"""Taking posts down: by API where there is one, else by a person; whoever dies."""

from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from metrics.models import AuditEvent
from promura_site import periodic
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling.models import Publication, Takedown
from scheduling.publishing import takedowns
from scheduling.publishing.connectors.base import PublishError
from scheduling.publishing.connectors.outbox import OutboxConnector
from scheduling.services.takedown import (
    finish_takedown,
    take_down_post,
    take_down_publication,
)
from tests.library.test_races import at_once
from tests.scheduling.handing_over import by_hand
from tests.scheduling.planning import (
    a_channel,
    a_post,
    a_publication,
    put,
)

P = Publication.State
T = Takedown.State


class Deleting(OutboxConnector):
    """A platform that takes posts down, or says why not."""

    name: ClassVar[str] = "deleting"
    platform: ClassVar[str] = "deleting"
    deletes: ClassVar[bool] = True
    asked: ClassVar[list[str]] = []
    answers: ClassVar[list[Exception]] = []

    def delete(self, external_id: str) -> None:
        Deleting.asked.append(external_id)
        if Deleting.answers:
            raise Deleting.answers.pop(0)


@pytest.fixture(autouse=True)
def _deleting(settings: Any) -> None:
    settings.PROMURA_CONNECTORS = {"deleting": f"{__name__}.Deleting"}
    Deleting.asked, Deleting.answers = [], []


def published(connector: str = "deleting", **fields: Any) -> Publication:
    channel = a_channel(platform=connector, connector=connector)
    row = a_publication(channel)
    known = {"external_id": "post-1", "next_attempt_at": None, **fields}
    return put(row, state=P.PUBLISHED, published_at=timezone.now(), **known)


def requested(actor: User, **fields: Any) -> Takedown:
    row = published(**fields)
    take_down_publication(row.pk, actor=actor, now=timezone.now())
    return Takedown.objects.get(publication=row)


def busy(retry_after: float | None = None) -> PublishError:
    return PublishError(
        "It is busy.", permanent=False, code="unavailable", retry_after=retry_after
    )


@pytest.mark.django_db
class TestByApi:
    def test_it_is_deleted_once_and_the_publication_stays_as_it_was(
        self, editor: User
    ) -> None:
        row = requested(editor)
        assert row.state == T.WAITING
        assert takedowns.take_down_due() == 1
        assert takedowns.take_down_due() == 0
        row.refresh_from_db()
        assert (row.state, row.error, row.done_by) == (T.DONE, "", None)
        assert row.done_at is not None
        assert Deleting.asked == ["post-1"]
        publication = Publication.objects.get()
        assert (publication.state, publication.external_id) == (P.PUBLISHED, "post-1")
        said = AuditEvent.objects.values_list("action", flat=True)
        assert {"publication.takedown_requested", "publication.taken_down"} <= set(said)

    def test_the_publisher_does_it_with_its_recurring_work(self, editor: User) -> None:
        requested(editor)
        periodic._create_rows("default", sender=_Ground)
        periodic.run_due(timezone.now() + timedelta(seconds=1))
        assert Takedown.objects.get().state == T.DONE

    def test_a_busy_platform_is_asked_again_later(self, editor: User) -> None:
        row = requested(editor)
        Deleting.answers = [busy(retry_after=90)]
        takedowns.take_down_due()
        row.refresh_from_db()
        assert (row.state, row.error, row.tries) == (T.WAITING, "It is busy.", 1)
        assert row.lease_until is None
        assert row.next_attempt_at is not None
        assert row.next_attempt_at > timezone.now() + timedelta(seconds=80)
        assert takedowns.take_down_due() == 0
        Takedown.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
        takedowns.take_down_due()
        row.refresh_from_db()
        assert (row.state, row.error) == (T.DONE, "")

    def test_what_no_program_gets_down_becomes_a_persons_task(
        self, editor: User
    ) -> None:
        row = requested(editor)
        for _ in range(takedowns.TRIES):
            Deleting.answers = [busy()]
            past = timezone.now() - timedelta(seconds=1)
            Takedown.objects.update(next_attempt_at=past)
            takedowns.take_down_due()
        row.refresh_from_db()
        assert (row.state, row.tries) == (T.BY_HAND, takedowns.TRIES)
        assert AuditEvent.objects.filter(action="publication.takedown_by_hand").exists()

    @pytest.mark.parametrize(
        "answer",
        [PublishError("Not yours.", permanent=True, code="refused"), busy()],
        ids=["refused", "busy"],
    )
    def test_a_refusal_becomes_one_at_once_and_trouble_does_not(
        self, editor: User, answer: PublishError
    ) -> None:
        row = requested(editor)
        Deleting.answers = [answer]
        takedowns.take_down_due()
        row.refresh_from_db()
        assert row.state == (T.BY_HAND if answer.permanent else T.WAITING)
        assert row.error == answer.message

    def test_a_connector_that_breaks_is_tried_again(self, editor: User) -> None:
        row = requested(editor)
        Deleting.answers = [ZeroDivisionError()]
        takedowns.take_down_due()
        row.refresh_from_db()
        assert row.state == T.WAITING
        assert "broke" in row.error

    def test_who_dies_on_the_way_is_followed_when_the_lease_ends(
        self, editor: User
    ) -> None:
        row = requested(editor)
        ahead = timezone.now() + timedelta(minutes=1)
        Takedown.objects.update(lease_until=ahead, tries=1)
        assert takedowns.take_down_due() == 0
        Takedown.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert takedowns.take_down_due() == 1
        row.refresh_from_db()
        assert (row.state, row.tries) == (T.DONE, 2)

    def test_what_is_still_to_come_of_the_post_is_cancelled(self, editor: User) -> None:
        first, second = (
            a_channel(platform="deleting", connector="deleting") for _ in range(2)
        )
        post = a_post(first, second)
        out, waits = post.publications.order_by("pk")
        put(out, state=P.PUBLISHED, external_id="post-1", next_attempt_at=None)
        take_down_post(post.pk, actor=editor, now=timezone.now())
        waits.refresh_from_db()
        assert waits.state == P.CANCELLED
        assert Takedown.objects.get().publication == out

    def test_a_person_may_be_quicker(self, editor: User, viewer: User) -> None:
        row = requested(editor)
        # On the view level one only does what is left to people.
        with pytest.raises(DomainError) as refused:
            finish_takedown(row.pk, actor=viewer, now=timezone.now())
        assert refused.value.status == 403
        finish_takedown(row.pk, actor=editor, now=timezone.now())
        assert takedowns.take_down_due() == 0
        row.refresh_from_db()
        assert (row.state, row.done_by) == (T.DONE, editor)


class _Ground:
    label = "promura_site"


@pytest.mark.django_db
class TestByHand:
    def test_without_an_api_it_is_a_persons_task_from_the_start(
        self, editor: User, viewer: User
    ) -> None:
        row = requested(editor, connector="outbox")
        assert (row.state, row.next_attempt_at) == (T.BY_HAND, None)
        now = timezone.now()
        finish_takedown(row.pk, actor=viewer, now=now)
        finish_takedown(row.pk, actor=editor, now=now + timedelta(minutes=1))
        row.refresh_from_db()
        assert (row.state, row.done_by, row.done_at) == (T.DONE, viewer, now)
        assert AuditEvent.objects.filter(action="publication.taken_down").count() == 1

    def test_without_the_platforms_id_no_program_could_find_it(
        self, editor: User
    ) -> None:
        assert requested(editor, external_id="").state == T.BY_HAND

    def test_nobody_takes_down_what_is_not_published(self, editor: User) -> None:
        row = a_publication()
        for deed in (
            lambda: take_down_publication(row.pk, actor=editor, now=timezone.now()),
            lambda: take_down_post(row.post_id, actor=editor, now=timezone.now()),
            lambda: finish_takedown(row.pk, actor=editor, now=timezone.now()),
        ):
            with pytest.raises(DomainError) as caught:
                deed()
            assert caught.value.status == 409

    def test_of_a_post_all_that_is_published_is_taken_down(self, editor: User) -> None:
        hand, api, waiting = by_hand(), a_channel(connector="deleting"), a_channel()
        post = a_post(hand, api, waiting)
        for channel in (hand, api):
            put(
                post.publications.get(channel=channel),
                state=P.PUBLISHED,
                external_id="x" if channel is api else "",
                next_attempt_at=None,
            )
        take_down_post(post.pk, actor=editor, now=timezone.now())
        take_down_post(post.pk, actor=editor, now=timezone.now())
        states = {one.publication.channel_id: one.state for one in _takedowns()}
        assert states == {hand.pk: T.BY_HAND, api.pk: T.WAITING}


def _takedowns() -> Any:
    return Takedown.objects.select_related("publication")


@pytest.mark.django_db(transaction=True)
def test_of_several_publishers_one_asks(editor: User) -> None:
    requested(editor)
    assert sorted(at_once(*[takedowns.take_down_due] * 3)) == [0, 0, 1]
    assert Deleting.asked == ["post-1"]


@pytest.mark.django_db
class TestApi:
    def test_it_is_asked_for_shown_and_done(
        self, as_editor: APIClient, as_viewer: APIClient
    ) -> None:
        row = published("outbox")
        path = f"/api/publications/{row.pk}"
        answer = as_editor.post(f"{path}/takedown").json()
        assert answer["message"] == "It is being taken down"
        shown = answer["publication"]["takedown"]
        assert (shown["state"], shown["done_at"], shown["error"]) == (
            "by_hand",
            None,
            "",
        )
        assert answer["publication"]["status"] == "published"
        assert as_viewer.post(f"{path}/takedown").status_code == 403
        answer = as_viewer.post(f"{path}/takedown/done").json()
        assert answer["publication"]["takedown"]["state"] == "done"
        assert answer["publication"]["takedown"]["done_at"]

    def test_a_post_is_taken_down_everywhere(self, as_editor: APIClient) -> None:
        row = published()
        answer = as_editor.post(f"/api/posts/{row.post_id}/takedown").json()
        (shown,) = answer["post"]["publications"]
        assert shown["takedown"]["state"] == "waiting"

    def test_what_is_not_published_is_refused(
        self, as_editor: APIClient, anonymous: APIClient
    ) -> None:
        row = a_publication()
        for path in (f"publications/{row.pk}", f"posts/{row.post_id}"):
            answer = as_editor.post(f"/api/{path}/takedown")
            assert (answer.status_code, answer.json()["code"]) == (
                409,
                "nothing_to_take_down",
            )
            assert anonymous.post(f"/api/{path}/takedown").status_code == 401
        nobody = "0195f1d2-7c00-7000-8000-000000000001"
        for path in (
            f"publications/{nobody}/takedown",
            f"publications/{nobody}/takedown/done",
            f"posts/{nobody}/takedown",
        ):
            assert as_editor.post(f"/api/{path}").status_code == 404
