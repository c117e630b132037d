"""Tables that people bring along: CSV as spreadsheets write it, row by row.

RFC 4180 with what is common besides: a byte order mark, semicolons or tabs between
the fields, empty lines.
"""

import csv
import io
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from promura_site.api.parsers import has_unstorable
from promura_site.errors import DomainError

_DELIMITERS = ",;\t"
# Longer than any field that a row of ours has.
_MAX_FIELD = 25_000


@dataclass(frozen=True)
class Row:
    """A line of the file, counted from 1 with the head; empty fields are left out."""

    line: int
    values: dict[str, str]


def read_rows(
    file: BinaryIO,
    *,
    required: Collection[str],
    known: Callable[[str], bool],
    max_rows: int,
    max_bytes: int,
) -> list[Row]:
    """Return the rows of a CSV file in UTF-8 by the names in its head.

    Raise DomainError 400 (413 for too large a file) when it cannot be read as a whole:
    no text, a column missing, twice, or not `known`.
    """
    text = _text(file, max_bytes)
    head, _, _ = text.partition("\n")
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        _check_head(names, required, known)
        rows = list(_rows(reader, names, max_rows))
    except csv.Error as error:
        raise _unreadable(f"Line {reader.line_num}: {error}.") from None
    if not rows:
        raise _unreadable("The file has no rows below its head.")
    return rows


def _text(file: BinaryIO, max_bytes: int) -> str:
    data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        sentence = f"The file is larger than {max_bytes // 1_000_000} MB; split it."
        raise DomainError("too_large", sentence, 413, errors={"file": [sentence]})
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unreadable("The file is not in UTF-8. Save it as CSV UTF-8.") from None
    if has_unstorable(text):
        raise _unreadable("The file holds NUL; it is no CSV.")
    return text


def _check_head(
    names: list[str], required: Collection[str], known: Callable[[str], bool]
) -> None:
    missing = [name for name in required if name not in names]
    if missing:
        raise _unreadable(f"These columns are missing: {', '.join(missing)}.")
    twice = {name for name in names if name and names.count(name) > 1}
    if twice:
        raise _unreadable(f"These columns are there twice: {', '.join(sorted(twice))}.")
    strange = [name for name in names if name and not known(name)]
    if strange:
        raise _unreadable(f"These columns are not known: {', '.join(strange)}.")


def _rows(
    reader: Iterator[list[str]], names: list[str], max_rows: int
) -> Iterator[Row]:
    count = 0
    for fields in reader:
        line: int = reader.line_num  # type: ignore[attr-defined]
        values = [field.strip() for field in fields]
        if not any(values):
            continue
        count += 1
        if count > max_rows:
            raise _unreadable(f"The file has more than {max_rows:,} rows; split it.")
        if len(values) > len(names):
            raise _unreadable(f"Line {line} has more fields than the head.")
        if max(map(len, values)) > _MAX_FIELD:
            raise _unreadable(f"Line {line} has a field that is too long.")
        pairs = zip(names, values, strict=False)
        yield Row(line, {name: value for name, value in pairs if name and value})


def _unreadable(sentence: str) -> DomainError:
    return DomainError("unreadable_csv", sentence, errors={"file": [sentence]})
