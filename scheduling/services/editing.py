"""Editing a post: whatever of it has not gone out, and nothing else."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from library.services import get_tags
from promura_site.models import User
from scheduling import outcomes
from scheduling.models import Post, Publication
from scheduling.publishing.moves import (
    OPEN_STATES,
    TAKEN_OUT_STATES,
    fresh_key,
    move,
)
from scheduling.services import braces, clearance
from scheduling.services.revising import Revision, revise
from scheduling.services.texts import put_variants
from scheduling.services.writing import (
    Changed,
    add_publications,
    changed,
    drafted_for,
    follow_offer,
    locked_post,
    put_media,
    refuse_too_late,
    schedule,
    too_late,
)
from scheduling.suggestions import slots

_P = Publication.State


@transaction.atomic
def edit_post(
    post_id: UUID,
    *,
    actor: User,
    now: datetime,
    version: int,
    changes: Mapping[str, Any],
    override_clearance: str = "",
    keep_unknown: bool = False,
) -> Changed:
    """Change the fields of a plan that `changes` holds; see planning.Wanted for them.

    What is published, being sent or of unknown outcome stays as it is; the answer
    names it. Raise DomainError 409 when the post has been changed meanwhile, when it
    is too late for all of it, for media that is not cleared, and for braces that
    nobody has said are to stay as they are (`keep_unknown` says so).
    """
    post, publications = locked_post(post_id, version)
    tags = get_tags(changes["tags"]) if "tags" in changes else None
    edit = revise(post, publications, actor=actor, now=now, changes=changes)
    if edit.comes_too_late:
        refuse_too_late(post, publications)
    edit.problems.refuse()
    if not edit.draft:
        braces.ask(edit.texts, edit.template, actor=actor, keep=keep_unknown)
    bars = [] if edit.draft else edit.bars()
    kept = clearance.NONE if edit.goes_further else clearance.standing(post)
    cleared = clearance.decide(
        bars, actor=actor, now=now, reason=override_clearance, kept=kept
    )
    clearance.put(post, cleared, bars)
    if tags is not None:
        post.tags.set(tags)
    _store(post, edit)
    _apply(post, publications, edit)
    changed(post, "post.edited", actor, "edited a post")
    return Changed(post, too_late(publications))


def _store(post: Post, edit: Revision) -> None:
    post.content, post.variables = edit.texts.content, edit.texts.variables
    post.template = edit.template
    if edit.has_new_variants:
        put_variants(post, edit.texts.variants)
    if edit.has_new_media:
        put_media(post, edit.media)
    post.publish_at, post.timezone = edit.publish_at, edit.zone
    follow_offer(post, edit.due.values())


def _apply(post: Post, publications: Sequence[Publication], edit: Revision) -> None:
    places = {going.channel.pk: going for going in edit.going}
    # What failed is in the statistics, and may have to leave them.
    outcomes.lock_models(one for one in publications if one.state == _P.FAILED)
    for publication in publications:
        going = places.pop(publication.channel_id, None)
        if going is not None:
            _rewrite(publication, going.text, edit)
        elif publication.state in TAKEN_OUT_STATES:
            # Should it be planned again, or a hand-over that was skipped be taken
            # back, it must not say and show what it did before.
            text = edit.texts.on(publication.channel, publication.publish_at)
            move(publication, publication.state, content=text, payload=None)
        elif publication.state in OPEN_STATES:
            _drop(publication)
    add_publications(post, places.values(), draft=edit.draft)


def _rewrite(publication: Publication, content: str, edit: Revision) -> None:
    due = edit.due[publication.channel_id]
    fields = {"content": content, **fresh_key(publication)}
    taken_out = publication.state in TAKEN_OUT_STATES
    if (edit.retimed or taken_out) and not edit.draft:
        moved = schedule(publication, due, **fields)
    else:
        if edit.draft:
            fields |= drafted_for(due)
        # What was made ready says what it said before: it is made ready anew.
        stays = _P.SCHEDULED if publication.state == _P.READY else publication.state
        moved = move(publication, _P.DRAFT if edit.draft else stays, **fields)
    if not moved:
        # A publisher was quicker.
        publication.refresh_from_db(fields=["state"])


def _drop(publication: Publication) -> None:
    """Take a channel out of the plan; what was tried stays on record."""
    if publication.first_attempt_at is None and not publication.attempts_made:
        slots.remove(publication)
        publication.delete()
    else:
        move(publication, _P.CANCELLED, next_attempt_at=None)
