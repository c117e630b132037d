"""Take the demo away again, and nothing else."""

from dataclasses import dataclass
from functools import partial

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet

from library.models import Creator, MediaItem, MediaTag, Tag
from promura_site import events
from promura_site.models import User
from scheduling.models import (
    Channel,
    Post,
    PostMedia,
    Publication,
    Series,
    SeriesMedia,
    SeriesModel,
)
from templates_app.models import PostTemplate


@dataclass(frozen=True)
class Cleared:
    """How much went, and how many pictures stayed because real posts use them."""

    posts: int
    templates: int
    media: int
    kept_media: int
    creators: int
    people: int


@transaction.atomic
def clear() -> Cleared:
    """Remove every demo row and its files.

    What people made themselves stays, even where it mentions the demo: a real post or
    series loses the demo's channels only, and keeps the demo picture it uses.
    """
    Publication.objects.filter(channel__creator__is_demo=True).delete()
    posts = _delete(Post.objects.filter(is_demo=True))
    Series.objects.filter(is_demo=True).delete()
    SeriesModel.objects.filter(creator__is_demo=True).delete()
    templates = _delete(PostTemplate.objects.filter(is_demo=True))
    kept = _keep_media_in_use()
    media = _delete_media()
    Channel.objects.filter(creator__is_demo=True).delete()
    creators = _delete(Creator.objects.filter(is_demo=True))
    _delete_idle_tags()
    people = _delete(User.objects.filter(is_demo=True))
    cleared = Cleared(posts, templates, media, kept, creators, people)
    events.emit(
        "demo.cleared",
        actor=None,
        kind="demo",
        count=posts + templates + media,
        message=f"cleared the demo agency with {posts} posts",
    )
    return cleared


def _delete(rows: QuerySet) -> int:
    """Delete rows and what hangs on them; count the rows themselves."""
    _, by_label = rows.delete()
    return by_label.get(rows.model._meta.label, 0)


def _keep_media_in_use() -> int:
    """Make demo pictures of real posts the agency's own."""
    in_posts = PostMedia.objects.filter(media__is_demo=True).values("media_id")
    in_series = SeriesMedia.objects.filter(media__is_demo=True).values("media_id")
    held = Q(pk__in=in_posts) | Q(pk__in=in_series)
    return MediaItem.objects.filter(held).update(is_demo=False)


def _delete_media() -> int:
    rows = MediaItem.objects.filter(is_demo=True)
    names = [
        name
        for files in rows.values_list("file", "thumbnail", "preview")
        for name in files
        if name
    ]
    count = _delete(rows)
    for name in names:
        transaction.on_commit(partial(default_storage.delete, name))
    return count


def _delete_idle_tags() -> None:
    """Remove the demo's tags, but those that somebody has used since."""
    in_use = MediaTag.objects.values("tag_id")
    on_templates = PostTemplate.tags.through.objects.values("tag_id")
    on_posts = Post.tags.through.objects.values("tag_id")
    on_series = Series.tags.through.objects.values("tag_id")
    idle = Tag.objects.filter(is_demo=True).exclude(pk__in=in_use)
    idle = idle.exclude(pk__in=on_templates).exclude(pk__in=on_posts)
    idle.exclude(pk__in=on_series).delete()
    Tag.objects.filter(is_demo=True).update(is_demo=False)
