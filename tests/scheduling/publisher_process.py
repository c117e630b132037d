"""The real `manage.py publisher` on the test database, to be stopped and killed."""

import os
import signal
import subprocess
import sys
import tempfile
import time
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

    def __init__(self, *arguments: str, stop_at: str = "", **environment: str) -> None:
        inherited = os.environ | {
            "DATABASE_URL": database_url(),
            "PROMURA_DATA_DIR": str(settings.DATA_DIR),
            "PROMURA_STOP_AT": stop_at,
            "LOG_LEVEL": "WARNING",
            **environment,
        }
        inherited.pop("DJANGO_SETTINGS_MODULE", None)
        # A file: a pipe that nobody reads would fill and hold the publisher up.
        self._output = tempfile.NamedTemporaryFile()  # noqa: SIM115 - closed in exit
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "publisher", *arguments],
            cwd=ROOT,
            env=inherited,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.runs():
            self._process.kill()
            self._process.wait(SECONDS)
        self._output.close()

    @property
    def pid(self) -> int:
        """The process's id, the last part of its publisher's name."""
        return self._process.pid

    def runs(self) -> bool:
        """Tell whether the process is still there."""
        return self._process.poll() is None

    def output(self) -> str:
        """Return what it has said so far."""
        return Path(self._output.name).read_text(errors="replace")

    def wait_until_stopped(self, step: str) -> None:
        """Wait until the process stands still at a step."""
        deadline = time.monotonic() + SECONDS
        while f"stopped at {step}\n" not in self.output():
            if not self.runs() or time.monotonic() > deadline:
                pytest.fail(f"The publisher never got to {step}:\n{self.output()}")
            time.sleep(0.01)

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
