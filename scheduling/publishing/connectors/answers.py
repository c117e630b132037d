"""What connectors that speak HTTP share: faults in words, and answers made harmless."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpx

from scheduling.publishing.connectors.base import (
    ConnectorOptions,
    MediaFile,
    OutcomeUnknown,
    PublishError,
)
from scheduling.publishing.outbound import (
    NotSent,
    OutboundClient,
    Reply,
    ReplyLost,
    TargetRefused,
    TimeLimits,
    check_target,
)

MAX_TEXT = 200
MAX_TOKEN = 500
# A server may work on a picture before it answers.
LONGEST_READ = 60.0
LONGEST_WRITE = 30.0
# Of a connector's time, for what is not the network.
ASIDE = 5.0


# For a request without files, and for each file beside its bytes.
QUICK = 45.0
FOR_EACH_FILE = 20.0
SLOWEST_BYTES_A_SECOND = 250_000


def seconds_with(media: Sequence[MediaFile], most: float) -> float:
    """Return how long a post with these files may take, the platform's work included.

    Short where it can be: a publisher that dies is noticed when that time is over.
    """
    if any(item.is_video for item in media):
        return most
    size = sum(item.size_bytes for item in media)
    wanted = QUICK + FOR_EACH_FILE * len(media) + size / SLOWEST_BYTES_A_SECOND
    return min(wanted, most)


class Budget:
    """The time that one call of a connector has for all its requests together."""

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds - ASIDE

    def left(self) -> float:
        """Return the seconds that are left."""
        return self._ends_at - time.monotonic()

    def client(
        self, options: ConnectorOptions, *, max_reply_bytes: int
    ) -> OutboundClient:
        """Return a client whose next request ends with the time."""
        return OutboundClient(
            allow_private=options.allow_private_targets,
            limits=TimeLimits(
                read=LONGEST_READ, write=LONGEST_WRITE, total=self.left()
            ),
            max_reply_bytes=max_reply_bytes,
        )


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


def server_problem(value: object, options: ConnectorOptions) -> str | None:
    """Return what is wrong with a server's name or address, or None."""
    if not isinstance(value, str) or not value.strip():
        return "A server is needed, such as mastodon.social."
    origin = server_origin(value)
    try:
        check_target(origin, options.allow_private_targets)
    except TargetRefused as error:
        return str(error)
    if origin.startswith("http://") and not options.allow_private_targets:
        return "The server must be reached by https://."
    rest = httpx.URL(origin)
    if rest.path != "/" or rest.query or rest.fragment:
        return "Give the server's name alone, without a path."
    return None


def server_origin(value: str) -> str:
    """Return https:// and the name, unless the address says http."""
    text = value.strip().rstrip("/")
    return text if "://" in text else f"https://{text}"


def token_problem(value: object) -> str | None:
    """Return what keeps a text from being sent as a token, or None."""
    if not isinstance(value, str) or not value.strip():
        return "A token is needed."
    token = value.strip()
    if len(token) > MAX_TOKEN:
        return f"The token is longer than {MAX_TOKEN} characters."
    if not token.isascii() or not token.isprintable() or " " in token:
        return "The token has characters that no token has."
    return None
