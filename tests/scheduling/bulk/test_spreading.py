"""Media are spread over the best free times of models, as drafts, as the plan was."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from metrics.models import AuditEvent
from promura_site.ids import new_id
from scheduling.models import Post, Publication
from scheduling.services.bulk.spreading import spread_out
from tests.factories import (
    ChannelFactory,
    MediaItemFactory,
    PostTemplateFactory,
    TagFactory,
)
from tests.scheduling.history import history
from tests.scheduling.planning import LONG_AGO, a_channel, a_post

pytestmark = pytest.mark.django_db

URL = "/api/posts/bulk"
FIRST = timezone.now().date() + timedelta(days=10)


def pictures(count, *creators):
    found = MediaItemFactory.create_batch(count)
    for item in found:
        item.creators.set(creators)
    return found


def asked(media, *channels, **more):
    return {
        "media_ids": [str(item.pk) for item in media],
        "models": list(dict.fromkeys(one.creator.slug for one in channels)),
        "from": FIRST.isoformat(),
        **more,
    }


def looked_at(client, body):
    answer = client.post(URL, body | {"dry_run": True}, format="json")
    assert answer.status_code == 200, answer.content
    return answer.json()


def made(client, body, **headers):
    answer = client.post(URL, body, format="json", headers=headers)
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_only_editors_may_spread(anonymous, as_viewer):
    assert anonymous.post(URL, {}, format="json").status_code == 401
    assert as_viewer.post(URL, {}, format="json").status_code == 403


def test_a_dry_run_gives_each_picture_the_best_free_hour_of_a_day(as_editor):
    channel = a_channel(creator__timezone="UTC")
    history(channel, {day * 24 + 19: 300 for day in range(7)} | {12: 50, 30: 50})
    a_post(
        channel,
        schedule_time=datetime.combine(FIRST, datetime.min.time(), UTC).replace(
            hour=19, minute=10
        ),
    )
    media = pictures(3)
    body = looked_at(as_editor, asked(media, channel, content="Hello"))
    assert body["message"] == "3 drafts would be made"
    assert [one["media_ids"] for one in body["plan"]] == [
        [str(item.pk)] for item in media
    ]
    days = [date.fromisoformat(one["local"][:10]) for one in body["plan"]]
    assert days == [FIRST + timedelta(days=n) for n in range(3)]
    hours = [one["local"][11:] for one in body["plan"]]
    assert hours[0] != "19:00"  # taken
    assert hours[1:] == ["19:00", "19:00"]
    best = body["plan"][1]
    assert best["lift"] > 0
    assert "engagement (12 posts)" in best["reason"]
    assert (best["text"], best["timezone"]) == ("Hello", "UTC")
    assert body["skipped"] == []
    assert Post.objects.count() == 9 * 12 + 1  # the history and the planned one


def test_the_plan_of_the_dry_run_is_followed_exactly(as_editor):
    channels = [a_channel(creator__timezone=zone) for zone in ("Asia/Tokyo", "UTC")]
    tag = TagFactory()
    body = asked(pictures(4), *channels, content="Hello", tags=[tag.name])
    seen = looked_at(as_editor, body)
    # Meanwhile somebody takes one of the times.
    taken = datetime.fromisoformat(seen["plan"][0]["schedule_time"])
    a_post(*channels, schedule_time=taken)
    done = made(as_editor, body | {"plan": seen["plan"]})
    assert done["created_count"] == 8
    keys = ("model", "media_ids", "schedule_time", "local", "text", "reason", "lift")
    assert [[one[key] for key in keys] for one in done["plan"]] == [
        [one[key] for key in keys] for one in seen["plan"]
    ]
    assert "clash" in {one["code"] for one in done["plan"][0]["warnings"]}
    for pk, slot in zip(done["posts"], done["plan"], strict=True):
        post = Post.objects.get(pk=pk)
        assert post.state == "draft"
        assert post.publish_at == datetime.fromisoformat(slot["schedule_time"])
        assert post.timezone == slot["timezone"]
        assert [str(one.media_id) for one in post.media_entries.all()] == slot[
            "media_ids"
        ]
        assert [one.name for one in post.tags.all()] == [tag.name]
        (part,) = post.publications.all()
        assert part.channel.creator.slug == slot["model"]
        assert (part.state, part.content) == ("draft", "Hello")
        assert part.publish_at == post.publish_at
        assert (post.suggestion_taken, post.author.username) == (
            True,
            post.author.username,
        )


def test_a_plan_with_a_time_moved_by_hand_is_followed_too(as_editor):
    channel = a_channel(creator__timezone="UTC")
    body = asked(pictures(1), channel)
    (slot,) = looked_at(as_editor, body)["plan"]
    at = datetime.fromisoformat(slot["schedule_time"]) + timedelta(minutes=25)
    slot["schedule_time"] = at.isoformat()
    (shown,) = made(as_editor, body | {"plan": [slot]})["plan"]
    assert shown["local"].endswith(":25")
    assert (shown["reason"], shown["lift"]) == ("", None)
    assert Post.objects.get().suggestion_taken is None


def test_a_picture_goes_only_to_the_models_that_it_is_of(as_editor):
    lea, mia = a_channel(creator__name="Lea"), a_channel(creator__name="Mia")
    zoe = a_channel(creator__name="Zoe")
    of_lea, of_all, of_zoe = (
        *pictures(1, lea.creator),
        *pictures(1),
        *pictures(1, zoe.creator),
    )
    body = looked_at(as_editor, asked([of_lea, of_all, of_zoe], lea, mia))
    given = [(one["model"], *one["media_ids"]) for one in body["plan"]]
    assert sorted(given) == sorted(
        [
            (lea.creator.slug, str(of_lea.pk)),
            (lea.creator.slug, str(of_all.pk)),
            (mia.creator.slug, str(of_all.pk)),
        ]
    )
    assert body["skipped"] == [
        {
            "media_id": str(of_zoe.pk),
            "model": None,
            "reason": f"{of_zoe.name} is of none of the chosen models.",
        }
    ]
    # Not even when a plan says so.
    slot = body["plan"][0] | {"media_ids": [str(of_zoe.pk)]}
    done = made(as_editor, asked([of_zoe], lea, plan=[slot]))
    assert done["created_count"] == 0
    assert len(done["skipped"]) == 2


def test_with_an_end_they_are_spread_evenly_over_the_days(as_editor):
    channel = a_channel(creator__timezone="UTC")
    end = FIRST + timedelta(days=12)
    body = looked_at(as_editor, asked(pictures(4), channel, to=end.isoformat()))
    days = [date.fromisoformat(one["local"][:10]) for one in body["plan"]]
    assert days == [FIRST + timedelta(days=n) for n in (0, 3, 6, 9)]


def test_several_a_day_are_apart_and_what_finds_no_time_is_told(as_editor):
    channel = a_channel(creator__timezone="UTC")
    end = FIRST + timedelta(days=2)
    media = pictures(7)
    body = asked(media, channel, to=end.isoformat(), per_day=3)
    found = looked_at(as_editor, body)
    times = [datetime.fromisoformat(one["schedule_time"]) for one in found["plan"]]
    assert len(times) == 6
    assert all(b - a >= timedelta(hours=2) for a, b in pairwise(times))
    assert [one["media_id"] for one in found["skipped"]] == [str(media[-1].pk)]
    assert found["skipped"][0]["model"] == channel.creator.slug
    assert "no free time left" in found["skipped"][0]["reason"]
    assert found["message"] == "6 drafts would be made; 1 picture or clip left out"


def test_several_pictures_make_one_post(as_editor):
    channel = a_channel()
    media = pictures(5)
    done = made(as_editor, asked(media, channel, media_per_post=2))
    assert [len(one["media_ids"]) for one in done["plan"]] == [2, 2, 1]
    flat = [one for slot in done["plan"] for one in slot["media_ids"]]
    assert flat == [str(item.pk) for item in media]


def test_a_template_brings_its_text_tags_and_values(as_editor):
    channel = a_channel(creator__name="Lea")
    slug = channel.creator.slug
    template = PostTemplateFactory(
        content="{model} says {word}", variables={"word": {slug: "hi"}}
    )
    tag = TagFactory()
    template.tags.add(tag)
    body = asked(pictures(1), channel, template=str(template.pk))
    assert looked_at(as_editor, body)["plan"][0]["text"] == "Lea says hi"
    values = {"word": {slug: "hello"}}
    made(as_editor, body | {"variables": values})
    post = Post.objects.get()
    assert (post.content, post.template_id) == ("{model} says {word}", template.pk)
    assert post.publications.get().content == "Lea says hello"
    assert list(post.tags.all()) == [tag]
    template.variables = {"word": {}}
    template.save()
    (slot,) = looked_at(as_editor, body)["plan"]
    assert "missing_value" in {one["code"] for one in slot["warnings"]}


def test_only_the_chosen_channels_are_used(as_editor):
    channel = a_channel()
    ChannelFactory(creator=channel.creator, platform="tiktok")
    body = asked(pictures(1), channel)
    made(as_editor, body | {"channels": [str(channel.pk)]})
    assert Publication.objects.get().channel_id == channel.pk
    assert len(looked_at(as_editor, body)["plan"]) == 1


def test_media_that_is_gone_is_left_out(as_editor):
    channel = a_channel()
    (trashed,) = pictures(1)
    trashed.trashed_at = timezone.now()
    trashed.save()
    there = pictures(1)
    body = asked([trashed, *there], channel)
    body["media_ids"].append(str(new_id()))
    done = made(as_editor, body)
    assert (done["created_count"], len(done["skipped"])) == (1, 2)


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        (LONG_AGO.isoformat(), "This time has passed already."),
        ("2099-01-01T12:00Z", "This is more than five years ahead."),
        ("9999-12-31T23:59:59-12:00", "This is more than five years ahead."),
        ("0001-01-01T00:00:00+12:00", "This time has passed already."),
    ],
)
def test_a_time_that_nobody_plans_for_is_left_out(as_editor, time, reason):
    channel = a_channel()
    media = pictures(1)
    slot = {
        "model": channel.creator.slug,
        "media_ids": [str(media[0].pk)],
        "schedule_time": time,
    }
    done = made(as_editor, asked(media, channel, plan=[slot]))
    assert done["created_count"] == 0
    assert done["skipped"][0]["reason"] == reason


def test_the_same_key_makes_them_once(as_editor):
    body = asked(pictures(2), a_channel())
    first = made(as_editor, body, **{"Idempotency-Key": "once"})
    again = made(as_editor, body, **{"Idempotency-Key": "once"})
    assert again["posts"] == first["posts"]
    assert Post.objects.count() == 2


def test_one_record_tells_of_all_of_them(as_editor):
    done = made(as_editor, asked(pictures(3), a_channel()))
    event = AuditEvent.objects.get(action="post.drafted")
    assert (event.message, event.count) == ("drafted 3 posts", 3)
    assert sorted(event.ids) == sorted(done["posts"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"media_ids": []}, "media_ids"),
        ({"media_ids": ["x"]}, "media_ids"),
        ({"models": ["nobody"]}, "models"),
        ({"template": "0190a0a0-0000-7000-8000-000000000000"}, "template"),
        ({"channels": []}, "channels"),
        ({"to": FIRST.isoformat()}, "to"),
        ({"per_day": 13}, "per_day"),
        ({"media_per_post": 0}, "media_per_post"),
        ({"plan": []}, "plan"),
        ({"tags": ["x" * 51]}, "tags"),
    ],
)
def test_a_bad_request_names_what_is_wrong(as_editor, change, field):
    body = asked(pictures(1), a_channel()) | change
    answer = as_editor.post(URL, body, format="json")
    assert answer.status_code == 400
    assert [one.split(".")[0] for one in answer.json()["errors"]] == [field]
    assert Post.objects.count() == 0


@pytest.mark.parametrize(
    "change",
    [
        {"model": "nobody"},
        {"media_ids": ["0190a0a0-0000-7000-8000-000000000000"]},
        {"schedule_time": "2030-01-01T10:00"},
    ],
)
def test_a_plan_of_something_else_is_refused(as_editor, change):
    body = asked(pictures(1), a_channel())
    slot = looked_at(as_editor, body)["plan"][0] | change
    answer = as_editor.post(URL, body | {"plan": [slot]}, format="json")
    assert answer.status_code == 400
    assert {one.split(".")[0] for one in answer.json()["errors"]} == {"plan"}


def test_more_posts_than_anybody_looks_over_are_refused(as_editor):
    channels = [a_channel() for _ in range(6)]
    body = asked(pictures(90), *channels, per_day=6)
    answer = as_editor.post(URL, body | {"dry_run": True}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_posts")


def test_what_it_costs_does_not_grow_with_the_media(as_editor):
    channel = a_channel()

    def cost(count):
        body = asked(pictures(count), channel)
        with CaptureQueriesContext(connection) as seen:
            made(as_editor, body)
        return len(seen)

    cost(1)
    few = cost(2)
    assert cost(30) <= few
    assert few < 35


def test_days_are_chosen_evenly_and_none_is_lost():
    days = [FIRST + timedelta(days=n) for n in range(10)]
    assert spread_out(days, 2)[:2] == [days[0], days[5]]
    for count in range(1, 15):
        assert sorted(spread_out(days, count)) == days
