"""A PostgreSQL server of a test's own, to be taken down in the middle."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.ports import free_port

SECONDS = 120


def tools() -> Path | None:
    """Return the folder of the newest server's programs, if there is one."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(found, key=lambda path: float(path.parts[-3]), default=None)
    path = newest or shutil.which("initdb")
    return Path(path).parent if path else None


class Cluster:
    """A server in a folder and on a port of its own; a context manager.

    It keeps its usual, durable settings: what it acknowledged survives.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self._tools = tools()
        self._folder = tempfile.mkdtemp(prefix="promura-cluster-")
        # The server refuses to run as root, and initdb as well.
        self._owner = "postgres" if os.geteuid() == 0 else None
        if self._owner:
            shutil.chown(self._folder, self._owner)

    def __enter__(self) -> Self:
        self._run("initdb", "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8")
        self._control("start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._control("stop", "-m", "immediate")
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, name: str) -> str:
        """Return the address of a database on it."""
        return f"postgres://postgres@127.0.0.1:{self.port}/{name}"

    def copy(self, origin: str, name: str) -> None:
        """Make a database that is like the one at an address."""
        assert self._tools is not None
        target = self.url(name)
        self._run_as_is("createdb", "--maintenance-db", self.url("postgres"), name)
        dump = [str(self._tools / "pg_dump"), "--no-owner", "--dbname", origin]
        with subprocess.Popen(dump, stdout=subprocess.PIPE) as dumping:
            self._run_as_is("psql", "-q", "-o", os.devnull, target, stdin=dumping)
        assert dumping.returncode == 0

    def crash_and_restart(self) -> None:
        """Take it down as a crash would, in the middle of whatever goes on."""
        self._control("restart", "-m", "immediate")

    def _control(self, what: str, *arguments: str) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self._folder}"
        log = f"{self._folder}/log"
        self._run("pg_ctl", "-w", "-l", log, "-o", options, *arguments, what)

    def _run(self, program: str, *arguments: str) -> None:
        assert self._tools is not None
        subprocess.run(
            [self._tools / program, "-D", f"{self._folder}/data", *arguments],
            user=self._owner,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=SECONDS,
        )

    def _run_as_is(
        self,
        program: str,
        *arguments: str,
        stdin: "subprocess.Popen[bytes] | None" = None,
    ) -> None:
        assert self._tools is not None
        subprocess.run(
            [self._tools / program, *arguments],
            stdin=stdin.stdout if stdin else None,
            check=True,
            timeout=SECONDS,
        )
