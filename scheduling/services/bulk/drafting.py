"""Make the drafts of a spread."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from library.models import MediaItem, Tag
from library.services import get_tags
from promura_site import events
from promura_site.models import User
from scheduling.models import Post, PostMedia, Publication
from scheduling.services.bulk.spreading import Draft, Spread, Spreader, Spreading
from scheduling.services.posts import are_demo
from scheduling.services.timing import utc_text
from scheduling.services.writing import new_publications


def spread_media(
    asked: Spread, *, actor: User, now: datetime, dry_run: bool
) -> Spreading:
    """Spread media over the best free times of models, as drafts.

    A dry run only tells what would be made. Raise DomainError 400 that names every
    model, channel and template that is not there or cannot be used.
    """
    if dry_run:
        return Spreader(asked, _media(asked, lock=False), now).spread()
    with transaction.atomic():
        tags = get_tags(asked.tags) if asked.tags is not None else None
        found = Spreader(asked, _media(asked, lock=True), now).spread()
        if tags is None:
            tags = list(found.template.tags.all()) if found.template else []
        if found.drafts:
            _store(found.drafts, tags, actor)
    return found


def _media(asked: Spread, *, lock: bool) -> dict[UUID, MediaItem]:
    rows = MediaItem.objects.present().filter(pk__in=asked.media_ids).order_by("pk")
    if lock:
        rows = rows.select_for_update()
    return {item.pk: item for item in rows.prefetch_related("creators")}


def _store(drafts: list[Draft], tags: list[Tag], actor: User) -> None:
    """Write all rows in a few statements, and one record of them."""
    posts = [_post(draft, actor) for draft in drafts]
    made = list(zip(posts, drafts, strict=True))
    Post.objects.bulk_create(posts)
    PostMedia.objects.bulk_create(
        PostMedia(post=post, media=item, position=position)
        for post, draft in made
        for position, item in enumerate(draft.plan.media)
    )
    tagged = Post.tags.through
    tagged.objects.bulk_create(
        tagged(post=post, tag=tag) for post in posts for tag in tags
    )
    Publication.objects.bulk_create(
        publication
        for post, draft in made
        for publication in new_publications(post, draft.plan.going, draft=True)
    )
    events.emit(
        "post.drafted",
        actor=actor,
        kind="post",
        ids=[post.pk for post in posts],
        message=f"drafted {len(posts)} post{'s' * (len(posts) != 1)}",
        data={"media": sum(len(draft.plan.media) for draft in drafts)},
    )


def _post(draft: Draft, actor: User) -> Post:
    plan = draft.plan
    offered = [utc_text(draft.at)] if draft.suggestion else []
    return Post(
        id=draft.id,
        content=plan.texts.content,
        variables=plan.texts.variables,
        template=plan.template,
        publish_at=draft.at,
        timezone=plan.zone,
        state=Post.State.DRAFT,
        author=actor,
        is_demo=are_demo([draft.creator]),
        suggestions_offered=offered,
        suggestion_taken=True if offered else None,
    )
