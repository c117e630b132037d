"""Free times of one day are on that day of the model's clocks, and the best of it."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scheduling.models import Publication
from scheduling.suggestions.days import best_times_on
from tests.scheduling.history import NOW, history, model_in, publication

pytestmark = pytest.mark.django_db

URL = "/api/scheduling/free-times"
WEDNESDAY = date(2026, 6, 3)
# Wednesday 19:00 does well, Wednesday 04:00 badly.
RHYTHM = {2 * 24 + 19: 300, 2 * 24 + 12: 100, 2 * 24 + 4: 20}


def test_the_best_hour_of_the_day_comes_first():
    channel = model_in("UTC")
    history(channel, RHYTHM)
    best, *_ = found = best_times_on(channel.creator, WEDNESDAY, 3, now=NOW)
    assert len(found) == 3
    assert best.at == datetime(2026, 6, 3, 19, tzinfo=UTC)
    assert best.reason.startswith("Wednesday evening - high engagement")
    assert all(one.local.date() == WEDNESDAY for one in found)


def test_times_are_apart_and_as_many_as_the_day_has():
    channel = model_in("Asia/Kathmandu")
    history(channel, RHYTHM)
    found = best_times_on(channel.creator, WEDNESDAY, 12, now=NOW)
    times = sorted(one.at for one in found)
    assert len(times) >= 6
    assert all(b - a >= timedelta(hours=2) for a, b in pairwise(times))
    assert {one.local.date() for one in found} == {WEDNESDAY}
    assert all(one.at.minute == 15 for one in found)  # +05:45


def test_a_planned_post_takes_its_time_and_a_cancelled_one_does_not():
    channel = model_in("UTC")
    history(channel, RHYTHM)
    at = datetime(2026, 6, 3, 19, 30, tzinfo=UTC)
    held = publication(channel, at, state=Publication.State.SCHEDULED)
    free = best_times_on(channel.creator, WEDNESDAY, 1, now=NOW)
    assert abs(free[0].at - at) >= timedelta(hours=1)
    Publication.objects.filter(pk=held.pk).update(state="cancelled")
    assert best_times_on(channel.creator, WEDNESDAY, 1, now=NOW)[0].at.hour == 19


def test_who_brings_the_taken_times_decides_what_is_taken():
    channel = model_in("UTC")
    history(channel, RHYTHM)
    at = datetime(2026, 6, 3, 19, tzinfo=UTC)
    publication(channel, at, state=Publication.State.SCHEDULED)
    given = best_times_on(channel.creator, WEDNESDAY, 1, now=NOW, taken=[])
    assert given[0].at == at
    given = best_times_on(channel.creator, WEDNESDAY, 1, now=NOW, taken=[at])
    assert given[0].at != at


def test_without_history_the_day_has_the_common_times():
    found = best_times_on(model_in("UTC").creator, WEDNESDAY, 8, now=NOW)
    assert [one.basis for one in found] == ["default"] * 8
    assert {one.confidence for one in found} == {50}


def test_nothing_is_offered_in_the_past_nor_in_an_hour_that_a_clock_change_skips():
    channel = model_in("Europe/Berlin")
    yesterday = NOW.date() - timedelta(days=1)
    assert best_times_on(channel.creator, yesterday, 3, now=NOW) == []
    later = best_times_on(channel.creator, NOW.date(), 12, now=NOW)
    assert later
    assert all(one.at >= NOW + timedelta(minutes=15) for one in later)
    sunday = date(2027, 3, 28)
    history(channel, {6 * 24 + 1: 900, 2: 10})  # 01:00 UTC is 02:00 or 03:00 there
    found = best_times_on(channel.creator, sunday, 12, now=NOW)
    assert 2 not in {one.local.hour for one in found}
    assert {one.local.date() for one in found} == {sunday}


# The endpoint


def tomorrow() -> str:
    return (timezone.now() + timedelta(days=1)).date().isoformat()


def test_free_times_have_the_shape_of_suggestions(as_viewer):
    creator = model_in("Europe/Berlin").creator
    body = as_viewer.get(f"{URL}?model={creator.slug}&date={tomorrow()}").json()
    assert len(body["suggestions"]) == 3
    assert body["message"] == f"3 free times of {creator.name}, best first"
    for one in body["suggestions"]:
        assert one["datetime"].startswith(tomorrow())
        assert one["timezone"] == "Europe/Berlin"
        assert one["basis"] == "default"


def test_a_past_day_has_no_free_times_and_the_answer_says_so(as_viewer):
    creator = model_in("UTC").creator
    body = as_viewer.get(f"{URL}?model={creator.slug}&date=2025-03-04").json()
    assert body["suggestions"] == []
    assert "no free time left on Tuesday, 04 March 2025" in body["message"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "model=nobody&date=2026-12-01",
        "date=2026-12-01",
        "model={slug}",
        "model={slug}&date=soon",
        "model={slug}&date=9999-12-31",
        "model={slug}&date=0001-01-01",
        "model={slug}&date=2026-12-01&count=0",
        "model={slug}&date=2026-12-01&count=13",
    ],
)
def test_a_bad_question_is_refused(as_viewer, query):
    slug = model_in("UTC").creator.slug
    answer = as_viewer.get(f"{URL}?{query.format(slug=slug)}")
    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_only_people_with_a_level_may_ask(anonymous, person, client_of):
    assert anonymous.get(URL).status_code == 401
    assert client_of(person(None)).get(URL).status_code == 403


def test_it_costs_the_same_with_many_posts(as_viewer):
    channel = model_in("UTC")
    history(channel, RHYTHM)  # so that nobody else is asked, who would be cached
    url = f"{URL}?model={channel.creator.slug}&date={tomorrow()}"

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert as_viewer.get(url).status_code == 200
        return len(queries)

    as_viewer.get(url)
    before = cost()
    at = timezone.now() + timedelta(days=1)
    for hours in range(12):
        publication(channel, at + timedelta(hours=hours), state="scheduled")
    assert cost() == before
