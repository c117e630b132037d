"""Messages in words: all that one person is told at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from scheduling.models import Notice
from scheduling.notices.kinds import KINDS, PASSING

# More than that nobody reads in a message; the page has them all.
MOST = 20


@dataclass(frozen=True)
class Message:
    """One message; `key` stays the same when it has to be sent again."""

    key: str
    subject: str
    body: str


def is_over(notice: Notice) -> bool:
    """Tell whether to say that it is over, and not that it is there."""
    return notice.resolved_at is not None and notice.kind not in PASSING


def headline(notice: Notice) -> str:
    """Return the one line that says what is, or that it is over."""
    if not is_over(notice):
        return notice.title
    return "All well again: " + KINDS[notice.kind].clear.format(subject=notice.subject)


def compose(key: str, notices: Sequence[Notice]) -> Message:
    """Return one message about these notices, the urgent ones first."""
    ordered = sorted(notices, key=lambda one: (is_over(one), not one.urgent))
    parts = [_part(notice) for notice in ordered[:MOST]]
    if len(ordered) > MOST:
        parts.append(f"And {len(ordered) - MOST} more.")
    end = f"All notices: {address('/notices')}"
    end += f"\nWhat you are told, and how: {address('/notices/settings')}"
    return Message(key, _subject(ordered), "\n\n".join([*parts, end]) + "\n")


def a_test(key: str, name: str) -> Message:
    """Return the message that a person sends to themselves to see that it arrives."""
    body = f"{name}, this is how PROMURA reaches you.\n\n{address('/notices/settings')}"
    return Message(key, "A test from PROMURA", body + "\n")


def address(path: str) -> str:
    """Return the address of a page of this site."""
    return settings.SITE_URL.rstrip("/") + path


def _subject(notices: Sequence[Notice]) -> str:
    if len(notices) == 1:
        return headline(notices[0])
    open_ones = [one for one in notices if not is_over(one)]
    if not open_ones:
        return f"All well again: {len(notices)} things"
    more = len(notices) - 1
    return f"{open_ones[0].title}, and {more} more"


def _part(notice: Notice) -> str:
    lines = [headline(notice)]
    if not is_over(notice):
        lines += [notice.text] if notice.text else []
        lines += [address(notice.link)] if notice.link else []
    return "\n".join(lines)
