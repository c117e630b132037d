"""Many posts are moved or cancelled together, each by itself, and put back exactly."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library.models import MediaItem
from metrics.models import AuditEvent
from promura_site.ids import new_id
from scheduling import states
from scheduling.models import Post, Publication, PublishingPace
from scheduling.services.posts import cancel_post
from tests.factories import ChannelFactory, MediaItemFactory, UserFactory
from tests.scheduling.planning import LONG_AGO, a_channel, a_post, put

pytestmark = pytest.mark.django_db

MOVE = "/api/posts/bulk-reschedule"
CANCEL = "/api/posts/bulk-cancel"
BERLIN = ZoneInfo("Europe/Berlin")
# A Monday four weeks ahead, at a time of day that no zone skips.
DAY = (timezone.now() + timedelta(days=28)).date()
DAY -= timedelta(days=DAY.weekday())


def at(hour: int, minute: int = 0, days: int = 0) -> datetime:
    moment = datetime(DAY.year, DAY.month, DAY.day, hour, minute, tzinfo=UTC)
    return moment + timedelta(days=days)


def done(client, url, **body):
    answer = client.post(url, body, format="json")
    assert answer.status_code == 200, answer.content
    return answer.json()


def local(post: Post, zone: str) -> str:
    post.refresh_from_db()
    return f"{post.publish_at.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"


def everything(*posts: Post) -> list[object]:
    """Return all that an undo has to bring back."""
    ids = [post.pk for post in posts]
    plain = ("publish_at", "timezone", "state", "content", "cleared_for")
    parts = ("state", "publish_at", "late_after", "next_attempt_at", "error", "content")
    return [
        *Post.objects.filter(pk__in=ids).order_by("pk").values_list(*plain),
        *Publication.objects.filter(post__in=ids).order_by("pk").values_list(*parts),
    ]


@pytest.mark.parametrize("url", [MOVE, CANCEL])
def test_only_editors_may_change_many(anonymous, as_viewer, url):
    assert anonymous.post(url, {}, format="json").status_code == 401
    assert as_viewer.post(url, {}, format="json").status_code == 403


# Where they go


def test_each_goes_to_its_own_time(as_editor):
    one, other = (a_post(a_channel(), schedule_time=at(9)) for _ in range(2))
    items = [
        {"id": str(one.pk), "schedule_time": at(11).isoformat()},
        {
            "id": str(other.pk),
            "schedule_time": f"{DAY}T12:00",
            "timezone": "Asia/Tokyo",
        },
    ]
    body = done(as_editor, MOVE, items=items)
    assert body["updated_count"] == 2
    assert body["message"] == "2 posts rescheduled"
    assert (body["failures"], body["failed_ids"], body["dry_run"]) == ([], [], False)
    assert [one["id"] for one in body["results"]] == [str(one.pk), str(other.pk)]
    first = body["results"][0]
    assert first["schedule_time"] == f"{at(11):%Y-%m-%dT%H:%M:%S}Z"
    assert first["previous"]["schedule_time"] == f"{at(9):%Y-%m-%dT%H:%M:%S}Z"
    assert local(other, "Asia/Tokyo") == f"{DAY}T12:00"
    for post, hour in ((one, 11), (other, 3)):
        due = Publication.objects.get(post=post)
        assert (due.publish_at, due.next_attempt_at) == (at(hour), at(hour))
        assert due.late_after > due.publish_at


def test_another_date_keeps_the_time_of_day_on_the_models_clocks(as_editor):
    tokyo = a_channel(creator__timezone="Asia/Tokyo")
    # 08:00 in Tokyo on Monday is still Sunday where it was planned.
    post = a_post(tokyo, schedule_time=at(23, days=-1), timezone="America/New_York")
    assert local(post, "Asia/Tokyo") == f"{DAY}T08:00"
    thursday = DAY + timedelta(days=3)
    done(as_editor, MOVE, post_ids=[str(post.pk)], date=thursday.isoformat())
    assert local(post, "Asia/Tokyo") == f"{thursday}T08:00"
    assert post.timezone == "America/New_York"


def test_a_shift_of_days_keeps_nine_oclock_across_a_change_of_the_clocks(as_editor):
    year = timezone.now().year + 1
    saturday = date(year, 3, 31) - timedelta(days=(date(year, 3, 31).weekday() + 2) % 7)
    before = datetime.combine(saturday, datetime.min.time()).replace(hour=9)
    channel = a_channel(creator__timezone="Europe/Berlin")
    fixed = a_post(channel, schedule_time=before, timezone="Europe/Berlin")
    own = a_post(
        channel,
        a_channel(creator__timezone="Europe/Lisbon"),
        schedule_time=before + timedelta(hours=1),
        timezone="model",
    )
    ids = [str(fixed.pk), str(own.pk)]
    done(as_editor, MOVE, post_ids=ids, days=1)
    sunday = saturday + timedelta(days=1)
    assert local(fixed, "Europe/Berlin") == f"{sunday}T09:00"
    shown = {
        f"{one.publish_at.astimezone(ZoneInfo(one.channel.creator.timezone)):%d %H:%M}"
        for one in Publication.objects.filter(post=own)
    }
    assert shown == {f"{sunday:%d} 10:00"}
    own.refresh_from_db()
    assert own.timezone == "model"
    done(as_editor, MOVE, post_ids=ids, minutes=-90)
    assert local(fixed, "Europe/Berlin") == f"{sunday}T07:30"


def test_a_model_names_whose_clocks_are_meant(as_editor):
    berlin = a_channel(creator__timezone="Europe/Berlin")
    tokyo = a_channel(creator__timezone="Asia/Tokyo")
    post = a_post(berlin, tokyo, schedule_time=at(20), timezone="Europe/Berlin")
    tuesday = DAY + timedelta(days=1)
    assert local(post, "Asia/Tokyo") == f"{tuesday}T05:00"
    body = {"post_ids": [str(post.pk)], "date": (DAY + timedelta(days=4)).isoformat()}
    done(as_editor, MOVE, **body, model=tokyo.creator.slug)
    assert local(post, "Asia/Tokyo") == f"{DAY + timedelta(days=4)}T05:00"
    answer = done(as_editor, MOVE, **body, model="nobody")
    assert answer["failures"][0]["code"] == "not_of_model"


def test_drafts_stay_drafts_unless_they_are_to_be_planned(as_editor):
    draft = a_post(a_channel(), schedule_time=at(9), draft=True)
    done(as_editor, MOVE, post_ids=[str(draft.pk)], days=1)
    draft.refresh_from_db()
    assert (draft.state, draft.publish_at) == ("draft", at(9, days=1))
    part = Publication.objects.get(post=draft)
    assert (part.state, part.next_attempt_at) == ("draft", None)
    done(as_editor, MOVE, post_ids=[str(draft.pk)], days=0, plan_drafts=True)
    draft.refresh_from_db()
    assert (draft.state, draft.publish_at) == ("scheduled", at(9, days=1))


def test_a_draft_that_channels_would_not_take_is_not_planned(as_editor):
    channel = a_channel(connector="handover")  # Instagram by hand needs a picture
    draft = a_post(channel, schedule_time=at(9), draft=True)
    body = {"post_ids": [str(draft.pk)], "days": 0}
    answer = done(as_editor, MOVE, **body, plan_drafts=True)
    (failure,) = answer["failures"]
    assert "needs a picture" in failure["reason"]
    assert done(as_editor, MOVE, **body)["updated_count"] == 1


# What cannot be done


def test_one_refusal_never_keeps_the_others(as_editor):
    channel = a_channel()
    good = a_post(channel, schedule_time=at(9))
    out = a_post(channel, schedule_time=at(10))
    put(out.publications.get(), state="published", published_at=at(10))
    busy = a_post(channel, schedule_time=at(11))
    put(busy.publications.get(), state="sending")
    gone = a_post(channel, schedule_time=at(12))
    cancel_post(gone.pk, actor=UserFactory())
    timeless = a_post(channel, draft=True)
    unknown = str(new_id())
    ids = [*(str(one.pk) for one in (out, busy, gone, timeless)), unknown, "no-id"]
    body = done(as_editor, MOVE, post_ids=[*ids, str(good.pk)], days=1)
    assert body["updated_count"] == 1
    assert sorted(body["failed_ids"]) == sorted(ids)
    codes = {one["id"]: one["code"] for one in body["failures"]}
    assert [codes[one] for one in ids] == [
        "nothing_to_reschedule",
        "being_published",
        "cancelled",
        "no_time",
        "not_found",
        "not_found",
    ]
    reasons = {one["id"]: one["reason"] for one in body["failures"]}
    assert "published on" in reasons[str(out.pk)]
    assert "being sent to" in reasons[str(busy.pk)]
    assert body["message"] == "1 post rescheduled, 6 left as they are"
    good.refresh_from_db()
    assert good.publish_at == at(9, days=1)


def test_a_call_that_changes_nothing_is_a_success_with_none(as_editor):
    body = done(as_editor, CANCEL, post_ids=[str(new_id())])
    assert (body["cancelled_count"], body["undo"]) == (0, None)
    assert not AuditEvent.objects.filter(action="post.cancelled").exists()


def test_a_past_time_and_an_old_version_are_refused(as_editor):
    one, other = (a_post(a_channel(), schedule_time=at(9)) for _ in range(2))
    items = [
        {"id": str(one.pk), "schedule_time": LONG_AGO.isoformat()},
        {"id": str(other.pk), "schedule_time": at(8).isoformat(), "version": 7},
    ]
    body = done(as_editor, MOVE, items=items)
    assert [one["code"] for one in body["failures"]] == ["invalid", "version_conflict"]
    assert body["failures"][0]["reason"] == "This time has passed already."


def test_media_under_embargo_is_refused_and_the_rest_is_done(as_editor):
    channel = a_channel()
    barred = MediaItemFactory(until=at(12))
    one = a_post(channel, schedule_time=at(9), media_ids=[barred.pk])
    other = a_post(channel, schedule_time=at(10))
    ids = [str(one.pk), str(other.pk)]
    body = done(as_editor, MOVE, post_ids=ids, days=1)
    assert body["updated_count"] == 1
    assert body["failures"][0]["code"] == "media_not_cleared"


def test_a_post_that_is_partly_out_moves_with_the_rest(as_editor):
    channel = a_channel()
    post = a_post(channel, ChannelFactory(creator=channel.creator, platform="tiktok"))
    first, second = post.publications.order_by("pk")
    put(first, state="published", published_at=at(9))
    put(second, state="failed", publish_at=at(9))
    body = done(as_editor, MOVE, post_ids=[str(post.pk)], days=1)
    (result,) = body["results"]
    assert [one["status"] for one in result["too_late"]] == ["published"]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("published", "scheduled")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"post_ids": []},
        {"post_ids": ["x"]},
        {"post_ids": ["x"], "days": 1, "minutes": 1},
        {"post_ids": ["x"], "days": 10**9},
        {"post_ids": ["x"], "date": "9999-12-31"},
        {"post_ids": ["x"] * 501, "days": 1},
        {"items": [], "days": 1},
        {"items": [{"id": "x"}]},
        {"items": [{"id": "x", "schedule_time": "2030-01-01T10:00"}], "days": 1},
        {"items": [{"id": "x", "schedule_time": "2030-01-01T10:00"}], "post_ids": []},
        {"post_ids": ["x"], "days": 1, "dry_run": "yes"},
    ],
)
def test_a_bad_request_is_a_400(as_editor, body):
    answer = as_editor.post(MOVE, body, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_ids_given_twice_count_once(as_editor):
    post = a_post(a_channel(), schedule_time=at(9))
    ids = [str(post.pk), str(post.pk).upper(), str(post.pk)]
    assert done(as_editor, MOVE, post_ids=ids, days=1)["updated_count"] == 1
    post.refresh_from_db()
    assert post.publish_at == at(9, days=1)
    assert done(as_editor, CANCEL, post_ids=ids)["cancelled_count"] == 1


# Before it happens


def test_a_dry_run_says_what_would_come_and_changes_nothing(as_editor):
    channel = a_channel()
    post = a_post(channel, schedule_time=at(9))
    before = everything(post)
    body = done(as_editor, MOVE, post_ids=[str(post.pk), "x"], days=1, dry_run=True)
    assert (body["dry_run"], body["updated_count"], body["undo"]) == (True, 1, None)
    assert body["message"] == "1 post would be rescheduled, 1 left as it is"
    assert body["results"][0]["schedule_time"].startswith(f"{at(9, days=1):%Y-%m-%d}")
    body = done(as_editor, CANCEL, post_ids=[str(post.pk)], dry_run=True)
    assert body["cancelled_count"] == 1
    assert everything(post) == before
    assert Post.objects.get(pk=post.pk).version == 1
    assert not AuditEvent.objects.filter(action="post.rescheduled").exists()


@pytest.mark.parametrize("dry_run", [True, False])
def test_clashes_with_what_stands_there_and_among_the_moved_are_told(
    as_editor, dry_run
):
    channel = a_channel(creator__timezone="UTC", handle="@lea")
    PublishingPace.objects.create(creator=channel.creator, min_spacing_minutes=30)
    a_post(channel, schedule_time=at(9, days=1))
    one = a_post(channel, schedule_time=at(9, 10))
    two = a_post(channel, schedule_time=at(12))
    three = a_post(channel, schedule_time=at(15))
    four = a_post(channel, schedule_time=at(16))
    evening = at(18, days=1).isoformat()
    items = [
        {"id": str(one.pk), "schedule_time": at(9, 10, days=1).isoformat()},
        *(
            {"id": str(post.pk), "schedule_time": evening}
            for post in (two, three, four)
        ),
    ]
    body = done(as_editor, MOVE, items=items, dry_run=dry_run)
    texts = [[note["text"] for note in one["warnings"]] for one in body["results"]]
    twice = "Two posts at the same time on @lea on Instagram: 18:00."
    assert texts == [
        ["Only 10 minutes apart on @lea on Instagram: 09:00 and 09:10."],
        *[[twice]] * 3,
    ]


def test_two_that_change_places_do_not_clash_with_where_they_were(as_editor):
    channel = a_channel(creator__timezone="UTC")
    PublishingPace.objects.create(creator=channel.creator, min_spacing_minutes=30)
    one = a_post(channel, schedule_time=at(9))
    two = a_post(channel, schedule_time=at(12))
    items = [
        {"id": str(one.pk), "schedule_time": at(12).isoformat()},
        {"id": str(two.pk), "schedule_time": at(9).isoformat()},
    ]
    body = done(as_editor, MOVE, items=items)
    assert [one["warnings"] for one in body["results"]] == [[], []]


def test_a_day_over_the_cap_is_told_on_the_models_own_clocks(as_editor):
    channel = a_channel(creator__timezone="Asia/Tokyo", creator__name="Lea")
    PublishingPace.objects.create(creator=channel.creator, daily_cap=2)
    a_post(channel, schedule_time=at(20))  # Tuesday 05:00 there
    posts = [a_post(channel, schedule_time=at(1)) for _ in range(2)]
    items = [
        {"id": str(post.pk), "schedule_time": at(2 + n, days=1).isoformat()}
        for n, post in enumerate(posts)
    ]
    body = done(as_editor, MOVE, items=items, dry_run=True)
    tuesday = DAY + timedelta(days=1)
    text = f"Lea has 3 posts on {tuesday:%A, %d %B}; at most 2 are wanted."
    for result in body["results"]:
        assert {"code": "over_cap", "text": text} in result["warnings"]


def test_a_dry_run_costs_the_same_for_many(as_editor):
    channel = a_channel()

    def cost(ids):
        with CaptureQueriesContext(connection) as seen:
            done(as_editor, MOVE, post_ids=ids, days=1, dry_run=True)
        return len(seen)

    def another(hour):
        media = [MediaItemFactory().pk]
        return str(a_post(channel, schedule_time=at(hour), media_ids=media).pk)

    ids = [another(1)]
    cost(ids)
    before = cost(ids)
    ids += [another(hour) for hour in range(2, 20)]
    assert cost(ids) == before
    assert before < 20


# Back again


def undone(client, body):
    answer = done(client, MOVE, **body["undo"])
    assert answer["failures"] == []
    return answer


def test_undo_brings_back_every_kind_of_plan(as_editor):
    berlin = a_channel(creator__timezone="Europe/Berlin")
    tokyo = a_channel(creator__timezone="Asia/Tokyo")
    plain = a_post(berlin, schedule_time=at(9))
    wall = datetime(DAY.year, DAY.month, DAY.day, 9)
    own = a_post(berlin, tokyo, schedule_time=wall, timezone="model")
    draft = a_post(berlin, schedule_time=at(10), draft=True)
    missed = a_post(berlin, schedule_time=at(11))
    put(missed.publications.get(), state="missed", publish_at=at(11), error="Too late")
    apart = a_post(berlin, tokyo, schedule_time=at(13))
    first, second = apart.publications.order_by("pk")
    put(first, state="failed", publish_at=at(12), error="No")
    put(second, publish_at=at(14), next_attempt_at=at(14, 5))
    posts = [plain, own, draft, missed, apart]
    states.recompute_all(posts)
    before = everything(*posts)
    ids = [str(one.pk) for one in posts]
    body = done(as_editor, MOVE, post_ids=ids, days=2)
    assert body["updated_count"] == 5
    assert everything(*posts) != before
    undone(as_editor, body)
    assert everything(*posts) == before


def test_undo_of_cancelling_brings_all_of_it_back(as_editor):
    berlin = a_channel(creator__timezone="Europe/Berlin")
    one = a_post(berlin, schedule_time=at(9))
    draft = a_post(berlin, schedule_time=at(10), draft=True)
    picture = MediaItemFactory()
    shown = a_post(berlin, schedule_time=at(11), media_ids=[picture.pk])
    before = everything(one, draft, shown)
    ids = [str(post.pk) for post in (one, draft, shown)]
    body = done(as_editor, CANCEL, post_ids=ids)
    assert body["message"] == "3 posts cancelled"
    assert set(Post.objects.values_list("state", flat=True)) == {"cancelled"}
    undone(as_editor, body)
    assert everything(one, draft, shown) == before


def test_undo_of_planning_a_cancelled_post_cancels_it_again(as_editor):
    post = a_post(a_channel(), schedule_time=at(9))
    cancel_post(post.pk, actor=UserFactory())
    before = everything(post)
    item = {"id": str(post.pk), "schedule_time": at(12).isoformat()}
    body = done(as_editor, MOVE, items=[item])
    assert Post.objects.get(pk=post.pk).state == "scheduled"
    again = undone(as_editor, body)
    assert everything(post) == before
    undone(as_editor, again)  # and what was undone can be done again
    assert Post.objects.get(pk=post.pk).state == "scheduled"


def test_an_owners_clearance_comes_back_with_the_undo(as_admin):
    channel = a_channel(max_rating=0)
    item = MediaItemFactory(rating=2)
    post = a_post(
        channel,
        actor=UserFactory(is_superuser=True),
        schedule_time=at(9),
        media_ids=[item.pk],
        override_clearance="Agreed by phone",
    )
    before = everything(post)
    body = done(as_admin, CANCEL, post_ids=[str(post.pk)])
    undone(as_admin, body)
    assert everything(post) == before
    assert Post.objects.get(pk=post.pk).cleared_by == post.cleared_by


def test_nothing_is_undone_over_what_somebody_has_done_since(as_editor):
    post = a_post(a_channel(), schedule_time=at(9))
    body = done(as_editor, MOVE, post_ids=[str(post.pk)], days=1)
    done(as_editor, MOVE, post_ids=[str(post.pk)], days=1)
    answer = done(as_editor, MOVE, **body["undo"])
    assert answer["updated_count"] == 0
    assert answer["failures"][0]["code"] == "version_conflict"


def test_a_made_up_undo_or_one_of_another_post_is_refused(as_editor):
    one, other = (a_post(a_channel(), schedule_time=at(9)) for _ in range(2))
    body = done(as_editor, MOVE, post_ids=[str(one.pk)], days=1)
    sealed = body["undo"]["items"][0]["restore"]
    for item in (
        {"id": str(other.pk), "restore": sealed},
        {"id": str(one.pk), "restore": f"{sealed[:-4]}AAAA"},
    ):
        answer = done(as_editor, MOVE, items=[item])
        assert answer["failures"][0]["code"] == "invalid"


def test_what_would_go_out_at_once_is_not_undone(as_editor):
    post = a_post(a_channel())
    publication = put(post.publications.get(), next_attempt_at=LONG_AGO)
    body = done(as_editor, CANCEL, post_ids=[str(post.pk)])
    answer = done(as_editor, MOVE, **body["undo"])
    assert answer["failures"][0]["code"] == "time_passed"
    publication.refresh_from_db()
    assert publication.state == "cancelled"


def test_cancelled_posts_whose_media_is_gone_do_not_come_back(as_editor):
    item = MediaItemFactory()
    post = a_post(a_channel(), schedule_time=at(9), media_ids=[item.pk])
    body = done(as_editor, CANCEL, post_ids=[str(post.pk)])
    MediaItem.objects.filter(pk=item.pk).update(trashed_at=timezone.now())
    answer = done(as_editor, MOVE, **body["undo"])
    assert "no media item" in answer["failures"][0]["reason"]
    assert Post.objects.get(pk=post.pk).state == "cancelled"


def test_what_a_publisher_took_meanwhile_stays_as_it_is(as_editor):
    channel = a_channel()
    other = ChannelFactory(creator=channel.creator, platform="tiktok")
    post = a_post(channel, other, schedule_time=at(9))
    body = done(as_editor, MOVE, post_ids=[str(post.pk)], days=1)
    first, second = post.publications.order_by("pk")
    put(first, state="published", published_at=at(9))
    answer = undone(as_editor, body)
    (result,) = answer["results"]
    assert len(result["too_late"]) == 1
    second.refresh_from_db()
    assert (second.state, second.publish_at) == ("scheduled", at(9))


# On record


def test_one_record_counts_all_and_names_a_hundred_at_most(as_editor):
    channel = a_channel()
    ids = [str(a_post(channel, schedule_time=at(9)).pk) for _ in range(101)]
    done(as_editor, MOVE, post_ids=ids, days=1)
    event = AuditEvent.objects.get(action="post.rescheduled")
    assert event.message == "moved 101 posts"
    assert (event.count, len(event.ids)) == (101, 100)
    done(as_editor, CANCEL, post_ids=ids)
    assert AuditEvent.objects.get(action="post.cancelled").count == 101
