"""The forecast's algebra must not depend on how small the caller's stack is."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from scheduling.suggestions.roomy import with_room

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("used", [2, 5, 20, 42, 60, 100, 168])
def test_a_forecast_survives_a_small_stack(used: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.scheduling.small_stack", str(used)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.startswith(f"{used} slots, ")


def test_what_goes_wrong_with_room_is_raised_where_it_was_asked_for() -> None:
    with pytest.raises(ZeroDivisionError):
        with_room(lambda: 1 / 0)


def test_other_threads_keep_their_usual_stack() -> None:
    with_room(lambda: None)
    assert threading.stack_size() == 0


def test_the_algebra_starts_no_threads_of_its_own() -> None:
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
