"""The queue page: what needs a person, what is coming, and what went out."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from library.models import Creator
from promura_site.api.responses import success
from promura_site.api.views import ApiView
from promura_site.models import User
from promura_site.pages import Page
from scheduling import queue
from scheduling.cause_shapes import shown_causes
from scheduling.causes import causes, idle_stops
from scheduling.engagement import COUNTS
from scheduling.models import Channel, Post, Series
from scheduling.platform_names import platform_name
from scheduling.publishing.connectors import registry
from scheduling.shapes import posts_to_show, shown_posts
from scheduling.standing import bars


class PlaceField(serializers.Field):
    """Where a page ended."""

    def to_internal_value(self, data: Any) -> queue.Place:
        try:
            return queue.Place.read(data)
        except (ValueError, OverflowError):
            raise serializers.ValidationError(
                "This place belongs to no queue."
            ) from None


class WantedSerializer(serializers.Serializer):
    """What the page asks for: the usual groups, or a page of one."""

    model = serializers.CharField(default="", allow_blank=True, max_length=60)
    platform = serializers.CharField(default="", allow_blank=True, max_length=30)
    search = serializers.CharField(default="", allow_blank=True, max_length=200)
    group = serializers.ChoiceField(
        [*queue.GROUPS, *queue.FURTHER_GROUPS], default="", allow_blank=True
    )
    series = serializers.UUIDField(default=None, allow_null=True)
    cause = serializers.CharField(default="", allow_blank=True, max_length=140)
    after = PlaceField(default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["cause"]:
            attrs["group"] = queue.HELD
        if attrs["after"] and not attrs["group"]:
            raise serializers.ValidationError({"after": ["Name the group, too."]})
        return attrs


@method_decorator(never_cache, "dispatch")
class QueuePage(Page):
    """The queue; its rows are painted from the data in the page, then kept fresh."""

    template_name = "scheduling/queue.html"
    permission_required = "scheduling.view_post"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the first rows, the filters' choices, and what the person may do."""
        person = cast(User, self.request.user)
        platforms = Channel.objects.order_by("platform").values_list(
            "platform", flat=True
        )
        can = {
            "change": person.has_perm("scheduling.change_post"),
            "plan": person.has_perm("scheduling.add_post"),
            "retry": person.has_perm("scheduling.retry_publication"),
            "settle": person.has_perm("scheduling.settle_publication"),
            "count": person.has_perm("scheduling.change_publication"),
            "sign_in": person.has_perm("scheduling.change_channel"),
            "stop": person.has_perm("scheduling.add_panicstop"),
            "resume": person.has_perm("scheduling.delete_panicstop"),
        }
        return super().get_context_data(
            can=can,
            counts=COUNTS,
            creators=Creator.objects.order_by("-is_active", "name"),
            platforms=[(one, platform_name(one)) for one in platforms.distinct()],
            series=self._series(),
            page_data={
                "can": can,
                "rows": self._rows(),
                "replays": [
                    name for name, one in registry.connectors().items() if one.replays
                ],
                "address": reverse("queue-rows"),
            },
            **kwargs,
        )

    def _series(self) -> Series | None:
        """Return the series that the address narrows the queue to, if there is one."""
        asked = WantedSerializer(data=self.request.GET.dict())
        key = asked.validated_data["series"] if asked.is_valid() else None
        return Series.objects.filter(pk=key).first() if key else None

    def _rows(self) -> dict[str, Any] | None:
        """Return the rows for the address's own filters; None: the script asks."""
        asked = WantedSerializer(data=self.request.GET.dict())
        if not asked.is_valid():
            return None
        return page_of(asked.validated_data, timezone.now())


@method_decorator(never_cache, "dispatch")
class QueueRows(ApiView):
    """What the page refreshes itself with. A program asks /api/posts instead."""

    permission_map = {"get": "scheduling.view_post"}
    schema = None

    def get(self, request: Request) -> Response:
        """Answer the rows of the usual groups, or the next page of one."""
        asked = WantedSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        answer = page_of(asked.validated_data, timezone.now())
        return success(**answer, bars=bars(self.actor, timezone.now()))


def page_of(asked: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Return the rows that were asked for, and what holds posts up."""
    known = [*causes(now)]
    known += idle_stops(known)
    found = next((one for one in known if one.key == asked["cause"]), None)
    held = found.held_up(now) if found else Q(pk__in=())
    return {**rows_of(asked, now, held), "causes": shown_causes(known)}


def rows_of(asked: dict[str, Any], now: datetime, held: Q) -> dict[str, Any]:
    """Return groups of places and, once each, the posts and models they name."""
    names = [asked["group"]] if asked["group"] else queue.GROUPS
    wanted = queue.Wanted(
        asked["model"], asked["platform"], asked["search"], held, asked["series"]
    )
    groups = {name: queue.group(name, now, wanted, asked["after"]) for name in names}
    ids = {place.post for one in groups.values() for place in one.places}
    posts = list(posts_to_show().filter(pk__in=ids))
    lines = _lines(wanted, ids) if queue.HELD in groups else {}
    return {
        "groups": {name: _shown_group(one, lines) for name, one in groups.items()},
        "posts": {post["id"]: post for post in shown_posts(posts, now)},
        "models": _models_of(posts),
        "now": now,
    }


def _lines(wanted: queue.Wanted, posts: Iterable[UUID]) -> dict[UUID, list[str]]:
    """Return which publications of the posts are meant, where the state says not."""
    rows = wanted.publications(wanted.held).filter(post__in=posts)
    found: dict[UUID, list[str]] = {}
    for post, publication in rows.values_list("post_id", "pk"):
        found.setdefault(post, []).append(str(publication))
    return found


def _shown_group(group: queue.Group, lines: dict[UUID, list[str]]) -> dict[str, Any]:
    return {
        "rows": [
            {"id": str(one.post), "place": str(one), "lines": lines.get(one.post)}
            for one in group.places
        ],
        "next": str(group.next) if group.next else None,
        "count": group.count,
    }


def _models_of(posts: Iterable[Post]) -> dict[str, dict[str, Any]]:
    creators = {
        publication.channel.creator
        for post in posts
        for publication in post.publications.all()
    }
    return {
        creator.slug: {
            "name": creator.name,
            "timezone": creator.timezone,
            "avatar_url": reverse("model-avatar", args=[creator.slug])
            if creator.avatar
            else None,
        }
        for creator in creators
    }
