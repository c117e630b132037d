"""A model's plan under a secret address, for the calendar programs that people have."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, QuerySet
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from icalendar import Calendar, Event

from library.models import Creator
from promura_site import events
from promura_site.models import User
from scheduling.calendar.reading import (
    Entry,
    Row,
    entries_of,
    read_details,
    rows_of,
)
from scheduling.models import CalendarFeed, Channel, Post, Publication
from scheduling.platform_names import platform_name

SALT = "scheduling.calendar.feed"
BACK, AHEAD = timedelta(days=60), timedelta(days=366)
MOST_EVENTS = 2_000
# So many channels a post are reckoned with, on which it is one event.
_CHANNELS = 8
# A post takes no time; an event without any is shown as a line.
LENGTH = timedelta(minutes=15)
_WORDS = 60
# RFC 5545 has none of them in a text, and programs refuse the file over one.
_CONTROLS = dict.fromkeys([*range(0x20), 0x7F])
_TAKEN_OUT = (Publication.State.CANCELLED, Publication.State.SKIPPED)
# What a summary begins with where a post is not simply planned or out.
_MARKS = {
    Post.State.DRAFT: "Draft: ",
    Post.State.FAILED: "Failed: ",
    Post.State.UNKNOWN: "Unclear: ",
    Post.State.MISSED: "Missed: ",
}


@dataclass(frozen=True)
class Reach:
    """Which publications a feed shows: from a day back to a year ahead."""

    channels: dict[UUID, Channel]
    now: datetime

    @property
    def begin(self) -> datetime:
        """Return the first moment; it changes once a day."""
        return self.now.replace(hour=0, minute=0, second=0, microsecond=0) - BACK

    @property
    def publications(self) -> QuerySet[Publication]:
        """Return what is shown, but for the limit of events."""
        return Publication.objects.filter(
            channel__in=list(self.channels),
            publish_at__range=(self.begin, self.begin + BACK + AHEAD),
        ).exclude(state__in=_TAKEN_OUT)


@transaction.atomic
def make_feed(creator: Creator, *, actor: User, now: datetime) -> CalendarFeed:
    """Give a model's plan an address; one that it has is void from then on."""
    feed, is_new = CalendarFeed.objects.select_for_update().get_or_create(
        creator=creator, defaults={"made_by": actor, "made_at": now}
    )
    if not is_new:
        feed.version += 1
        feed.made_by, feed.made_at = actor, now
        feed.save(update_fields=["version", "made_by", "made_at"])
    verb = "made" if is_new else "renewed"
    _tell(f"calendar_feed.{verb}", creator, actor, f"{verb} the calendar link of")
    return feed


@transaction.atomic
def end_feed(creator: Creator, *, actor: User) -> bool:
    """Void the address of a model's plan; False: there was none."""
    ended, _ = CalendarFeed.objects.filter(creator=creator).delete()
    if ended:
        _tell("calendar_feed.ended", creator, actor, "ended the calendar link of")
    return bool(ended)


def path_of(feed: CalendarFeed) -> str:
    """Return the secret path of a feed."""
    return reverse("calendar-feed", args=[feed.pk, _digest(feed)])


def feed_at(pk: UUID, digest: str) -> CalendarFeed | None:
    """Return the feed of an address, unless that is wrong, void or a past model's."""
    feed = CalendarFeed.objects.select_related("creator").filter(pk=pk).first()
    if feed is None or not constant_time_compare(digest, _digest(feed)):
        return None
    return feed if feed.creator.is_active else None


def reach_of(feed: CalendarFeed, now: datetime) -> Reach:
    """Return what a feed shows now."""
    channels = Channel.objects.filter(creator=feed.creator).defer("credentials")
    ordered = channels.order_by("platform", "handle", "pk")
    return Reach({one.pk: one for one in ordered}, now)


def stamp(feed: CalendarFeed, reach: Reach) -> str:
    """Return what changes whenever the feed would be another one; a single query."""
    seen = reach.publications.aggregate(
        Count("pk"), Max("updated_at"), Max("post__updated_at")
    )
    names = [(one.platform, one.handle) for one in reach.channels.values()]
    known = (feed.pk, feed.version, feed.creator.name, names, reach.begin, seen)
    return salted_hmac(SALT, repr(known), algorithm="sha256").hexdigest()[:32]


def written(feed: CalendarFeed, reach: Reach, site: str) -> bytes:
    """Return the feed as iCalendar (RFC 5545); `site` begins its links."""
    name = _printable(f"{feed.creator.name} · PROMURA")
    calendar = Calendar()
    calendar.add("prodid", "-//PROMURA//Plan//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", name)
    # What programs understood before RFC 7986.
    calendar.add("x-wr-calname", name)
    calendar.add(
        "refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"}
    )
    for event in _events(feed, reach, site):
        calendar.add_component(event)
    return calendar.to_ical()


def _events(feed: CalendarFeed, reach: Reach, site: str) -> Iterator[Event]:
    entries = entries_of(_rows(reach), list(reach.channels))
    changed, details = _changed(entries), read_details(entries)
    for entry in entries:
        detail = details[entry.told_by]
        text = _printable(detail.text)
        event = Event()
        event.add("uid", f"{entry.post}.{feed.creator_id}@promura")
        event.add("sequence", detail.version)
        event.add("dtstamp", changed[entry.told_by])
        event.add("last-modified", changed[entry.told_by])
        event.add("dtstart", entry.at)
        event.add("duration", LENGTH)
        event.add("summary", _summary(entry, text, reach.channels))
        event.add("description", text)
        event.add("status", _status(entry))
        event.add("url", f"{site}{reverse('queue')}")
        yield event


def _printable(text: str) -> str:
    return text.translate(_CONTROLS)


def _digest(feed: CalendarFeed) -> str:
    told = f"{feed.pk} {feed.version}"
    return salted_hmac(SALT, told, algorithm="sha256").hexdigest()


def _tell(action: str, creator: Creator, actor: User, words: str) -> None:
    events.emit(
        action,
        actor=actor,
        kind="creator",
        ids=[creator.pk],
        message=f"{words} {creator.name}",
    )


def _rows(reach: Reach) -> list[Row]:
    """Return the rows of the events: what is to come first of all, then the latest."""
    most = MOST_EVENTS * _CHANNELS
    coming = reach.publications.filter(publish_at__gte=reach.now)
    past = reach.publications.filter(publish_at__lt=reach.now)
    rows = rows_of(coming.order_by("publish_at", "pk")[:most])
    if len({row.post for row in rows}) < MOST_EVENTS:
        rows += rows_of(past.order_by("-publish_at", "-pk")[:most])
    posts = dict.fromkeys(row.post for row in rows)
    kept = set(islice(posts, MOST_EVENTS))
    return [row for row in rows if row.post in kept]


def _changed(entries: list[Entry]) -> dict[UUID, datetime]:
    """Return when each post has last changed, by the publication that tells it."""
    rows = Publication.objects.filter(pk__in=[one.told_by for one in entries])
    found = rows.order_by().values_list("pk", "updated_at", "post__updated_at")
    return {pk: max(own, post).replace(microsecond=0) for pk, own, post in found}


def _summary(entry: Entry, text: str, channels: dict[UUID, Channel]) -> str:
    names = [platform_name(channels[one].platform) for one in entry.channels]
    where = ", ".join(dict.fromkeys(names))
    words = text[:_WORDS].rstrip()
    shown = f"{words}…" if len(text) > _WORDS else words or "Without a text"
    return f"{_MARKS.get(Post.State(entry.status), '')}{shown} · {where}"


def _status(entry: Entry) -> str:
    return "TENTATIVE" if entry.status == Post.State.DRAFT else "CONFIRMED"
