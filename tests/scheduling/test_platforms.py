"""What each platform takes, whoever posts there."""

from typing import Any, ClassVar

import pytest

from scheduling.models import Channel
from scheduling.platforms import PLATFORM_LIMITS, limits_of, longest_text, narrower
from scheduling.publishing.connectors import registry
from scheduling.publishing.connectors.base import Limits
from scheduling.publishing.connectors.handover import HandoverConnector
from scheduling.publishing.connectors.outbox import OutboxConnector


class OwnWay(OutboxConnector):
    name: ClassVar[str] = "own-way"
    platform: ClassVar[str] = "instagram"
    limits: ClassVar[Limits] = Limits(characters=9_999)


class Courier(HandoverConnector):
    name: ClassVar[str] = "courier"
    platform: ClassVar[str] = "courier"
    limits: ClassVar[Limits] = Limits(
        characters=100, media_types=frozenset({"image/*"})
    )


def reached(platform: str, connector: str) -> Channel:
    return Channel(platform=platform, connector=connector, handle="@lea")


def test_a_post_handed_over_by_hand_keeps_the_platforms_limits() -> None:
    limits = limits_of(reached("instagram", "handover"))
    assert limits == PLATFORM_LIMITS["instagram"]
    assert limits.needs_media
    assert longest_text(reached("x", "handover"), with_media=True) == 280


def test_every_platform_that_a_person_posts_to_has_limits() -> None:
    by_hand = registry.by_hand()
    assert by_hand == {"handover"}
    for platform, connector in registry.PLATFORMS.items():
        if connector in by_hand:
            assert PLATFORM_LIMITS[platform].media_count


def test_a_platforms_own_connector_knows_its_limits_best(settings: Any) -> None:
    settings.PROMURA_CONNECTORS = {"own-way": f"{__name__}.OwnWay"}
    assert limits_of(reached("instagram", "own-way")) == OwnWay.limits


def test_who_stands_in_for_a_platform_may_take_less(settings: Any) -> None:
    settings.PROMURA_CONNECTORS = {"courier": f"{__name__}.Courier"}
    limits = limits_of(reached("instagram", "courier"))
    assert limits.characters == 100
    assert limits.media_types == {"image/jpeg", "image/png"}
    assert limits.image_bytes == PLATFORM_LIMITS["instagram"].image_bytes
    assert "courier" in registry.by_hand()


def test_a_connector_that_is_gone_leaves_the_platforms_limits() -> None:
    limits = limits_of(reached("threads", "gone"))
    assert limits == PLATFORM_LIMITS["threads"]


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (None, None, None),
        (None, {"image/png"}, {"image/png"}),
        ({"image/*"}, {"image/png", "video/mp4"}, {"image/png"}),
        ({"image/*", "video/*"}, {"image/*"}, {"image/*"}),
        ({"image/png"}, {"video/mp4"}, set()),
    ],
)
def test_types_are_taken_if_both_take_them(
    one: set[str] | None, other: set[str] | None, both: set[str] | None
) -> None:
    def limits(types: set[str] | None) -> Limits:
        return Limits(media_types=None if types is None else frozenset(types))

    assert narrower(limits(one), limits(other)) == limits(both)
    assert narrower(limits(other), limits(one)) == limits(both)
