"""When a template comes again: a word, or a recurrence rule of RFC 5545.

A rule may be followed by exceptions, on a line of their own or behind a space or a
semicolon: FREQ=WEEKLY;BYDAY=MO EXDATE:20271227,20280103T090000. It is read strictly
before dateutil sees it, and tried out in bounded time: dateutil itself would look for
the next 30 February until its calendar ends.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime

from dateutil.rrule import rrulestr

MAX_LENGTH = 500
PRESETS = {
    "daily": "FREQ=DAILY",
    "weekly": "FREQ=WEEKLY",
    "biweekly": "FREQ=WEEKLY;INTERVAL=2",
    "monthly": "FREQ=MONTHLY",
}

_PREFIX = "RRULE:"
_DATE, _TIME = "%Y%m%d", "%Y%m%dT%H%M%S"
_FREQUENCIES = ("HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")
# dateutil's calendar ends with the year 9999. From here it has forty years to go, in
# which every weekday meets every date, the 29 February included.
_TRIAL_START = datetime(9960, 1, 1)


_DAY = "MO|TU|WE|TH|FR|SA|SU"
_BYDAY = re.compile(rf"(?P<nth>[+-]?[1-9][0-9]?)?({_DAY})")
_NUMBER = re.compile(r"[+-]?[0-9]{1,3}")
# Least, most, and whether numbers may count from the end (-1 is the last).
_RANGES = {
    "INTERVAL": (1, 999, False),
    "COUNT": (1, 999, False),
    "BYMINUTE": (0, 59, False),
    "BYSECOND": (0, 59, False),
    "BYHOUR": (0, 23, False),
    "BYMONTH": (1, 12, False),
    "BYMONTHDAY": (1, 31, True),
    "BYYEARDAY": (1, 366, True),
    "BYWEEKNO": (1, 53, True),
    "BYSETPOS": (1, 366, True),
}
# Two minutes within one hour would come round more often than hourly.
_SINGLE = {"INTERVAL", "COUNT", "BYMINUTE", "BYSECOND"}
_KNOWN = {"FREQ", "UNTIL", "BYDAY", "WKST", *_RANGES}
# RFC 5545, 3.3.10: the frequencies that a part may not stand with. BYSETPOS picks from
# a set, and an hour or a day has none worth picking from.
_NOT_WITH = {
    "BYWEEKNO": ("HOURLY", "DAILY", "WEEKLY", "MONTHLY"),
    "BYYEARDAY": ("DAILY", "WEEKLY", "MONTHLY"),
    "BYMONTHDAY": ("WEEKLY",),
    "BYSETPOS": ("HOURLY", "DAILY"),
}


_EVERY = {
    "HOURLY": ("Hourly", "hours"),
    "DAILY": ("Daily", "days"),
    "WEEKLY": ("Weekly", "weeks"),
    "MONTHLY": ("Monthly", "months"),
    "YEARLY": ("Yearly", "years"),
}
_DAY_WORDS = dict(
    zip(_DAY.split("|"), ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True)
)


_EXCEPTIONS = re.compile(r"(?:\s*;\s*|\s+)EXDATE[:=]", re.IGNORECASE)


@dataclass(frozen=True)
class Exceptions:
    """Days and single wall-clock times on which a pattern does not come round."""

    days: frozenset[date] = frozenset()
    times: frozenset[datetime] = frozenset()

    def __contains__(self, wall: datetime) -> bool:
        return wall in self.times or wall.date() in self.days

    def __len__(self) -> int:
        return len(self.days) + len(self.times)


class PatternError(ValueError):
    """A pattern that is none; the message says why in one sentence."""


def check(pattern: str) -> None:
    """Raise PatternError unless `pattern` is a word or a rule that comes round."""
    if len(pattern) > MAX_LENGTH:
        raise PatternError(f"A rule has {MAX_LENGTH} characters at most.")
    parts, _ = split(pattern)
    frequency = parts["FREQ"]
    for name, value in parts.items():
        if frequency in _NOT_WITH.get(name, ()):
            raise PatternError(f"{name} does not go with FREQ={frequency}.")
        _check_part(name, value, frequency)
    if "BYSETPOS" in parts and not any(
        name.startswith("BY") and name != "BYSETPOS" for name in parts
    ):
        raise PatternError("BYSETPOS needs another BY… part to pick from.")
    if "COUNT" in parts and "UNTIL" in parts:
        raise PatternError("Give COUNT or UNTIL, not both.")
    _check_it_comes_round(parts)


def split(pattern: str) -> tuple[dict[str, str], Exceptions]:
    """Return the parts of the rule behind a pattern by name, and its exceptions.

    Of a pattern that `check` has not seen the parts may still be wrong; raise
    PatternError when it cannot be taken apart.
    """
    rule, *listed = _EXCEPTIONS.split(pattern.strip())
    exceptions = [_exception(one) for few in listed for one in few.split(",")]
    times = {one for one in exceptions if isinstance(one, datetime)}
    return _parts(PRESETS.get(rule, rule)), Exceptions(
        days=frozenset(one for one in exceptions if one not in times),
        times=frozenset(times),
    )


def in_words(pattern: str) -> str:
    """Say a checked pattern in a few words; a rule of many parts is a custom rule."""
    parts, exceptions = split(pattern)
    said = _rule_in_words(parts)
    if not exceptions:
        return said
    return f"{said}, but for {len(exceptions)} date{'s'[: len(exceptions) > 1]}"


def _rule_in_words(parts: dict[str, str]) -> str:
    adverb, units = _EVERY[parts.pop("FREQ")]
    interval = parts.pop("INTERVAL", "1").lstrip("+0")
    said = adverb if interval == "1" else f"Every {interval} {units}"
    days = [_DAY_WORDS.get(one, "") for one in parts.pop("BYDAY", "").split(",") if one]
    if parts or not all(days):
        return "Custom rule"
    return f"{said} on {', '.join(days)}" if days else said


def _parts(pattern: str) -> dict[str, str]:
    """Split a rule into its parts; raise unless each is known and comes once."""
    text = pattern.upper().removeprefix(_PREFIX)
    if "=" not in text:
        words = ", ".join(PRESETS)
        raise PatternError(
            f"Choose {words}, or give a rule such as FREQ=WEEKLY;BYDAY=MO,TH."
        )
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        if name not in _KNOWN:
            raise PatternError(f"A rule has no part called {name[:20] or 'nothing'!r}.")
        if name in parts:
            raise PatternError(f"{name} stands in the rule twice.")
        parts[name] = value
    frequency = parts.get("FREQ")
    if frequency is None:
        raise PatternError("A rule needs FREQ, for example FREQ=WEEKLY.")
    if frequency in {"SECONDLY", "MINUTELY"}:
        raise PatternError("A rule may come round once an hour at most.")
    if frequency not in _FREQUENCIES:
        raise PatternError(f"FREQ must be one of {', '.join(_FREQUENCIES)}.")
    return parts


def _check_part(name: str, value: str, frequency: str) -> None:
    if name in _RANGES:
        _check_numbers(name, value)
    elif name == "BYDAY":
        for one in value.split(","):
            found = _BYDAY.fullmatch(one)
            if found is None:
                raise PatternError("BYDAY takes MO, TU, WE, TH, FR, SA and SU.")
            if found["nth"] and frequency not in {"MONTHLY", "YEARLY"}:
                raise PatternError("A numbered BYDAY needs FREQ=MONTHLY or YEARLY.")
    elif name == "WKST" and value not in _DAY.split("|"):
        raise PatternError("WKST takes one of MO, TU, WE, TH, FR, SA and SU.")
    elif name == "UNTIL":
        _check_until(value)


def _check_numbers(name: str, value: str) -> None:
    least, most, signed = _RANGES[name]
    texts = value.split(",")
    if name in _SINGLE and len(texts) > 1:
        raise PatternError(f"{name} takes one number.")
    for text in texts:
        number = int(text) if _NUMBER.fullmatch(text) else least - 1
        if not least <= (abs(number) if signed else number) <= most:
            ends = f" or -{most} to -{least}" if signed else ""
            raise PatternError(f"{name} takes numbers from {least} to {most}{ends}.")


def _check_until(value: str) -> None:
    """Raise unless the value is a date, or a date and a time."""
    if _moment(value, _DATE) or _moment(value, _TIME) or _moment(value, f"{_TIME}Z"):
        return
    raise PatternError("UNTIL takes a date such as 20271231 or 20271231T120000Z.")


def _exception(text: str) -> date | datetime:
    """Read a date, which stands for the whole day, or a wall-clock time."""
    written = text.strip().upper()
    if day := _moment(written, _DATE):
        return day.date()
    if time := _moment(written, _TIME):
        return time
    raise PatternError(
        "EXDATE takes dates such as 20271224 or wall-clock times such as "
        "20271231T090000, with commas between them."
    )


def _moment(text: str, layout: str) -> datetime | None:
    try:
        moment = datetime.strptime(text, layout)
    except ValueError:
        return None
    # strptime is content with fewer digits.
    return moment if moment.strftime(layout) == text else None


def _check_it_comes_round(parts: dict[str, str]) -> None:
    """Raise when a rule such as one for 30 February never matches any day."""
    tried = ";".join(
        f"{name}={value}"
        for name, value in parts.items()
        if name not in {"UNTIL", "COUNT"}
    )
    try:
        rule = rrulestr(tried, dtstart=_TRIAL_START)
    except ValueError:
        raise PatternError("The parts of this rule contradict each other.") from None
    if next(iter(rule), None) is None:
        raise PatternError("This rule never comes round.")
