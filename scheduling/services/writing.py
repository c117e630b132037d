"""The steps that every change of a post is made of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn
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
from scheduling.services.texts import Going
from scheduling.services.timing import late_after

_P = Publication.State


@dataclass(frozen=True)
class Changed:
    """A post after a change, and the channels that the change came too late for."""

    post: Post
    too_late: list[dict[str, Any]] = field(default_factory=list)


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
    check_version(post, version)
    rows = Publication.objects.filter(post=post)
    # Somebody took it and did not come back: nobody has it in hand any more.
    rows.filter(state=_P.CLAIMED, claimed_until__lt=Now()).update(state=_P.READY)
    return post, publications_of(post)


def check_version(post: Post, version: int | None) -> None:
    """Raise DomainError 409 when `version` is not the post's any more."""
    if version is not None and version != post.version:
        raise DomainError(
            "version_conflict",
            "Somebody has changed this post meanwhile. Reload it and try again.",
            status=409,
            version=post.version,
        )


def publications_of(post: Post) -> list[Publication]:
    """Return a post's publications with all that a change of it looks at."""
    rows = Publication.objects.filter(post=post)
    return list(rows.select_related("channel__creator", "claimed_by").order_by("pk"))


def is_too_late(publication: Publication) -> bool:
    """Tell whether a publication is out, on its way, or in somebody's hand."""
    return publication.state in BUSY_STATES or publication.state == _P.PUBLISHED


def too_late(publications: Iterable[Publication]) -> list[dict[str, Any]]:
    """Return the channels on which it is too late for a change, and why in words."""
    return [
        {
            "channel": str(one.channel_id),
            "handle": one.channel.handle,
            "platform": one.channel.platform,
            "status": str(one.state),
            "text": _why_too_late(one),
        }
        for one in publications
        if is_too_late(one)
    ]


def nothing_to(
    verb: str, past: str, publications: Iterable[Publication]
) -> DomainError:
    """Return the refusal to cancel or skip what is out, or taken out already."""
    return DomainError(
        f"nothing_to_{verb}",
        f"Nothing of this post can be {past} any more.",
        status=409,
        too_late=too_late(publications),
    )


def refuse_too_late(post: Post, publications: Iterable[Publication]) -> NoReturn:
    """Raise DomainError 409: nothing of a post can be changed any more."""
    late = too_late(publications)
    if any(one["status"] != _P.PUBLISHED for one in late):
        raise DomainError(
            "being_published",
            " ".join(one["text"] for one in late if one["status"] != _P.PUBLISHED),
            status=409,
            too_late=late,
        )
    raise DomainError(
        "already_published",
        "What is published does not change. Duplicate the post and edit the copy.",
        status=409,
        too_late=late,
        copy=f"/api/posts/{post.pk}/duplicate",
    )


def _why_too_late(publication: Publication) -> str:
    channel = publication.channel
    if publication.state == _P.PUBLISHED:
        return f"It is published on {channel} already and stays as it is."
    if publication.state == _P.UNKNOWN:
        return f"Nobody knows yet whether it is out on {channel}; settle that first."
    if publication.state != _P.CLAIMED or publication.claimed_until is None:
        return f"It is being sent to {channel} just now."
    by = publication.claimed_by
    person = by.get_username() if by else "Somebody"
    until = f"{publication.claimed_until:%H:%M} UTC"
    return f"{person} has it in hand for {channel} until {until}."


def schedule(publication: Publication, due: datetime | None, **fields: Any) -> bool:
    """Plan a publication for `due`, as if nothing had happened; False: too late."""
    return move(publication, _P.SCHEDULED, **(planned_for(due) | fields))


def planned_for(due: datetime | None) -> dict[str, Any]:
    """Return the fields of a publication to which nothing has happened yet."""
    return {
        "publish_at": due,
        "late_after": late_after(due),
        "next_attempt_at": due,
        "error": "",
        "error_code": "",
        "claimed_by": None,
        "claimed_until": None,
    }


def drafted_for(due: datetime | None) -> dict[str, Any]:
    """Return the fields of a publication that nobody has planned yet."""
    return {"publish_at": due, "late_after": late_after(due), "next_attempt_at": None}


def try_again(publication: Publication, now: datetime) -> None:
    """Send a failed or missed publication at once, under the key it has."""
    # Never sent, it is made ready anew: what kept it may have been how it was made.
    sent = publication.first_attempt_at is not None
    anew: dict[str, Any] = {} if sent else {"payload": None}
    moved = move(
        publication,
        _P.SCHEDULED,
        next_attempt_at=now,
        late_after=late_after(now),
        error="",
        error_code="",
        **anew,
    )
    if not moved:
        raise DomainError("being_published", "It is being sent just now.", status=409)


def changed(post: Post, action: str, actor: User, message: str) -> Post:
    """Store a change of a locked post: version, state and the record of it."""
    store_change(post)
    states.recompute(post)
    tell(post, action, actor, message)
    return post


def follow_offer(post: Post, due: Iterable[datetime | None]) -> None:
    """Say anew whether a post is at a suggested time: it may have been moved."""
    if post.suggestions_offered:
        offered = {datetime.fromisoformat(one) for one in post.suggestions_offered}
        post.suggestion_taken = any(at in offered for at in due)


def store_change(post: Post) -> None:
    """Store a new version of a locked post; its state is still to be told."""
    post.version += 1
    post.save(
        update_fields=[
            *("content", "variables", "template", "publish_at", "timezone"),
            *("cleared_by", "cleared_at", "cleared_because", "cleared_for"),
            *("suggestion_taken", "version", "updated_at"),
        ]
    )


def put_media(post: Post, media: Sequence[MediaItem]) -> None:
    """Make `media`, in this order, the media of a post."""
    PostMedia.objects.filter(post=post).delete()
    PostMedia.objects.bulk_create(
        PostMedia(post=post, media=item, position=position)
        for position, item in enumerate(media)
    )


def add_publications(post: Post, places: Iterable[Going], *, draft: bool) -> None:
    """Add a publication for each channel, with its text and at its due time."""
    Publication.objects.bulk_create(new_publications(post, places, draft=draft))


def new_publications(
    post: Post, places: Iterable[Going], *, draft: bool
) -> list[Publication]:
    """Return a post's publications, not stored yet."""
    return [
        Publication(
            id=row_id,
            post=post,
            channel=going.channel,
            state=_P.DRAFT if draft else _P.SCHEDULED,
            content=going.text,
            publish_at=going.at,
            next_attempt_at=None if draft else going.at,
            late_after=late_after(going.at),
            idempotency_key=str(row_id),
        )
        for going in places
        for row_id in [new_id()]
    ]


def tell(post: Post, action: str, actor: User | None, message: str) -> None:
    """Record what was done to a post."""
    events.emit(action, actor=actor, kind="post", ids=[post.pk], message=message)
