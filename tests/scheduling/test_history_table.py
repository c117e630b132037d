"""Times and numbers are read as people and platforms write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from promura_site.csv_files import Row
from scheduling.history.accounts import Accounts
from scheduling.history.moments import UnreadableMoment, order_of, read_moment
from scheduling.history.table import read_table
from tests.factories import ChannelFactory, CreatorFactory
from tests.scheduling.history import NOW

EVENING = datetime(2025, 12, 31, 18, 30)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-12-31 18:30", EVENING),
        ("2025-12-31T18:30:00", EVENING),
        ("2025-12-31T18:30Z", EVENING.replace(tzinfo=UTC)),
        (
            "2025-12-31T18:30:00+02:00",
            EVENING.replace(tzinfo=timezone(timedelta(hours=2))),
        ),
        ("2025-12-31", datetime(2025, 12, 31)),
        ("31.12.2025 18:30", EVENING),
        ("31.12.2025, 18:30", EVENING),
        ("31/12/2025 18:30:00", EVENING),
        ("12/31/2025 6:30 PM", EVENING),
        ("12/31/2025 12:05 am", datetime(2025, 12, 31, 0, 5)),
        ("31 Dec 2025 18:30", EVENING),
        ("December 31, 2025 6:30 p.m.", EVENING),
        ("Dec 31, 2025, 18:30", EVENING),
        ("Wed Dec 31 18:30:00 +0000 2025", EVENING.replace(tzinfo=UTC)),
        ("Wed, 31 Dec 2025 18:30:00 +0000", EVENING.replace(tzinfo=UTC)),
        ("1767205800", EVENING.replace(tzinfo=UTC)),
        ("1767205800000", EVENING.replace(tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_it_is_written(text, moment):
    assert read_moment(text, order_of([text])) == moment


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "20251231", "31.02.2025", "13/32/2025", "12/31/2025 13:00 PM"],
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(UnreadableMoment, match="no time"):
        read_moment(text, "mdy")


def test_whether_the_day_comes_first_is_told_from_the_column():
    assert order_of(["3/4/2026", "25/4/2026 10:00"]) == "dmy"
    assert order_of(["3/4/2026", "4/25/2026"]) == "mdy"
    assert order_of(["3/4/2026", "2026-04-25"]) is None
    assert read_moment("3/4/2026", "dmy") == datetime(2026, 4, 3)
    assert read_moment("3/4/2026", "mdy") == datetime(2026, 3, 4)
    assert read_moment("4/4/2026", None) == datetime(2026, 4, 4)
    with pytest.raises(UnreadableMoment, match="day or the month comes first"):
        read_moment("3/4/2026", None)
    with pytest.raises(UnreadableMoment, match="The day comes first in"):
        order_of(["25/4/2026", "4/25/2026"])


# Lines

pytestmark = pytest.mark.django_db


def read(*lines, order=None):
    rows = [Row(number, said) for number, said in enumerate(lines, start=2)]
    return read_table(rows, Accounts(), now=NOW, order=order)


def line(**said):
    usual = {"model": "lea", "published_at": "2026-05-01 18:30", "likes": "10"}
    return {name: text for name, text in (usual | said).items() if text}


@pytest.fixture
def lea():
    creator = CreatorFactory(slug="lea", timezone="Europe/Berlin")
    return ChannelFactory(creator=creator, platform="instagram", handle="@lea")


def test_a_line_is_read_on_the_models_clocks(lea):
    (post,) = read(line(comments="2", url="https://x.test/1")).posts
    assert post.account.pk == lea.pk
    assert post.published_at == datetime(2026, 5, 1, 16, 30, tzinfo=UTC)
    assert post.counts == (10, 2, None, None, None)
    assert (post.reference, post.engagement) == ("https://x.test/1", 14.0)


def test_a_line_may_name_its_own_zone_or_offset(lea):
    posts = read(
        line(timezone="America/New_York"), line(published_at="2026-05-01T18:30-04:00")
    ).posts
    assert {post.published_at.hour for post in posts} == {22}


def test_a_time_that_the_clocks_skip_moves_forward(lea):
    (post,) = read(line(published_at="2026-03-29 02:30")).posts
    assert post.published_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_numbers_may_be_grouped_and_engagement_be_one_number(lea):
    posts = read(
        line(likes="12,345"),
        line(likes="1.234.567"),
        line(likes="", engagement="37.5"),
        line(likes="", engagement="1 500"),
        line(likes="0"),
    ).posts
    assert [post.engagement for post in posts] == [12345, 1234567, 37.5, 1500, 0]


@pytest.mark.parametrize(
    ("said", "field", "words"),
    [
        ({"model": ""}, "model", "Whose"),
        ({"model": "mia"}, "model", "no model"),
        ({"channel": "@mia"}, "channel", "no account"),
        ({"platform": "tiktok"}, "platform", "no such account"),
        ({"published_at": ""}, "published_at", "When"),
        ({"published_at": "soon"}, "published_at", "no time"),
        ({"published_at": "3/4/2026"}, "published_at", "comes first"),
        ({"published_at": "2026-06-02"}, "published_at", "future"),
        ({"published_at": "1999-06-02"}, "published_at", "before 2004"),
        ({"timezone": "Mars/Base"}, "timezone", "no IANA"),
        ({"likes": "many"}, "likes", "no whole number"),
        ({"likes": "-3"}, "likes", "no whole number"),
        ({"likes": "1.2K"}, "likes", "no whole number"),
        ({"likes": ""}, "engagement", "Nothing is said"),
        ({"likes": "", "engagement": "nan"}, "engagement", "no number"),
        ({"url": "u" * 501}, "url", "Longer"),
    ],
)
def test_a_bad_line_says_what_is_wrong(lea, said, field, words):
    (error,) = read(line(), line(**said)).errors
    assert (error.line, error.field) == (3, field)
    assert words in error.message


def test_a_file_with_both_orders_of_dates_is_one_error(lea):
    table = read(line(published_at="25/4/2026"), line(published_at="4/25/2026"))
    assert [error.field for error in table.errors] == ["published_at"]
    assert not table.posts


def test_an_account_is_found_by_handle_and_platform(lea):
    other = ChannelFactory(creator=lea.creator, platform="tiktok", handle="@Lea")
    table = read(
        line(model="", channel="LEA", platform="tiktok"),
        line(platform="instagram"),
        line(model="lea", channel="@lea"),
    )
    assert [post.account.pk for post in table.posts] == [other.pk, lea.pk]
    assert table.errors[0].field == "platform"


def test_an_account_that_is_off_is_taken_when_there_is_no_other(lea):
    lea.is_active = False
    lea.save()
    assert len(read(line()).posts) == 1
