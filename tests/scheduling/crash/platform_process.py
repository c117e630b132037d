"""The loopback platform, started, told what to do, killed and brought back."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.ports import free_port
from tests.scheduling.crash.platform_server import Rule
from tests.scheduling.publisher_process import ROOT, SECONDS


class PlatformProcess:
    """A platform that remembers through its own death; a context manager."""

    def __init__(self, folder: Path) -> None:
        self._memory = folder / "platform.jsonl"
        self._posted = self._counted_to = 0
        self._port, self._control_port = free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it and wait until it answers; what it saw before, it knows."""
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.scheduling.crash.platform_server"),
                *(str(self._memory), str(self._port), str(self._control_port)),
            ],
            cwd=ROOT,
        )
        deadline = time.monotonic() + SECONDS
        while not self._answers():
            assert self._process.poll() is None, "the platform ended"
            assert time.monotonic() < deadline, "the platform did not start"

    def kill(self) -> None:
        """Kill it with SIGKILL; nobody answers until it is started again."""
        if self._process is not None:
            self._process.kill()
            assert self._process.wait(SECONDS) == -signal.SIGKILL
            self._process = None

    def rule(self, *rules: Rule) -> None:
        """Set what goes wrong from now on; nothing, if no rule is given."""
        self._control("rules", [asdict(rule) for rule in rules])

    def delay(self, seconds: float) -> None:
        """Set how long every answer takes."""
        self._control("delay", seconds)

    def seen(self) -> list[dict[str, Any]]:
        """Return every request in order: at, method, path, key, text, effect …"""
        if not self._memory.exists():
            return []
        whole = self._memory.read_bytes().rpartition(b"\n")[0]
        return [json.loads(line) for line in whole.splitlines()]

    def posted(self) -> int:
        """Return how many times something was posted, whatever became of it."""
        if self._memory.exists():
            with self._memory.open("rb") as memory:
                memory.seek(self._counted_to)
                whole = memory.read().rpartition(b"\n")[0]
            self._counted_to += len(whole)
            self._posted += whole.count(b'"method": "POST"')
        return self._posted

    def effects(self) -> Counter[str]:
        """Return how often each text took effect."""
        return Counter(entry["text"] for entry in self.seen() if entry["effect"])

    def _answers(self) -> bool:
        try:
            self._control("", None)
        except httpx.TransportError:
            time.sleep(0.02)
            return False
        return True

    def _control(self, what: str, value: object) -> None:
        address = f"http://127.0.0.1:{self._control_port}/{what}"
        httpx.put(address, json=value, timeout=SECONDS).raise_for_status()
