"""What all connectors have in common."""

import io
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from scheduling.publishing.connectors.base import (
    Connector,
    ConnectorOptions,
    Limits,
    OutcomeUnknown,
    PublishError,
)
from scheduling.publishing.connectors.outbox import OutboxConnector
from scheduling.publishing.connectors.webhook import WebhookConnector
from tests.loopback import Receiver
from tests.scheduling.publications import a_media_file, a_request


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (Limits(characters=5), "29 characters; at most 5"),
        (Limits(media_count=1), "2 media are too many; at most 1"),
        (Limits(media_types=frozenset({"image/*"})), "clip.mov is of a type"),
        (Limits(media_types=frozenset({"video/mp4"})), "Beach Day.JPG is of a type"),
        (Limits(media_bytes=6), "Beach Day.JPG is 0.0 MB"),
        (Limits(total_media_bytes=10), "together"),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(limits: Limits, says: str) -> None:
    (problem,) = limits.check(a_request())
    assert says in problem


def test_what_fits_has_no_problems() -> None:
    limits = Limits(29, 2, frozenset({"image/jpeg", "video/*"}), 7, 11)
    assert limits.check(a_request()) == []
    assert Limits().check(a_request()) == []


def missing() -> BinaryIO:
    raise FileNotFoundError


def unreadable() -> BinaryIO:
    raise PermissionError


@pytest.mark.parametrize(
    ("changes", "code", "permanent"),
    [
        ({"open": missing}, "media_missing", True),
        ({"open": unreadable}, "media_unreadable", False),
        ({"open": lambda: io.BytesIO(b"other")}, "media_changed", True),
        ({"open": lambda: io.BytesIO(b"pict")}, "media_changed", True),
    ],
)
@pytest.mark.parametrize("kind", ["outbox", "webhook"])
def test_media_that_are_not_as_planned_are_not_published(
    tmp_path: Path, changes: dict[str, Any], code: str, permanent: bool, kind: str
) -> None:
    with Receiver() as receiver:
        options = ConnectorOptions(outbox_dir=tmp_path, allow_private_targets=True)
        sender: Connector = OutboxConnector({}, options)
        if kind == "webhook":
            secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
            sender = WebhookConnector({"url": receiver.url, "secret": secret}, options)
        with pytest.raises(PublishError) as caught:
            sender.publish(a_request(media=(a_media_file(), a_media_file(**changes))))

    assert (caught.value.code, caught.value.permanent) == (code, permanent)
    assert not isinstance(caught.value, OutcomeUnknown)
    assert receiver.connections == 0
    assert not any(path.is_file() for path in tmp_path.rglob("*"))
