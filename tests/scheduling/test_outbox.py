"""The outbox against a real file system, and against SIGKILL."""

import contextlib
import hashlib
import io
import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path
from typing import BinaryIO

import pytest

from scheduling.publishing.connectors.base import (
    ConnectorOptions,
    CredentialsInvalid,
    OutcomeUnknown,
    PublishError,
    Recovery,
)
from scheduling.publishing.connectors.outbox import OutboxConnector
from tests.scheduling.dying_publisher import PIECES, the_request
from tests.scheduling.publications import a_media_file, a_request

ROOT = Path(__file__).resolve().parents[2]


def outbox(folder: Path) -> OutboxConnector:
    return OutboxConnector({}, ConnectorOptions(outbox_dir=folder))


def files_below(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    )


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_post_becomes_a_folder_with_its_text_and_media(tmp_path: Path) -> None:
    receipt = outbox(tmp_path).publish(a_request())

    place = "lea/instagram-@lea.studio/2026-03-01 1805-" + a_request().publication_id
    assert files_below(tmp_path) == [
        f"{place}/01-beach-day.jpg",
        f"{place}/02-clip.mp4",
        f"{place}/post.json",
        f"{place}/post.txt",
    ]
    folder = tmp_path / place
    assert (folder / "post.txt").read_text() == "Sommer am Meer 🌊\nzweite Zeile\n"
    assert (folder / "01-beach-day.jpg").read_bytes() == b"picture"
    assert (receipt.external_id, receipt.url) == (a_request().publication_id, "")
    assert names_in(folder.parent) == [folder.name]


def test_the_folder_says_everything_about_the_post(tmp_path: Path) -> None:
    connector = outbox(tmp_path)
    connector.publish(a_request())

    post = json.loads((connector.folder_of(a_request()) / "post.json").read_text())
    first, second = post.pop("media")
    assert post == {
        "publication_id": a_request().publication_id,
        "idempotency_key": "key-1",
        "model": "lea",
        "platform": "instagram",
        "handle": "@lea.studio",
        "content": "Sommer am Meer 🌊\nzweite Zeile",
        "publish_at": "2026-03-01T18:05:00Z",
        "created_at": "2026-02-27T09:30:00Z",
    }
    assert first == {
        "file": "01-beach-day.jpg",
        "name": "Beach Day.JPG",
        "content_type": "image/jpeg",
        "alt_text": "Lea on the beach",
        "sha256": hashlib.sha256(b"picture").hexdigest(),
        "size_bytes": 7,
        "width": 4,
        "height": 3,
    }
    assert second["file"] == "02-clip.mp4"


def test_publishing_again_finds_the_folder_and_leaves_it_alone(tmp_path: Path) -> None:
    connector = outbox(tmp_path)
    first = connector.publish(a_request())
    text = connector.folder_of(a_request()) / "post.txt"
    text.write_text("marked by a person")

    again = connector.publish(replace(a_request(), attempt_number=2))

    assert again == first
    assert text.read_text() == "marked by a person"
    assert len(files_below(tmp_path)) == 4


def test_the_place_follows_from_the_publication_alone(tmp_path: Path) -> None:
    elsewhere = timezone(timedelta(hours=-5))
    later = replace(
        a_request(),
        attempt_number=3,
        publish_at=a_request().publish_at.astimezone(elsewhere),
    )
    connector = outbox(tmp_path)
    assert connector.folder_of(later) == connector.folder_of(a_request())


def test_outbox_recovery_is_idempotent_for_ever(tmp_path: Path) -> None:
    assert outbox(tmp_path).recovery is Recovery.IDEMPOTENT
    assert outbox(tmp_path).recovery_window is None


@pytest.mark.parametrize(
    "evil",
    [
        "..",
        "../../etc",
        "/etc/passwd",
        ".",
        "",
        "a/../../b",
        "a\\..\\b",
        "\x00",
        "line\nbreak",
        ".tmp-hidden",
        "C:\\x",
        "ä" * 300,
        "🌊",
        "-rf",
        "~root",
    ],
)
def test_no_name_leads_out_of_the_outbox_or_hides_in_it(
    tmp_path: Path, evil: str
) -> None:
    box = tmp_path / "outbox"
    item = a_media_file(name=f"{evil}.jpg")
    connector = outbox(box)

    connector.publish(
        a_request(
            publication_id=evil or "x",
            platform=evil,
            handle=evil,
            model=evil,
            media=(item,),
        )
    )

    assert [path.name for path in tmp_path.iterdir()] == ["outbox"]
    written = files_below(box)
    assert len(written) == 3
    for path in written:
        parts = Path(path).parts
        assert len(parts) == 4
        assert not any(part.startswith((".", "-")) for part in parts)


def test_two_publications_at_the_same_minute_have_two_folders(tmp_path: Path) -> None:
    connector = outbox(tmp_path)
    connector.publish(a_request(publication_id="a"))
    connector.publish(a_request(publication_id="b"))
    assert len(files_below(tmp_path)) == 8


def test_an_outbox_that_cannot_be_written_is_tried_again_later(tmp_path: Path) -> None:
    blocked = tmp_path / "outbox"
    blocked.write_text("a file where the folder should be")
    for act in (outbox(blocked).verify, lambda: outbox(blocked).publish(a_request())):
        with pytest.raises(PublishError) as caught:
            act()
        assert caught.value.code == "outbox_unwritable"
        assert not caught.value.permanent
        assert not isinstance(caught.value, OutcomeUnknown)


def test_verifying_the_outbox_leaves_nothing_behind(tmp_path: Path) -> None:
    outbox(tmp_path / "new").verify()
    assert names_in(tmp_path / "new") == []


def test_outbox_credentials_are_an_empty_object(tmp_path: Path) -> None:
    options = ConnectorOptions(outbox_dir=tmp_path)
    assert OutboxConnector.validate_credentials({}, options) == {}
    for wrong in ({"password": "x"}, None, [], "x"):
        with pytest.raises(CredentialsInvalid):
            OutboxConnector.validate_credentials(wrong, options)


def die_at(folder: Path, kind: str, step: int) -> bool:
    """Publish in a process that is killed at a step; True if it got through."""
    program = "tests.scheduling.dying_publisher"
    done = subprocess.run(
        [sys.executable, "-m", program, str(folder), kind, str(step)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode == 0


@pytest.mark.parametrize(("kind", "at_least"), [("step", 12), ("piece", 4)])
def test_a_publisher_killed_at_any_step_leaves_one_folder_after_the_next_attempt(
    tmp_path: Path, kind: str, at_least: int
) -> None:
    step, got_through = 0, False
    while not got_through:
        step += 1
        folder = tmp_path / str(step)
        got_through = die_at(folder, kind, step)
        # Killed at the same step a second time, it must not matter either.
        die_at(folder, kind, step)
        connector = outbox(folder)
        whole = connector.folder_of(the_request())
        # A folder that is there at all is whole, also before anybody repairs.
        assert not whole.exists() or len(names_in(whole)) == 4

        connector.publish(the_request())

        assert names_in(whole.parent) == [whole.name]
        assert (whole / "02-big.jpg").read_bytes() == b"".join(PIECES)
        assert len(files_below(folder)) == 4
    assert step > at_least


def test_an_attempt_that_comes_back_late_changes_nothing(tmp_path: Path) -> None:
    connector = outbox(tmp_path)

    def overtaken() -> BinaryIO:
        # While this attempt reads its media, another one publishes.
        connector.publish(a_request())
        return io.BytesIO(b"picture")

    slow = a_request(media=(a_media_file(open=overtaken), a_request().media[1]))
    receipt = connector.publish(slow)

    assert receipt.external_id == slow.publication_id
    assert len(files_below(tmp_path)) == 4
    assert names_in(connector.folder_of(slow).parent) == [
        connector.folder_of(slow).name
    ]


def test_attempts_at_the_same_moment_leave_one_whole_folder(tmp_path: Path) -> None:
    connector = outbox(tmp_path)

    def attempt(number: int) -> None:
        with contextlib.suppress(PublishError):
            connector.publish(replace(a_request(), attempt_number=number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(attempt, range(40)))

    connector.publish(a_request())
    folder = connector.folder_of(a_request())
    assert names_in(folder.parent) == [folder.name]
    assert len(names_in(folder)) == 4
