"""What a person can do about notices: read them, and say how they want to be told."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet

from promura_site import events, levels
from promura_site.errors import DomainError
from promura_site.ids import new_id
from promura_site.models import User
from scheduling.models import NoticePreference, NoticeReceipt, OnCall
from scheduling.notices.media import Undelivered, send
from scheduling.notices.messages import a_test
from scheduling.notices.people import MAIL, Person, person_for

TEST_EVERY_SECONDS = 10


def mark_read(user: User, now: datetime, ids: Iterable[UUID] | None = None) -> int:
    """Mark a person's notices as read, all of them without `ids`; return how many."""
    rows = NoticeReceipt.objects.filter(NoticeReceipt.unread(), user=user)
    if ids is not None:
        rows = rows.filter(notice__in=set(ids))
    return rows.update(read_at=now)


def unread_again(user: User, moment: datetime) -> int:
    """Take back what was marked as read at exactly this moment; return how many."""
    return NoticeReceipt.objects.filter(user=user, read_at=moment).update(read_at=None)


@transaction.atomic
def change_preference(user: User, **changes: Any) -> None:
    """Change how a person is told, and the address for it.

    Raise DomainError 400 for quiet hours with one end and Telegram without a chat.
    """
    email = changes.pop("email", None)
    preference = (
        NoticePreference.objects.select_for_update().filter(user=user).first()
    ) or NoticePreference(user=user)
    for name, value in changes.items():
        setattr(preference, name, value)
    _refuse_impossible(preference)
    preference.save()
    if email is not None and email != user.email:
        user.email = email
        user.save(update_fields=["email"])
        changes["email"] = email
    events.emit(
        "person.notices_set",
        actor=user,
        kind="user",
        ids=[user.pk],
        message="changed how to be told",
        data={"fields": sorted(changes)},
    )


def _refuse_impossible(preference: NoticePreference) -> None:
    start, end = preference.quiet_from, preference.quiet_until
    if (start is None) != (end is None):
        missing = "quiet_from" if start is None else "quiet_until"
        raise _invalid(missing, "Quiet hours need a beginning and an end.")
    if start is not None and start == end:
        raise _invalid("quiet_until", "Quiet hours must end at another time.")
    if preference.telegram and not preference.telegram_chat_id:
        raise _invalid("telegram_chat_id", "Telegram needs your chat id.")


def send_test(user: User, medium: str) -> None:
    """Send a person a test, by mail or by Telegram, also if it is switched off.

    Raise DomainError 409 with the reason when it cannot be sent, 429 when another one
    has just been.
    """
    person = person_for(user)
    if person is None or (reason := _lacks(person, medium)):
        raise DomainError("not_set_up", reason, status=409)
    if not cache.add(f"notices.test.{user.pk}.{medium}", True, TEST_EVERY_SECONDS):
        raise DomainError(
            "too_soon",
            "A test has just been sent. Wait a few seconds for the next.",
            status=429,
            retry_after=TEST_EVERY_SECONDS,
        )
    message = a_test(str(new_id()), user.get_full_name() or user.get_username())
    try:
        send(medium, person, message)
    except Undelivered as problem:
        raise DomainError("not_delivered", str(problem), status=409) from problem


def _lacks(person: Person, medium: str) -> str:
    """Return what is missing for a medium, in a sentence; empty if nothing is."""
    if medium == MAIL:
        if not settings.MAIL_READY:
            return "This installation has no mail server yet; ask whoever runs it."
        return "" if person.user.email else "Save your e-mail address first."
    if not settings.TELEGRAM_BOT_TOKEN:
        return "This installation has no Telegram bot yet; ask whoever runs it."
    chat = person.preference.telegram_chat_id
    return "" if chat else "Save your Telegram chat id first."


def people_on_call() -> QuerySet[OnCall]:
    """Return who is on call, with the people."""
    return OnCall.objects.select_related("user").order_by("since", "pk")


def set_on_call(usernames: Iterable[str], *, actor: User, now: datetime) -> None:
    """Put exactly these people on call; raise DomainError 400 for unknown ones."""
    wanted = {name.casefold(): name for name in usernames}
    active = User.objects.filter(is_active=True)
    users = {user.username.casefold(): user for user in active}
    for key, name in wanted.items():
        if key not in users or levels.level_of(users[key]) is None:
            raise _invalid("usernames", f"There is nobody named {name} with a level.")
    chosen = [users[key] for key in wanted]
    with transaction.atomic():
        OnCall.objects.exclude(user__in=chosen).delete()
        OnCall.objects.bulk_create(
            [OnCall(user=user, since=now) for user in chosen], ignore_conflicts=True
        )
        names = ", ".join(sorted(user.username for user in chosen)) or "nobody"
        events.emit(
            "on_call.set",
            actor=actor,
            kind="user",
            ids=[user.pk for user in chosen],
            message=f"put {names} on call"[:300],
        )


def _invalid(field: str, sentence: str) -> DomainError:
    return DomainError("invalid", sentence, errors={field: [sentence]})
