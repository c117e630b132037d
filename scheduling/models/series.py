"""Series: a template that comes again, and what it is made of."""

from typing import Self

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import Q

from library.models import Creator, MediaItem, Tag
from promura_site.ids import new_id
from promura_site.models import DemoQuerySet
from scheduling.models.channels import Channel
from scheduling.models.moments import WALL_LENGTH, validate_clocks
from templates_app.models import PostTemplate


class SeriesQuerySet(DemoQuerySet):
    """Reads of series."""

    def running(self) -> Self:
        """Keep what nobody has ended and whose rule has not run out."""
        return self.filter(ended_at=None, exhausted=False)


class Series(models.Model):
    """A post that comes again by a rule, made of a template as it was then.

    Each occurrence is a post of its own. Wall-clock times are texts such as
    2026-11-02T09:00, in `timezone`: a zone, or the word for each model's own.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    template = models.ForeignKey(
        PostTemplate,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="series",
    )
    name = models.CharField(max_length=200)
    content = models.TextField(max_length=20_000, blank=True)
    # Values of the template's own variables: {name: {model's id: value}}.
    variables = models.JSONField(default=dict)
    tags = models.ManyToManyField(Tag, blank=True, related_name="series")
    # All channels of the models that are active when a post is made, or these alone.
    has_all_channels = models.BooleanField(default=True, editable=False)
    channels = models.ManyToManyField(Channel, blank=True, related_name="+")
    # As it was asked for: a word or a rule of RFC 5545.
    pattern = models.CharField(max_length=500)
    # The rule that is followed, with its exceptions, one property a line.
    rule = models.TextField(max_length=2_000)
    start = models.CharField(
        max_length=WALL_LENGTH, validators=[MinLengthValidator(WALL_LENGTH)]
    )
    timezone = models.CharField(max_length=64, validators=[validate_clocks])
    # Hours of the day such as 09:00 in place of the start's.
    times = models.JSONField(default=list)
    # Each model's best hour of the day instead.
    best_hour = models.BooleanField(default=False)
    # Neither of them: it goes on until somebody ends it.
    until = models.CharField(max_length=WALL_LENGTH, blank=True)
    count = models.PositiveIntegerField(null=True, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="series",
        editable=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # Every occurrence before this wall-clock time has its row.
    made_until = models.CharField(max_length=WALL_LENGTH, blank=True, editable=False)
    # No further occurrence will come.
    exhausted = models.BooleanField(default=False, editable=False)
    # Why no further posts can be made of it, in a sentence.
    problem = models.CharField(max_length=500, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    # An admin let media out that is not cleared, for all posts of it; see Post.
    cleared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    cleared_at = models.DateTimeField(null=True, editable=False)
    cleared_because = models.CharField(max_length=300, blank=True, editable=False)
    cleared_for = models.JSONField(default=list, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = SeriesQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "series"
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="series_latest"),
            models.Index(
                fields=["made_until"],
                condition=Q(ended_at=None, exhausted=False),
                name="series_running",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SeriesModel(models.Model):
    """A model of a series, in the order given."""

    series = models.ForeignKey(
        Series, on_delete=models.CASCADE, related_name="model_entries"
    )
    creator = models.ForeignKey(
        Creator, on_delete=models.PROTECT, related_name="series_entries"
    )
    position = models.PositiveSmallIntegerField()
    # The model's zone by which what is planned of the series has its hour.
    timezone = models.CharField(max_length=64, editable=False)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["series", "creator"], name="series_model_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.series_id} {self.creator_id}"


class SeriesMedia(models.Model):
    """A media item of a series, in its order."""

    series = models.ForeignKey(
        Series, on_delete=models.CASCADE, related_name="media_entries"
    )
    media = models.ForeignKey(
        MediaItem, on_delete=models.PROTECT, related_name="series_entries"
    )
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["series", "media"], name="series_media_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.series_id} {self.position}"
