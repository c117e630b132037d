"""Media goes out only where and when it is cleared, or when an owner says so."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from library.models import Creator, MediaItem, Rating
from promura_site import events
from promura_site.models import User
from scheduling import clearing
from scheduling.models import Channel, Post, Publication
from scheduling.publishing import ledger
from scheduling.reasons import reason_for
from tests.factories import MONDAY_NOON, ChannelFactory, CreatorFactory
from tests.factories import MediaItemFactory as MediaFactory
from tests.scheduling.planning import a_post, put

pytestmark = pytest.mark.django_db

P = Publication.State
HOUR = timedelta(hours=1)


@pytest.fixture
def lea() -> Channel:
    return ChannelFactory(creator=CreatorFactory(slug="lea", name="Lea"), handle="@lea")


@pytest.fixture
def mia() -> Channel:
    return ChannelFactory(creator=CreatorFactory(slug="mia", name="Mia"), handle="@mia")


@pytest.fixture
def told() -> Iterator[list[events.Event]]:
    heard: list[events.Event] = []

    def listen(event: events.Event, **kwargs: Any) -> None:
        heard.append(event)

    events.happened.connect(listen)
    yield heard
    events.happened.disconnect(listen)


def picture(*creators: Creator, **fields: Any) -> MediaItem:
    item = MediaFactory(**fields)
    item.creators.set(creators)
    return item


def rules(item: MediaItem, channel: Channel, at: datetime | None) -> list[str]:
    return [bar.rule for bar in clearing.bars([item], channel, at)]


def plan(*media: MediaItem, **changes: Any) -> dict[str, Any]:
    ids = [str(item.pk) for item in media]
    return {"content": "Hi", "models": ["lea", "mia"], "media_ids": ids} | changes


def test_media_goes_out_for_its_models_and_without_any_for_all(
    lea: Channel, mia: Channel
) -> None:
    hers = picture(lea.creator)
    assert rules(hers, lea, None) == []
    assert rules(hers, mia, None) == [clearing.MODEL]
    assert rules(picture(), mia, None) == []
    assert rules(picture(lea.creator, mia.creator), mia, None) == []


@pytest.mark.parametrize(
    ("rating", "most", "barred"),
    [
        (Rating.GENERAL, Rating.GENERAL, False),
        (Rating.SUGGESTIVE, Rating.GENERAL, True),
        (Rating.EXPLICIT, Rating.SUGGESTIVE, True),
        (Rating.SUGGESTIVE, Rating.EXPLICIT, False),
    ],
)
def test_a_channel_takes_media_up_to_its_rating(
    rating: Rating, most: Rating, barred: bool
) -> None:
    found = rules(picture(rating=rating), ChannelFactory(max_rating=most), None)
    assert bool(found) is barred


@pytest.mark.parametrize(
    ("hours", "found"),
    [(-1, ["not_before"]), (0, []), (1, []), (2, []), (3, ["until"])],
)
def test_an_embargo_holds_outside_of_its_times(
    lea: Channel, hours: int, found: list[str]
) -> None:
    item = picture(not_before=MONDAY_NOON, until=MONDAY_NOON + 2 * HOUR)
    assert rules(item, lea, MONDAY_NOON + hours * HOUR) == found
    assert rules(item, lea, None) == []


def test_a_plan_with_media_that_is_not_cleared_names_each_and_is_refused(
    as_editor: APIClient, lea: Channel, mia: Channel
) -> None:
    Channel.objects.filter(pk=lea.pk).update(max_rating=Rating.GENERAL)
    soon = timezone.now() + 24 * HOUR
    hers = picture(lea.creator, name="hers.jpg")
    bare = picture(name="bare.jpg", rating=Rating.EXPLICIT)
    later = picture(name="later.jpg", not_before=soon)
    response = as_editor.post("/api/posts", plan(hers, bare, later))
    assert response.status_code == 409
    body = response.json()
    assert body["code"] == "media_not_cleared"
    found = {(one["media_name"], one["rule"], one["model"]) for one in body["problems"]}
    assert found == {
        ("hers.jpg", "model", "mia"),
        ("bare.jpg", "rating", "lea"),
        ("later.jpg", "not_before", "lea"),
        ("later.jpg", "not_before", "mia"),
    }
    (rated,) = [one for one in body["problems"] if one["rule"] == "rating"]
    assert rated["channel"] == str(lea.pk)
    assert rated["media"] == str(bare.pk)
    assert "explicit" in rated["text"]
    assert "general" in rated["text"]
    assert not Post.objects.exists()


def test_a_draft_is_warned_and_refused_when_it_is_planned(
    as_editor: APIClient, lea: Channel, mia: Channel
) -> None:
    hers = picture(lea.creator)
    draft = as_editor.post("/api/posts", plan(hers, draft=True))
    assert draft.status_code == 201
    (warning,) = draft.json()["warnings"]
    assert (warning["code"], warning["model"]) == ("media_not_cleared", "mia")
    url = f"/api/posts/{draft.json()['post']['id']}"
    planned = as_editor.patch(url, {"version": 1, "draft": False})
    assert planned.status_code == 409
    moved = as_editor.post(f"{url}/reschedule", {})
    assert moved.status_code == 409
    assert moved.json()["code"] == "media_not_cleared"


def test_edits_and_moves_are_checked_for_what_they_bring(
    as_editor: APIClient, lea: Channel, mia: Channel
) -> None:
    at = (timezone.now() + 24 * HOUR).replace(microsecond=0)
    short = picture(until=at + HOUR)
    post = a_post(lea, schedule_time=at, media_ids=[short.pk])
    url = f"/api/posts/{post.pk}"
    later = {"schedule_time": (at + 2 * HOUR).isoformat()}
    assert as_editor.patch(url, {"version": 1, **later}).status_code == 409
    assert as_editor.post(f"{url}/reschedule", later).status_code == 409
    hers = [str(short.pk), str(picture(mia.creator).pk)]
    added = as_editor.patch(url, {"version": 1, "media_ids": hers})
    assert [one["model"] for one in added.json()["problems"]] == ["lea"]
    MediaItem.objects.filter(pk=short.pk).update(rating=Rating.EXPLICIT)
    Channel.objects.filter(pk=lea.pk).update(max_rating=Rating.GENERAL)
    assert as_editor.patch(url, {"version": 1, "content": "N"}).status_code == 409
    post.refresh_from_db()
    assert post.version == 1


def test_an_owner_lets_media_out_with_a_reason_on_record(
    as_admin: APIClient,
    admin: User,
    lea: Channel,
    mia: Channel,
    told: list[events.Event],
) -> None:
    hers = picture(lea.creator)
    reason = "Mia is in the picture, too."
    response = as_admin.post("/api/posts", plan(hers, override_clearance=reason))
    assert response.status_code == 201, response.json()
    assert response.json()["post"]["cleared"] == reason
    post = Post.objects.get()
    assert (post.cleared_by, post.cleared_because) == (admin, reason)
    assert post.cleared_at is not None
    (event,) = [one for one in told if one.action == "post.clearance_overridden"]
    assert (event.actor, event.ids) == (admin, (str(post.pk),))
    assert event.data["reason"] == reason
    assert event.data["media"] == [str(hers.pk)]
    assert len(ledger.claim(10)) == 2


def test_nobody_below_an_owner_overrides(
    as_editor: APIClient, lea: Channel, mia: Channel
) -> None:
    body = plan(picture(lea.creator), override_clearance="Please")
    response = as_editor.post("/api/posts", body)
    assert response.status_code == 403
    assert response.json()["code"] == "permission_denied"
    post = a_post(lea)
    url = f"/api/posts/{post.pk}"
    change = {"version": 1, "override_clearance": "Please"}
    assert as_editor.patch(url, change).status_code == 403
    moved = as_editor.post(f"{url}/reschedule", {"override_clearance": "Please"})
    assert moved.status_code == 403


def test_an_override_that_is_not_needed_is_not_kept(
    as_admin: APIClient, lea: Channel, mia: Channel, told: list[events.Event]
) -> None:
    as_admin.post("/api/posts", plan(override_clearance="Just in case"))
    assert Post.objects.get().cleared_because == ""
    assert "post.clearance_overridden" not in {one.action for one in told}


def test_an_override_covers_what_it_was_given_for_and_nothing_more(
    as_admin: APIClient, lea: Channel, mia: Channel
) -> None:
    hers = picture(lea.creator)
    at = (timezone.now() + 24 * HOUR).replace(microsecond=0)
    body = plan(hers, schedule_time=at.isoformat(), override_clearance="She is in it")
    url = f"/api/posts/{as_admin.post('/api/posts', body).json()['post']['id']}"
    text = as_admin.patch(url, {"version": 1, "content": "Other words"})
    assert text.status_code == 200
    assert text.json()["post"]["cleared"] == "She is in it"
    later = {"schedule_time": (at + HOUR).isoformat()}
    another = {"media_ids": [str(hers.pk), str(picture().pk)]}
    third = ChannelFactory(creator=mia.creator)
    wider = {"channels": [str(one.pk) for one in (lea, mia, third)]}
    for change in (later, another, wider):
        assert as_admin.patch(url, {"version": 2, **change}).status_code == 409
    assert as_admin.post(f"{url}/reschedule", later).status_code == 409
    again = {"version": 2, "override_clearance": "Still is", **later}
    assert as_admin.patch(url, again).json()["post"]["cleared"] == "Still is"
    fewer = as_admin.patch(url, {"version": 3, "channels": [str(mia.pk)]})
    assert fewer.json()["post"]["cleared"] == "Still is"
    none = as_admin.patch(url, {"version": 4, "models": ["lea"], **later})
    assert none.status_code == 200, none.json()
    assert none.json()["post"]["cleared"] is None


def test_media_is_checked_once_more_before_it_is_sent(
    lea: Channel, mia: Channel
) -> None:
    hers = picture(name="hers.jpg")
    post = a_post(lea, mia, media_ids=[hers.pk])
    hers.creators.set([lea.creator])
    (lease,) = ledger.claim(10)
    assert lease.publication.channel_id == lea.pk
    refused = post.publications.select_related("channel__creator").get(channel=mia)
    assert (refused.state, refused.error_code) == (P.FAILED, "media_not_cleared")
    reason = reason_for(refused, timezone.now(), beating=True)
    assert reason is not None
    assert (reason.code, reason.action) == ("media_not_cleared", "edit")
    assert reason.text == "hers.jpg is for Lea, not for Mia."
    assert refused.attempts_made == 0


def test_an_embargo_that_has_run_out_by_then_stops_a_late_post(lea: Channel) -> None:
    item = picture(until=timezone.now() + HOUR)
    post = a_post(lea, media_ids=[item.pk])
    MediaItem.objects.filter(pk=item.pk).update(until=timezone.now() - HOUR / 60)
    assert ledger.claim(10) == []
    assert post.publications.get().error_code == "media_not_cleared"


def test_an_override_does_not_cover_what_is_barred_later(
    as_admin: APIClient, lea: Channel, mia: Channel
) -> None:
    hers = picture(lea.creator)
    as_admin.post("/api/posts", plan(hers, override_clearance="She is in it"))
    Channel.objects.filter(pk=mia.pk).update(max_rating=Rating.GENERAL)
    MediaItem.objects.filter(pk=hers.pk).update(rating=Rating.EXPLICIT)
    leases = ledger.claim(10)
    assert [lease.publication.channel_id for lease in leases] == [lea.pk]


def test_what_failed_for_it_goes_out_once_an_owner_says_so(
    as_admin: APIClient, lea: Channel, mia: Channel
) -> None:
    hers = picture()
    post = a_post(mia, media_ids=[hers.pk])
    hers.creators.set([lea.creator])
    assert ledger.claim(10) == []
    body = {"override_clearance": "She is in it"}
    response = as_admin.post(f"/api/posts/{post.pk}/reschedule", body)
    assert response.status_code == 200, response.json()
    assert len(ledger.claim(10)) == 1


def test_a_doubtful_send_is_found_out_about_whatever_is_cleared(
    lea: Channel, mia: Channel
) -> None:
    hers = picture()
    post = a_post(mia, media_ids=[hers.pk])
    (lease,) = ledger.claim(10)
    put(lease.publication, state=P.UNKNOWN, next_attempt_at=timezone.now())
    hers.creators.set([lea.creator])
    assert len(ledger.claim(10)) == 1
    assert post.publications.get().state == P.LEASED


def test_checking_clearance_costs_the_same_for_many_channels(
    as_editor: APIClient, django_assert_max_num_queries: Any
) -> None:
    model = CreatorFactory(slug="lea")
    items = [picture(model) for _ in range(4)]
    ChannelFactory.create_batch(20, creator=model)
    body = plan(*items, models=["lea"])
    with django_assert_max_num_queries(45):
        assert as_editor.post("/api/posts", body).status_code == 201
