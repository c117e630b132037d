"""Figures that people enter reach the statistics; what was gained is told honestly."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from scheduling.models import Channel, Post, Publication, SlotEntry
from scheduling.suggestions import slots
from scheduling.suggestions.realised import realised
from tests.factories import ChannelFactory
from tests.scheduling.history import NOW, model_in, publication

pytestmark = pytest.mark.django_db

LIST = "/api/scheduling/engagement"
FILE = "/api/scheduling/engagement/import"
REALISED = "/api/scheduling/realised"


def send(client: APIClient, text: str, query: str = "") -> Any:
    file = SimpleUploadedFile("figures.csv", text.encode(), content_type="text/csv")
    return client.post(f"{FILE}{query}", {"file": file}, format="multipart")


def out(channel: Channel, url: str, days: int = 5) -> Publication:
    made = publication(channel, timezone.now() - timedelta(days=days))
    Publication.objects.filter(pk=made.pk).update(url=url)
    return made


# The list


def test_posts_whose_figures_nobody_reads_are_listed_the_latest_first(
    as_viewer: APIClient,
) -> None:
    channel = model_in("UTC")
    old, new = out(channel, "https://x.test/1", 9), out(channel, "", 2)
    reads = ChannelFactory(creator=channel.creator, connector="mastodon")
    out(reads, "https://x.test/3")
    publication(channel, timezone.now(), state=Publication.State.SCHEDULED)
    shown = as_viewer.get(LIST).json()["publications"]
    assert [one["id"] for one in shown] == [str(new.pk), str(old.pk)]
    assert shown[1]["url"] == "https://x.test/1"
    assert (shown[1]["platform"], shown[1]["likes"]) == ("Instagram", None)


def test_the_list_can_be_narrowed(as_viewer: APIClient) -> None:
    channel, other = model_in("UTC"), model_in("UTC")
    known = out(channel, "")
    Publication.objects.filter(pk=known.pk).update(engagement=5)
    missing = out(channel, "")
    out(other, "")
    asked = f"{LIST}?missing=true&model={channel.creator.slug}"
    (shown,) = as_viewer.get(asked).json()["publications"]
    assert shown["id"] == str(missing.pk)
    assert as_viewer.get(f"{LIST}?missing=maybe").status_code == 400


def test_the_lists_queries_do_not_grow(as_viewer: APIClient) -> None:
    channel = model_in("UTC")
    out(channel, "")

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            as_viewer.get(LIST)
        return len(queries)

    cost()
    one = cost()
    for _ in range(20):
        out(model_in("UTC"), "")
    assert cost() == one


# By link


def test_a_table_of_links_is_recorded_and_learned(as_editor: APIClient) -> None:
    channel = model_in("UTC")
    first = out(channel, "https://www.instagram.com/p/ABC/")
    second = out(channel, "https://www.instagram.com/p/DEF", 4)
    text = (
        "url,likes,views\n"
        "https://www.instagram.com/p/ABC?igsh=xyz,12,\n"
        "https://www.Instagram.com/p/DEF/,30,1000\n"
    )
    tried = send(as_editor, text, "?dry_run=true").json()
    assert (tried["posts"], tried["row_errors"]) == (2, [])
    assert not Publication.objects.filter(engagement__isnull=False).exists()
    done = send(as_editor, text)
    assert done.json()["message"] == "The engagement of 2 posts recorded"
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.likes, first.views, second.engagement) == (12, None, 40.0)
    assert SlotEntry.objects.filter(y__isnull=False).count() == 2


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("https://x.test/none,5", "url"),
        ("https://x.test/twice,5", "url"),
        (",5", "url"),
        ("https://x.test/1,", "likes"),
        ("https://x.test/1,many", "likes"),
    ],
)
def test_a_bad_line_holds_all_up(as_editor: APIClient, line: str, field: str) -> None:
    channel = model_in("UTC")
    out(channel, "https://x.test/1")
    for _ in range(2):
        out(channel, "https://x.test/twice")
    text = f"url,likes\nhttps://x.test/1,7\n{line}\n"
    refused = send(as_editor, text)
    assert refused.status_code == 400
    (error,) = refused.json()["row_errors"]
    assert (error["line"], error["field"]) == (3, field)
    assert not Publication.objects.filter(likes__isnull=False).exists()


def test_only_editors_send_tables(as_viewer: APIClient, anonymous: APIClient) -> None:
    assert as_viewer.get(FILE).content.startswith(b"url,likes")
    assert send(as_viewer, "url,likes\nx,1").status_code == 403
    assert send(anonymous, "url,likes\nx,1").status_code == 401
    assert anonymous.get(LIST).status_code == 401


# What was gained


def planned(channel: Channel, engagement: float, taken: bool | None, day: int) -> None:
    made = publication(channel, NOW - timedelta(days=60 - day), engagement)
    Post.objects.filter(pk=made.post_id).update(suggestion_taken=taken)
    slots.enter(made, NOW)


def test_what_suggestions_gained_is_told_with_its_uncertainty() -> None:
    channel = model_in("UTC")
    for day in range(40):
        noise = 1 + day % 3 / 10
        taken = (True, False, None, None)[day % 4]
        planned(channel, noise * (180 if taken else 100), taken, day)
    found = realised(channel.creator, NOW)
    assert (found.suggested, found.others) == (10, 30)
    assert found.lift is not None
    assert found.low is not None
    assert found.high is not None
    assert 0.4 < found.low < found.lift < found.high < 1.3
    assert found.confidence == 99
    assert realised(None, NOW) == found


def test_a_single_post_is_only_counted() -> None:
    channel = model_in("UTC")
    planned(channel, 100, True, 0)
    found = realised(channel.creator, NOW)
    assert (found.suggested, found.others, found.lift) == (1, 0, None)


def test_too_few_to_compare_are_only_counted() -> None:
    channel = model_in("UTC")
    for day in range(10):
        planned(channel, 100, day < 4, day)
    found = realised(channel.creator, NOW)
    assert (found.suggested, found.others, found.lift) == (4, 6, None)


def test_posts_that_all_do_the_same_gain_nothing() -> None:
    channel = model_in("UTC")
    for day in range(12):
        planned(channel, 100, day % 2 == 0, day)
    found = realised(channel.creator, NOW)
    assert (found.lift, found.confidence) == (0, 50)


def test_the_endpoint_answers_viewers_at_constant_cost(
    as_viewer: APIClient, anonymous: APIClient
) -> None:
    channel = model_in("UTC")
    asked = f"{REALISED}?model={channel.creator.slug}"
    with CaptureQueriesContext(connection) as empty:
        body = as_viewer.get(asked).json()
    assert body["realised"] == {
        "suggested": 0,
        "others": 0,
        "lift": None,
        "low": None,
        "high": None,
        "confidence": None,
    }
    for day in range(12):
        planned(channel, 100, day % 2 == 0, day)
    with CaptureQueriesContext(connection) as full:
        as_viewer.get(asked)
    assert len(full) <= len(empty)
    assert anonymous.get(REALISED).status_code == 401
    assert as_viewer.get(f"{REALISED}?model=nobody").status_code == 400
