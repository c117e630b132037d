"""What connectors that speak HTTP share: faults in words, and answers made harmless."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scheduling.publishing.connectors.base import OutcomeUnknown, PublishError
from scheduling.publishing.outbound import (
    NotSent,
    OutboundClient,
    Reply,
    ReplyLost,
    TargetRefused,
)

MAX_TEXT = 200


def ask(
    client: OutboundClient,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    content: bytes | Iterable[bytes] = b"",
) -> Reply:
    """Send one request. Raises PublishError, or OutcomeUnknown if the reply is lost."""
    try:
        return client.send(method, url, headers=headers, content=content)
    except TargetRefused as error:
        raise PublishError(str(error), permanent=True, code="target_refused") from error
    except NotSent as error:
        raise PublishError(str(error), permanent=False, code="unreachable") from error
    except ReplyLost as error:
        raise OutcomeUnknown(str(error), code="reply_lost") from error


def short_text(value: object, most: int = MAX_TEXT) -> str:
    """Return one short printable line of what a stranger sent."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    line = " ".join(str(value)[: 4 * most].split())
    return "".join(letter for letter in line if letter.isprintable())[:most]


def web_link(value: object) -> str:
    """Return what a stranger sent if it is a link that a browser opens, else ""."""
    text = value.strip() if isinstance(value, str) else ""
    plain = text.isprintable() and " " not in text and len(text) <= MAX_TEXT
    return text if plain and text.startswith(("http://", "https://")) else ""


def reason_in(
    answer: Mapping[str, Any], names: Sequence[str], private: Iterable[str]
) -> str:
    """Return ": " and the other side's own words, the first of these fields.

    Nothing at all if they hold a private text: some send back what they refuse.
    """
    found = (str(answer[name]) for name in names if short_text(answer.get(name)))
    whole = next(found, "")
    words = short_text(whole).rstrip(".")
    if not words or holds(whole, private):
        return ""
    return f": {words}"


def holds(text: str, private: Iterable[str]) -> bool:
    """Tell whether a text gives away one of the private ones."""
    return any(one in text for one in private if one)
