"""How posts stood before a change, in a form that a client keeps and gives back.

Signed, so that nobody can make up a state; bound to the version that the change left
behind, so that nothing is undone over what somebody has done since.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core import signing

from promura_site.errors import DomainError
from scheduling.models import Post, Publication

SALT = "scheduling.bulk.undo"
KEPT = timedelta(days=1)

_MOMENTS = ("publish_at", "late_after", "next_attempt_at")
_WORDS = ("error_code", "error")


@dataclass(frozen=True)
class Standing:
    """How one publication stood."""

    state: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Before:
    """How a post stood, as far as a change has touched it."""

    publish_at: datetime | None
    zone: str
    cleared: Mapping[str, Any]
    parts: Mapping[UUID, Standing]

    @classmethod
    def of(cls, post: Post, publications: Iterable[Publication]) -> "Before":
        """Note how a post and some of its publications stand."""
        cleared = {
            "cleared_by_id": post.cleared_by_id and str(post.cleared_by_id),
            "cleared_at": post.cleared_at,
            "cleared_because": post.cleared_because,
            "cleared_for": post.cleared_for,
        }
        parts = {
            one.pk: Standing(
                one.state,
                {name: getattr(one, name) for name in (*_MOMENTS, *_WORDS)},
            )
            for one in publications
        }
        return cls(post.publish_at, post.timezone, cleared, parts)

    def sealed(self, post: Post) -> str:
        """Return this as a text that `unsealed` reads for the post as it is now."""
        told = {
            "post": str(post.pk),
            "version": post.version,
            "publish_at": _written(self.publish_at),
            "zone": self.zone,
            "cleared": {
                **self.cleared,
                "cleared_at": _written(self.cleared["cleared_at"]),
            },
            "parts": {
                str(pk): [
                    one.state,
                    *(_written(one.fields[name]) for name in _MOMENTS),
                    *(one.fields[name] for name in _WORDS),
                ]
                for pk, one in self.parts.items()
            },
        }
        return signing.dumps(told, salt=SALT, compress=True)


def unsealed(text: str, post: Post) -> Before:
    """Return how a post stood; raise DomainError when it cannot be gone back to."""
    try:
        told = signing.loads(text, salt=SALT, max_age=KEPT)
    except signing.SignatureExpired:
        raise DomainError(
            "undo_expired", "This was too long ago to be undone.", status=409
        ) from None
    except signing.BadSignature:
        raise DomainError("invalid", "This is nothing that can be undone.") from None
    if told["post"] != str(post.pk):
        raise DomainError("invalid", "This is of another post.")
    if told["version"] != post.version:
        raise DomainError(
            "version_conflict", "Somebody has changed this post since.", status=409
        )
    cleared = told["cleared"]
    return Before(
        _read(told["publish_at"]),
        told["zone"],
        cleared | {"cleared_at": _read(cleared["cleared_at"])},
        {UUID(pk): _standing(*part) for pk, part in told["parts"].items()},
    )


def _standing(state: str, *values: Any) -> Standing:
    moments, words = values[: len(_MOMENTS)], values[len(_MOMENTS) :]
    fields = dict(zip(_MOMENTS, map(_read, moments), strict=True))
    return Standing(state, fields | dict(zip(_WORDS, words, strict=True)))


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _read(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
