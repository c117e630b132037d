"""Connect the notices to what happens, and to the clock."""

from datetime import datetime, timedelta

from promura_site import periodic
from scheduling.models import Happening, Notice
from scheduling.notices import conditions, grouping, hearing, sending
from scheduling.notices.people import everybody

KEEP = timedelta(days=90)
KEEP_UNHEARD = timedelta(days=7)
LOOK_EVERY, SEND_EVERY = timedelta(seconds=30), timedelta(seconds=20)
# Short, since whoever died with it may have been the last to say so.
LEASE = timedelta(minutes=2)


def look(now: datetime) -> None:
    """Make notices of what has happened and of what is wrong."""
    people = everybody()
    grouping.gather(people, now)
    conditions.watch(people, now)
    grouping.end_what_passed(now)


def tell(now: datetime) -> None:
    """Send what is due."""
    sending.send_due(now)


def prune(now: datetime) -> None:
    """Delete notices of which nothing new has come for a long time."""
    Notice.objects.filter(last_at__lt=now - KEEP).delete()
    Happening.objects.filter(at__lt=now - KEEP_UNHEARD).delete()


def connect() -> None:
    """Listen, look and tell, whichever process is alive."""
    hearing.connect()
    for name, every, run in (
        ("notices.look", LOOK_EVERY, look),
        ("notices.tell", SEND_EVERY, tell),
    ):
        periodic.register(name, every=every, run=run, anywhere=True, lease=LEASE)
    periodic.register("notices.prune", every=timedelta(hours=1), run=prune)
