"""Many posts with all that a change of them looks at, in a fixed number of queries."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models.functions import Now

from library.models import Creator, MediaItem
from scheduling.models import Post, PostMedia, Publication
from scheduling.services.naming import Problems, note_absent_media
from scheduling.services.planning import reached_by

_P = Publication.State
_UUID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")

MOST = 500
NO_ID = "This is no post id."
NOT_THERE = "There is no such post."


@dataclass(frozen=True)
class Failure:
    """An id as it was given, and why nothing was done to it."""

    id: str
    code: str
    reason: str


@dataclass(frozen=True)
class Loaded:
    """A post with its publications, and its media as far as it is there."""

    post: Post
    publications: list[Publication]
    media_ids: list[UUID]
    media: list[MediaItem]

    @property
    def creators(self) -> list[Creator]:
        """Return the models that it reaches."""
        return reached_by(one.channel for one in self.publications)

    def note_absent(self, problems: Problems) -> None:
        """Add a problem for each media item that is not there any more."""
        note_absent_media(self.media_ids, {one.pk for one in self.media}, problems)


@dataclass
class Batch:
    """What was found of the posts that were named, in the order of naming."""

    found: dict[UUID, Loaded] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    # As each id was spelled by whoever asked.
    spelled: dict[UUID, str] = field(default_factory=dict)


def post_id(given: str) -> UUID | None:
    """Return a post id as it was given, if it is one."""
    return UUID(given) if _UUID.fullmatch(given) else None


def load(given: Iterable[str], now: datetime, *, lock: bool) -> Batch:
    """Return the posts of these ids, each once, in the order given.

    Locked are all posts first and then all media, each in id order as by everybody,
    so that of two who change many at once the second waits for the first.
    """
    batch = Batch()
    for one in dict.fromkeys(given):
        pk = post_id(one)
        if pk is None:
            batch.failures.append(Failure(one, "not_found", NO_ID))
        else:
            batch.spelled.setdefault(pk, one)
    rows = Post.objects.filter(pk__in=batch.spelled).order_by("pk")
    if lock:
        rows = rows.select_for_update()
    posts = {one.pk: one for one in rows.prefetch_related("variants", "template")}
    media_ids, media = _media(posts, lock=lock)
    publications = _publications(posts, now, lock=lock)
    for pk, one in batch.spelled.items():
        post, held = posts.get(pk), media_ids[pk]
        if post is None:
            batch.failures.append(Failure(one, "not_found", NOT_THERE))
            continue
        items = [media[item] for item in held if item in media]
        batch.found[pk] = Loaded(post, publications[pk], held, items)
    return batch


def _media(
    posts: Collection[UUID], *, lock: bool
) -> tuple[dict[UUID, list[UUID]], dict[UUID, MediaItem]]:
    """Return the media ids of each post, and the items that are in the library."""
    held: dict[UUID, list[UUID]] = defaultdict(list)
    entries = PostMedia.objects.filter(post__in=list(posts)).order_by("position")
    for post, item in entries.values_list("post_id", "media_id"):
        held[post].append(item)
    wanted = {one for ids in held.values() for one in ids}
    items = MediaItem.objects.present().filter(pk__in=wanted).order_by("pk")
    if lock:
        items = items.select_for_update()
    return held, {one.pk: one for one in items.prefetch_related("creators")}


def _publications(
    posts: Collection[UUID], now: datetime, *, lock: bool
) -> dict[UUID, list[Publication]]:
    rows = Publication.objects.filter(post__in=list(posts))
    given_up = rows.filter(state=_P.CLAIMED, claimed_until__lt=Now())
    if lock:
        # Somebody took it and did not come back: nobody has it in hand any more.
        given_up.update(state=_P.READY)
    found: dict[UUID, list[Publication]] = defaultdict(list)
    shown = rows.select_related("channel__creator", "claimed_by")
    for one in shown.defer("channel__credentials").order_by("pk"):
        if one.state == _P.CLAIMED and one.claimed_until and one.claimed_until < now:
            one.state = _P.READY
        found[one.post_id].append(one)
    return found
