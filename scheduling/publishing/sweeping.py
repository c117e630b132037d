"""What the passing of time does to publications: leases end, and so do chances."""

from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from scheduling import outcomes, states
from scheduling.models import Post, Publication, PublishAttempt
from scheduling.publishing import gates
from scheduling.publishing.ledger import without_lease
from scheduling.publishing.moves import move
from scheduling.publishing.recording import accepted_before, publish_after_all

_P = Publication.State

# Posts that one round of a sweep looks at; the next round takes the rest.
BATCH = 100
LOST = "The publisher ended while sending; nobody heard the answer."


def expire_leases() -> int:
    """Take back leases that have run out; return how many.

    Nothing has been sent of what was only leased, so it can go out again. What was
    being sent may be out there: nobody knows.
    """
    return sweep(Q(state__in=(_P.LEASED, _P.SENDING), lease_until__lt=Now()), _expire)


def miss_late() -> int:
    """Give up what is too far behind its time, so that no burst follows an outage."""
    return sweep(
        Q(
            state__in=(_P.SCHEDULED, _P.RETRY),
            next_attempt_at__lte=Now(),
            late_after__lt=Now(),
        ),
        _miss,
    )


def sweep(condition: Q, change: Callable[[Publication], bool]) -> int:
    """Change what the condition holds for, a batch of posts at a time; count it.

    The look is a plain SELECT. `change` gets each row with its post locked, and says
    whether it has moved it.
    """
    found: set[UUID] = set(
        Publication.objects.filter(condition)
        .order_by()
        .values_list("post_id", flat=True)[:BATCH]
    )
    if not found:
        return 0
    with transaction.atomic(durable=True):
        posts = Post.objects.select_for_update(skip_locked=True).filter(pk__in=found)
        locked = {post.pk: post for post in posts.order_by("pk")}
        rows = list(
            Publication.objects.filter(condition, post__in=locked).select_related(
                "channel__creator"
            )
        )
        outcomes.lock_ahead(rows)
        changed = [row.post_id for row in rows if change(row)]
        for post_id in set(changed):
            states.recompute(locked[post_id])
    return len(changed)


def _expire(row: Publication) -> bool:
    ended = Q(lease_until__lt=Now())
    if row.state == _P.LEASED:
        to, fields = without_lease(row)
        return move(row, to, ended, **fields)
    if accepted_before(row):
        return publish_after_all(row)
    row.error, row.error_code = LOST, "publisher_lost"
    if not move(
        row,
        _P.UNKNOWN,
        ended,
        in_doubt=True,
        lease_until=None,
        next_attempt_at=Now(),
        error=row.error,
        error_code=row.error_code,
    ):
        return False
    PublishAttempt.objects.filter(
        publication=row, fence=row.fence, outcome=PublishAttempt.Outcome.OPEN
    ).update(
        outcome=PublishAttempt.Outcome.UNKNOWN,
        finished_at=Now(),
        error=row.error,
        error_code=row.error_code,
    )
    outcomes.outcome_lost(row)
    return True


def _miss(row: Publication) -> bool:
    due = f"It was due at {row.publish_at:%Y-%m-%d %H:%M} UTC and not sent"
    if row.error_code in gates.CODES:
        # What held it up until now is the cause.
        row.error = f"{due}: {gates.past(row.error_code, row.channel)}."[:500]
    elif not row.error:
        row.error, row.error_code = f"{due}.", "missed"
    moved = move(
        row,
        _P.MISSED,
        next_attempt_at=None,
        error=row.error,
        error_code=row.error_code,
    )
    if moved:
        outcomes.publication_finished(row, now=timezone.now())
    return moved
