"""Fixtures that put bytes before the code as an upload does."""

import uuid
from pathlib import Path

import pytest

from library import files
from library.files import Limits
from tests.library.files.judging import LIMITS


@pytest.fixture
def write(tmp_path):
    """Write bytes to a file of a meaningless name."""

    def _write(data: bytes) -> Path:
        path = tmp_path / uuid.uuid4().hex
        path.write_bytes(data)
        return path

    return _write


@pytest.fixture
def look(write):
    """Inspect bytes under a claimed name."""

    def _look(data: bytes, name: str = "holiday.jpg", limits: Limits = LIMITS):
        return files.inspect(write(data), claimed_name=name, limits=limits)

    return _look


@pytest.fixture
def derive(write, tmp_path):
    """Inspect bytes and make their derivatives."""

    def _derive(data: bytes) -> files.Derivatives:
        path = write(data)
        inspected = files.inspect(path, claimed_name="", limits=LIMITS)
        return files.make_derivatives(path, inspected, tmp_path / "made")

    return _derive
