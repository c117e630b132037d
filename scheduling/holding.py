"""Which media posts hold: what must stay, where it is used, how often it is planned."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet

from library.holds import MAX_USES, Use
from library.models import MediaItem
from scheduling.models import Post, PostMedia, Publication


def _held() -> QuerySet[PostMedia]:
    """Return the media entries of posts of which something is still to come.

    A draft holds its media too, even while it has no channel to go to.
    """
    open_publication = Publication.objects.filter(
        post=OuterRef("post_id"), state__in=Publication.HOLDING_STATES
    )
    draft = Post.objects.filter(pk=OuterRef("post_id"), state=Post.State.DRAFT)
    return PostMedia.objects.filter(Exists(open_publication) | Exists(draft))


def blocking(media: QuerySet[MediaItem]) -> Iterable[tuple[UUID, str]]:
    """Yield each of `media` that a post still needs, with the reason in words."""
    rows = _held().filter(media__in=media).order_by("post__publish_at")
    for media_id, state, at in rows.values_list(
        "media_id", "post__state", "post__publish_at"
    ):
        yield media_id, _reason(state, at)


def usage(media: MediaItem) -> Iterable[Use]:
    """Yield the posts that show an item, the latest first."""
    entries = (
        PostMedia.objects.filter(media=media)
        .select_related("post")
        .annotate(holds=Exists(_held().filter(pk=OuterRef("pk"))))
        .order_by("-post__created_at", "-post_id")[:MAX_USES]
    )
    for entry in entries:
        post = entry.post
        yield Use("post", post.pk, str(post), post.state, post.publish_at, entry.holds)


def planned_counts(ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Return how many posts are still to be published with each item."""
    rows = _held().filter(media_id__in=ids).order_by().values("media_id")
    return {
        row["media_id"]: row["posts"] for row in rows.annotate(posts=Count("post_id"))
    }


def _reason(state: str, at: datetime | None) -> str:
    if state == Post.State.DRAFT or at is None:
        return "A draft post uses it."
    return f"A post planned for {at:%Y-%m-%d %H:%M} UTC uses it."
