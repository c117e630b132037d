"""The steps that every change of a post is made of."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from library.models import MediaItem
from promura_site import events
from promura_site.errors import DomainError
from promura_site.ids import new_id
from promura_site.models import User
from scheduling import states
from scheduling.models import Post, PostMedia, Publication
from scheduling.publishing.moves import BUSY_STATES, move
from scheduling.services.timing import late_after

_P = Publication.State


def locked_post(
    post_id: UUID, version: int | None = None
) -> tuple[Post, list[Publication]]:
    """Lock a post and return it with its publications, as they are now.

    Every writer takes this lock before it touches a publication. Raise DomainError
    409 when `version` is not the post's any more.
    """
    post = Post.objects.select_for_update().filter(pk=post_id).first()
    if post is None:
        raise DomainError("not_found", "This post is not there any more.", status=404)
    if version is not None and version != post.version:
        raise DomainError(
            "version_conflict",
            "Somebody has changed this post meanwhile. Reload it and try again.",
            status=409,
            version=post.version,
        )
    rows = Publication.objects.filter(post=post)
    # Somebody took it and did not come back: nobody has it in hand any more.
    rows.filter(state=_P.CLAIMED, claimed_until__lt=Now()).update(state=_P.READY)
    rows = rows.select_related("channel__creator", "claimed_by")
    return post, list(rows.order_by("pk"))


def refuse_while_busy(publications: Iterable[Publication]) -> None:
    """Raise DomainError 409 while a send is under way or its outcome unknown."""
    late = [one for one in publications if one.state in BUSY_STATES]
    if late:
        raise DomainError(
            "being_published",
            f"It is too late for {'; '.join(map(_why_too_late, late))}.",
            status=409,
            too_late=too_late(late),
        )


def _why_too_late(publication: Publication) -> str:
    if publication.state != _P.CLAIMED or publication.claimed_until is None:
        return f"{publication.channel}: it is being sent, or its outcome is unknown"
    person = publication.claimed_by.get_username() if publication.claimed_by else "it"
    until = f"{publication.claimed_until:%H:%M} UTC"
    return f"{publication.channel}: {person} has it in hand until {until}"


def schedule(publication: Publication, due: datetime | None, **fields: Any) -> None:
    """Plan a publication for `due`, as if nothing had happened yet."""
    moved = move(
        publication,
        _P.SCHEDULED,
        publish_at=due,
        late_after=late_after(due),
        next_attempt_at=due,
        error="",
        error_code="",
        **({"claimed_by": None, "claimed_until": None} | fields),
    )
    if not moved:
        raise DomainError("being_published", "It is being sent just now.", status=409)


def try_again(publication: Publication, now: datetime) -> None:
    """Send a failed or missed publication at once, under the key it has."""
    moved = move(
        publication,
        _P.SCHEDULED,
        next_attempt_at=now,
        late_after=late_after(now),
        error="",
        error_code="",
    )
    if not moved:
        raise DomainError("being_published", "It is being sent just now.", status=409)


def changed(post: Post, action: str, actor: User, message: str) -> Post:
    """Store a change of a locked post: version, state and the record of it."""
    post.version += 1
    post.save(
        update_fields=[
            *("content", "template", "publish_at", "timezone"),
            *("version", "updated_at"),
        ]
    )
    states.recompute(post)
    tell(post, action, actor, message)
    return post


def put_media(post: Post, media: Sequence[MediaItem]) -> None:
    """Make `media`, in this order, the media of a post."""
    PostMedia.objects.filter(post=post).delete()
    PostMedia.objects.bulk_create(
        PostMedia(post=post, media=item, position=position)
        for position, item in enumerate(media)
    )


def add_publications(
    post: Post, due: Mapping[UUID, datetime | None], *, draft: bool
) -> None:
    """Add a publication on each channel (its id) at its due time."""
    rows = []
    for channel_id, at in due.items():
        row_id = new_id()
        rows.append(
            Publication(
                id=row_id,
                post=post,
                channel_id=channel_id,
                state=_P.DRAFT if draft else _P.SCHEDULED,
                content=post.content,
                publish_at=at,
                next_attempt_at=None if draft else at,
                late_after=late_after(at),
                idempotency_key=str(row_id),
            )
        )
    Publication.objects.bulk_create(rows)


def too_late(publications: Iterable[Publication]) -> list[str]:
    """Return the ids of the channels on which it is too late for a change."""
    return [
        str(one.channel_id)
        for one in publications
        if one.state in BUSY_STATES or one.state == _P.PUBLISHED
    ]


def tell(post: Post, action: str, actor: User | None, message: str) -> None:
    """Record what was done to a post."""
    events.emit(action, actor=actor, kind="post", ids=[post.pk], message=message)
