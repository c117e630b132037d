"""The real `manage.py publisher` on the test database, to be stopped and killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60


def database_url() -> str:
    """Return the address of the test database, for another process."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    given = connection.settings_dict
    person = quote(given["USER"]) + (
        f":{quote(given['PASSWORD'])}" if given["PASSWORD"] else ""
    )
    return f"postgres://{person}@{given['HOST']}:{given['PORT'] or 5432}/{name}"


class PublisherProcess:
    """A publisher; a context manager that leaves no process behind."""

    def __init__(self, *arguments: str, stop_at: str = "") -> None:
        environment = os.environ | {
            "DATABASE_URL": database_url(),
            "PROMURA_DATA_DIR": str(settings.DATA_DIR),
            "PROMURA_STOP_AT": stop_at,
            "LOG_LEVEL": "WARNING",
        }
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "publisher", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def wait_until_stopped(self, step: str) -> None:
        """Wait until the process stands still at a step."""
        assert self._process.stdout is not None
        lines = []
        for line in self._process.stdout:
            lines.append(line)
            if line.strip() == f"stopped at {step}":
                return
        pytest.fail("The publisher ended too early:\n" + "".join(lines))

    def kill(self) -> None:
        """Kill it with SIGKILL and make sure that it is gone."""
        self._process.send_signal(signal.SIGKILL)
        assert self._process.wait(SECONDS) == -signal.SIGKILL
        with pytest.raises(ProcessLookupError):
            os.kill(self._process.pid, 0)

    def terminate(self) -> int:
        """Ask it to stop; return its exit code."""
        self._process.terminate()
        return self._process.wait(SECONDS)

    def wait(self) -> int:
        """Wait for the end of a process that ends by itself."""
        return self._process.wait(SECONDS)


def publish_once() -> None:
    """Run a publisher over what is due now, and let it end."""
    with PublisherProcess("--once") as process:
        assert process.wait() == 0
