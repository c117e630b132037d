"""Engagement is read back at four ages, in batches, and never forgotten."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.utils import timezone

from scheduling.models import EngagementReading, Publication, SlotStatistic
from scheduling.publishing.connectors.base import (
    Account,
    Connector,
    ConnectorOptions,
    Engagement,
    PublishError,
    PublishRequest,
    Receipt,
    Recovery,
)
from scheduling.publishing.publisher import Publisher
from scheduling.readings import reading
from scheduling.readings.planning import AGES
from tests.scheduling.planning import a_channel, a_publication

pytestmark = pytest.mark.django_db(transaction=True)


class TellingConnector(Connector):
    """A deployment's own platform, kept in memory: it tells how people reacted."""

    name: ClassVar[str] = "telling"
    platform: ClassVar[str] = "telling"
    reads_engagement: ClassVar[bool] = True
    told: ClassVar[dict[str, Engagement]] = {}
    asked: ClassVar[list[list[str]]] = []
    refusal: ClassVar[PublishError | None] = None

    @property
    def recovery(self) -> Recovery:
        return Recovery.MANUAL

    @classmethod
    def validate_credentials(
        cls, credentials: object, options: ConnectorOptions
    ) -> dict[str, Any]:
        return {}

    def verify(self) -> Account:
        return Account()

    def publish(self, request: PublishRequest) -> Receipt:
        return Receipt(external_id=f"at-{request.publication_id}")

    def engagement(self, external_ids: Sequence[str]) -> dict[str, Engagement]:
        self.asked.append(list(external_ids))
        if self.refusal:
            raise self.refusal
        return {one: self.told[one] for one in external_ids if one in self.told}


@pytest.fixture(autouse=True)
def _telling(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PROMURA_CONNECTORS = {"telling": f"{__name__}.TellingConnector"}
    monkeypatch.setattr(TellingConnector, "told", {})
    monkeypatch.setattr(TellingConnector, "asked", [])


def published(count: int = 1) -> list[Publication]:
    channel = a_channel(platform="telling", connector="telling")
    made = [a_publication(channel, content=f"Post {n}") for n in range(count)]
    Publisher().run_once()
    rows = list(Publication.objects.filter(pk__in=[one.pk for one in made]))
    assert {one.state for one in rows} == {Publication.State.PUBLISHED}
    return rows


def tell(counts: Mapping[str, Engagement]) -> None:
    TellingConnector.told.update(counts)


def due_hours() -> list[int]:
    waiting = EngagementReading.objects.filter(due_at__isnull=False)
    return sorted(waiting.values_list("hours", flat=True))


def test_four_looks_are_planned_with_the_receipt() -> None:
    (one,) = published()
    planned = {row.hours: row.due_at for row in one.readings.all()}
    assert planned == {h: one.published_at + timedelta(hours=h) for h in AGES}


def test_a_platform_that_tells_nothing_is_not_asked() -> None:
    a_publication()
    Publisher().run_once()
    assert not EngagementReading.objects.exists()


def test_a_look_fills_the_publication_and_the_statistics() -> None:
    (one,) = published()
    tell({one.external_id: Engagement(likes=40, comments=3, shares=2)})
    now = one.published_at + timedelta(hours=73)
    reading.read_due(now)
    one.refresh_from_db()
    assert (one.likes, one.comments, one.shares, one.views) == (40, 3, 2, None)
    assert one.engagement == pytest.approx(40 + 2 * 3 + 3 * 2)
    assert one.engagement_at == now
    assert due_hours() == [168]
    assert sum(row.posts for row in SlotStatistic.objects.all()) == 1


def test_one_account_is_asked_for_many_posts_at_once() -> None:
    rows = published(5)
    tell({one.external_id: Engagement(likes=n) for n, one in enumerate(rows)})
    reading.read_due(timezone.now() + timedelta(hours=2))
    assert [len(ids) for ids in TellingConnector.asked] == [5]
    assert due_hours() == [24] * 5 + [72] * 5 + [168] * 5
    found = Publication.objects.values_list("external_id", "likes")
    assert dict(found) == {one.external_id: n for n, one in enumerate(rows)}


def test_nothing_is_asked_before_it_is_time() -> None:
    published()
    reading.read_due(timezone.now() + timedelta(minutes=59))
    assert TellingConnector.asked == []


def test_a_deleted_post_is_given_up_for_that_look() -> None:
    (one,) = published()
    reading.read_due(timezone.now() + timedelta(hours=2))
    look = one.readings.get(hours=1)
    assert look.due_at is None
    assert look.error == reading.GONE
    one.refresh_from_db()
    assert one.engagement_at is None


def test_a_platform_that_is_away_is_asked_again_ever_more_seldom(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (one,) = published()
    away = PublishError("It is away.", permanent=False, code="unreachable")
    monkeypatch.setattr(TellingConnector, "refusal", away)
    now, waits = timezone.now() + timedelta(hours=2), []
    for _ in range(reading.MOST_TRIES):
        reading.read_due(now)
        look = one.readings.get(hours=1)
        assert look.due_at is not None
        waits.append(look.due_at - now)
        now = look.due_at
    assert waits == sorted(waits)
    assert waits[0] == reading.FIRST_WAIT
    assert waits[-1] > waits[0]
    reading.read_due(now)
    look = one.readings.get(hours=1)
    assert (look.due_at, look.error) == (None, "It is away.")


def test_the_wish_of_a_platform_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = published()
    busy = PublishError(
        "Too many requests.", permanent=False, retry_after=7200, code="rate_limited"
    )
    monkeypatch.setattr(TellingConnector, "refusal", busy)
    now = timezone.now() + timedelta(hours=2)
    reading.read_due(now)
    assert one.readings.get(hours=1).due_at == now + timedelta(hours=2)


def test_an_account_that_needs_sign_in_is_left_alone_until_then() -> None:
    (one,) = published()
    channel = one.channel
    channel.health = channel.Health.NEEDS_SIGN_IN
    channel.save(update_fields=["health"])
    reading.read_due(timezone.now() + timedelta(hours=2))
    assert TellingConnector.asked == []
    assert due_hours() == list(AGES)


def test_a_broken_connector_stops_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    (broken,), (sound,) = published(), published()
    tell({sound.external_id: Engagement(likes=1)})
    answer = TellingConnector.engagement

    def breaking(
        self: TellingConnector, external_ids: Sequence[str]
    ) -> dict[str, Engagement]:
        if broken.external_id in external_ids:
            raise KeyError("no such thing")
        return answer(self, external_ids)

    monkeypatch.setattr(TellingConnector, "engagement", breaking)
    reading.read_due(timezone.now() + timedelta(hours=2))
    sound.refresh_from_db()
    assert sound.likes == 1
    assert broken.readings.get(hours=1).tries == 1
