"""Who is told of what, by what means, and when it may be loud."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from promura_site import levels
from promura_site.models import User
from promura_site.zones import to_utc
from scheduling.models import Notice, NoticeDelivery, NoticePreference, OnCall
from scheduling.notices.kinds import KINDS

MAIL, TELEGRAM = NoticeDelivery.Medium.MAIL, NoticeDelivery.Medium.TELEGRAM


def quiet_end(now: datetime, start: time, end: time, zone: str) -> datetime | None:
    """Return when the quiet hours that `now` lies in end; None outside of them.

    Both ends are clock times in `zone`. Quiet hours that began yesterday reach into
    today; a clock time that a change skips comes later, one that it repeats counts
    the first time.
    """
    clocks = ZoneInfo(zone)
    today = now.astimezone(clocks).date()
    for day in (today - timedelta(days=1), today):
        last = day if start < end else day + timedelta(days=1)
        begins = to_utc(datetime.combine(day, start), clocks)
        ends = to_utc(datetime.combine(last, end), clocks)
        if begins <= now < ends:
            return ends
    return None


@dataclass(frozen=True)
class Person:
    """Somebody with a level, and how they want to be told."""

    user: User
    level: str
    preference: NoticePreference
    on_call: bool
    muted: frozenset[str]

    def is_told(self, kind: str) -> bool:
        """Tell whether they want this kind; on call, what is urgent is not asked."""
        return kind not in self.muted or (self.on_call and KINDS[kind].urgent)

    def media(self) -> list[str]:
        """Return the ways that are switched on, set up and known."""
        chosen = self.preference
        mail = settings.MAIL_READY and chosen.mail and self.user.email
        telegram = (
            settings.TELEGRAM_BOT_TOKEN and chosen.telegram and chosen.telegram_chat_id
        )
        return [medium for medium, on in ((MAIL, mail), (TELEGRAM, telegram)) if on]

    def quiet_until(self, now: datetime) -> datetime | None:
        """Return when this person's quiet hours end; None if it is not quiet now."""
        chosen = self.preference
        if chosen.quiet_from is None or chosen.quiet_until is None:
            return None
        return quiet_end(now, chosen.quiet_from, chosen.quiet_until, self.user.timezone)

    def waits_until(self, notice: Notice, now: datetime) -> datetime | None:
        """Return when this notice may be sent to them; None: at once."""
        if self.on_call and notice.urgent:
            return None
        return self.quiet_until(now)


class People:
    """Everybody with a level, read at once."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._people = {person.user.pk: person for person in people}

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people.values())

    def get(self, user_id: UUID) -> Person | None:
        """Return a person; None for somebody who may not be told any more."""
        return self._people.get(user_id)

    def told_of(self, kind: str) -> list[Person]:
        """Return who wants to be told of a kind."""
        return [person for person in self if person.is_told(kind)]


def everybody() -> People:
    """Read everybody who has a level, in a fixed number of queries."""
    users = list(User.objects.filter(is_active=True).prefetch_related("groups"))
    chosen = {one.user_id: one for one in NoticePreference.objects.all()}
    on_call = set(OnCall.objects.values_list("user_id", flat=True))
    known = [(user, level) for user in users if (level := _level(user))]
    helped = any(level == levels.VIEW for _, level in known)
    people = []
    for user, level in known:
        preference = chosen.get(user.pk) or NoticePreference(user=user)
        muted = preference.muted
        if muted is None:
            muted = usually_muted(level, helped=helped)
        people.append(
            Person(user, level, preference, user.pk in on_call, frozenset(muted))
        )
    return People(people)


def person_for(user: User) -> Person | None:
    """Return somebody as `everybody` knows them."""
    return everybody().get(user.pk)


def usually_muted(level: str, *, helped: bool) -> list[str]:
    """Return the kinds that a level is not told of unless it is asked for.

    Hand-overs are the assistants' work; where there are none (not `helped`), they are
    everybody's.
    """
    return [
        kind
        for kind, spec in KINDS.items()
        if level not in spec.levels
        and not (kind == Notice.Kind.HANDOVER and not helped)
    ]


def _level(user: User) -> str | None:
    if user.is_superuser:
        return levels.ADMIN
    names = {group.name for group in user.groups.all()}
    return next((one for one in reversed(levels.LEVELS) if one in names), None)
