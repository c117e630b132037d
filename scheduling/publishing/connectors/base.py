"""What every connector is, gets, gives back and may raise."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from scheduling.publishing.connectors.errors import (
    NEEDS_SIGN_IN,
    OUTAGE_CODES,
    CredentialsInvalid,
    OutcomeUnknown,
    PublishError,
)

__all__ = [
    "NEEDS_SIGN_IN",
    "OUTAGE_CODES",
    "Account",
    "Connector",
    "ConnectorOptions",
    "CredentialsInvalid",
    "Engagement",
    "Limits",
    "MediaFile",
    "OutcomeUnknown",
    "PublishError",
    "PublishRequest",
    "Receipt",
    "Recovery",
    "refuse_unknown_fields",
    "utc_text",
]

CHUNK = 1024 * 1024
VIDEO = "video/"


class Recovery(StrEnum):
    """How an unknown outcome is settled."""

    IDEMPOTENT = "idempotent"
    LOOKUP = "lookup"
    MANUAL = "manual"


@dataclass(frozen=True)
class MediaFile:
    """One picture or clip. ``sha256`` and ``size_bytes`` are of what open() gives."""

    name: str
    content_type: str
    open: Callable[[], BinaryIO] = field(repr=False, compare=False)
    sha256: str
    size_bytes: int
    alt_text: str = ""
    width: int | None = None
    height: int | None = None

    @property
    def is_video(self) -> bool:
        """Tell a clip from a picture."""
        return self.content_type.startswith(VIDEO)

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes; raise PublishError if they are not what was planned."""
        digest = hashlib.sha256()
        try:
            with self.open() as source:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    yield chunk
        except FileNotFoundError as error:
            message = f"The file of {self.name} is not there any more."
            raise PublishError(message, permanent=True, code="media_missing") from error
        except OSError as error:
            message = f"The file of {self.name} could not be read."
            raise PublishError(
                message, permanent=False, code="media_unreadable"
            ) from error
        if digest.hexdigest() != self.sha256:
            message = f"The file of {self.name} is not the one that was planned."
            raise PublishError(message, permanent=True, code="media_changed")

    def described(self) -> dict[str, Any]:
        """Return all but the bytes, as plain JSON values."""
        return {
            "name": self.name,
            "content_type": self.content_type,
            "alt_text": self.alt_text,
            "sha256": self.sha256,
            "size_bytes": self.size_bytes,
            "width": self.width,
            "height": self.height,
        }


@dataclass(frozen=True)
class PublishRequest:
    """One publication as frozen at its lease: the same for every attempt.

    Only ``attempt_number`` (from 1) differs between attempts. ``model`` is the
    creator's slug; times are aware.
    """

    publication_id: str
    idempotency_key: str
    platform: str
    handle: str
    model: str
    content: str
    created_at: datetime
    publish_at: datetime
    first_attempt_at: datetime
    media: tuple[MediaFile, ...] = ()
    attempt_number: int = 1
    language: str = "en"
    # What the connector's new_record_key() gave, stored before the first send.
    record_key: str = ""

    def described(self) -> dict[str, Any]:
        """Return the post without its media as plain JSON values.

        Nothing in it differs between attempts, so that a receiver may compare bodies.
        """
        return {
            "publication_id": self.publication_id,
            "model": self.model,
            "platform": self.platform,
            "handle": self.handle,
            "content": self.content,
            "publish_at": utc_text(self.publish_at),
            "created_at": utc_text(self.created_at),
        }


@dataclass(frozen=True)
class Receipt:
    """The platform's word that a post is there. ``url`` is its public link, if any.

    ``reply`` is what it answered, in short, where that tells more.
    """

    external_id: str
    url: str = ""
    published_at: datetime | None = None
    reply: str = ""


@dataclass(frozen=True)
class Account:
    """Whose account answered; empty fields where the platform does not say."""

    external_id: str = ""
    handle: str = ""
    name: str = ""
    avatar_url: str = ""


@dataclass(frozen=True)
class Engagement:
    """How people reacted so far; None where the platform does not say."""

    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    views: int | None = None
    clicks: int | None = None


@dataclass(frozen=True)
class Limits:
    """What a platform takes. None: no limit. Sizes are bytes, lengths seconds.

    ``media_types`` are content types, whole (``image/png``) or as a kind
    (``image/*``). ``caption_characters`` holds where media go with the text,
    ``image_edge`` for the longer side in pixels. Pictures and clips are fitted to
    these before they are sent, as far as they can be.
    """

    characters: int | None = None
    media_count: int | None = None
    media_types: frozenset[str] | None = None
    media_bytes: int | None = None
    total_media_bytes: int | None = None
    caption_characters: int | None = None
    image_bytes: int | None = None
    image_edge: int | None = None
    video_bytes: int | None = None
    video_count: int | None = None
    video_seconds: float | None = None
    needs_media: bool = False

    def longest_text(self, *, with_media: bool) -> int | None:
        """Return how many characters a text may have; None: any number."""
        caption = self.caption_characters if with_media else None
        found = [one for one in (self.characters, caption) if one is not None]
        return min(found, default=None)

    def check(
        self, request: PublishRequest, text_length: Callable[[str], int] = len
    ) -> list[str]:
        """Return what does not fit, a sentence each; empty if all does."""
        problems = []
        length, count = text_length(request.content), len(request.media)
        longest = self.longest_text(with_media=bool(count))
        if longest is not None and length > longest:
            problems.append(f"The text has {length} characters; at most {longest} fit.")
        if self.needs_media and not count:
            problems.append("A picture or a clip is needed.")
        clips = sum(item.is_video for item in request.media)
        if self.video_count is not None and clips > self.video_count:
            problems.append(f"{clips} clips are too many; at most {self.video_count}.")
        if self.media_count is not None and count > self.media_count:
            problems.append(f"{count} media are too many; at most {self.media_count}.")
        total = sum(item.size_bytes for item in request.media)
        if self.total_media_bytes is not None and total > self.total_media_bytes:
            problems.append(
                f"The media are {_megabytes(total)} together; "
                f"at most {_megabytes(self.total_media_bytes)} fit."
            )
        for item in request.media:
            problems.extend(self._check_media(item))
        return problems

    def _check_media(self, item: MediaFile) -> Iterator[str]:
        if self.media_types is not None:
            kind = item.content_type.partition("/")[0] + "/*"
            if self.media_types.isdisjoint({item.content_type, kind}):
                yield f"{item.name} is of a type that is not taken."
        most = self.most_bytes(item.content_type)
        if most is not None and item.size_bytes > most:
            yield (
                f"{item.name} is {_megabytes(item.size_bytes)}; "
                f"at most {_megabytes(most)} fit."
            )

    def most_bytes(self, content_type: str) -> int | None:
        """Return the size that one file of a type may have; None: any size."""
        is_video = content_type.startswith(VIDEO)
        own = self.video_bytes if is_video else self.image_bytes
        found = [one for one in (self.media_bytes, own) if one is not None]
        return min(found, default=None)


@dataclass(frozen=True)
class ConnectorOptions:
    """What a deployment sets for all connectors."""

    outbox_dir: Path
    allow_private_targets: bool = False


class Connector(ABC):
    """One way to reach one account. Holds no state between calls.

    ``name`` is what channels store; ``platform`` the platform it is the native way
    to. No send takes longer than ``timeout`` seconds: whoever holds a lease must have
    that much of it left before calling publish().
    """

    name: ClassVar[str]
    platform: ClassVar[str]
    limits: ClassVar[Limits] = Limits()
    timeout: ClassVar[float] = 45.0
    # Which of the optional calls below there are.
    reads_engagement: ClassVar[bool] = False
    deletes: ClassVar[bool] = False
    # A person does it: nothing is ever sent.
    by_hand: ClassVar[bool] = False
    # The fields of its credentials that say which account it is, if any do.
    account_fields: ClassVar[frozenset[str]] = frozenset()
    # The receiver's owner may want the same again.
    replays: ClassVar[bool] = False

    def __init__(
        self, credentials: Mapping[str, Any], options: ConnectorOptions
    ) -> None:
        self._credentials = credentials
        self._options = options

    @property
    @abstractmethod
    def recovery(self) -> Recovery:
        """How an unknown outcome on this account is settled."""

    @property
    def recovery_window(self) -> timedelta | None:
        """How long after the first attempt ``recovery`` holds; None: for ever."""
        return None

    def seconds_for(self, request: PublishRequest) -> float:
        """Return the longest that publish() takes for this one, at most ``timeout``."""
        return self.timeout

    @classmethod
    @abstractmethod
    def validate_credentials(
        cls, credentials: object, options: ConnectorOptions
    ) -> dict[str, Any]:
        """Return the credentials as they are to be stored.

        Raises CredentialsInvalid. Asks no platform: verify() does.
        """

    @abstractmethod
    def verify(self) -> Account:
        """Prove that the account can be used, posting nothing. Raises PublishError."""

    @abstractmethod
    def publish(self, request: PublishRequest) -> Receipt:
        """Post it once. Raises PublishError or OutcomeUnknown, and nothing else."""

    def lookup(self, request: PublishRequest) -> Receipt | None:
        """Ask the platform whether this publication is there; None: it is not.

        Only where ``recovery`` is ``lookup``. Raises PublishError if it cannot say.
        """
        raise NotImplementedError(f"{self.name} cannot be asked.")

    @classmethod
    def new_record_key(cls) -> str:
        """Return a name that the platform will know a post by, chosen beforehand.

        Empty where the platform gives the name itself.
        """
        return ""

    @classmethod
    def text_length(cls, text: str) -> int:
        """Return how long a text is as the platform counts."""
        return len(text)

    def engagement(self, external_ids: Sequence[str]) -> dict[str, Engagement]:
        """Ask how people reacted to posts, in as few calls as the platform allows.

        Posts that the platform does not know (any more) are left out. Only where
        ``reads_engagement``. Raises PublishError if it cannot say.
        """
        raise NotImplementedError(f"{self.name} tells no engagement.")

    def delete(self, external_id: str) -> None:
        """Take a post off the platform; one that is gone already is no error.

        Only where ``deletes``. Raises PublishError if it may still be there.
        """
        raise NotImplementedError(f"{self.name} deletes nothing.")

    def refuse_over_limits(self, request: PublishRequest) -> None:
        """Raise a permanent PublishError if the request does not fit the limits."""
        if problems := self.limits.check(request, self.text_length):
            raise PublishError(" ".join(problems), permanent=True, code="over_limits")


def refuse_unknown_fields(
    credentials: object, known: frozenset[str]
) -> Mapping[str, Any]:
    """Return credentials that are a mapping of known fields only, else raise."""
    if not isinstance(credentials, Mapping):
        raise CredentialsInvalid({"credentials": ["This must be an object."]})
    unknown = {str(key): ["This field is not known."] for key in credentials}
    for key in known:
        unknown.pop(key, None)
    if unknown:
        raise CredentialsInvalid(unknown)
    return credentials


def utc_text(moment: datetime) -> str:
    """Return an aware time as ISO 8601 in UTC, ending in Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
