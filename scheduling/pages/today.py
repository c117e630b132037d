"""The first page: what needs a person, what is missing, what comes next."""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, F, Min, OuterRef, Prefetch, Q, Sum
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from library.models import Creator, MediaItem
from promura_site.models import User
from promura_site.pages import Page
from scheduling.models import Channel, Post, PostMedia, Publication, Takedown
from scheduling.pages.compose import city_of
from scheduling.queue import ATTENTION, RECENT
from scheduling.reasons import LATE

_P = Publication.State

GAP = timedelta(hours=48)
NEXT_POSTS = 8
MOST_GAPS = 24
# Where a publication stands that will still go out.
_COMING = (_P.SCHEDULED, _P.LEASED, _P.SENDING, _P.RETRY, _P.READY, _P.CLAIMED)
_GREETINGS = ((5, "Good night"), (12, "Good morning"), (18, "Good afternoon"))


def greeting(now: datetime, zone: str) -> str:
    """Return the greeting for the time of day in `zone`."""
    hour = now.astimezone(ZoneInfo(zone)).hour
    return next((words for end, words in _GREETINGS if hour < end), "Good evening")


@dataclass(frozen=True)
class Need:
    """Publications that wait for somebody, all of one kind."""

    kind: str
    state: str
    word: str
    text: str
    # Where the queue shows them; none: they have a page of their own.
    group: str = ""
    page: str = "queue"
    count: int = 0


# The most pressing first.
_NEEDS = (
    Need("unknown", "unknown", "Unknown", "Look and settle them", ATTENTION),
    Need("late", "retry", "Late", "Due, but not out yet", ATTENTION),
    Need("failed", "failed", "Failed", "In the last 7 days", ATTENTION),
    Need("missed", "missed", "Missed", "In the last 7 days", ATTENTION),
    Need("ready", "ready", "To hand over", "To be posted by hand", page="hand-over"),
    Need("down", "ready", "To take down", "To be deleted by hand", page="hand-over"),
)


def needs(now: datetime) -> list[Need]:
    """Return what needs a person, as far as there is any; two queries."""
    since = now - RECENT
    late = Q(state=_P.SCHEDULED, next_attempt_at__lte=now - LATE)
    counts = Publication.objects.aggregate(
        unknown=Count("pk", filter=Q(state=_P.UNKNOWN)),
        late=Count("pk", filter=late),
        failed=Count("pk", filter=Q(state=_P.FAILED, publish_at__gte=since)),
        missed=Count("pk", filter=Q(state=_P.MISSED, publish_at__gte=since)),
        ready=Count("pk", filter=Q(state=_P.READY)),
    )
    counts["down"] = Takedown.objects.filter(state=Takedown.State.BY_HAND).count()
    return [replace(one, count=counts[one.kind]) for one in _NEEDS if counts[one.kind]]


def gaps(now: datetime) -> list[Creator]:
    """Return the models with an account and nothing planned for the next 48 hours.

    Each carries `next_at`, her next planned time after that, if any; one query.
    """
    coming = Publication.objects.filter(
        channel__creator=OuterRef("pk"), state__in=_COMING, publish_at__gte=now
    )
    rows = Creator.objects.active().filter(
        Exists(Channel.objects.usable().filter(creator=OuterRef("pk"))),
        ~Exists(coming.filter(publish_at__lt=now + GAP)),
    )
    first = coming.order_by().values("channel__creator").annotate(at=Min("publish_at"))
    rows = rows.annotate(next_at=first.values("at"))
    return list(rows.order_by(F("next_at").asc(nulls_first=True), "name", "pk"))


@dataclass(frozen=True)
class Clock:
    """What time something is where a model is."""

    zone: str
    at: datetime

    @property
    def city(self) -> str:
        """Return the place the zone is named after."""
        return city_of(self.zone)


@dataclass(frozen=True)
class Coming:
    """A post to come: for whom, and when on each of their clocks."""

    post: Post
    at: datetime
    models: list[Creator]
    cover: MediaItem | None
    media_count: int
    clocks: list[Clock]
    text: str


def next_posts(now: datetime, own_zone: str) -> list[Coming]:
    """Return the next posts that will go out; a fixed number of queries."""
    publications = (
        Publication.objects.filter(state__in=_COMING)
        .select_related("channel__creator")
        .defer("payload", "channel__credentials")
        .order_by("publish_at", "pk")
    )
    posts = Post.objects.filter(
        state__in=(Post.State.SCHEDULED, Post.State.PUBLISHING), publish_at__gte=now
    ).prefetch_related(
        Prefetch("publications", publications),
        Prefetch("media_entries", PostMedia.objects.select_related("media")),
    )
    found = posts.order_by("publish_at", "pk")[:NEXT_POSTS]
    return [_coming(post, own_zone) for post in found if post.publications.all()]


def _coming(post: Post, own_zone: str) -> Coming:
    publications = list(post.publications.all())
    models = {one.channel.creator_id: one.channel.creator for one in publications}
    times = {
        one.channel.creator.timezone: one.publish_at or cast(datetime, post.publish_at)
        for one in reversed(publications)
    }
    media = [entry.media for entry in post.media_entries.all()]
    return Coming(
        post=post,
        at=cast(datetime, post.publish_at),
        models=list(models.values()),
        cover=media[0] if media else None,
        media_count=len(media),
        # With variables each account's own; the first stands for all.
        text=post.content if post.variables is None else publications[0].content,
        clocks=[
            Clock(zone, times[zone])
            for zone in sorted(times)
            if not _same_clock(times[zone], zone, own_zone)
        ],
    )


def _same_clock(at: datetime, zone: str, other: str) -> bool:
    """Tell whether two zones' clocks show the same at a moment."""
    wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return wall == at.astimezone(ZoneInfo(other)).replace(tzinfo=None)


def yesterday(now: datetime, zone: str) -> dict[str, Any]:
    """Return the figures of the person's yesterday; two queries."""
    clocks = ZoneInfo(zone)
    today = now.astimezone(clocks).date()
    begin, end = (
        datetime.combine(day, time(), clocks) for day in (today - timedelta(1), today)
    )
    out = Q(state=_P.PUBLISHED, published_at__gte=begin, published_at__lt=end)
    failed = Q(state=_P.FAILED, publish_at__gte=begin, publish_at__lt=end)
    figures = (
        Publication.objects.counting()
        .filter(out | failed)
        .aggregate(
            posts=Count("post", filter=out, distinct=True),
            published=Count("pk", filter=out),
            failed=Count("pk", filter=failed),
            engagement=Sum("engagement", filter=out),
        )
    )
    tried = figures["published"] + figures["failed"]
    rate = round(100 * figures["published"] / tried) if tried else None
    whole = figures["engagement"]
    return {
        **figures,
        "engagement": None if whole is None else f"{whole:,.0f}",
        "day": begin,
        "rate": rate,
    }


@dataclass(frozen=True)
class Step:
    """One of the three steps to begin."""

    done: bool
    title: str
    text: str
    page: str
    link: str


def steps() -> list[Step]:
    """Return the three steps to begin with, three queries."""
    return [
        Step(
            Creator.objects.exists(),
            "Add a model",
            "Her name and her time zone are enough.",
            "models",
            "Add a model",
        ),
        Step(
            Channel.objects.exists(),
            "Connect an account",
            "Where her posts appear; what is posted by hand needs no sign-in.",
            "models",
            "Connect an account",
        ),
        Step(
            MediaItem.objects.present().exists(),
            "Upload media",
            "Pictures and clips, as many as you like at once.",
            "library",
            "Upload media",
        ),
    ]


# What it shows is of this minute, also after going back to it.
@method_decorator(never_cache, "dispatch")
class TodayPage(Page):
    """What a person sees first."""

    template_name = "scheduling/today.html"
    permission_required = "scheduling.view_post"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add everything, in a number of queries that does not grow with rows."""
        person = cast(User, self.request.user)
        now, zone = timezone.now(), person.timezone
        to_begin, waiting = steps(), needs(now)
        without = gaps(now)
        return super().get_context_data(
            greeting=greeting(now, zone),
            first_name=person.first_name or person.get_username(),
            now=now,
            needs=waiting,
            gaps=without[:MOST_GAPS],
            gap_count=len(without),
            next_posts=next_posts(now, zone),
            yesterday=yesterday(now, zone),
            steps=to_begin,
            begun=to_begin[0].done,
            next_step=next((step for step in to_begin if not step.done), None),
            may_plan=person.has_perm("scheduling.add_post"),
            **kwargs,
        )
