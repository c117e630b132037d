"""Read when a post came out, as spreadsheets and platforms write it."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

DAY_FIRST, MONTH_FIRST = "dmy", "mdy"
ORDERS = (DAY_FIRST, MONTH_FIRST)
AMBIGUOUS = (
    "“{text}” may be the {a}th of month {b} or the {b}th of month {a}. Say whether the "
    "day or the month comes first."
)
UNKNOWN = "“{text}” is no time such as 2026-05-31 18:30."

_CLOCK = (
    r"(?:[ T,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?$"
)
_SLASHED = re.compile(r"(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<year>\d{4})" + _CLOCK)
_DOTTED = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})" + _CLOCK)
_DAY_NAMED = re.compile(
    r"(?P<day>\d{1,2})\.? (?P<name>[A-Za-z]{3,9})\.?,? (?P<year>\d{4})" + _CLOCK
)
_MONTH_NAMED = re.compile(
    r"(?P<name>[A-Za-z]{3,9})\.? (?P<day>\d{1,2}),? (?P<year>\d{4})" + _CLOCK
)
# As the API of X wrote it: Wed Dec 31 18:30:00 +0000 2025.
_OLD_X = "%a %b %d %H:%M:%S %z %Y"
_SECONDS, _MILLISECONDS = re.compile(r"\d{9,10}$"), re.compile(r"\d{12,13}$")
_MONTHS = [
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
]


class UnreadableMoment(ValueError):
    """A text that is no time, or could be two."""


def order_of(texts: Iterable[str]) -> str | None:
    """Tell from a whole column whether 3/4/2026 has the day first; None if unsaid.

    Raise UnreadableMoment for a column that has it both ways.
    """
    found: dict[str, str] = {}
    for text in texts:
        if text[2:3] != "/" and text[1:2] != "/":
            continue
        match = _SLASHED.match(text)
        if match and int(match["a"]) > 12:
            found.setdefault(DAY_FIRST, text)
        elif match and int(match["b"]) > 12:
            found.setdefault(MONTH_FIRST, text)
    if len(found) > 1:
        sentence = "The day comes first in “{dmy}” and the month in “{mdy}”."
        raise UnreadableMoment(sentence.format(**found))
    return next(iter(found), None)


def read_moment(text: str, order: str | None) -> datetime:
    """Return the moment a text means: aware if it names an offset, else wall clock.

    Raise UnreadableMoment with a sentence for the person.
    """
    try:
        # Most files; a bare number would be read as a date of another kind.
        if not text.isdecimal():
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    for read in _READERS:
        try:
            moment = read(text, order)
        except UnreadableMoment:
            raise
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
        if moment is not None:
            return moment
    raise UnreadableMoment(UNKNOWN.format(text=text[:40]))


def _unix(text: str, order: str | None) -> datetime | None:
    if _SECONDS.match(text):
        return datetime.fromtimestamp(int(text), UTC)
    if _MILLISECONDS.match(text):
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    return None


def _slashed(text: str, order: str | None) -> datetime | None:
    match = _SLASHED.match(text)
    if not match:
        return None
    a, b = int(match["a"]), int(match["b"])
    if order is None and a != b:
        raise UnreadableMoment(AMBIGUOUS.format(text=text, a=a, b=b))
    day, month = (b, a) if order == MONTH_FIRST else (a, b)
    return _at(match, month, day)


def _dotted(text: str, order: str | None) -> datetime | None:
    match = _DOTTED.match(text)
    return _at(match, int(match["month"]), int(match["day"])) if match else None


def _named(text: str, order: str | None) -> datetime | None:
    match = _DAY_NAMED.match(text) or _MONTH_NAMED.match(text)
    if not match:
        return None
    month = _MONTHS.index(match["name"][:3].lower()) + 1
    return _at(match, month, int(match["day"]))


def _at(match: re.Match[str], month: int, day: int) -> datetime:
    hour, half = int(match["hour"] or 0), (match["half"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("no such hour on a clock of twelve")
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    minute, second = int(match["minute"] or 0), int(match["second"] or 0)
    return datetime(int(match["year"]), month, day, hour, minute, second)


def _old_x(text: str, order: str | None) -> datetime | None:
    return datetime.strptime(text, _OLD_X)


def _mail(text: str, order: str | None) -> datetime | None:
    return parsedate_to_datetime(text)


_READERS: tuple[Callable[[str, str | None], datetime | None], ...] = (
    _unix,
    _slashed,
    _dotted,
    _named,
    _old_x,
    _mail,
)
