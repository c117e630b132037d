"""Names that people see and names that bytes lie under."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library import files


@pytest.mark.parametrize(
    ("claimed", "shown"),
    [
        ("holiday.jpg", "holiday.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\lea\\beach day.png", "beach day.png"),
        ("a\x00b\r\nc\t.jpg", "abc.jpg"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("cafe\u0301.jpg", "café.jpg"),
        ("  many   spaces .jpg ", "many spaces .jpg"),
        ("...", "untitled"),
        ("", "untitled"),
        ("\u200d", "untitled"),
        ("\ud800x.jpg", "x.jpg"),
        (".htaccess", "htaccess"),
        ("日本語.mp4", "日本語.mp4"),
        ("x" * 300 + ".jpeg", "x" * 195 + ".jpeg"),
        ("x" * 300, "x" * 200),
    ],
)
def test_a_name_is_made_safe_to_show(claimed: str, shown: str):
    assert files.clean_filename(claimed) == shown


@given(st.text(st.characters(codec=None), max_size=300))
def test_any_name_becomes_a_safe_one(claimed: str):
    shown = files.clean_filename(claimed)
    assert 0 < len(shown) <= 200
    assert not set(shown) & set("/\\\0\r\n\u202e\u2066")
    shown.encode()
    assert files.clean_filename(shown) == shown


def test_bytes_lie_on_the_shelf_of_their_last_digits():
    item = uuid.UUID("0192f0c1-1111-7222-8333-4444555566ab")
    assert files.storage_name(item, "jpg") == f"originals/ab/{item}.jpg"
    assert files.storage_name(item, "webp", "thumbnails") == (
        f"thumbnails/ab/{item}.webp"
    )


@pytest.mark.parametrize(
    ("extension", "folder"), [("../x", "originals"), ("jpg", "../up"), ("", "a")]
)
def test_a_place_outside_is_a_mistake(extension: str, folder: str):
    with pytest.raises(ValueError, match="no such place"):
        files.storage_name(uuid.uuid4(), extension, folder)
