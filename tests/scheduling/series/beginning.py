"""Series for the tests: a template with models and channels, begun by the service."""

from datetime import UTC, datetime
from typing import Any

from library.models import Creator
from scheduling.models import Channel, Post, Series
from scheduling.series.services import begin_series
from templates_app.models import PostTemplate, TemplateModel
from tests.factories import (
    ChannelFactory,
    CreatorFactory,
    PostTemplateFactory,
    UserFactory,
)

# A Monday, in winter, at noon in Berlin.
NOW = datetime(2026, 1, 5, 11, tzinfo=UTC)


def a_model(zone: str = "Europe/Berlin", **fields: Any) -> Creator:
    """Make a model with one channel."""
    creator = CreatorFactory(timezone=zone, **fields)
    ChannelFactory(creator=creator)
    return creator


def a_template(*models: Creator, **fields: Any) -> PostTemplate:
    template = PostTemplateFactory(**{"schedule_pattern": "daily"} | fields)
    for position, model in enumerate(models):
        TemplateModel.objects.create(
            template=template, position=position, slug=model.slug
        )
    return template


def a_series(template: PostTemplate, **asked: Any) -> Series:
    """Begin a series, daily at nine from the day after NOW, unless told otherwise."""
    given = {"start": datetime(2026, 1, 6, 9), "timezone": "Europe/Berlin"} | asked
    if not given.keys() & {"until", "count"}:
        given.setdefault("endless", True)
    begun = begin_series(
        template.pk,
        actor=given.pop("actor", None) or UserFactory(),
        now=given.pop("now", NOW),
        most=10,
        **given,
    )
    series = begun.plan.series
    series.refresh_from_db()
    return series


def occurrences(series: Series) -> list[str]:
    rows = Post.objects.filter(series=series).order_by("occurrence")
    return list(rows.values_list("occurrence", flat=True))


def due(series: Series, channel: Channel | None = None) -> list[str]:
    """Return when posts of a series are due in UTC, in order."""
    rows = Post.objects.filter(series=series).order_by("publish_at")
    if channel is not None:
        at = "publications__publish_at"
        rows = rows.filter(publications__channel=channel).order_by(at)
        times = rows.values_list(at, flat=True)
    else:
        times = rows.values_list("publish_at", flat=True)
    return [f"{at:%Y-%m-%d %H:%M}" for at in times]
