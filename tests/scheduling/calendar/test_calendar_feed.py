"""A model's plan under a secret address: what is there, for whom, and for how long."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from icalendar import Calendar

from library.models import Creator
from library.services.creators import update_creator
from metrics.models import AuditEvent
from promura_site.ids import new_id
from scheduling.calendar import feeds
from scheduling.models import CalendarFeed, Channel, Post, Publication
from scheduling.services.bulk.moving import Move, move_posts
from scheduling.services.posts import cancel_post
from tests.factories import ChannelFactory, UserFactory
from tests.scheduling.planning import a_channel, a_post, put
from tests.scheduling.series.beginning import a_model, a_series, a_template

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(second=0, microsecond=0)


def later(**by):
    return NOW + timedelta(**by)


def address(creator: Creator) -> str:
    return f"/api/models/{creator.slug}/calendar-feed"


def made(client, creator) -> str:
    """Make a feed and return the path of its address."""
    answer = client.post(address(creator))
    assert answer.status_code == 201
    return urlsplit(answer.json()["feed"]["url"]).path


def read(path: str, **headers):
    """Read a feed as a calendar program does: without a session."""
    return Client(headers=headers).get(path)


def shown(path: str) -> list:
    answer = read(path)
    assert answer.status_code == 200
    return Calendar.from_ical(answer.content).walk("VEVENT")


# Making and ending it


def test_only_editors_make_and_end_an_address(anonymous, as_viewer):
    url = address(a_channel().creator)
    assert anonymous.get(url).status_code == 401
    assert as_viewer.get(url).json() == {"success": True, "feed": None}
    assert as_viewer.post(url).status_code == 403
    assert as_viewer.delete(url).status_code == 403


def test_an_address_is_made_and_shown_again(as_editor, as_viewer):
    creator = a_channel().creator
    answer = as_editor.post(address(creator)).json()
    assert answer["message"] == "Calendar link made"
    feed = answer["feed"]
    assert re.fullmatch(
        r"http://testserver/calendar/feed/[0-9a-f-]{36}/[0-9a-f]{64}\.ics", feed["url"]
    )
    assert feed["made_by"]
    assert as_viewer.get(address(creator)).json()["feed"] == feed


def test_a_renewed_address_voids_the_old_one_and_an_ended_one_is_gone(as_editor):
    creator = a_channel().creator
    old = made(as_editor, creator)
    new = made(as_editor, creator)
    assert new != old
    assert (read(old).status_code, read(new).status_code) == (404, 200)
    body = as_editor.delete(address(creator)).json()
    assert (body["feed"], body["message"]) == (None, "Calendar link ended")
    assert read(new).status_code == 404
    body = as_editor.delete(address(creator)).json()
    assert body["message"] == "There was no calendar link"
    assert made(as_editor, creator) not in {old, new}


def test_what_was_done_is_on_record_without_the_secret(as_editor):
    creator = a_channel().creator
    path = made(as_editor, creator)
    made(as_editor, creator)
    as_editor.delete(address(creator))
    told = AuditEvent.objects.filter(action__startswith="calendar_feed.")
    assert sorted(told.values_list("action", flat=True)) == [
        "calendar_feed.ended",
        "calendar_feed.made",
        "calendar_feed.renewed",
    ]
    secret = path.split("/")[-1].removesuffix(".ics")
    assert secret not in str(list(told.values()))


def test_an_unknown_model_has_no_feed(as_editor):
    for call in (as_editor.get, as_editor.post, as_editor.delete):
        assert call("/api/models/nobody/calendar-feed").status_code == 404


# Who gets it


def test_a_wrong_address_is_not_found(as_editor):
    creator = a_channel().creator
    path = made(as_editor, creator)
    feed = CalendarFeed.objects.get()
    other = CalendarFeed(pk=new_id(), version=1)
    for wrong in (
        path.replace(str(feed.pk), str(other.pk)),
        f"/calendar/feed/{feed.pk}/{'0' * 64}.ics",
        feeds.path_of(CalendarFeed(pk=feed.pk, version=2)),
        path.removesuffix(".ics"),
    ):
        assert read(wrong).status_code == 404


def test_the_feed_of_a_model_who_has_left_is_not_found(as_editor):
    creator = a_channel().creator
    path = made(as_editor, creator)
    Creator.objects.filter(pk=creator.pk).update(is_active=False)
    assert read(path).status_code == 404


def test_nothing_can_be_written_there(as_editor):
    path = made(as_editor, a_channel().creator)
    assert Client().post(path).status_code == 405


def test_the_answer_is_for_that_program_alone(as_editor):
    answer = read(made(as_editor, a_channel().creator))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Robots-Tag"] == "noindex"
    assert "Content-Security-Policy" in answer
    assert not answer.cookies


# What is there


def test_each_post_is_an_event_at_its_time_in_utc(as_editor):
    channel = a_channel(creator__name="Lea", creator__timezone="Asia/Tokyo")
    other = ChannelFactory(creator=channel.creator, platform="tiktok")
    post = a_post(
        channel, other, schedule_time=later(days=1), content="Good, morning; you\nall"
    )
    path = made(as_editor, channel.creator)
    answer = read(path)
    assert b"\r\n" in answer.content
    calendar = Calendar.from_ical(answer.content)
    assert (calendar["X-WR-CALNAME"], calendar["VERSION"]) == ("Lea · PROMURA", "2.0")
    (event,) = calendar.walk("VEVENT")
    assert event["UID"] == f"{post.pk}.{channel.creator_id}@promura"
    assert event["DTSTART"].dt == later(days=1)
    assert event["DTSTART"].to_ical().endswith(b"Z")
    assert event["DURATION"].dt == timedelta(minutes=15)
    assert event["SUMMARY"] == "Good, morning; you all · Instagram, TikTok"
    assert event["STATUS"] == "CONFIRMED"
    assert event["SEQUENCE"] == 1
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt
    assert abs(event["DTSTAMP"].dt - timezone.now()) < timedelta(minutes=5)
    assert event["URL"] == "http://testserver/queue"


def test_a_text_brings_neither_lines_nor_control_characters_of_its_own(as_editor):
    channel = a_channel()
    text = "Bell \x07\x1b\x7f, done\r\nEND:VEVENT\r\nBEGIN:VEVENT " + "🎉" * 40
    a_post(channel, schedule_time=later(days=1), content=text)
    content = read(made(as_editor, channel.creator)).content
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    assert event["DESCRIPTION"].startswith("Bell , done END:VEVENT BEGIN:VEVENT 🎉")
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not [byte for line in lines for byte in line if byte < 32 or byte == 127]


def test_a_moved_post_is_the_same_event_at_another_time(as_editor):
    channel = a_channel()
    post = a_post(channel, schedule_time=later(days=1))
    path = made(as_editor, channel.creator)
    (before,) = shown(path)
    move = Move(str(post.pk), schedule_time=later(days=2))
    move_posts([move], actor=UserFactory(), now=timezone.now())
    (after,) = shown(path)
    assert after["UID"] == before["UID"]
    assert after["DTSTART"].dt == later(days=2)
    assert after["SEQUENCE"] > before["SEQUENCE"]


def test_what_is_cancelled_is_left_out_and_the_rest_says_how_it_stands(as_editor):
    channel = a_channel()
    gone = a_post(channel, schedule_time=later(days=1))
    cancel_post(gone.pk, actor=UserFactory())
    a_post(channel, schedule_time=later(days=2), content="Sketch", draft=True)
    a_post(channel, draft=True, content="No time yet")
    late = a_post(channel, schedule_time=later(days=3), content="Too late")
    put(late.publications.get(), state="missed")
    Post.objects.filter(pk=late.pk).update(state="missed")
    found = [
        (one["SUMMARY"], one["STATUS"])
        for one in shown(made(as_editor, channel.creator))
    ]
    assert found == [
        ("Draft: Sketch · Instagram", "TENTATIVE"),
        ("Missed: Too late · Instagram", "CONFIRMED"),
    ]


def test_only_the_models_own_posts_are_there(as_editor):
    channel, other = a_channel(), a_channel()
    a_post(other, schedule_time=later(days=1))
    both = a_post(channel, other, schedule_time=later(days=2))
    (event,) = shown(made(as_editor, channel.creator))
    assert event["UID"].startswith(str(both.pk))


def test_two_months_back_and_a_year_ahead_are_shown(as_editor):
    channel = a_channel()
    wanted = []
    for days, is_shown in ((-70, False), (-50, True), (350, True), (380, False)):
        post = a_post(channel, schedule_time=later(days=1))
        put(post.publications.get(), publish_at=later(days=days))
        wanted += [str(post.pk)] * is_shown
    found = [
        one["UID"].split(".")[0] for one in shown(made(as_editor, channel.creator))
    ]
    assert found == wanted


def test_of_too_many_those_to_come_are_kept(as_editor, monkeypatch):
    monkeypatch.setattr(feeds, "MOST_EVENTS", 3)
    channel = a_channel()
    posts = {
        days: a_post(channel, schedule_time=later(days=1)) for days in range(-3, 3)
    }
    for days, post in posts.items():
        put(post.publications.get(), publish_at=later(days=days, hours=1))
    found = [one["DTSTART"].dt for one in shown(made(as_editor, channel.creator))]
    assert found == [later(days=days, hours=1) for days in range(3)]
    monkeypatch.setattr(feeds, "MOST_EVENTS", 4)
    found = [one["DTSTART"].dt for one in shown(made(as_editor, channel.creator))]
    assert found == [later(days=days, hours=1) for days in range(-1, 3)]


# What it costs


def test_a_program_that_has_it_gets_nothing_anew_until_something_changes(as_editor):
    channel = a_channel()
    post = a_post(channel, schedule_time=later(days=1))
    path = made(as_editor, channel.creator)
    etag = read(path)["ETag"]
    again = read(path, **{"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == etag
    assert again["Cache-Control"] == "private, no-cache"

    changes = [
        lambda: cancel_post(post.pk, actor=UserFactory()),
        lambda: a_post(channel, schedule_time=later(days=3)),
        lambda: Creator.objects.filter(pk=channel.creator_id).update(name="Anew"),
        lambda: Channel.objects.filter(pk=channel.pk).update(handle="@anew"),
    ]
    for change in changes:
        change()
        answer = read(path, **{"If-None-Match": etag})
        assert answer.status_code == 200
        assert answer["ETag"] != etag
        etag = answer["ETag"]


def test_it_costs_the_same_for_many_posts(as_editor):
    channel = a_channel()
    path = made(as_editor, channel.creator)

    def cost(**headers):
        with CaptureQueriesContext(connection) as seen:
            answer = read(path, **headers)
        return len(seen), answer

    a_post(channel, schedule_time=later(days=1))
    few, _ = cost()
    for hours in range(1, 10):
        a_post(channel, schedule_time=later(hours=hours))
    many, answer = cost()
    assert many == few <= 9
    known, answer = cost(**{"If-None-Match": answer["ETag"]})
    assert answer.status_code == 304
    assert known == 3


def test_a_publication_that_goes_out_is_news(as_editor):
    channel = a_channel()
    publication = a_post(channel, schedule_time=later(days=1)).publications.get()
    path = made(as_editor, channel.creator)
    etag = read(path)["ETag"]
    put(publication, state="published", updated_at=timezone.now())
    assert read(path, **{"If-None-Match": etag}).status_code == 200
    assert Publication.objects.filter(state="published").exists()


def test_a_series_that_follows_its_model_to_another_zone_is_news(
    as_editor, django_capture_on_commit_callbacks
):
    lea = a_model()
    a_series(
        a_template(lea),
        timezone="model",
        start=later(days=1).replace(tzinfo=None),
        now=NOW,
        count=2,
    )
    path = made(as_editor, lea)
    etag = read(path)["ETag"]
    with django_capture_on_commit_callbacks(execute=True):
        update_creator(lea, actor=UserFactory(), timezone="America/New_York")
    assert read(path, **{"If-None-Match": etag}).status_code == 200
