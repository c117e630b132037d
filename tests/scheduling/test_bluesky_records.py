"""What a post becomes on Bluesky: its key, its length, its facets, its record."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from scheduling.publishing.connectors.base import PublishError
from scheduling.publishing.connectors.bluesky import BlueskyConnector
from scheduling.publishing.connectors.bluesky.facets import facets_of
from scheduling.publishing.connectors.bluesky.record import create_call_body
from scheduling.publishing.connectors.bluesky.tid import ALPHABET, encode, next_tid
from tests.scheduling.publications import a_media_file, a_request

FRIEND = "did:plc:z72i7hdynmk6r22z27h6tvur"
BLOB = {
    "$type": "blob",
    "ref": {"$link": "bafkreibabalobzn6cd366ukcsjycp4yymjymgfxcv6xczmlgpemzkz3cfa"},
    "mimeType": "image/jpeg",
    "size": 7,
}


def nobody(handle: str) -> str | None:
    return None


def marked(text: str, people: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """Return what is marked in a text, as its bytes say, and what it leads to."""
    data = text.encode()
    return [
        (
            data[one.index.byte_start : one.index.byte_end].decode(),
            getattr(one.features[0], "uri", "")
            or getattr(one.features[0], "tag", "")
            or one.features[0].did,
        )
        for one in facets_of(text, (people or {}).get)
    ]


def record_of(**changes: Any) -> Any:
    request = a_request(**{"media": (), "record_key": next_tid(), **changes})
    body = create_call_body(request, FRIEND, [BLOB] * len(request.media), nobody)
    return json.loads(body)["record"]


def test_a_key_is_the_moment_and_a_clock_in_13_letters() -> None:
    assert encode(0, 0) == "2222222222222"
    # As the reference implementation has them.
    assert encode(1_784_000_000_000_000, 31) == "3mqlbj6j2222z"
    assert encode(1_772_000_000_123_456, 1023) == "3mfnznctcm2zz"
    assert encode((1 << 53) - 1, 1023) == "bzzzzzzzzzzzz"


def test_keys_grow_and_never_repeat() -> None:
    keys = [next_tid() for _ in range(2000)]
    assert len(set(keys)) == len(keys)
    assert [key[:11] for key in keys] == sorted({key[:11] for key in keys})
    assert all(len(key) == 13 and set(key) <= set(ALPHABET) for key in keys)
    assert all(key[0] in "234567abcdefghij" for key in keys)
    assert len({key[11:] for key in keys}) > 100, "the clock id is drawn each time"


def test_threads_get_keys_of_their_own() -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: next_tid(), range(4000)))
    assert len({key[:11] for key in keys}) == len(keys)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("abc", 3),
        ("Grüße", 5),
        ("e\u0301", 1),
        ("👨‍👩‍👧‍👦", 1),
        ("👩🏽‍🚀", 1),
        ("🇩🇪🇫🇷", 2),
        ("a\r\nb", 3),
        ("한국", 2),
    ],
)
def test_length_is_what_people_take_for_characters(text: str, length: int) -> None:
    assert BlueskyConnector.text_length(text) == length


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no marks at all", []),
        ("https://example.com", [("https://example.com",) * 2]),
        ("see example.com.", [("example.com", "https://example.com")]),
        ("(https://example.com/a)", [("https://example.com/a",) * 2]),
        ("🌊 süß https://example.com/ß!", [("https://example.com/ß",) * 2]),
        ("#sommer, #2026 #a#b", [("#sommer", "sommer"), ("#a#b", "a#b")]),
        ("日本語 #夏", [("#夏", "夏")]),
        ("not.a.thing-at-all", []),
        ("mail lea@example.com", []),
    ],
)
def test_links_and_tags_are_found(text: str, expected: list[tuple[str, str]]) -> None:
    assert marked(text) == expected


def test_a_mention_of_nobody_stays_plain_text() -> None:
    text = "👋 @friend.example.com, @nobody.example.com and @FRIEND.example.com"
    assert marked(text, {"friend.example.com": FRIEND}) == [
        ("@friend.example.com", FRIEND),
        ("@FRIEND.example.com", FRIEND),
    ]


def test_each_handle_is_asked_for_once() -> None:
    asked: list[str] = []

    def resolve(handle: str) -> str:
        asked.append(handle)
        return FRIEND

    assert len(facets_of("@a.example.com @b.example.com @A.example.com", resolve)) == 3
    assert asked == ["a.example.com", "b.example.com"]


def test_a_record_is_the_same_for_every_attempt() -> None:
    key = next_tid()
    bodies = {
        create_call_body(
            a_request(media=(), record_key=key, attempt_number=number),
            FRIEND,
            [],
            nobody,
        )
        for number in (1, 2, 3)
    }
    assert len(bodies) == 1
    (body,) = bodies
    assert json.loads(body) == {
        "repo": FRIEND,
        "collection": "app.bsky.feed.post",
        "rkey": key,
        "record": {
            "$type": "app.bsky.feed.post",
            "text": "Sommer am Meer 🌊\nzweite Zeile",
            "createdAt": "2026-03-01T18:05:01Z",
            "langs": ["en"],
        },
    }


@pytest.mark.parametrize(
    ("language", "langs"),
    [("de", ["de"]), ("pt-BR", ["pt-BR"]), ("", None), ("klingon!", None)],
)
def test_a_language_is_told_if_it_is_one(
    language: str, langs: list[str] | None
) -> None:
    assert record_of(language=language).get("langs") == langs


def test_pictures_come_in_order_with_text_and_shape() -> None:
    media = (
        a_media_file(b"1", "1.jpg", alt_text="First"),
        a_media_file(b"2", "2.jpg", alt_text="", width=None, height=None),
    )
    embed = record_of(media=media)["embed"]
    assert embed["$type"] == "app.bsky.embed.images"
    first, second = embed["images"]
    assert (first["alt"], second["alt"]) == ("First", "")
    assert (first["aspectRatio"]["width"], first["aspectRatio"]["height"]) == (4, 3)
    assert "aspectRatio" not in second
    assert first["image"]["ref"] == BLOB["ref"]


def test_a_clip_is_a_video() -> None:
    clip = a_media_file(b"1", "1.mp4", content_type="video/mp4", alt_text="Waves")
    embed = record_of(media=(clip,))["embed"]
    assert (embed["$type"], embed["alt"]) == ("app.bsky.embed.video", "Waves")


def test_what_fits_no_lexicon_is_refused() -> None:
    picture = a_request(media=(a_media_file(),), record_key=next_tid())
    with pytest.raises(PublishError) as refused:
        create_call_body(picture, FRIEND, [{"$type": "blob"}], nobody)
    assert (refused.value.code, refused.value.permanent) == ("refused", True)


def test_who_only_looks_at_connectors_does_not_load_atproto() -> None:
    program = (
        "import django, sys; django.setup();"
        "from scheduling.publishing.connectors import registry;"
        "assert 'bluesky' in registry.connectors();"
        "sys.exit('atproto_client' in sys.modules or 'pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False)
    assert done.returncode == 0
