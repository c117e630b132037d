"""Put a post back to how it stood before a bulk call."""

from datetime import datetime
from typing import Any

from promura_site.errors import DomainError
from promura_site.models import User
from scheduling.models import Publication
from scheduling.publishing.moves import fresh_key
from scheduling.services import clearance
from scheduling.services.bulk.loading import Loaded
from scheduling.services.bulk.steps import Part, Step
from scheduling.services.bulk.undoing import Before, Standing, unsealed
from scheduling.services.naming import Problems
from scheduling.services.planning import Plan
from scheduling.services.texts import texts_of
from scheduling.services.timing import GRACE
from scheduling.services.writing import is_too_late, refuse_too_late

_P = Publication.State

# These go out by themselves once they are back.
_GOING = (_P.SCHEDULED, _P.RETRY)


def restored(loaded: Loaded, sealed: str, *, actor: User, now: datetime) -> Step:
    """Return the step back to what `sealed` says of a post.

    Raise DomainError when somebody has changed it since, when its time has passed, and
    when its media may not (or no longer) go out.
    """
    post = loaded.post
    before = unsealed(sealed, post)
    back = [
        (one, before.parts[one.pk])
        for one in loaded.publications
        if one.pk in before.parts and not is_too_late(one)
    ]
    if not back:
        refuse_too_late(post, loaded.publications)
    for _, standing in back:
        _refuse_passed(standing, now)
    plan = _plan(loaded, before, back)
    plan.problems.refuse()
    going = any(standing.state in _GOING for _, standing in back)
    bars = plan.bars() if going else []
    cleared = clearance.decide(
        bars, actor=actor, now=now, reason="", kept=before.cleared
    )
    return Step(
        loaded,
        [_part(one, standing, plan) for one, standing in back],
        before.publish_at,
        before.zone,
        cleared,
        Before.of(post, [one for one, _ in back]),
    )


def _plan(
    loaded: Loaded, before: Before, back: list[tuple[Publication, Standing]]
) -> Plan:
    problems = Problems()
    if any(standing.state in (*_GOING, _P.READY, _P.DRAFT) for _, standing in back):
        # What was cancelled did not hold its media.
        loaded.note_absent(problems)
    return Plan(
        draft=False,
        zone=before.zone,
        channels=[one.channel for one, _ in back],
        due={one.channel_id: standing.fields["publish_at"] for one, standing in back},
        texts=texts_of(loaded.post),
        media=loaded.media,
        problems=problems,
    )


def _part(publication: Publication, standing: Standing, plan: Plan) -> Part:
    text = plan.texts.on(publication.channel, standing.fields["publish_at"])
    fields: dict[str, Any] = {
        **standing.fields,
        "content": text,
        "claimed_by": None,
        "claimed_until": None,
        **fresh_key(publication),
    }
    if standing.state != _P.READY:
        return Part(publication, standing.state, fields)
    # What was laid out for a hand-over is made ready anew.
    return Part(
        publication,
        _P.SCHEDULED,
        fields | {"next_attempt_at": standing.fields["publish_at"]},
    )


def _refuse_passed(standing: Standing, now: datetime) -> None:
    due = {_P.READY: "late_after"} | dict.fromkeys(_GOING, "next_attempt_at")
    name = due.get(_P(standing.state))
    if name and standing.fields[name] < now - GRACE:
        raise DomainError(
            "time_passed", "The time that it had has passed meanwhile.", status=409
        )
