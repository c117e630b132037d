"""The real web process on the test database, to be talked to and killed."""

import os
import signal
import subprocess
import sys
import time
from types import TracebackType
from typing import Any, Self

import httpx
from django.conf import settings
from django.contrib.auth.hashers import make_password

from promura_site.models import User
from tests.ports import free_port
from tests.scheduling.publisher_process import ROOT, SECONDS, database_url

PASSWORD = "a-long-password-1"


class WebProcess:
    """granian as `make serve` runs it; a context manager that leaves nothing behind."""

    def __init__(self, port: int | None = None, **environment: str) -> None:
        self.port = port or free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        inherited = os.environ | {
            "DATABASE_URL": database_url(),
            "PROMURA_DATA_DIR": str(settings.DATA_DIR),
            "LOG_LEVEL": "ERROR",
            **environment,
        }
        inherited.pop("DJANGO_SETTINGS_MODULE", None)
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "granian", "--interface", "wsgi"),
                *("--host", "127.0.0.1", "--port", str(self.port)),
                *("--blocking-threads", "8", "--log-level", "error", "--no-ws"),
                "promura_site.wsgi:application",
            ],
            env=inherited,
            cwd=ROOT,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        deadline = time.monotonic() + SECONDS
        while not self._answers():
            assert self._process.poll() is None, "the web process ended"
            assert time.monotonic() < deadline, "the web process did not start"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self.kill()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.address}/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        """Ask it to stop and wait until it has."""
        self._process.terminate()
        self._process.wait(SECONDS)

    def kill(self) -> None:
        """Kill the server and its workers with SIGKILL."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(SECONDS)

    def sign_in(self, username: str) -> httpx.Client:
        """Return a client that has signed in as a person of the test database."""
        User.objects.filter(username=username).update(
            password=make_password(PASSWORD, hasher="argon2")
        )
        answer = httpx.post(
            f"{self.address}/api/auth/token",
            json={"username": username, "password": PASSWORD},
            timeout=SECONDS,
        )
        bearer = {"Authorization": f"Bearer {answer.json()['access']}"}
        return httpx.Client(base_url=self.address, headers=bearer, timeout=SECONDS)


def payload(response: httpx.Response) -> dict[str, Any]:
    """Return the body of an answer that must be a success."""
    assert response.status_code < 300, response.text
    body: dict[str, Any] = response.json()
    assert body["success"] is True
    return body
