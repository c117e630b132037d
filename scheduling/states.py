"""What a post's state is, told from its publications alone."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from scheduling.models import Post, Publication

_P = Publication.State

# What a person has taken out says nothing about how the rest went.
_TAKEN_OUT = {_P.CANCELLED, _P.SKIPPED}
_WAITING = {_P.SCHEDULED, _P.READY, _P.CLAIMED}
_BUSY = {_P.LEASED, _P.SENDING, _P.RETRY}


def derive(states: Iterable[str]) -> Post.State:
    """Return the one word for a post: what needs a person most comes first.

    As long as something still goes on by itself the post is scheduled (nothing has
    happened yet) or publishing; only then is the outcome summed up.
    """
    found = set(states)
    if _P.UNKNOWN in found:
        return Post.State.UNKNOWN
    live = found - _TAKEN_OUT
    if not live:
        return Post.State.CANCELLED if found else Post.State.DRAFT
    if live == {_P.DRAFT}:
        return Post.State.DRAFT
    if live & _BUSY:
        return Post.State.PUBLISHING
    if live & (_WAITING | {_P.DRAFT}):
        ended = live - _WAITING - {_P.DRAFT}
        return Post.State.PUBLISHING if ended else Post.State.SCHEDULED
    if live == {_P.PUBLISHED}:
        return Post.State.COMPLETED
    if _P.PUBLISHED in live:
        return Post.State.PARTIAL
    return Post.State.FAILED if _P.FAILED in live else Post.State.MISSED


def recompute(post: Post) -> str:
    """Bring the post's stored state in line with its publications.

    The caller holds the lock on the post's row, so that of several publications
    finishing together each is seen by the last.
    """
    states = Publication.objects.filter(post=post).values_list("state", flat=True)
    state = derive(states.distinct().order_by())
    if state != post.state:
        Post.objects.filter(pk=post.pk).update(state=state)
        post.state = state
    return state


def recompute_all(posts: Iterable[Post]) -> None:
    """Bring many posts' stored states in line; see `recompute`."""
    rows = {post.pk: post for post in posts}
    found: dict[UUID, set[str]] = defaultdict(set)
    parts = Publication.objects.filter(post__in=rows).order_by()
    for post_id, state in parts.values_list("post_id", "state"):
        found[post_id].add(state)
    changed: dict[str, list[UUID]] = defaultdict(list)
    for pk, post in rows.items():
        state = derive(found[pk])
        if state != post.state:
            post.state = state
            changed[state].append(pk)
    for state, some in changed.items():
        Post.objects.filter(pk__in=some).update(state=state)
