"""Fixtures of the metrics tests."""

import pytest

from metrics.figures import recorder


@pytest.fixture(autouse=True)
def _fresh_figures() -> None:
    recorder.start_afresh()
