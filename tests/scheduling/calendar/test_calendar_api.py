"""The calendars count every post, list the first, and say what is too close."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scheduling.models import Channel, Publication, PublishingPace
from scheduling.services.posts import cancel_post
from tests.factories import (
    ChannelFactory,
    CreatorFactory,
    MediaItemFactory,
    UserFactory,
)
from tests.scheduling.history import publication
from tests.scheduling.planning import a_channel, a_post, put

pytestmark = pytest.mark.django_db

URL = "/api/calendar"
WEEK = "/api/calendar/week"
# A Monday far enough ahead.
MONDAY = (timezone.now() + timedelta(days=28)).date()
MONDAY -= timedelta(days=MONDAY.weekday())


def at(hour: int, minute: int = 0, day: int = 0) -> datetime:
    moment = datetime(MONDAY.year, MONDAY.month, MONDAY.day, hour, minute, tzinfo=UTC)
    return moment + timedelta(days=day)


def month(client, channel, days=7, **more):
    end = MONDAY + timedelta(days=days)
    query = {"model": channel.creator.slug, "from": MONDAY, "to": end, **more}
    answer = client.get(URL, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def week(client, **more):
    answer = client.get(WEEK, {"start": MONDAY.isoformat(), **more})
    assert answer.status_code == 200, answer.content
    return answer.json()


def queries(work):
    work()  # the first request of a session looks the person up
    with CaptureQueriesContext(connection) as seen:
        work()
    return len(seen)


@pytest.mark.parametrize("url", [URL, WEEK])
def test_only_people_with_a_level_may_look(anonymous, person, client_of, url):
    assert anonymous.get(url).status_code == 401
    assert client_of(person(None)).get(url).status_code == 403


# One model


def test_a_post_is_shown_on_the_models_own_day(as_viewer):
    channel = a_channel(creator__timezone="Asia/Tokyo")
    picture = MediaItemFactory()
    second = MediaItemFactory()
    post = a_post(
        channel,
        schedule_time=at(20),  # 05:00 on Tuesday there
        content="One\n line  of words",
        media_ids=[picture.pk, second.pk],
    )
    body = month(as_viewer, channel)
    assert (body["model"], body["timezone"]) == (channel.creator.slug, "Asia/Tokyo")
    assert len(body["days"]) == 7
    tuesday = MONDAY + timedelta(days=1)
    assert body["days"][1] == {
        "date": tuesday.isoformat(),
        "count": 1,
        "states": {"scheduled": 1},
        "cap": 0,
        "over_cap": False,
    }
    assert body["posts"] == [
        {
            "id": str(post.pk),
            "at": f"{at(20):%Y-%m-%dT%H:%M:%S}Z",
            "local": f"{tuesday}T05:00",
            "status": "scheduled",
            "text": "One line of words",
            "thumbnail_url": f"/api/library/{picture.pk}/thumbnail",
            "media_count": 2,
            "channels": [
                {
                    "id": str(channel.pk),
                    "platform": channel.platform,
                    "handle": channel.handle,
                }
            ],
            "series": None,
            "version": 1,
            "movable": True,
            "clash": None,
        }
    ]
    assert body["count"] == 1


def test_a_post_of_two_models_stands_in_both_at_their_own_times(as_viewer):
    berlin = a_channel(creator__timezone="Europe/Berlin")
    tokyo = a_channel(creator__timezone="Asia/Tokyo")
    wall = datetime(MONDAY.year, MONDAY.month, MONDAY.day, 9)
    a_post(berlin, tokyo, schedule_time=wall, timezone="model")
    (one,) = month(as_viewer, berlin)["posts"]
    (other,) = month(as_viewer, tokyo)["posts"]
    assert one["id"] == other["id"]
    assert one["local"] == other["local"] == f"{MONDAY}T09:00"
    assert one["at"] > other["at"]
    assert [channel["id"] for channel in one["channels"]] == [str(berlin.pk)]


def test_all_are_counted_and_the_first_are_listed(as_viewer):
    channel = a_channel(creator__timezone="UTC")
    for hour in (9, 7, 8):
        publication(channel, at(hour), state="scheduled")
    body = month(as_viewer, channel, per_day=2)
    assert body["count"] == body["days"][0]["count"] == 3
    assert [one["local"][-5:] for one in body["posts"]] == ["07:00", "08:00"]


def test_states_narrow_what_is_counted_and_listed(as_viewer):
    channel = a_channel(creator__timezone="UTC")
    kept = a_post(channel, schedule_time=at(9))
    gone = a_post(channel, schedule_time=at(10))
    cancel_post(gone.pk, actor=UserFactory())
    body = month(as_viewer, channel)
    # What is cancelled shows to who asks for it.
    assert body["days"][0]["states"] == {"scheduled": 1}
    body = month(as_viewer, channel, status="cancelled,failed")
    assert body["days"][0]["states"] == {"cancelled": 1}
    (shown,) = body["posts"]
    assert (shown["id"], shown["movable"]) == (str(gone.pk), False)
    assert [one["id"] for one in month(as_viewer, channel, status="scheduled")["posts"]]
    assert str(kept.pk) != shown["id"]


def test_posts_too_close_on_a_channel_are_said_to_clash(as_viewer):
    channel = a_channel(creator__timezone="Europe/Berlin", handle="@lea")
    PublishingPace.objects.create(creator=channel.creator, min_spacing_minutes=30)
    first = a_post(channel, schedule_time=at(9))
    second = a_post(channel, schedule_time=at(9, 10))
    a_post(channel, schedule_time=at(9, 40))
    hour = datetime.fromisoformat(month(as_viewer, channel)["posts"][0]["local"]).hour
    text = f"Only 10 minutes apart on @lea on Instagram: {hour:02}:00 and {hour:02}:10."
    notes = {one["id"]: one["clash"] for one in month(as_viewer, channel)["posts"]}
    assert notes[str(first.pk)] == notes[str(second.pk)] == text
    assert list(notes.values()).count(None) == 1


def test_cancelled_and_settled_posts_clash_with_nothing(as_viewer):
    channel = a_channel(creator__timezone="UTC")
    a_post(channel, schedule_time=at(9))
    gone = a_post(channel, schedule_time=at(9))
    cancel_post(gone.pk, actor=UserFactory())
    for minute in (0, 1):
        publication(channel, at(12, minute))  # published both
    posts = month(as_viewer, channel)["posts"]
    assert len(posts) == 3
    assert {one["clash"] for one in posts} == {None}


def test_without_spacing_only_what_is_hardly_meant_is_a_clash(as_viewer):
    channel = a_channel(creator__timezone="UTC")
    PublishingPace.objects.create(creator=channel.creator, min_spacing_minutes=0)
    for hour, minute in ((9, 0), (9, 4), (12, 0), (12, 6)):
        a_post(channel, schedule_time=at(hour, minute))
    notes = [one["clash"] for one in month(as_viewer, channel)["posts"]]
    assert [bool(note) for note in notes] == [True, True, False, False]


def test_a_day_over_the_cap_is_marked_whatever_is_asked_for(as_viewer):
    channel = a_channel(creator__timezone="UTC")
    PublishingPace.objects.create(creator=channel.creator, daily_cap=2)
    for hour in (8, 10, 12):
        a_post(channel, schedule_time=at(hour))
    for hour in (8, 10):
        a_post(channel, schedule_time=at(hour, day=1))
    days = month(as_viewer, channel, status="draft")["days"]
    assert [one["over_cap"] for one in days[:2]] == [True, False]
    assert (days[0]["count"], days[0]["cap"]) == (0, 2)


def test_a_draft_without_a_time_is_in_no_calendar(as_viewer):
    channel = a_channel()
    a_post(channel, draft=True)
    assert month(as_viewer, channel)["count"] == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "nobody"),
        ("from", "soon"),
        ("to", "9999-12-31"),
        ("to", MONDAY.isoformat()),
        ("to", (MONDAY + timedelta(days=101)).isoformat()),
        ("status", "gone"),
        ("per_day", "0"),
        ("per_day", "501"),
    ],
)
def test_a_bad_question_names_what_is_wrong(as_viewer, name, value):
    query = {
        "model": a_channel().creator.slug,
        "from": MONDAY.isoformat(),
        "to": (MONDAY + timedelta(days=7)).isoformat(),
    }
    answer = as_viewer.get(URL, query | {name: value})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [name]


def test_a_calendar_costs_the_same_however_much_is_planned(as_viewer):
    channel = a_channel(creator__timezone="UTC")
    other = ChannelFactory(creator=channel.creator, platform="tiktok")
    a_post(channel, other, schedule_time=at(9), media_ids=[MediaItemFactory().pk])
    before = queries(lambda: month(as_viewer, channel))
    for hour in range(10, 20):
        media = [MediaItemFactory().pk]
        a_post(channel, other, schedule_time=at(hour), media_ids=media)
    assert queries(lambda: month(as_viewer, channel)) == before
    assert before <= 8


# The week of all


def test_the_week_shows_each_active_model_on_its_own_days(as_viewer):
    lea = CreatorFactory(name="Lea", timezone="Pacific/Auckland")
    mia = CreatorFactory(name="Mia", timezone="America/Los_Angeles")
    CreatorFactory(name="Zoe", is_active=False)
    for creator in (lea, mia):
        a_post(ChannelFactory(creator=creator), schedule_time=at(6, day=1))
    body = week(as_viewer)
    assert body["start"] == body["days"][0] == MONDAY.isoformat()
    assert len(body["days"]) == 7
    assert [one["name"] for one in body["models"]] == ["Lea", "Mia"]
    filled = [
        [day["date"] for day in one["days"] if day["count"]] for one in body["models"]
    ]
    tuesday = (MONDAY + timedelta(days=1)).isoformat()
    assert filled == [[tuesday], [MONDAY.isoformat()]]
    assert (body["count"], body["next"], body["previous"]) == (2, None, None)
    assert body["models"][0]["today"] >= body["models"][1]["today"]


def test_the_week_says_what_each_channel_lacks(as_viewer):
    channel = a_channel(creator__timezone="UTC", handle="@lea", posts_per_week=3)
    free = ChannelFactory(creator=channel.creator, platform="tiktok", handle="@tok")
    a_post(channel, free, schedule_time=at(9))
    gone = a_post(channel, schedule_time=at(12))
    cancel_post(gone.pk, actor=UserFactory())
    (model,) = week(as_viewer)["models"]
    assert [
        (one["handle"], one["posts_per_week"], one["planned"], one["missing"])
        for one in model["channels"]
    ] == [("@lea", 3, 1, 2), ("@tok", None, 1, 0)]
    assert model["gaps"] == ["@lea on Instagram: 1 of 3 posts a week, 2 missing."]


def test_an_unused_channel_has_no_cadence_and_its_posts_are_shown(as_viewer):
    channel = a_channel(creator__timezone="UTC", posts_per_week=3)
    a_post(channel, schedule_time=at(9))
    Channel.objects.filter(pk=channel.pk).update(is_active=False)
    (model,) = week(as_viewer)["models"]
    assert (model["channels"], model["gaps"]) == ([], [])
    assert model["days"][0]["count"] == 1


def test_a_full_cell_lists_eight_and_counts_all_and_names_clashes(as_viewer):
    channel = a_channel(creator__timezone="UTC", handle="@lea")
    PublishingPace.objects.create(creator=channel.creator, daily_cap=9)
    posts = [a_post(channel, schedule_time=at(hour)) for hour in range(8, 18)]
    twin = a_post(channel, schedule_time=at(17, 1))
    (model,) = week(as_viewer)["models"]
    cell = model["days"][0]
    assert (cell["count"], len(cell["posts"]), cell["more"]) == (11, 8, 3)
    assert (model["cap"], cell["over_cap"]) == (9, True)
    assert cell["clashes"] == [
        {
            "text": "Only 1 minute apart on @lea on Instagram: 17:00 and 17:01.",
            "posts": [str(posts[-1].pk), str(twin.pk)],
        }
    ]


def test_the_week_is_paged_and_searched(as_viewer):
    for name in ("Ada", "Bea", "Cleo"):
        CreatorFactory(name=name)
    body = week(as_viewer, limit=2)
    assert [one["name"] for one in body["models"]] == ["Ada", "Bea"]
    rest = as_viewer.get(body["next"]).json()
    assert [one["name"] for one in rest["models"]] == ["Cleo"]
    assert rest["start"] == MONDAY.isoformat()
    found = week(as_viewer, search="cle")["models"]
    assert [one["name"] for one in found] == ["Cleo"]


def test_without_a_start_it_is_this_week_of_the_person(as_viewer):
    body = as_viewer.get(WEEK).json()
    start = date.fromisoformat(body["start"])
    assert start.weekday() == 0
    assert abs(start - timezone.now().date()) <= timedelta(days=7)


@pytest.mark.parametrize(
    "query", ["start=soon", "start=0001-01-01", "limit=61", "limit=0", "cursor=x"]
)
def test_a_bad_week_is_refused(as_viewer, query):
    assert as_viewer.get(f"{WEEK}?{query}").status_code == 400


def test_the_week_costs_the_same_for_many_models(as_viewer):
    a_post(a_channel(), schedule_time=at(9), media_ids=[MediaItemFactory().pk])
    before = queries(lambda: week(as_viewer))
    for _ in range(5):
        channel = a_channel()
        for hour in (9, 10):
            media = [MediaItemFactory().pk]
            a_post(channel, schedule_time=at(hour), media_ids=media)
    assert queries(lambda: week(as_viewer)) == before
    assert before <= 8


def test_what_is_partly_out_shows_the_time_of_the_rest(as_viewer):
    channel = a_channel(creator__timezone="UTC")
    other = ChannelFactory(creator=channel.creator, platform="tiktok")
    post = a_post(channel, other, schedule_time=at(9))
    done = Publication.objects.get(post=post, channel=channel)
    put(done, state="published", published_at=at(9))
    put(Publication.objects.get(post=post, channel=other), publish_at=at(15))
    (shown,) = month(as_viewer, channel)["posts"]
    assert shown["local"] == f"{MONDAY}T15:00"
    assert shown["movable"] is True
    assert len(shown["channels"]) == 2
