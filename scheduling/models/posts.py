"""Posts: what shall appear, where and when."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce, Lower

from library.models import MediaItem, Tag
from promura_site.ids import new_id
from promura_site.models import DemoQuerySet
from scheduling.models.channels import Channel
from scheduling.models.moments import WALL_LENGTH, validate_clocks
from scheduling.models.series import Series
from templates_app.models import PostTemplate


class PostQuerySet(DemoQuerySet):
    """Reads of posts."""

    def pending(self) -> "PostQuerySet":
        """Keep posts of which something is still to be published."""
        return self.filter(state__in=Post.PENDING_STATES)


class Post(models.Model):
    """A plan: what shall appear on which channels, and when."""

    class State(models.TextChoices):
        DRAFT = "draft"
        SCHEDULED = "scheduled"
        PUBLISHING = "publishing"
        COMPLETED = "completed"
        PARTIAL = "partial"
        FAILED = "failed"
        UNKNOWN = "unknown"
        MISSED = "missed"
        CANCELLED = "cancelled"

    PENDING_STATES = (State.DRAFT, State.SCHEDULED, State.PUBLISHING)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    content = models.TextField(max_length=20_000, blank=True)
    tags = models.ManyToManyField(Tag, blank=True, related_name="posts")
    template = models.ForeignKey(
        PostTemplate,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="posts",
    )
    # Of a post made from a template with variables: the values of its own ones,
    # {name: {model's id: value}}. None: every text is sent as it is written.
    variables = models.JSONField(null=True, editable=False)
    series = models.ForeignKey(
        Series,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="posts",
        editable=False,
    )
    # Which one of the series: its wall-clock time by the rule, wherever it was moved.
    occurrence = models.CharField(max_length=WALL_LENGTH, blank=True, editable=False)
    # None while a draft has no time yet.
    publish_at = models.DateTimeField(null=True, blank=True)
    # An IANA zone, or the word for each model's own.
    timezone = models.CharField(max_length=64, validators=[validate_clocks])
    # Derived from the publications by one function, with this row locked.
    state = models.CharField(
        max_length=12, choices=State.choices, default=State.DRAFT, editable=False
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="posts",
        editable=False,
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    # The suggested times that were on offer when the post was planned, as UTC
    # strings, and whether one of them was taken.
    suggestions_offered = models.JSONField(default=list, editable=False)
    suggestion_taken = models.BooleanField(null=True, editable=False)
    # An admin let media out that is not cleared for this plan: who, when, why, and
    # what exactly (the keys of clearing.Bar).
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
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = PostQuerySet.as_manager()

    class Meta:
        ordering = ["-publish_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["series", "occurrence"],
                condition=Q(series__isnull=False),
                name="occurrence_once",
            )
        ]
        permissions = [("override_clearance", "Can let media out that is not cleared")]
        indexes = [
            models.Index(fields=["publish_at", "id"], name="post_by_time"),
            models.Index(fields=["state", "publish_at", "id"], name="post_by_state"),
            models.Index(fields=["-created_at", "-id"], name="post_latest"),
            models.Index(fields=["-updated_at", "-id"], name="post_touched"),
            models.Index(
                Coalesce("publish_at", "created_at").desc(), "id", name="post_planned"
            ),
        ]

    def __str__(self) -> str:
        return self.content[:60] or str(self.id)


class PostVariant(models.Model):
    """Another text of a post: for one channel, or for all of a language."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="variants")
    channel = models.ForeignKey(
        Channel, null=True, on_delete=models.CASCADE, related_name="+"
    )
    language = models.CharField(max_length=16, blank=True)
    content = models.TextField(max_length=20_000, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(channel__isnull=True, language__gt="")
                | Q(channel__isnull=False, language=""),
                name="variant_for_channel_or_language",
            ),
            models.UniqueConstraint(
                fields=["post", "channel"],
                condition=Q(channel__isnull=False),
                name="variant_once_a_channel",
            ),
            models.UniqueConstraint(
                "post",
                Lower("language"),
                condition=Q(channel__isnull=True),
                name="variant_once_a_language",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post_id} {self.language or self.channel_id}"


class PostMedia(models.Model):
    """A media item of a post, in its order."""

    post = models.ForeignKey(
        Post, on_delete=models.CASCADE, related_name="media_entries"
    )
    media = models.ForeignKey(
        MediaItem, on_delete=models.PROTECT, related_name="post_entries"
    )
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["post", "media"], name="post_media_once")
        ]

    def __str__(self) -> str:
        return f"{self.post_id} {self.position}"
