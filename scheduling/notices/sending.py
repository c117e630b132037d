"""Send what is due: each person one message of all that has come together.

Who sends takes a lease and names the batch before anything goes out. Killed between
that and the note that it is out, the same batch goes out again once the lease has
ended: told twice at the worst, never not at all, and under one name.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from promura_site.ids import new_id
from scheduling.models import Notice, NoticeDelivery
from scheduling.notices.kinds import COLLECT, KINDS, PASSING
from scheduling.notices.media import Undelivered, send
from scheduling.notices.messages import compose, is_over
from scheduling.notices.people import People, Person, everybody

logger = logging.getLogger(__name__)

Told = NoticeDelivery.Told

# Longer than any message takes on its way.
LEASE = timedelta(minutes=3)
# A round ends in time for others to look; the next one goes on.
ROUND_SECONDS = 40.0
# About fourteen hours: a mail server may be away for a night.
MAX_TRIES = 20
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True)
class Parcel:
    """What one person is told at once, by one medium."""

    person: Person
    medium: str
    batch: UUID
    rows: list[NoticeDelivery]

    @property
    def notices(self) -> list[Notice]:
        """Return the notices as they stood when they were claimed."""
        return [row.notice for row in self.rows]


def send_due(now: datetime) -> int:
    """Send whatever is due and may be loud; return how many messages went out."""
    due = _free(now).filter(due_at__lte=now).order_by()
    pairs = list(due.values_list("user_id", "medium").distinct())
    if not pairs:
        return 0
    people, sent, deadline = everybody(), 0, time.monotonic() + ROUND_SECONDS
    for user_id, medium in pairs:
        if time.monotonic() > deadline:
            break
        parcel = claim(user_id, medium, people, now)
        if parcel is not None:
            sent += deliver(parcel)
    return sent


def claim(user_id: UUID, medium: str, people: People, now: datetime) -> Parcel | None:
    """Take what a person is to be told under a lease; None if there is nothing.

    What is due a little later comes along; what falls into quiet hours waits for
    their end.
    """
    person = people.get(user_id)
    with transaction.atomic(durable=True):
        soon = _free(now).filter(due_at__lte=now + COLLECT)
        rows = list(
            soon.filter(user=user_id, medium=medium)
            .select_for_update(of=("self",), skip_locked=True)
            .select_related("notice")
        )
        if person is None or medium not in person.media():
            _put_off(rows, None)
            return None
        loud = [row for row in rows if not _quiet(row, person, now)]
        begun = [row for row in loud if row.batch]
        if begun:
            loud = [row for row in begun if row.batch == begun[0].batch]
        if not any(row.due_at and row.due_at <= now for row in loud):
            return None
        batch = loud[0].batch or new_id()
        NoticeDelivery.objects.filter(pk__in=[row.pk for row in loud]).update(
            lease_until=now + LEASE, batch=batch
        )
    return Parcel(person, medium, batch, loud)


def deliver(parcel: Parcel) -> bool:
    """Send a claimed parcel and note what came of it; tell whether it went out."""
    message = compose(str(parcel.batch), parcel.notices)
    try:
        send(parcel.medium, parcel.person, message)
    except Undelivered as problem:
        failure = problem
    except Exception:
        # What is wrong with one message keeps nobody else from hearing.
        logger.exception("A message could not be sent by %s", parcel.medium)
        failure = Undelivered("It could not be sent; the log says why.")
    else:
        note_sent(parcel, timezone.now())
        return True
    logger.warning(
        "%s could not be told by %s: %s",
        parcel.person.user.get_username(),
        parcel.medium,
        failure,
    )
    note_failure(parcel, failure, timezone.now())
    return False


@transaction.atomic
def note_sent(parcel: Parcel, now: datetime) -> None:
    """Write down what the person has been told, and what has come up meanwhile."""
    said = {row.pk: row.notice for row in parcel.rows}
    rows = NoticeDelivery.objects.filter(batch=parcel.batch, pk__in=said)
    for row in rows.select_related("notice"):
        seen = said[row.pk]
        row.told = Told.CLEAR if is_over(seen) else Told.PROBLEM
        row.due_at = _next_word(seen, row.notice, now)
        row.sent_at, row.lease_until, row.batch = now, None, None
        row.tries, row.error = 0, ""
        row.save()


def note_failure(parcel: Parcel, problem: Undelivered, now: datetime) -> None:
    """Plan another try, or leave it with the reason, which the person's page shows."""
    tries = max(row.tries for row in parcel.rows) + 1
    wait = min(FIRST_WAIT * 2 ** min(tries - 1, 10), LONGEST_WAIT)
    if problem.retry_after:
        wait = max(wait, timedelta(seconds=problem.retry_after))
    over = problem.permanent or tries >= MAX_TRIES
    NoticeDelivery.objects.filter(
        batch=parcel.batch, pk__in=[row.pk for row in parcel.rows]
    ).update(
        tries=0 if over else tries,
        error=str(problem)[:300],
        lease_until=None,
        batch=None if over else parcel.batch,
        due_at=None if over else now + wait,
    )


def _free(now: datetime) -> QuerySet[NoticeDelivery]:
    return NoticeDelivery.objects.filter(
        Q(lease_until=None) | Q(lease_until__lt=now), due_at__isnull=False
    )


def _quiet(row: NoticeDelivery, person: Person, now: datetime) -> bool:
    """Put a row off that falls into quiet hours; tell whether it does."""
    until = person.waits_until(row.notice, now)
    if until is None:
        return False
    _put_off([row], until)
    return True


def _put_off(rows: list[NoticeDelivery], until: datetime | None) -> None:
    NoticeDelivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        due_at=until, lease_until=None, batch=None
    )


def _next_word(said: Notice, stands: Notice, now: datetime) -> datetime | None:
    """Return when there is more to say than has just been said."""
    if stands.kind not in PASSING:
        changed = is_over(stands) and not is_over(said)
        return now if changed and KINDS[stands.kind].clear else None
    if stands.count > said.count:
        return now + KINDS[stands.kind].gap
    return None
