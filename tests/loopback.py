"""A real HTTP receiver on loopback that counts what it got and fails on demand.

    with Receiver(secret=SECRET) as receiver:
        receiver.script(Behaviour(status=429, headers={"Retry-After": "7"}))
        ... something posts to receiver.url ...
        assert receiver.received_by_key["key"] == 1

The scripted behaviours are used up first, one a request; after them, ``behave`` (if
given) decides on each delivery, else the default behaviour answers.
"""

import base64
import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self


@dataclass(frozen=True)
class Behaviour:
    """What the receiver does with one request.

    ``delay``: seconds before the answer. ``drop``: close without an answer before
    reading the body, or after having accepted the post. ``accepts``: whether the post
    took effect; as the status and ``drop`` say if not given. ``pause``: seconds
    between the bytes of the answer's body.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    delay: float = 0.0
    drop: Literal["before", "after"] | None = None
    accepts: bool | None = None
    pause: float = 0.0

    @property
    def takes_effect(self) -> bool:
        if self.accepts is not None:
            return self.accepts
        if self.drop:
            return self.drop == "after"
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Delivery:
    """One request as it arrived. ``verified`` is None if no secret was given."""

    method: str
    path: str
    headers: Message
    body: bytes
    key: str
    verified: bool | None

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def verify_signature(secret: str, headers: Message, body: bytes) -> bool:
    """Check a Standard Webhooks signature as a receiver does, on its own terms."""
    if secret.startswith("whsec_"):
        key = base64.b64decode(secret.removeprefix("whsec_"))
    else:
        key = secret.encode()
    stamp = headers.get("webhook-timestamp", "")
    if not stamp.isdigit() or abs(time.time() - int(stamp)) > 300:
        return False
    signed = f"{headers.get('webhook-id')}.{stamp}.".encode() + body
    mine = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    theirs = (entry.partition(",") for entry in headers["webhook-signature"].split())
    return any(
        version == "v1" and hmac.compare_digest(signature, mine)
        for version, _, signature in theirs
    )


class Receiver:
    """A threaded server on 127.0.0.1 with a port of its own; a context manager.

    ``honours_keys``: a key seen before takes no further effect. ``effects`` is the
    list of posts that took effect (key, body), ``received_by_key`` and
    ``received_by_body`` count every request that arrived whole.
    """

    def __init__(
        self,
        *,
        secret: str | None = None,
        honours_keys: bool = False,
        default: Behaviour | None = None,
        behave: Callable[[Delivery, int], Behaviour] | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.secret = secret
        self.honours_keys = honours_keys
        self.default = default or Behaviour()
        self.behave = behave
        self.deliveries: list[Delivery] = []
        self.effects: list[tuple[str, bytes]] = []
        self.received_by_key: Counter[str] = Counter()
        self.received_by_body: Counter[bytes] = Counter()
        self.connections = 0
        self.closing = threading.Event()
        self._script: deque[Behaviour] = deque()
        self._changed = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), _Handler, self, ssl_context)
        self._scheme = "https" if ssl_context else "http"
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
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def origin(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.origin}/hook"

    @property
    def effects_by_key(self) -> Counter[str]:
        """How often each key took effect; after a crash every count must be 1."""
        with self._changed:
            return Counter(key for key, _ in self.effects)

    def script(self, *behaviours: Behaviour) -> None:
        """Set what happens to the next requests, one behaviour each."""
        with self._changed:
            self._script.extend(behaviours)

    def wait_for(self, count: int, seconds: float = 10.0) -> bool:
        """Wait until this many requests have arrived; False if they did not."""
        with self._changed:
            return self._changed.wait_for(
                lambda: len(self.deliveries) >= count, seconds
            )

    def connected(self) -> None:
        with self._changed:
            self.connections += 1

    def next_behaviour(self) -> Behaviour | None:
        """Return the scripted behaviour of the request that comes in, if any."""
        with self._changed:
            return self._script.popleft() if self._script else None

    def record(
        self, handler: "_Handler", body: bytes, scripted: Behaviour | None
    ) -> Behaviour:
        """Count a request that arrived whole and say what is to be done with it."""
        headers = handler.headers
        delivery = Delivery(
            method=handler.command,
            path=handler.path,
            headers=headers,
            body=body,
            key=headers.get("Idempotency-Key", ""),
            verified=verify_signature(self.secret, headers, body)
            if self.secret
            else None,
        )
        with self._changed:
            known = delivery.key in {key for key, _ in self.effects}
            self.deliveries.append(delivery)
            self.received_by_key[delivery.key] += 1
            self.received_by_body[body] += 1
            behaviour = scripted or (
                self.behave(delivery, len(self.deliveries))
                if self.behave
                else self.default
            )
            if behaviour.takes_effect and not (self.honours_keys and known):
                self.effects.append((delivery.key, body))
            self._changed.notify_all()
        return behaviour


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Threads end with the test process; closing must not wait for a long delay.
    block_on_close = False
    request_queue_size = 256

    def __init__(
        self,
        address: tuple[str, int],
        handler: type[BaseHTTPRequestHandler],
        receiver: Receiver,
        ssl_context: ssl.SSLContext | None,
    ) -> None:
        self.receiver = receiver
        self.ssl_context = ssl_context
        super().__init__(address, handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        # The handshake belongs in the request's thread, not in the accepting one.
        self.receiver.connected()
        if self.ssl_context is None:
            super().finish_request(request, client_address)
            return
        with self.ssl_context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that hang up are what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        receiver = self.server.receiver
        self.close_connection = True
        scripted = receiver.next_behaviour()
        if scripted is not None and scripted.drop == "before":
            self._hang_up()
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        behaviour = receiver.record(self, body, scripted)
        if behaviour.delay and receiver.closing.wait(behaviour.delay):
            return
        if behaviour.drop:
            self._hang_up()
            return
        self._answer(behaviour)

    def do_GET(self) -> None:
        self.do_POST()

    def do_DELETE(self) -> None:
        self.do_POST()

    def _answer(self, behaviour: Behaviour) -> None:
        body = behaviour.body
        if body is None:
            key = self.headers.get("Idempotency-Key", "")
            body = json.dumps({"id": f"remote-{key}"}).encode()
        self.send_response(behaviour.status)
        for name, value in behaviour.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not behaviour.pause:
            self.wfile.write(body)
            return
        for position in range(len(body)):
            self.wfile.write(body[position : position + 1])
            if self.server.receiver.closing.wait(behaviour.pause):
                return

    def _hang_up(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *args: Any) -> None:
        """Keep the tests' output to the tests."""
