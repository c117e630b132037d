"""A stage for every crash test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scheduling.crash.platform_process import PlatformProcess
from tests.scheduling.crash.stage import CONNECTORS, Stage


@pytest.fixture
def stage(transactional_db: None, settings: Any, tmp_path: Path) -> Iterator[Stage]:
    settings.PROMURA_CONNECTORS = CONNECTORS
    with PlatformProcess(tmp_path) as platform:
        yield Stage(platform)
