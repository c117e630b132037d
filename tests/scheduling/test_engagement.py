"""Engagement: one number from five counts."""

import pytest

from scheduling.engagement import COUNTS, WEIGHTS, engagement_of


def test_a_view_is_not_a_like() -> None:
    for platform, weights in WEIGHTS.items():
        assert weights["views"] <= 0.01, platform
        assert weights["likes"] == 1.0


def test_every_platform_weighs_every_count() -> None:
    assert all(set(weights) == set(COUNTS) for weights in WEIGHTS.values())


def test_what_is_not_known_counts_as_nothing() -> None:
    assert engagement_of("instagram", {"likes": 3, "views": None}) == 3.0
    assert engagement_of("instagram", {}) is None
    assert engagement_of("instagram", {"likes": 0}) == 0.0


def test_a_platform_of_its_own_weights() -> None:
    assert engagement_of("tiktok", {"views": 1000}) == pytest.approx(2.0)
    assert engagement_of("no such platform", {"views": 1000}) == pytest.approx(10.0)
