"""A form with files on its way out, piece by piece."""

import io

import pytest

from scheduling.publishing.connectors.base import PublishError
from scheduling.publishing.connectors.multipart import Multipart, extension_of
from scheduling.publishing.outbound import OutboundClient
from tests.loopback import Receiver
from tests.platforms.forms import parts_of
from tests.scheduling.publications import a_media_file


def sent(form: Multipart) -> Receiver:
    with Receiver() as receiver:
        client = OutboundClient(allow_private=True)
        client.send("POST", receiver.url, headers=form.headers(), content=form)
    return receiver


def test_a_form_arrives_whole_with_its_length_known_beforehand() -> None:
    files = {"a": a_media_file(b"\r\n--\r\n" * 99), "b": a_media_file(b"")}
    receiver = sent(Multipart({"description": 'Lea "on"\r\nthe beach 🌊'}, files))
    (delivery,) = receiver.deliveries
    assert int(delivery.headers["Content-Length"]) == len(delivery.body)
    assert "Transfer-Encoding" not in delivery.headers
    text, first, second = parts_of(delivery)
    assert (text.name, text.data.decode()) == (
        "description",
        'Lea "on"\r\nthe beach 🌊',
    )
    assert (first.name, first.data) == ("a", b"\r\n--\r\n" * 99)
    assert (second.name, second.data) == ("b", b"")


def test_a_files_own_name_does_not_travel() -> None:
    receiver = sent(Multipart({}, {"file": a_media_file(name='Jane "Doe"\r\nX: y')}))
    (part,) = parts_of(receiver.deliveries[0])
    assert (part.file_name, part.content_type) == ("1.jpg", "image/jpeg")
    assert b"Jane" not in receiver.deliveries[0].body


def test_a_long_file_is_never_whole_in_memory() -> None:
    sizes = [len(piece) for piece in Multipart({}, {"f": a_media_file(b"x" * 5**10)})]
    assert max(sizes) <= 1024 * 1024 < sum(sizes)


@pytest.mark.parametrize("data", [b"other b", b"longer than planned", b"less"])
def test_a_file_that_is_not_the_planned_one_breaks_the_request_off(data: bytes) -> None:
    changed = a_media_file(b"picture", open=lambda: io.BytesIO(data))
    form = Multipart({}, {"file": changed})
    client = OutboundClient(allow_private=True)
    with Receiver() as receiver:
        with pytest.raises(PublishError) as caught:
            client.send("POST", receiver.url, headers=form.headers(), content=form)
        assert caught.value.code == "media_changed"
    assert not any(b"--\r\n" in one.body[-4:] for one in receiver.deliveries)


@pytest.mark.parametrize(
    ("content_type", "ending"),
    [
        ("image/png", ".png"),
        ("video/quicktime", ".mov"),
        ("x/unheard-of", ".bin"),
    ],
)
def test_a_file_gets_the_ending_of_its_type(content_type: str, ending: str) -> None:
    assert extension_of(content_type) == ending
