"""Channels: accounts of models, and how they are reached."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower

from library.models import Creator, Rating
from promura_site.ids import new_id
from scheduling.platform_names import platform_name


class ChannelQuerySet(models.QuerySet["Channel"]):
    """Reads of channels."""

    def usable(self) -> "ChannelQuerySet":
        """Keep active channels of active models."""
        return self.filter(is_active=True, creator__is_active=True)

    def to_show(self) -> "ChannelQuerySet":
        """Fetch along what a channel is shown with."""
        face = ChannelFace.objects.filter(channel=OuterRef("pk"))
        return self.select_related("creator", "flow").annotate(has_face=Exists(face))


class Channel(models.Model):
    """An account of a model on a platform, and how it is reached."""

    class Health(models.TextChoices):
        UNKNOWN = "unknown"
        GOOD = "good"
        DEGRADED = "degraded"
        NEEDS_SIGN_IN = "needs_sign_in"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    creator = models.ForeignKey(
        Creator, on_delete=models.PROTECT, related_name="channels"
    )
    platform = models.CharField(max_length=30)
    connector = models.CharField(max_length=30)
    handle = models.CharField(max_length=120)
    language = models.CharField(max_length=16, default="en")
    max_rating = models.PositiveSmallIntegerField(
        choices=Rating.choices, default=Rating.EXPLICIT
    )
    # How many posts a week the agency wants there; none: no matter.
    posts_per_week = models.PositiveSmallIntegerField(null=True, blank=True)
    # Ciphertext; scheduling/credentials.py reads and writes it.
    credentials = models.TextField(blank=True, editable=False)
    health = models.CharField(
        max_length=15, choices=Health.choices, default=Health.UNKNOWN, editable=False
    )
    health_detail = models.CharField(max_length=300, blank=True, editable=False)
    verified_at = models.DateTimeField(null=True, editable=False)
    # Whose account answered when it was last verified.
    account_id = models.CharField(max_length=300, blank=True, editable=False)
    account_handle = models.CharField(max_length=300, blank=True, editable=False)
    account_name = models.CharField(max_length=300, blank=True, editable=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        ordering = ["creator__name", "platform", "handle"]
        constraints = [
            models.UniqueConstraint(
                "platform",
                Lower("handle"),
                condition=Q(is_active=True),
                name="channel_of_one_model",
                violation_error_message="This account is connected already.",
            ),
            models.UniqueConstraint(
                "platform",
                "account_id",
                condition=Q(is_active=True) & ~Q(account_id=""),
                name="account_of_one_model",
                violation_error_message="This account is connected already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.handle} on {platform_name(self.platform)}"


class ChannelFace(models.Model):
    """The picture of the account that answered, small enough for a row."""

    channel = models.OneToOneField(
        Channel, on_delete=models.CASCADE, related_name="face", primary_key=True
    )
    picture = models.BinaryField()
    content_type = models.CharField(max_length=30)

    def __str__(self) -> str:
        return str(self.channel_id)


class ChannelFlow(models.Model):
    """How fast a channel may publish just now; the row exists once it matters.

    `tokens` were left at `counted_at` of its bucket. Nothing is sent before
    `blocked_until`: the platform asked for a pause, or does not answer (`failures` in
    a row). A burst sets `stopped_at`, and only a person lifts it.
    """

    channel = models.OneToOneField(
        Channel, on_delete=models.CASCADE, related_name="flow", primary_key=True
    )
    tokens = models.FloatField(default=0)
    counted_at = models.DateTimeField(null=True)
    blocked_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    stopped_at = models.DateTimeField(null=True)
    # Posts before this moment do not count for the next burst.
    burst_from = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.channel_id)
