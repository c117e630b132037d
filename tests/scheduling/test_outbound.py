"""The one way out, against real sockets on loopback."""

import datetime as dt
import ipaddress
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from scheduling.publishing.outbound import (
    NotSent,
    OutboundClient,
    OutboundTransport,
    Reply,
    ReplyLost,
    TargetRefused,
    TimeLimits,
    check_target,
)
from scheduling.publishing.targets import Resolver
from tests.loopback import Behaviour, Receiver

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


def client(**changes: object) -> OutboundClient:
    return OutboundClient(**{"allow_private": True, **changes})


def answering(*addresses: str) -> tuple[Resolver, list[str]]:
    """A name server with one fixed answer that writes down what it was asked."""
    asked: list[str] = []

    def resolver(host: str, port: int, seconds: float) -> list[str]:
        asked.append(host)
        return list(addresses)

    return resolver, asked


def test_a_silent_name_server_costs_no_more_than_the_time_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = threading.Event()

    def silent(*args: object, **more: object) -> list[object]:
        over.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)

    with pytest.raises(NotSent, match="did not answer"):
        client(limits=TimeLimits(connect=0.1)).send("POST", "http://host.invalid/")

    over.set()


def test_a_request_arrives_with_its_headers_and_body(receiver: Receiver) -> None:
    reply = client().send(
        "POST", f"{receiver.url}?a=1", headers={"X-Mark": "7"}, content=b"hello"
    )

    (delivery,) = receiver.deliveries
    assert reply.status == 200
    assert reply.complete
    assert (delivery.path, delivery.body) == ("/hook?a=1", b"hello")
    assert delivery.headers["X-Mark"] == "7"
    assert delivery.headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert delivery.headers["User-Agent"] == "PROMURA"


def test_the_name_is_resolved_once_and_the_checked_address_is_used(
    receiver: Receiver,
) -> None:
    resolver, asked = answering("127.0.0.1")

    # No name server knows this name: a second resolution could only fail.
    url = f"http://rebinding.invalid:{receiver.port}/hook"
    client(resolver=resolver).send("POST", url)

    assert asked == ["rebinding.invalid"]
    (delivery,) = receiver.deliveries
    assert delivery.headers["Host"] == f"rebinding.invalid:{receiver.port}"


def test_the_check_is_made_again_when_sending(receiver: Receiver) -> None:
    public, _ = answering("93.184.216.34")
    rebound, _ = answering("127.0.0.1")
    url = f"http://rebinding.invalid:{receiver.port}/hook"
    check_target(url, allow_private=False, resolver=public)

    with pytest.raises(TargetRefused):
        client(allow_private=False, resolver=rebound).send("POST", url)

    assert receiver.connections == 0


def test_the_next_address_is_tried_when_the_first_does_not_answer(
    receiver: Receiver,
) -> None:
    resolver, _ = answering("127.0.0.9", "::1", "127.0.0.1")
    url = f"http://several.invalid:{receiver.port}/hook"
    assert client(resolver=resolver).send("POST", url).status == 200


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(
    receiver: Receiver, status: int
) -> None:
    receiver.script(Behaviour(status=status, headers={"Location": receiver.origin}))
    assert client().send("POST", receiver.url).status == status
    assert len(receiver.deliveries) == 1


def test_a_proxy_in_the_environment_is_not_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert client().send("POST", receiver.url).status == 200


def test_a_refused_connection_is_known_not_to_have_been_sent() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(NotSent, match=r"127\.0\.0\.1 could not be reached"):
        client().send("POST", f"http://127.0.0.1:{port}/")


def test_a_connection_that_never_comes_about_is_known_not_to_have_been_sent() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        # A full backlog leaves further handshakes without an answer.
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        limits = TimeLimits(connect=0.3)
        started = time.monotonic()
        with pytest.raises(NotSent):
            client(limits=limits).send(
                "POST", f"http://127.0.0.1:{full.getsockname()[1]}/"
            )
        for one in waiting:
            one.close()
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_connection_dropped_after_sending_loses_the_reply(
    receiver: Receiver, drop: str
) -> None:
    receiver.script(Behaviour(drop=drop))
    with pytest.raises(ReplyLost, match=r"127\.0\.0\.1 gave no answer"):
        client().send("POST", receiver.url, content=b"x" * 100)


def test_an_answer_that_comes_too_late_is_a_lost_reply(receiver: Receiver) -> None:
    receiver.script(Behaviour(delay=30))
    with pytest.raises(ReplyLost):
        client(limits=TimeLimits(read=0.2)).send("POST", receiver.url)


def test_an_answer_that_is_no_http_is_a_lost_reply() -> None:
    nonsense = raw_server(lambda connection: connection.sendall(b"hello\r\n\r\n"))
    with nonsense as port, pytest.raises(ReplyLost):
        client().send("POST", f"http://127.0.0.1:{port}/")


def test_headers_that_trickle_in_for_ever_end_at_the_deadline() -> None:
    def trickle(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X-More: 1\r\n")
            threading.Event().wait(0.05)

    limits = TimeLimits(read=5, total=0.5)
    with raw_server(trickle) as port:
        started = time.monotonic()
        with pytest.raises(ReplyLost):
            client(limits=limits).send("POST", f"http://127.0.0.1:{port}/")
    assert time.monotonic() - started < 3


def test_a_reader_that_takes_no_more_ends_at_the_deadline() -> None:
    limits = TimeLimits(write=5, total=0.5)
    with raw_server(lambda connection: threading.Event().wait(5), reads=0) as port:
        started = time.monotonic()
        with pytest.raises(ReplyLost):
            client(limits=limits).send(
                "POST", f"http://127.0.0.1:{port}/", content=b"x" * 40_000_000
            )
    assert time.monotonic() - started < 3


def test_a_body_that_breaks_off_leaves_the_status_known(receiver: Receiver) -> None:
    receiver.script(Behaviour(status=201, body=b"{}" * 50, pause=0.05))
    reply = client(limits=TimeLimits(total=0.4)).send("POST", receiver.url)
    assert reply.status == 201
    assert not reply.complete
    assert reply.json_object() == {}


def test_an_answer_is_read_up_to_the_limit(receiver: Receiver) -> None:
    receiver.script(Behaviour(body=b"x" * 1_000_000))
    reply = client(max_reply_bytes=1000).send("POST", receiver.url)
    assert reply.body == b"x" * 1000
    assert not reply.complete


def test_no_secret_of_the_url_or_headers_is_logged_or_raised(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.script(Behaviour(), Behaviour(drop="after"))
    url = f"{receiver.origin}/token-hunter2?key=hunter2"
    headers = {"Authorization": "Bearer hunter2"}
    client().send("POST", url, headers=headers, content=b"hunter2")
    with pytest.raises(ReplyLost) as lost:
        client().send("POST", url, headers=headers, content=b"hunter2")

    assert "hunter2" not in caplog.text
    assert "hunter2" not in repr(lost.value)
    assert "hunter2" not in repr(lost.value.__cause__)


def test_any_httpx_client_can_use_the_transport(receiver: Receiver) -> None:
    with httpx.Client(transport=OutboundTransport(allow_private=True)) as ordinary:
        assert ordinary.post(receiver.url, json={"a": 1}).json() == {"id": "remote-"}
    strict = httpx.Client(transport=OutboundTransport(allow_private=False))
    with strict, pytest.raises(TargetRefused):
        strict.post(receiver.url, json={"a": 1})
    assert len(receiver.deliveries) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("9" * 400, 86400.0),
        (format_datetime(NOW + dt.timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - dt.timedelta(seconds=90), usegmt=True), 0.0),
        ("Wed, 21 Oct 2099 07:28:00 GMT", 86400.0),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("soon", None),
        ("Wed, 99 Oct 2026 07:28:00 GMT", None),
        (f"Wed, 21 Oct 2026 07:28:00 +{'9' * 30}", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(
    value: str, seconds: float | None
) -> None:
    headers = httpx.Headers({"Retry-After": value.encode()})
    assert Reply(429, headers, b"").retry_after(NOW) == seconds


def test_no_retry_after_is_none() -> None:
    assert Reply(429, httpx.Headers(), b"").retry_after(NOW) is None


@pytest.mark.parametrize("body", [b"", b"ok", b"[1]", b"\xff", b"[" * 60_000])
def test_a_body_that_is_no_json_object_is_an_empty_one(body: bytes) -> None:
    assert Reply(200, httpx.Headers(), body).json_object() == {}


def test_tls_is_verified_against_the_name_not_the_address(tmp_path: Path) -> None:
    server_side, client_side = tls_pair("hooks.promura.invalid", tmp_path)
    resolver, _ = answering("127.0.0.1")
    with Receiver(ssl_context=server_side) as secure:
        sender = client(resolver=resolver, ssl_context=client_side)
        right = f"https://hooks.promura.invalid:{secure.port}/hook"
        wrong = f"https://other.promura.invalid:{secure.port}/hook"

        assert sender.send("POST", right, content=b"x").status == 200
        with pytest.raises(NotSent, match="certificate"):
            sender.send("POST", wrong)
        with pytest.raises(NotSent, match="certificate"):
            client(resolver=resolver).send("POST", right)

    assert len(secure.deliveries) == 1


class raw_server:  # noqa: N801 - reads as a function in a with statement
    """Accept one connection, read a little and do what is asked, byte by byte."""

    def __init__(
        self, act: Callable[[socket.socket], object], reads: int = 65536
    ) -> None:
        self._act = act
        self._reads = reads
        self._socket = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> int:
        threading.Thread(target=self._serve, daemon=True).start()
        return self._socket.getsockname()[1]

    def __exit__(self, *error: object) -> None:
        self._socket.close()

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        with connection:
            if self._reads:
                connection.recv(self._reads)
            try:
                self._act(connection)
            except OSError:
                return


def tls_pair(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a certificate for a name, and the contexts of both sides."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    x509.DNSName(name),
                    x509.IPAddress(ipaddress.ip_address("127.0.0.2")),
                ]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = folder / "certificate.pem"
    file.write_bytes(public + private)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(file)
    client_side = ssl.create_default_context(cadata=public.decode())
    return server_side, client_side
