"""What a person should know about a post that is planned all the same."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from library.models import MediaItem
from scheduling import clearing
from scheduling.models import Channel, Post, Publication
from scheduling.publishing.moves import OPEN_STATES
from scheduling.services import braces, clearance
from scheduling.services.duplicates import (
    NEAR_DUPLICATE,
    Duplicate,
    near_duplicates,
)
from scheduling.services.naming import Problem, Problems
from scheduling.services.planning import note_missing_values
from scheduling.services.room import note_what_does_not_fit
from scheduling.services.texts import Going, texts_of
from scheduling.services.timing import utc_text

_P = Publication.State


def cautions_about(post_id: UUID) -> list[dict[str, Any]]:
    """Return the warnings about a stored post, in a fixed number of queries.

    Near-duplicates of what is still to come; of a draft also what would keep it from
    being planned as it is.
    """
    rows = Publication.objects.filter(post=post_id, state__in=OPEN_STATES)
    publications = list(rows.select_related("channel__creator").order_by("pk"))
    media = list(
        MediaItem.objects.filter(post_entries__post=post_id)
        .order_by("post_entries__position")
        .prefetch_related("creators")
    )
    places = [Going(one.channel, one.content, one.publish_at) for one in publications]
    drafts = {one.channel_id for one in publications if one.state == _P.DRAFT}
    drafted = [going for going in places if going.channel.pk in drafts]
    return [
        *_about_variables(post_id, [going.channel for going in drafted]),
        *obstacles(drafted, media),
        *duplicates(places, {item.pk for item in media}, but=post_id),
    ]


def _about_variables(post_id: UUID, drafted: Iterable[Channel]) -> list[dict[str, Any]]:
    """Return what stays in braces, and what a draft has no values for."""
    posts = Post.objects.select_related("template").filter(variables__isnull=False)
    post = posts.filter(pk=post_id).first()
    if post is None:
        return []
    texts, unfit = texts_of(post), Problems()
    note_missing_values(texts, drafted, unfit)
    return [
        *braces.warnings(texts, post.template),
        *map(shown_problem, unfit.found),
    ]


def obstacles(
    places: Collection[Going], media: Collection[MediaItem]
) -> list[dict[str, Any]]:
    """Return what would be refused, were a draft planned as it is."""
    unfit = Problems()
    note_what_does_not_fit(places, list(media), unfit)
    bars = [
        bar for going in places for bar in clearing.bars(media, going.channel, going.at)
    ]
    return [*map(shown_problem, unfit.found), *shown_bars(bars)]


def duplicates(
    places: Iterable[Going], media: Collection[UUID], *, but: UUID | None = None
) -> list[dict[str, Any]]:
    """Return the near-duplicates of a post as warnings."""
    return [_shown_duplicate(one) for one in near_duplicates(places, media, but=but)]


def shown_bars(bars: Iterable[clearing.Bar]) -> list[dict[str, Any]]:
    """Return what is not cleared as warnings or problems."""
    head = {"code": clearing.NOT_CLEARED, "field": "media_ids"}
    return [{**head, **bar} for bar in clearance.shown(bars)]


def shown_problem(problem: Problem) -> dict[str, Any]:
    """Return a problem as a warning or problem of an answer."""
    return {
        "code": problem.code,
        "field": problem.field,
        "text": problem.text,
        "channel": str(problem.channel) if problem.channel else None,
    }


def _shown_duplicate(one: Duplicate) -> dict[str, Any]:
    return {
        "code": NEAR_DUPLICATE,
        "channel": str(one.channel.pk),
        "handle": one.channel.handle,
        "platform": one.channel.platform,
        "post": str(one.post),
        "at": utc_text(one.at),
        "same": one.same,
        "text": one.text,
    }
