"""Sealing the sign-ins of all channels under the newest key."""

from dataclasses import dataclass, field

from django.db import transaction

from promura_site import events
from scheduling import credentials
from scheduling.models import Channel


@dataclass
class Resealed:
    """How many sign-ins were sealed anew, and whose nobody can open."""

    count: int = 0
    unreadable: list[str] = field(default_factory=list)


def reseal_all() -> Resealed:
    """Seal every stored sign-in under the first key.

    Each is replaced only if it is still the one that was read: whoever signs in
    meanwhile keeps what they entered.
    """
    done = Resealed()
    for channel in Channel.objects.exclude(credentials="").order_by("pk"):
        try:
            sealed = credentials.reseal(channel.credentials)
        except credentials.CredentialsUnreadable:
            done.unreadable.append(str(channel))
            continue
        same = Channel.objects.filter(pk=channel.pk, credentials=channel.credentials)
        done.count += same.update(credentials=sealed)
    with transaction.atomic():
        events.emit(
            "channel.resealed",
            actor=None,
            kind="channel",
            message=f"sealed {done.count} sign-ins anew",
            count=done.count,
        )
    return done
