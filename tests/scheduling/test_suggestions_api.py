"""The endpoints answer in the documented shape, to those who may, at constant cost."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import CreatorFactory
from tests.scheduling.history import history, model_in, publication

pytestmark = pytest.mark.django_db

SUGGESTIONS = "/api/scheduling/suggestions"
INSIGHTS = "/api/scheduling/insights"
HEATMAP = "/api/scheduling/heatmap"
ALL = [SUGGESTIONS, INSIGHTS, HEATMAP]
RHYTHM = {3 * 24 + 19: 300, 24 + 12: 100, 4 * 24 + 9: 90, 6 * 24 + 4: 20}


def learned(zone="UTC", weeks=12, **fields):
    channel = model_in(zone, **fields)
    history(channel, RHYTHM, weeks=weeks, until=timezone.now())
    return channel


@pytest.mark.parametrize("url", ALL)
def test_strangers_are_asked_to_sign_in(anonymous, url):
    answer = anonymous.get(url)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"]


@pytest.mark.parametrize("url", ALL)
def test_people_without_a_level_may_not_look(person, client_of, url):
    assert client_of(person(None)).get(url).status_code == 403


@pytest.mark.parametrize("url", ALL)
def test_viewers_may_look_with_and_without_a_slash(as_viewer, url):
    assert as_viewer.get(url).status_code == 200
    assert as_viewer.get(f"{url}/").status_code == 200


@pytest.mark.parametrize("url", ALL)
def test_nothing_else_than_looking_is_possible(as_admin, url):
    assert as_admin.post(url).status_code == 405


# Suggestions


def test_suggestions_have_the_documented_fields(as_viewer):
    channel = learned()
    body = as_viewer.get(f"{SUGGESTIONS}?count=5&model={channel.creator.slug}").json()
    assert body["success"] is True
    assert body["message"] == "Generated 5 scheduling suggestions"
    assert len(body["suggestions"]) == 5
    best = body["suggestions"][0]
    assert best.keys() == {
        "datetime",
        "day_name",
        "time",
        "confidence",
        "avg_engagement",
        "success_rate",
        "reason",
        "timezone",
        "utc",
        "lift",
        "interval",
        "sample_size",
        "basis",
    }
    at = datetime.strptime(best["datetime"], "%Y-%m-%dT%H:%M:%S")
    assert (best["day_name"], best["time"]) == ("Thursday", "07:00 PM")
    assert (at.strftime("%A"), at.hour) == ("Thursday", 19)
    assert best["utc"] == f"{best['datetime']}Z"
    assert best["timezone"] == "UTC"
    assert isinstance(best["confidence"], int)
    assert 50 < best["confidence"] < 100
    assert best["avg_engagement"] > 0
    assert best["success_rate"] == 100.0
    assert best["reason"] == "Thursday evening - high engagement (12 posts)"
    assert best["interval"]["low"] < best["lift"] < best["interval"]["high"]
    assert (best["sample_size"], best["basis"]) == (12, "slot")


def test_without_a_model_times_are_in_the_persons_own_zone(person, client_of):
    learned("UTC")
    client = client_of(person("view", timezone="Asia/Tokyo"))
    best = client.get(SUGGESTIONS).json()["suggestions"][0]
    assert (best["timezone"], best["basis"]) == ("Asia/Tokyo", "agency")
    assert (best["day_name"], best["time"]) == ("Thursday", "07:00 PM")
    local = datetime.fromisoformat(best["datetime"])
    utc = datetime.fromisoformat(best["utc"]).astimezone(UTC).replace(tzinfo=None)
    assert local - utc == timedelta(hours=9)


def test_with_a_model_times_are_in_its_zone_unless_another_is_named(as_viewer):
    model = learned("America/New_York").creator.slug
    own = as_viewer.get(f"{SUGGESTIONS}?model={model}").json()["suggestions"]
    other = as_viewer.get(f"{SUGGESTIONS}?model={model}&timezone=UTC").json()
    assert {one["timezone"] for one in own} == {"America/New_York"}
    assert {one["timezone"] for one in other["suggestions"]} == {"UTC"}
    assert [one["utc"] for one in own] == [one["utc"] for one in other["suggestions"]]


def test_five_are_given_unless_asked_and_one_is_called_a_suggestion(as_viewer):
    assert len(as_viewer.get(SUGGESTIONS).json()["suggestions"]) == 5
    assert len(as_viewer.get(f"{SUGGESTIONS}?count=").json()["suggestions"]) == 5
    one = as_viewer.get(f"{SUGGESTIONS}?count=1").json()
    assert one["message"] == "Generated 1 scheduling suggestion"
    assert len(as_viewer.get(f"{SUGGESTIONS}?count=50").json()["suggestions"]) == 50


@pytest.mark.parametrize(
    "count", ["0", "-1", "51", "1000", "abc", "2.5", "1e3", "9" * 2000, "½"]
)
def test_an_impossible_count_is_refused_by_name(as_viewer, count):
    answer = as_viewer.get(SUGGESTIONS, {"count": count})
    assert answer.status_code == 400
    assert answer.json()["errors"] == {
        "count": ["Must be a whole number from 1 to 50."]
    }


@pytest.mark.parametrize("zone", ["Mars/Olympus", "x", "Europe", "../etc", "+02:00"])
def test_an_unknown_zone_is_refused_by_name(as_viewer, zone):
    answer = as_viewer.get(SUGGESTIONS, {"timezone": zone})
    assert answer.status_code == 400
    assert "timezone" in answer.json()["errors"]


@pytest.mark.parametrize("url", ALL)
@pytest.mark.parametrize("slug", ["nobody", "a b", "ö", "x" * 500])
def test_an_unknown_model_is_refused_by_name(as_viewer, url, slug):
    answer = as_viewer.get(url, {"model": slug})
    assert answer.status_code == 400
    assert answer.json()["errors"] == {"model": [f"There is no model “{slug}”."]}


def test_a_taken_time_is_not_offered(as_viewer):
    channel = learned()
    url = f"{SUGGESTIONS}?model={channel.creator.slug}&count=1"
    best = as_viewer.get(url).json()["suggestions"][0]["utc"]
    publication(channel, datetime.fromisoformat(best), state="scheduled")
    assert as_viewer.get(url).json()["suggestions"][0]["utc"] != best


# Insights


def test_insights_have_the_documented_shape(as_viewer):
    channel = learned()
    body = as_viewer.get(f"{INSIGHTS}?model={channel.creator.slug}").json()
    assert body == {
        "success": True,
        "insights": {
            "status": "success",
            "total_posts": 48,
            "best_day": {"day": "Thursday", "avg_engagement": 300.0},
            "best_hour": {"hour": 19, "formatted": "19:00", "avg_engagement": 300.0},
            "insights": [
                "Your best posting day is Thursday",
                "Optimal posting time is around 19:00",
                "Total posts analyzed: 48",
            ],
        },
    }
    assert as_viewer.get(INSIGHTS).json() == body


@pytest.mark.parametrize(
    ("weeks", "said"),
    [(0, "10 more completed posts to go"), (9, "1 more completed post to go")],
)
def test_too_few_posts_say_how_many_are_missing(as_viewer, weeks, said):
    channel = model_in("UTC")
    history(channel, {5: 10}, weeks=weeks, until=timezone.now())
    found = as_viewer.get(f"{INSIGHTS}?model={channel.creator.slug}").json()["insights"]
    assert (found["status"], found["total_posts"]) == ("insufficient_data", weeks)
    assert (found["best_day"], found["best_hour"]) == (None, None)
    assert said in found["message"]
    assert found["insights"] == []


# The heatmap


def test_the_heatmap_has_seven_days_of_24_hours(as_viewer):
    channel = learned("Asia/Tokyo")
    body = as_viewer.get(f"{HEATMAP}?model={channel.creator.slug}").json()
    assert (body["timezone"], body["basis"]) == ("Asia/Tokyo", "model")
    assert (body["total_posts"], body["days"][0]) == (48, "Monday")
    assert [len(day) for day in body["heatmap"]] == [24] * 7
    assert body["heatmap"][0][0].keys() == {"lift", "low", "high", "sample_size", "few"}
    assert sum(cell["sample_size"] for day in body["heatmap"] for cell in day) == 48
    assert as_viewer.get(HEATMAP).json()["basis"] == "agency"


# Cost


@pytest.mark.parametrize(
    ("url", "most"), [(SUGGESTIONS, 7), (INSIGHTS, 4), (HEATMAP, 6)]
)
@pytest.mark.parametrize("whose", ["model", "newcomer", "agency"])
def test_the_cost_does_not_grow_with_posts_and_models(as_viewer, url, most, whose):
    channel = learned(weeks=3)
    newcomer = CreatorFactory()
    slug = {"model": channel.creator.slug, "newcomer": newcomer.slug, "agency": ""}
    query = {"model": slug[whose]}

    def cost():
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            assert as_viewer.get(url, query).status_code == 200
        return len(queries)

    as_viewer.get(url, query)  # permissions are read once a person
    cold = cost()
    for _ in range(3):
        history(learned(), {7: 5})
    soon = timezone.now()
    for hours in range(30):
        publication(channel, soon + timedelta(hours=hours), state="scheduled")
    assert cost() == cold <= most


def test_engagement_recorded_over_the_api_is_learned_from(as_editor):
    channel = model_in("UTC")
    week = timedelta(weeks=1)
    for number in range(1, 11):
        post = publication(channel, timezone.now() - number * week)
        url = f"/api/publications/{post.pk}/engagement"
        assert as_editor.post(url, {"likes": 10 * number}).status_code == 200
    found = as_editor.get(f"{INSIGHTS}?model={channel.creator.slug}").json()["insights"]
    assert (found["status"], found["total_posts"]) == ("success", 10)
    assert found["best_day"]["day"] == post.published_at.strftime("%A")
