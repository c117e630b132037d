"""Who is told of what, and when it may be loud."""

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

import pytest

from promura_site.models import User
from scheduling.models import Notice, NoticePreference
from scheduling.notices.kinds import KINDS
from scheduling.notices.people import everybody, person_for, quiet_end
from tests.scheduling.notices.telling import a_person

K = Notice.Kind
BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        # 22:00 to 07:00 in Berlin's winter, an hour ahead of UTC.
        ("2026-01-10 20:59:59", None),
        ("2026-01-10 21:00:00", "2026-01-11 06:00:00"),
        ("2026-01-10 23:30:00", "2026-01-11 06:00:00"),
        ("2026-01-11 05:59:59", "2026-01-11 06:00:00"),
        ("2026-01-11 06:00:00", None),
        # The night in which the clock goes forward is an hour shorter.
        ("2026-03-28 21:00:00", "2026-03-29 05:00:00"),
        ("2026-03-29 04:59:59", "2026-03-29 05:00:00"),
        ("2026-03-29 05:00:00", None),
        # And the one in which it goes back an hour longer.
        ("2026-10-24 20:00:00", "2026-10-25 06:00:00"),
        ("2026-10-25 05:59:59", "2026-10-25 06:00:00"),
        ("2026-10-25 06:00:00", None),
    ],
)
def test_quiet_hours_go_over_midnight_and_over_clock_changes(
    now: str, end: str | None
) -> None:
    found = quiet_end(at(now), time(22), time(7), BERLIN)
    assert found == (at(end) if end else None)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        # 02:30 does not occur on 29 March: it comes when the clock shows 03:30.
        ("2026-03-29 01:15:00", "2026-03-29 01:30:00"),
        ("2026-03-29 01:30:00", None),
        # And twice on 25 October: the first one counts.
        ("2026-10-25 00:29:59", "2026-10-25 00:30:00"),
        ("2026-10-25 01:10:00", None),
    ],
)
def test_quiet_hours_that_end_in_a_clock_change_end_once(
    now: str, end: str | None
) -> None:
    found = quiet_end(at(now), time(22), time(2, 30), BERLIN)
    assert found == (at(end) if end else None)


def test_quiet_hours_within_a_day_and_in_another_zone() -> None:
    noon = at("2026-06-01 04:00:00")
    assert quiet_end(noon, time(12), time(14), "Asia/Tokyo") == at("2026-06-01 05:00")
    assert (
        quiet_end(at("2026-06-01 12:30:00"), time(12), time(14), "Asia/Tokyo") is None
    )


pytestmark = pytest.mark.django_db


def _told(kind: str) -> set[str]:
    return {one.user.username for one in everybody().told_of(kind)}


def test_each_level_is_told_of_its_own_work() -> None:
    a_person("view", "vera")
    a_person("edit", "emil")
    a_person("admin", "anna")
    for kind in (K.FAILED, K.UNKNOWN, K.MISSED, K.SILENT, K.SIGN_IN, K.BURST):
        assert _told(kind) == {"emil", "anna"}
    assert _told(K.HANDOVER) == {"vera"}
    assert _told(K.PANIC) == {"vera", "emil", "anna"}


def test_where_nobody_assists_hand_overs_are_everybodys() -> None:
    a_person("edit", "emil")
    a_person("admin", "anna")
    assert _told(K.HANDOVER) == {"emil", "anna"}


def test_whoever_has_no_level_or_has_left_is_told_nothing(
    person: Callable[..., User],
) -> None:
    person(None, username="stranger", email="s@example.com")
    a_person("edit", "gone", is_active=False)
    assert not list(everybody())


def test_what_is_muted_is_not_told_but_on_call_what_is_urgent_is() -> None:
    a_person("edit", "emil", wishes={"muted": list(KINDS)})
    a_person("view", "vera", on_call=True)
    assert _told(K.FAILED) == set()
    assert _told(K.SILENT) == {"vera"}


def test_a_medium_needs_its_set_up_its_switch_and_an_address(settings: Any) -> None:
    user = a_person("edit")
    assert person_for(user).media() == ["mail"]
    NoticePreference.objects.create(
        user=user, mail=False, telegram=True, telegram_chat_id="42"
    )
    assert person_for(user).media() == []
    settings.TELEGRAM_BOT_TOKEN = "1:token"
    assert person_for(user).media() == ["telegram"]
    settings.MAIL_READY = False
    NoticePreference.objects.update(mail=True)
    assert person_for(user).media() == ["telegram"]
