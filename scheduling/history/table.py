"""A table of past posts: what each line says, or what is wrong with it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from promura_site.csv_files import Row
from promura_site.zones import to_utc, zone_names
from scheduling.engagement import COUNTS, MAX_COUNT, engagement_of
from scheduling.history.accounts import Account, Accounts
from scheduling.history.moments import UnreadableMoment, order_of, read_moment

COLUMNS = (
    "model",
    "channel",
    "platform",
    "published_at",
    "timezone",
    *COUNTS,
    "engagement",
    "url",
    "external_id",
)
EARLIEST = datetime(2004, 1, 1, tzinfo=UTC)
MAX_REFERENCE = 500
_GROUPED = re.compile(r"\d{1,3}([.,'’  ])\d{3}(\1\d{3})*$")


class BadField(ValueError):
    """A field that cannot be taken as it is."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = name


@dataclass(frozen=True, slots=True)
class PastPost:
    """One line: a post of a channel. `counts` are as in COUNTS, None where unsaid."""

    account: Account
    published_at: datetime
    reference: str
    counts: tuple[int | None, ...]
    engagement: float


@dataclass(frozen=True, slots=True)
class LineError:
    """Why a line cannot be taken."""

    line: int
    field: str
    message: str


@dataclass
class Table:
    """What a file says."""

    posts: list[PastPost] = field(default_factory=list)
    errors: list[LineError] = field(default_factory=list)


def read_table(
    rows: Iterable[Row], accounts: Accounts, *, now: datetime, order: str | None = None
) -> Table:
    """Read every line; `order` says whether the day or the month comes first."""
    rows, table = list(rows), Table()
    try:
        order = order or order_of(row.values.get("published_at", "") for row in rows)
    except UnreadableMoment as error:
        first = rows[0].line if rows else 1
        table.errors.append(LineError(first, "published_at", str(error)))
        return table
    for row in rows:
        try:
            table.posts.append(_read(row.values, accounts, order, now))
        except BadField as error:
            table.errors.append(LineError(row.line, error.name, str(error)))
    return table


def _read(
    said: dict[str, str], accounts: Accounts, order: str | None, now: datetime
) -> PastPost:
    account = accounts.find(
        said.get("model", ""), said.get("channel", ""), said.get("platform", "")
    )
    if isinstance(account, tuple):
        raise BadField(*account)
    reference = said.get("url") or said.get("external_id") or ""
    if len(reference) > MAX_REFERENCE:
        raise BadField("url", f"Longer than {MAX_REFERENCE} characters.")
    counts = read_counts(said)
    known = dict(zip(COUNTS, counts, strict=True))
    engagement = engagement_of(account.platform, known)
    if engagement is None:
        engagement = _engagement(said)
    at = _moment(said, account, order, now)
    return PastPost(account, at, reference, counts, engagement)


def read_counts(said: dict[str, str]) -> tuple[int | None, ...]:
    """Return the five counts of a line, None where it says nothing."""
    return tuple(_count(name, said[name]) if name in said else None for name in COUNTS)


def _count(name: str, text: str) -> int:
    if _GROUPED.match(text):
        text = re.sub(r"\D", "", text)
    text = text.removesuffix(".0")
    if not (text.isascii() and text.isdecimal()) or len(text) > 12:
        raise BadField(name, f"“{text[:40]}” is no whole number of 0 or more.")
    return min(int(text), MAX_COUNT)


def _engagement(said: dict[str, str]) -> float:
    text = said.get("engagement")
    if text is None:
        raise BadField(
            "engagement",
            "Nothing is said of how people reacted: likes, comments, shares, views, "
            "clicks or engagement.",
        )
    if _GROUPED.match(text):
        return float(_count("engagement", text))
    if not re.fullmatch(r"\d{1,12}(\.\d{1,6})?", text, re.ASCII):
        raise BadField("engagement", f"“{text[:40]}” is no number of 0 or more.")
    return float(text)


def _moment(
    said: dict[str, str], account: Account, order: str | None, now: datetime
) -> datetime:
    text = said.get("published_at", "")
    if not text:
        raise BadField("published_at", "When did it come out?")
    try:
        moment = read_moment(text, order)
    except UnreadableMoment as error:
        raise BadField("published_at", str(error)) from None
    if moment.tzinfo is None:
        name = said.get("timezone", account.timezone)
        if name not in zone_names():
            raise BadField("timezone", f"“{name[:60]}” is no IANA time zone.")
        moment = to_utc(moment, _zone(name))
    if not EARLIEST <= moment <= now:
        when = "lies in the future" if moment > now else "is before 2004"
        raise BadField("published_at", f"“{text[:40]}” {when}.")
    return moment.astimezone(UTC)


_zone: Callable[[str], ZoneInfo] = lru_cache(maxsize=64)(ZoneInfo)
