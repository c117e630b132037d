"""Request figures of several real web processes on one database."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from django.db.models import Sum

from metrics.models import RequestTotal
from tests.web_process import WebProcess

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 60


class Webs:
    """Web processes that write what they counted five times a second."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def start(self) -> WebProcess:
        """Start one more."""
        return self._stack.enter_context(
            WebProcess(PROMURA_FIGURES_FLUSH_SECONDS="0.2")
        )


@pytest.fixture
def webs() -> Iterator[Webs]:
    with ExitStack() as stack:
        yield Webs(stack)


def _ask(web: WebProcess, path: str) -> int:
    return httpx.get(web.address + path, timeout=PATIENCE).status_code


def _counted() -> int:
    return RequestTotal.objects.aggregate(all=Sum("count"))["all"] or 0


def test_totals_add_up_over_two_processes_a_restart_and_a_kill(webs: Webs) -> None:
    first, second = webs.start(), webs.start()
    assert {_ask(first, "/api/library") for _ in range(20)} == {401}
    assert {_ask(second, "/api/nothing") for _ in range(30)} == {404}
    first.stop()
    third = webs.start()
    assert _ask(third, "/api/library") == 401
    third.stop()
    second.stop()
    assert _counted() == 51

    fourth = webs.start()
    _ask(fourth, "/api/library")
    deadline = time.monotonic() + PATIENCE
    while _counted() < 52:
        assert time.monotonic() < deadline, "nothing was written while running"
        time.sleep(0.05)
    _ask(fourth, "/api/library")
    fourth.kill()
    # Killed outright: at most what was counted since the last round is lost.
    assert 52 <= _counted() <= 53
