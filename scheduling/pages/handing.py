"""The hand-over pages: what is to be posted by hand, and the one task at a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from rest_framework.request import Request
from rest_framework.response import Response

from library.models import Creator
from promura_site.api.responses import success
from promura_site.api.views import ApiView
from promura_site.models import User
from promura_site.pages import Page
from scheduling.models import (
    Channel,
    PanicStop,
    PostMedia,
    Publication,
    Takedown,
)
from scheduling.pages.compose import city_of
from scheduling.platform_names import platform_name
from scheduling.platforms import app_of, longest_text
from scheduling.publishing.connectors import registry
from scheduling.publishing.handing import LEAD

_P = Publication.State

# So far ahead the list looks, and so much of it is shown at once.
AHEAD = timedelta(hours=12)
MOST = 100
# Why it had to go down is said where it happens; a task is a line.
MOST_TAKEDOWNS = 50


def to_hand_over() -> QuerySet[Publication]:
    """Return what a person posts by hand, with all that is shown of it."""
    entries = PostMedia.objects.select_related("media").order_by("position")
    return (
        Publication.objects.filter(channel__connector__in=registry.by_hand())
        .select_related("channel__creator", "claimed_by")
        .defer("payload", "channel__credentials")
        .prefetch_related(Prefetch("post__media_entries", entries))
    )


def waiting(now: datetime) -> QuerySet[Publication]:
    """Return what is on offer or in somebody's hand, and what will be within hours."""
    offered = Q(state__in=(_P.READY, _P.CLAIMED))
    coming = Q(state=_P.SCHEDULED, next_attempt_at__lte=now + AHEAD)
    rows = to_hand_over().filter(offered | (coming & Q(late_after__gte=now)))
    rows = rows.filter(channel__in=Channel.objects.usable())
    return rows.order_by("next_attempt_at", "pk")


@dataclass(frozen=True)
class Stops:
    """For whom nothing may be posted at the moment."""

    everybody: bool
    creators: frozenset[UUID]

    @classmethod
    def now(cls) -> "Stops":
        """Return the stops as they are; one query."""
        rows = dict(PanicStop.objects.values_list("key", "creator_id"))
        everybody = rows.pop(PanicStop.EVERYONE, "") is None
        return cls(everybody, frozenset(one for one in rows.values() if one))

    def hold(self, creator: Creator) -> bool:
        """Tell whether a model's posts stay where they are."""
        return self.everybody or creator.pk in self.creators


def shown_hand_over(
    row: Publication, person: User, now: datetime, stops: Stops
) -> dict[str, Any]:
    """Return a hand-over as the pages' scripts read it."""
    held = row.state == _P.CLAIMED and row.claimed_until and row.claimed_until > now
    ready = row.state == _P.READY or (row.state == _P.CLAIMED and not held)
    due = row.next_attempt_at or row.publish_at
    soon = row.state == _P.SCHEDULED and due is not None and due <= now + LEAD
    media = [entry.media for entry in row.post.media_entries.all()]
    return {
        "id": str(row.pk),
        "address": reverse("hand-over-task", args=[row.pk]),
        "state": _P.READY if ready or soon else row.state,
        "stopped": stops.hold(row.channel.creator),
        "mine": row.claimed_by_id == person.pk,
        "claimed_by": _name(row.claimed_by) if not ready else "",
        "claimed_until": row.claimed_until,
        "due": due,
        "opens_at": due and due - LEAD,
        "late_after": row.late_after,
        "posted_at": row.published_at,
        "url": row.url,
        "error": row.error,
        "caption": row.content,
        "media": [
            {
                "thumbnail": reverse("media-thumbnail", args=[item.pk]),
                "type": item.kind,
                "alt": item.alt_text or item.name,
            }
            for item in media[:1]
        ],
        "media_count": len(media),
        **_account(row.channel),
    }


def shown_takedown(row: Takedown) -> dict[str, Any]:
    """Return a post to take down by hand as the pages' scripts read it."""
    publication = row.publication
    return {
        "id": str(publication.pk),
        "url": publication.url,
        "posted_at": publication.published_at,
        "requested_at": row.requested_at,
        "requested_by": _name(row.requested_by),
        "error": row.error,
        "caption": publication.content,
        **_account(publication.channel),
    }


def rows_of(person: User, now: datetime) -> dict[str, Any]:
    """Return all that the list shows, in a fixed number of queries."""
    stops = Stops.now()
    down = Takedown.objects.filter(state=Takedown.State.BY_HAND).select_related(
        "publication__channel__creator", "requested_by"
    )
    tasks = waiting(now)[:MOST]
    return {
        "tasks": [shown_hand_over(row, person, now, stops) for row in tasks],
        "takedowns": [
            shown_takedown(row)
            for row in down.order_by("requested_at")[:MOST_TAKEDOWNS]
        ],
        "now": now,
    }


@method_decorator(never_cache, "dispatch")
class HandOverPage(Page):
    """The list; painted from the data in the page, then kept fresh."""

    template_name = "scheduling/handover.html"
    permission_required = "scheduling.hand_over_publication"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the first rows and where the next ones are."""
        person = cast(User, self.request.user)
        rows = rows_of(person, timezone.now())
        page_data = {"rows": rows, "address": reverse("hand-over-rows")}
        return super().get_context_data(page_data=page_data, **kwargs)


@method_decorator(never_cache, "dispatch")
class HandOverRows(ApiView):
    """What the list refreshes itself with. A program asks /api/publications instead."""

    permission_map = {"get": "scheduling.hand_over_publication"}
    schema = None

    def get(self, request: Request) -> Response:
        """Answer the rows as they are now."""
        return success(**rows_of(self.actor, timezone.now()))


@method_decorator(never_cache, "dispatch")
class TaskPage(Page):
    """One post to hand over: its pictures, its caption, its app, its link."""

    template_name = "scheduling/handover_task.html"
    permission_required = "scheduling.hand_over_publication"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the post with its files, and what the person may do."""
        person, now = cast(User, self.request.user), timezone.now()
        row = get_object_or_404(to_hand_over(), pk=kwargs["pk"])
        media = [entry.media for entry in row.post.media_entries.all()]
        longest = longest_text(row.channel, with_media=bool(media))
        files = [
            {
                "address": reverse("handed-file", args=[row.pk, item.pk]),
                "type": item.kind,
            }
            for item in media
        ]
        page_data = {
            "task": shown_hand_over(row, person, now, Stops.now()),
            "now": now,
            "files": files,
            "person": person.get_username(),
            "mayTakeOver": person.has_perm("scheduling.change_publication"),
            "address": reverse("hand-over-row", args=[row.pk]),
            "list": reverse("hand-over-rows"),
        }
        return super().get_context_data(
            nav_current="hand-over",
            row=row,
            media=media,
            creator=row.channel.creator,
            city=city_of(row.channel.creator.timezone),
            platform=platform_name(row.channel.platform),
            app=app_of(row.channel.platform),
            initials=_initials(row.channel.creator.name),
            limit=f"{longest:,}" if longest else "",
            page_data=page_data,
            **kwargs,
        )


@method_decorator(never_cache, "dispatch")
class TaskRow(ApiView):
    """What a task's page refreshes itself with."""

    permission_map = {"get": "scheduling.hand_over_publication"}
    schema = None

    def get(self, request: Request, pk: UUID) -> Response:
        """Answer the task as it is now."""
        row = get_object_or_404(to_hand_over(), pk=pk)
        now = timezone.now()
        task = shown_hand_over(row, self.actor, now, Stops.now())
        return success(task=task, now=now)


def _account(channel: Channel) -> dict[str, Any]:
    creator = channel.creator
    face = reverse("model-avatar", args=[creator.slug]) if creator.avatar else None
    return {
        "model": {
            "name": creator.name,
            "avatar_url": face,
            "timezone": creator.timezone,
        },
        "platform": platform_name(channel.platform),
        "handle": channel.handle,
    }


def _initials(name: str) -> str:
    words = name.split()
    return "".join(word[0] for word in dict.fromkeys((words[0], words[-1]))).upper()


def _name(user: User | None) -> str:
    return user.get_username() if user else ""
