"""Bluesky's own servers as a process beside the tests, and a lossy way to them."""

import http.client
import json
import os
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

FOLDER = Path(__file__).parent
MARK = "promura "
SECONDS_TO_START = 120
POSTS = "app.bsky.feed.post"


@dataclass(frozen=True)
class Person:
    """An account on the server, with an app password."""

    did: str
    handle: str
    password: str


class Network:
    """The servers; a context manager that leaves no process behind."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                ["node", "server.mjs"],
                cwd=FOLDER,
                env={**os.environ, **environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._people = 0

    def __enter__(self) -> Self:
        # A server that never says a word must not hold up the suite for ever.
        watchdog = threading.Timer(SECONDS_TO_START, self._process.kill)
        watchdog.start()
        try:
            started = self._answer()
        finally:
            watchdog.cancel()
        self.service: str = started["service"]
        self.has_appview: bool = started["appview"]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def person(self) -> Person:
        """Make a new account."""
        self._people += 1
        return Person(**self._tell(do="account", handle=f"lea{self._people}.test"))

    def catch_up(self) -> None:
        """Let the AppView read everything that was posted so far."""
        self._tell(do="process")

    def get(self, method: str, **params: str) -> Any:
        """Ask the server, past everything that is under test."""
        answer = httpx.get(f"{self.service}/xrpc/{method}", params=params)
        answer.raise_for_status()
        return answer.json()

    def posts(self, person: Person) -> dict[str, dict[str, Any]]:
        """Return the posts of an account: key -> record."""
        answer = self.get(
            "com.atproto.repo.listRecords",
            repo=person.did,
            collection=POSTS,
            limit="100",
        )
        records = answer["records"]
        return {one["uri"].rpartition("/")[2]: one["value"] for one in records}

    def cid(self, uri: str) -> str:
        """Return the content id of a post."""
        repo, collection, key = uri.removeprefix("at://").split("/")
        record = self.get(
            "com.atproto.repo.getRecord", repo=repo, collection=collection, rkey=key
        )
        return str(record["cid"])

    def write(self, person: Person, kind: str, key: str = "", **record: Any) -> None:
        """Write any record as this account, by hand as it were."""
        signed_in = httpx.post(
            f"{self.service}/xrpc/com.atproto.server.createSession",
            json={"identifier": person.handle, "password": person.password},
        ).json()
        written = httpx.post(
            f"{self.service}/xrpc/com.atproto.repo.createRecord",
            headers={"Authorization": f"Bearer {signed_in['accessJwt']}"},
            json={
                "repo": person.did,
                "collection": kind,
                **({"rkey": key} if key else {}),
                "record": {"$type": kind, **record},
            },
        )
        written.raise_for_status()

    def _tell(self, **command: str) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(MARK):
                answer = json.loads(line.removeprefix(MARK))
                assert "error" not in answer, answer["error"]
                return answer
        raise AssertionError(f"The server ended:\n{self._log.read_text()[-4000:]}")


class Relay:
    """A server between us and Bluesky's that counts calls and can lose answers.

    ``lose`` holds how many answers to a method get lost, after the server has acted.
    """

    def __init__(self, service: str) -> None:
        self.upstream = urlsplit(service).netloc
        self.calls: list[str] = []
        self.lose: dict[str, int] = {}
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler, self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def service(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def loses(self, method: str) -> bool:
        """Count a call; tell whether its answer gets lost."""
        with self.lock:
            self.calls.append(method)
            left = self.lose.get(method, 0)
            self.lose[method] = max(left - 1, 0)
            return left > 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(
        self,
        address: tuple[str, int],
        handler: type[BaseHTTPRequestHandler],
        relay: Relay,
    ) -> None:
        self.relay = relay
        super().__init__(address, handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        relay = self.server.relay
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        upstream = http.client.HTTPConnection(relay.upstream)
        kept = ("Content-Type", "Authorization", "Accept")
        headers = {name: self.headers[name] for name in kept if name in self.headers}
        upstream.request(self.command, self.path, body or None, headers)
        answer = upstream.getresponse()
        data = answer.read()
        upstream.close()
        if relay.loses(urlsplit(self.path).path.removeprefix("/xrpc/")):
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.getheader("Content-Type", ""))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *args: Any) -> None:
        """Keep the tests' output to the tests."""
