"""Names: what people see of an upload, and where its bytes lie."""

import re
import unicodedata
from uuid import UUID

MAX_NAME = 200
UNNAMED = "untitled"

# Emoji and several scripts are spelled with joiners; all other invisible characters
# (controls, bidirectional overrides, lone surrogates) only serve to deceive.
_JOINERS = {"\u200c", "\u200d"}
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_EXTENSION = re.compile(r"[a-z0-9]{1,5}")
_FOLDER = re.compile(r"[a-z]+")


def clean_filename(name: str) -> str:
    """Make a name that is safe to show; nothing is ever stored under it.

    The last part of a path, in NFC, without invisible characters, at most 200
    characters long with the extension kept.
    """
    last = re.split(r"[/\\]", name.rstrip("/\\ "))[-1]
    visible = "".join(
        character
        for character in last
        if character in _JOINERS or unicodedata.category(character) not in _INVISIBLE
    )
    shown = " ".join(unicodedata.normalize("NFC", visible).split()).strip(". ")
    if not shown.strip("".join(_JOINERS)):
        return UNNAMED
    if len(shown) <= MAX_NAME:
        return shown
    stem, dot, extension = shown.rpartition(".")
    if not dot or len(extension) > 10:
        return shown[:MAX_NAME].rstrip(". ")
    return stem[: MAX_NAME - len(extension) - 1].rstrip(". ") + dot + extension


def storage_name(
    id: UUID,  # noqa: A002 - the rows call it id as well
    extension: str,
    folder: str = "originals",
) -> str:
    """Say where the bytes of one item lie: `originals/ab/<uuid>.jpg`.

    The shelf is the id's last two digits: a version 7 id begins with the time, so
    its first two are the same for years.
    """
    if not _EXTENSION.fullmatch(extension) or not _FOLDER.fullmatch(folder):
        raise ValueError(f"no such place: {folder}/*.{extension}")
    return f"{folder}/{id.hex[-2:]}/{id}.{extension}"
