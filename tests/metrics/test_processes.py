"""Request figures of several real web processes on one database."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120


class Web:
    """A granian web process on a free port."""

    def __init__(self, env: dict[str, str]) -> None:
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "granian", "--interface", "wsgi"),
                *("--host", "127.0.0.1", "--port", str(self.port)),
                *("--blocking-threads", "4", "--log-level", "error", "--no-ws"),
                "promura_site.wsgi:application",
            ],
            env=env,
            cwd=ROOT,
            start_new_session=True,
        )
        deadline = time.monotonic() + PATIENCE
        while self.ask("/healthz") != 200:
            assert time.monotonic() < deadline, "the web process did not start"

    def ask(self, path: str) -> int:
        """Return the status of an answer, 0 if there is none."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}{path}", timeout=20
            ) as response:
                return response.status
        except urllib.error.HTTPError as answer:
            return answer.code
        except OSError:
            return 0

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    values = {
        **os.environ,
        "PROMURA_DATA_DIR": str(tmp_path),
        "DATABASE_URL": "",
        "CACHE_URL": "",
        "DJANGO_SETTINGS_MODULE": "promura_site.settings",
        "PROMURA_FIGURES_FLUSH_SECONDS": "0.2",
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        env=values,
        cwd=ROOT,
        check=True,
        timeout=PATIENCE,
    )
    return values


@pytest.fixture
def started(env: dict[str, str]) -> Iterator[list[Web]]:
    webs = [Web(env), Web(env)]
    yield webs
    for web in webs:
        if web.process.poll() is None:
            web.kill()


def _counted(env: dict[str, str]) -> int:
    path = Path(env["PROMURA_DATA_DIR"]) / "promura.sqlite3"
    with closing(sqlite3.connect(path, timeout=20)) as database:
        query = "SELECT coalesce(sum(count), 0) FROM metrics_requesttotal"
        return database.execute(query).fetchone()[0]


def test_totals_add_up_over_two_processes_a_restart_and_a_kill(
    env: dict[str, str], started: list[Web]
) -> None:
    first, second = started
    assert {first.ask("/api/library") for _ in range(20)} == {401}
    assert {second.ask("/api/nothing") for _ in range(30)} == {404}
    first.stop()
    third = Web(env)
    started.append(third)
    assert third.ask("/api/library") == 401
    third.stop()
    second.stop()
    assert _counted(env) == 51

    fourth = Web(env)
    started.append(fourth)
    fourth.ask("/api/library")
    deadline = time.monotonic() + PATIENCE
    while _counted(env) < 52:
        assert time.monotonic() < deadline, "nothing was written while running"
    fourth.ask("/api/library")
    fourth.kill()
    # Killed outright: at most what was counted since the last round is lost.
    assert 52 <= _counted(env) <= 53
