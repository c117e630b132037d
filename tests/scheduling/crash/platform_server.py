"""A platform as a process of its own that counts what it gets and fails on demand.

    python -m tests.scheduling.crash.platform_server MEMORY PORT CONTROL_PORT

`POST /honours/<channel>` acts on an Idempotency-Key once; `POST /plain/<channel>` acts
on everything; `POST /records/<channel>/<key>` acts on everything under a name that
`GET` of the same path knows afterwards. MEMORY is a file with one line of JSON for
each request; it is written before the answer and read again after a death, so that
nothing that took effect is forgotten. The control port takes `PUT /rules` (a list of
rules, see Rule) and `PUT /delay` (seconds).

asyncio and no framework: on two busy cores it must be faster than those who send.
"""

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DELAY = 0.02


@dataclass
class Rule:
    """What happens to requests whose path starts with `path` and, if given, `method`.

    `action`: `answer` (with `status` and `headers`, without effect), `hang_up` (take
    effect and close), `hang` (take effect and never answer). `share`: of the requests,
    drawn from `seed`; `times`: to so many of them, None: to all.
    """

    action: str
    path: str = "/"
    method: str = ""
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    share: float = 1.0
    times: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        self._draw = random.Random(self.seed)

    def takes(self, method: str, path: str) -> bool:
        """Tell whether this request is one for the rule, and count it."""
        if not path.startswith(self.path) or self.method not in ("", method):
            return False
        if self.times == 0 or self._draw.random() >= self.share:
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Memory:
    """What the platform has seen: a line for each request, kept through a death."""

    def __init__(self, path: Path) -> None:
        self.keys: set[tuple[str, str]] = set()
        if path.exists():
            for line in path.read_bytes().splitlines():
                self._know(json.loads(line))
        # Written by one system call, so that a kill leaves whole lines.
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def add(self, entry: dict[str, Any]) -> None:
        os.write(self._file, json.dumps(entry).encode() + b"\n")
        self._know(entry)

    def _know(self, entry: dict[str, Any]) -> None:
        if entry["effect"]:
            self.keys.add((entry["path"], entry["key"]))


class Platform:
    """The answers, whatever they travel over."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.delay = DELAY
        self.rules: list[Rule] = []

    def handle(self, request: "Request") -> "Answer":
        """Count a request and return what to answer."""
        method, path = request.method, request.path
        kind, _, rest = path.lstrip("/").partition("/")
        key = request.headers.get("idempotency-key", "")
        text = "" if method == "GET" else _text(request.body)
        if kind == "records":
            key = rest.partition("/")[2]
        known = (path, key) in self.memory.keys
        rule = next((one for one in self.rules if one.takes(method, path)), None)
        refused = rule is not None and rule.action == "answer"
        honoured = kind == "honours" and known
        entry = {
            "at": time.time(),
            "method": method,
            "path": path,
            "key": key,
            "text": text,
            "did": rule.action if rule else "well",
            "status": rule.status if refused else 200,
            "effect": method == "POST" and not (refused or honoured),
        }
        if method == "GET" and not (refused or known):
            entry["status"] = 404
        self.memory.add(entry)
        if rule and not refused:
            return Answer(closes=rule.action == "hang_up", says_nothing=True)
        headers = rule.headers if rule else {}
        return Answer(entry["status"], headers, {"id": f"remote-{key}"}, self.delay)

    def control(self, request: "Request") -> "Answer":
        """Change how the platform behaves."""
        value = json.loads(request.body or b"null")
        if request.path == "/rules":
            self.rules = [Rule(**rule) for rule in value]
        elif request.path == "/delay":
            self.delay = float(value)
        return Answer()


@dataclass(frozen=True)
class Request:
    """One request that arrived whole; names of headers are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What is answered after `delay` seconds, if anything is said at all."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    value: Any = None
    delay: float = 0.0
    says_nothing: bool = False
    closes: bool = True

    def data(self) -> bytes:
        body = json.dumps(self.value).encode()
        fixed = {"Content-Length": str(len(body)), "Connection": "close"}
        lines = [f"{name}: {value}" for name, value in (self.headers | fixed).items()]
        head = "\r\n".join([f"HTTP/1.1 {self.status} Said", *lines])
        return head.encode() + b"\r\n\r\n" + body


class Connection(asyncio.Protocol):
    """One connection, for one request."""

    def __init__(self, handle: Callable[[Request], Answer]) -> None:
        self._handle = handle
        self._data = b""
        self._done = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        request = None if self._done else _whole(self._data)
        if request is None:
            return
        self._done = True
        answer = self._handle(request)
        if answer.delay:
            asyncio.get_running_loop().call_later(answer.delay, self._say, answer)
        else:
            self._say(answer)

    def _say(self, answer: Answer) -> None:
        if not answer.says_nothing:
            self._transport.write(answer.data())
        if answer.closes:
            self._transport.close()


def _whole(data: bytes) -> Request | None:
    head, found, body = data.partition(b"\r\n\r\n")
    if not found:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if len(body) < int(headers.get("content-length", 0)):
        return None
    method, path, _ = first.split(" ")
    return Request(method, path, headers, body)


def _text(body: bytes) -> str:
    try:
        value = json.loads(body)
    except ValueError:
        return ""
    return str(value.get("data", value).get("content", ""))


async def serve(memory: Path, port: int, control_port: int) -> None:
    platform = Platform(Memory(memory))
    loop = asyncio.get_running_loop()
    for handle, where in ((platform.handle, port), (platform.control, control_port)):
        await loop.create_server(
            lambda handle=handle: Connection(handle), "127.0.0.1", where, backlog=1024
        )
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
