"""Bodies at the door: chunked, unread, too large."""

import io
from typing import Any

import pytest
from django.test import override_settings

from promura_site.bodies import MOST_DRAINED, CountedBody, WholeBodies

JSON = "application/json"
FORM = "multipart/form-data; boundary=x"


def _seen(body: bytes, **environ: Any) -> tuple[bytes, str]:
    """Return what an application finds of a body, and the length it is told."""
    seen: list[tuple[bytes, str]] = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        length = environ["CONTENT_LENGTH"]
        seen.append((environ["wsgi.input"].read(int(length or 0)), length))
        return []

    given = {"wsgi.input": io.BytesIO(body), "CONTENT_TYPE": JSON} | environ
    WholeBodies(application)(given, lambda *_: None)
    return seen[0]


def _chunked(body: bytes, **environ: Any) -> tuple[bytes, str]:
    coding = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    return _seen(body, **coding, **environ)


def test_a_chunked_body_gets_its_length() -> None:
    assert _chunked(b"in pieces") == (b"in pieces", "9")


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10, UPLOAD_MAX_BYTES=1000)
@pytest.mark.parametrize(("kind", "length"), [(JSON, "11"), (FORM, "500")])
def test_of_a_chunked_body_no_more_is_taken_in_than_shows_that_it_is_too_large(
    kind: str, length: str
) -> None:
    body, told = _chunked(b"x" * 500, CONTENT_TYPE=kind)
    assert (len(body), told) == (int(length), length)


def test_a_server_that_marks_no_end_is_not_waited_for() -> None:
    body, _ = _seen(b"abc", HTTP_TRANSFER_ENCODING="chunked", CONTENT_LENGTH="")
    assert body == b""


def test_nothing_is_read_beyond_the_length() -> None:
    assert _seen(b"abcdef", CONTENT_LENGTH="3") == (b"abc", "3")


@pytest.mark.parametrize("length", ["", "abc", "-1", "٣"])
def test_a_length_that_is_none_is_no_body(length: str) -> None:
    stream = io.BytesIO(b"abc")
    application = WholeBodies(lambda environ, start_response: [])
    application({"wsgi.input": stream, "CONTENT_LENGTH": length}, lambda *_: None)
    assert stream.tell() == 0


def test_what_nobody_read_is_read_afterwards_unless_it_is_too_much() -> None:
    for size, expected in ((1000, 1000), (MOST_DRAINED + 1, 0)):
        stream = io.BytesIO(b"x" * size)
        CountedBody(stream, size).drain()
        assert stream.tell() == expected


def test_a_client_that_has_gone_away_is_no_fault() -> None:
    class Gone(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("gone")

    CountedBody(Gone(), 10).drain()
