"""One notice for all of one cause, and when each person hears of it again."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.db import transaction

from scheduling.models import (
    Channel,
    Happening,
    Notice,
    NoticeDelivery,
    NoticeReceipt,
    Publication,
)
from scheduling.notices.kinds import HOUR, KINDS, PASSING, cause_in_words
from scheduling.notices.people import People
from scheduling.platform_names import platform_name

_P = Publication.State
K = Notice.Kind
Told = NoticeDelivery.Told

BATCH = 500
# A doubt that is being found out usually ends by itself.
FINDING_OUT = timedelta(minutes=5)


@dataclass(frozen=True)
class Cause:
    """What a notice is about, as it stands now; `count` things at the moment."""

    kind: str
    key: str
    subject: str
    title: str
    text: str = ""
    link: str = ""
    count: int = 1
    channel: Channel | None = None
    code: str = ""
    covers_until: datetime | None = None

    def fields(self) -> dict[str, object]:
        """Return what a notice's row takes over."""
        return {
            "channel": self.channel,
            "subject": self.subject[:200],
            "title": self.title[:300],
            "text": self.text[:600],
            "link": self.link[:300],
            "count": self.count,
            "code": self.code[:60],
            "covers_until": self.covers_until,
        }


def named(channel: Channel) -> str:
    """Return an account as people speak of it, on one line."""
    handle = " ".join(channel.handle.split())
    return f"{handle}, {platform_name(channel.platform)}"


def in_queue(channel: Channel, group: str) -> str:
    """Return the address of a channel's posts in a group of the queue."""
    narrowed = {
        "group": group,
        "model": channel.creator.slug,
        "platform": channel.platform,
    }
    return f"/queue?{urlencode(narrowed)}"


def posts(count: int) -> str:
    """Return a number of posts in words."""
    return "1 post" if count == 1 else f"{count} posts"


def gather(people: People, now: datetime) -> int:
    """Make notices of what has happened; return how many happenings were taken in."""
    taken, last = 0, 0
    # A write transaction opens only when there is something.
    while Happening.objects.filter(pk__gt=last).exists():
        with transaction.atomic():
            rows = Happening.objects.select_for_update(skip_locked=True)
            found = list(rows.filter(pk__gt=last).order_by("pk")[:BATCH])
            if not found:
                break
            last = found[-1].pk
            taken += _take_in(found, people, now)
    return taken


def _take_in(found: list[Happening], people: People, now: datetime) -> int:
    publications = Publication.objects.filter(
        pk__in={one.publication_id for one in found}
    )
    known = {
        row.pk: row
        for row in publications.select_related("channel__creator").defer(
            "payload", "content", "channel__credentials"
        )
    }
    done: list[int] = []
    groups: dict[tuple[str, UUID], list[Publication]] = defaultdict(list)
    for one in found:
        publication = known.get(one.publication_id)
        if publication and one.kind == K.UNKNOWN:
            if _being_found_out(publication) and now - one.at < FINDING_OUT:
                continue
            if publication.state != _P.UNKNOWN:
                publication = None
        done.append(one.pk)
        if publication:
            groups[one.kind, publication.channel_id].append(publication)
    for (kind, _), rows in groups.items():
        _add(kind, rows, people, now)
    Happening.objects.filter(pk__in=done).delete()
    return len(done)


def _being_found_out(publication: Publication) -> bool:
    busy = {_P.LEASED, _P.SENDING}
    waits = publication.state == _P.UNKNOWN and publication.next_attempt_at is not None
    return waits or (publication.in_doubt and publication.state in busy)


def _add(kind: str, rows: list[Publication], people: People, now: datetime) -> None:
    """Put publications of one channel into its notice, or begin one."""
    key = f"{kind}:{rows[0].channel_id}"
    notice = Notice.objects.open().filter(key=key).select_for_update().first()
    if notice and now - notice.last_at > HOUR:
        resolve(notice, now)
        notice = None
    codes = {row.error_code for row in rows} | ({notice.code} if notice else set())
    count = len(rows) + (notice.count if notice else 0)
    cause = _cause(kind, key, rows[-1], count, codes.pop() if len(codes) == 1 else "")
    _write(notice, cause, now)
    announce(Notice.objects.open().get(key=key), people, now)


def _cause(
    kind: str, key: str, publication: Publication, count: int, code: str
) -> Cause:
    channel = publication.channel
    subject = named(channel)
    why = f" ({cause_in_words(code)})" if code else ""
    title = {
        K.FAILED: f"{posts(count)} failed on {subject}{why}",
        K.UNKNOWN: f"{posts(count)} on {subject} may be out or not: look and settle",
        K.MISSED: f"{posts(count)} missed the time on {subject}{why}",
    }[Notice.Kind(kind)]
    text = channel.creator.name
    if publication.error:
        text += f". The last one: {publication.error}"
    return Cause(
        kind,
        key,
        subject,
        title,
        " ".join(text.split()),
        in_queue(channel, "attention"),
        count,
        channel,
        code,
    )


def stand(cause: Cause, people: People, now: datetime) -> None:
    """Keep the notice of something that lasts in line with how it stands.

    It is news when it begins, when it covers more than before, and from time to time
    while it lasts. What comes back soon after it was over is the same notice again.
    """
    spec = KINDS[cause.kind]
    of_cause = Notice.objects.filter(key=cause.key)
    notice = of_cause.open().first()
    if notice is None:
        recent = of_cause.filter(resolved_at__gt=now - spec.gap)
        notice, news = recent.order_by("-last_at").first(), True
    else:
        news = _is_news(notice, cause, now)
    if not news and notice and not _differs(notice, cause):
        return
    with transaction.atomic():
        _write(notice, cause, now, news=news)
        if news:
            announce(Notice.objects.open().get(key=cause.key), people, now)


def _is_news(notice: Notice, cause: Cause, now: datetime) -> bool:
    covered, covers = notice.covers_until, cause.covers_until
    if covers is not None:
        later = covered is None or covers > covered
        if later or cause.count > notice.count:
            return True
    remind = KINDS[cause.kind].remind
    return remind is not None and now - notice.last_at >= remind


def _differs(notice: Notice, cause: Cause) -> bool:
    return (notice.title, notice.text, notice.count) != (
        cause.title[:300],
        cause.text[:600],
        cause.count,
    )


def _write(
    notice: Notice | None, cause: Cause, now: datetime, *, news: bool = True
) -> None:
    fields = cause.fields()
    if notice is None:
        Notice.objects.create(
            kind=cause.kind,
            key=cause.key,
            urgent=KINDS[cause.kind].urgent,
            first_at=now,
            last_at=now,
            **fields,
        )
        return
    if news:
        fields |= {"last_at": now, "resolved_at": None}
    if notice.covers_until and cause.covers_until:
        fields["covers_until"] = max(notice.covers_until, cause.covers_until)
    Notice.objects.filter(pk=notice.pk).update(**fields)


def announce(notice: Notice, people: People, now: datetime) -> None:
    """Put a notice into the lists of whom it concerns, and plan to tell them."""
    told = people.told_of(notice.kind)
    due = now + KINDS[notice.kind].collect
    NoticeReceipt.objects.bulk_create(
        [NoticeReceipt(notice=notice, user=one.user) for one in told],
        ignore_conflicts=True,
    )
    known = list(notice.deliveries.all())
    have = {(row.user_id, row.medium) for row in known}
    NoticeDelivery.objects.bulk_create(
        [
            NoticeDelivery(notice=notice, user=one.user, medium=medium, due_at=due)
            for one in told
            for medium in one.media()
            if (one.user.pk, medium) not in have
        ],
        ignore_conflicts=True,
    )
    again = [row for row in known if row.lease_until is None or row.lease_until < now]
    for row in again:
        row.due_at = _due_again(row, due, KINDS[notice.kind].gap)
    NoticeDelivery.objects.bulk_update(again, ["due_at"])


def _due_again(row: NoticeDelivery, due: datetime, gap: timedelta) -> datetime:
    if row.sent_at is None:
        # Not put off by what keeps coming.
        return row.due_at or due
    return max(due, row.sent_at + gap)


@transaction.atomic
def resolve(notice: Notice, now: datetime) -> None:
    """Note that it is over; who was told of something urgent hears that, too."""
    if not Notice.objects.open().filter(pk=notice.pk).update(resolved_at=now):
        return
    if notice.kind in PASSING:
        # It did happen: who has not been told yet will be.
        return
    clear = bool(KINDS[notice.kind].clear)
    rows = NoticeDelivery.objects.filter(notice=notice)
    rows.exclude(told=Told.PROBLEM).update(due_at=None)
    rows.filter(told=Told.PROBLEM).update(due_at=now if clear else None)


def end_what_passed(now: datetime) -> None:
    """Close notices of which nothing new has come for an hour."""
    Notice.objects.open().filter(kind__in=PASSING, last_at__lt=now - HOUR).update(
        resolved_at=now
    )
