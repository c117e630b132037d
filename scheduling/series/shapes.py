"""Shapes of the API of series: what is shown."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, Min, OuterRef, Prefetch, Q, QuerySet
from rest_framework import serializers

from promura_site.models import User
from promura_site.zones import to_utc
from scheduling.models import Post, Series, SeriesModel
from scheduling.models.moments import EACH_MODELS_OWN
from scheduling.series.planning import BEST
from scheduling.series.recipe import rule_of, text_of
from scheduling.series.recurrence import Rule
from scheduling.series.words import end_in_words, in_words
from scheduling.services.texts import Going
from scheduling.services.timing import utc_text

RUNNING, FINISHED, ENDED, HELD_UP = "running", "finished", "ended", "held_up"
# Of an occurrence on very many channels, the first ones show how it reads.
MOST_CHANNELS = 20
_S = Post.State
_COMING = (_S.SCHEDULED, _S.PUBLISHING)
COUNTED = ("total", "planned", "published", "missed", "failed", "cancelled")


class PostsOfSeriesSerializer(serializers.Serializer):
    """The posts of a series: all there are, and how they stand."""

    total = serializers.IntegerField()
    planned = serializers.IntegerField(help_text="Still to come.")
    published = serializers.IntegerField()
    missed = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="Failed, in part, or in doubt.")
    cancelled = serializers.IntegerField()


class SeriesSerializer(serializers.Serializer):
    """A series, in words too, and what became of it so far."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    template = serializers.UUIDField(allow_null=True)
    content = serializers.CharField()
    variables = serializers.DictField()
    tags = serializers.ListField(child=serializers.CharField())
    media_ids = serializers.ListField(child=serializers.UUIDField())
    models = serializers.ListField(child=serializers.CharField())
    channels = serializers.ListField(
        child=serializers.UUIDField(),
        allow_null=True,
        help_text="Null: all that are active when a post is planned.",
    )
    pattern = serializers.CharField()
    rule = serializers.CharField(help_text="As it is followed; RFC 5545.")
    words = serializers.CharField()
    ends = serializers.CharField(help_text="How long it goes on, in words.")
    start = serializers.CharField(help_text="Wall-clock time in `timezone`.")
    timezone = serializers.CharField()
    times = serializers.JSONField(help_text="Hours, or the word best.")
    until = serializers.CharField(allow_null=True)
    count = serializers.IntegerField(allow_null=True)
    endless = serializers.BooleanField()
    status = serializers.ChoiceField([RUNNING, FINISHED, ENDED, HELD_UP])
    problem = serializers.CharField(allow_null=True)
    next_at = serializers.DateTimeField(allow_null=True)
    posts = PostsOfSeriesSerializer()
    author = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_by = serializers.CharField(allow_null=True)


class OnChannelSerializer(serializers.Serializer):
    """An occurrence as one channel gets it; `local` is told on the model's clocks."""

    channel = serializers.UUIDField()
    model = serializers.CharField()
    handle = serializers.CharField()
    platform = serializers.CharField()
    timezone = serializers.CharField()
    local = serializers.CharField()
    schedule_time = serializers.DateTimeField()
    text = serializers.CharField()


class OccurrenceSerializer(serializers.Serializer):
    """One occurrence; `more` counts channels that are not shown."""

    occurrence = serializers.CharField(help_text="Wall-clock time by the rule.")
    schedule_time = serializers.DateTimeField(help_text="On the first channel.")
    channels = OnChannelSerializer(many=True)
    more = serializers.IntegerField()


def series_to_show() -> QuerySet[Series]:
    """Return series with all that their shape needs, in a fixed number of queries."""
    names = User.objects.only("username")
    return Series.objects.prefetch_related(
        Prefetch("author", names),
        Prefetch("ended_by", names),
        Prefetch("model_entries", SeriesModel.objects.select_related("creator")),
        "media_entries",
        "channels",
        "tags",
    )


def shown_series(rows: Sequence[Series], now: datetime) -> list[dict[str, Any]]:
    """Return series as the API shows them."""
    figures = _figures([one.pk for one in rows], now)
    return [_shown(one, figures.get(one.pk, {})) for one in rows]


def shown_occurrences(
    planned: Mapping[datetime, Sequence[Going]],
) -> list[dict[str, Any]]:
    """Return occurrences as the API shows them."""
    return [
        {
            "occurrence": text_of(wall),
            "schedule_time": utc_text(min(one.at for one in going if one.at)),
            "channels": [_on_channel(one) for one in going[:MOST_CHANNELS]],
            "more": max(len(going) - MOST_CHANNELS, 0),
        }
        for wall, going in planned.items()
    ]


def has_posts_to_come() -> Exists:
    """Return the condition of series of which there are posts still to come."""
    return Exists(Post.objects.filter(series=OuterRef("pk"), state__in=_COMING))


def status_of(series: Series, *, has_posts_to_come: bool) -> str:
    """Return the one word for how a series stands.

    All posts of a short one are there at once: it is at its end once they are out.
    """
    if series.ended_at is not None:
        return ENDED
    if series.problem:
        return HELD_UP
    return FINISHED if series.exhausted and not has_posts_to_come else RUNNING


def _shown(series: Series, figures: Mapping[str, Any]) -> dict[str, Any]:
    rule = rule_of(series)
    return {
        "id": str(series.pk),
        "name": series.name,
        "template": series.template_id and str(series.template_id),
        "content": series.content,
        "variables": series.variables,
        "tags": [tag.name for tag in series.tags.all()],
        "media_ids": [str(one.media_id) for one in series.media_entries.all()],
        "models": [one.creator.slug for one in series.model_entries.all()],
        "channels": None
        if series.has_all_channels
        else [str(one.pk) for one in series.channels.all()],
        "pattern": series.pattern,
        "rule": series.rule,
        "words": in_words(series, rule),
        "ends": end_in_words(rule),
        "start": series.start,
        "timezone": series.timezone,
        "times": BEST if series.best_hour else series.times,
        "until": series.until or None,
        "count": series.count,
        "endless": not rule.ends,
        "status": status_of(series, has_posts_to_come=bool(figures.get("planned"))),
        "problem": series.problem or None,
        "next_at": _next(series, rule, figures.get("next_at")),
        "posts": {name: figures.get(name, 0) for name in COUNTED},
        "author": series.author and series.author.get_username(),
        "created_at": utc_text(series.created_at),
        "ended_at": series.ended_at and utc_text(series.ended_at),
        "ended_by": series.ended_by and series.ended_by.get_username(),
    }


def _next(series: Series, rule: Rule, planned: datetime | None) -> str | None:
    """Return when the next post is due, or will be: it may be too far off yet."""
    if planned is not None:
        return utc_text(planned)
    if series.ended_at or series.exhausted or not series.made_until:
        return None
    wall = next(rule.since(datetime.fromisoformat(series.made_until)), None)
    entries = list(series.model_entries.all())
    if wall is None or not entries:
        return None
    own = series.timezone == EACH_MODELS_OWN
    zone = entries[0].creator.timezone if own else series.timezone
    return utc_text(to_utc(wall, ZoneInfo(zone)))


def _figures(ids: Sequence[UUID], now: datetime) -> dict[UUID, dict[str, Any]]:
    """Count the posts of series and find each one's next, in one query."""
    troubled = (_S.FAILED, _S.PARTIAL, _S.UNKNOWN)
    rows = Post.objects.filter(series__in=ids).order_by().values("series_id")
    counted = rows.annotate(
        total=Count("pk"),
        planned=Count("pk", filter=Q(state__in=_COMING)),
        published=Count("pk", filter=Q(state=_S.COMPLETED)),
        missed=Count("pk", filter=Q(state=_S.MISSED)),
        failed=Count("pk", filter=Q(state__in=troubled)),
        cancelled=Count("pk", filter=Q(state=_S.CANCELLED)),
        next_at=Min("publish_at", filter=Q(state__in=_COMING, publish_at__gte=now)),
    )
    return {row["series_id"]: dict(row) for row in counted}


def _on_channel(going: Going) -> dict[str, Any]:
    channel, at = going.channel, going.at
    zone = channel.creator.timezone
    return {
        "channel": str(channel.pk),
        "model": channel.creator.slug,
        "handle": channel.handle,
        "platform": channel.platform,
        "timezone": zone,
        "local": at and text_of(at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)),
        "schedule_time": at and utc_text(at),
        "text": going.text,
    }
