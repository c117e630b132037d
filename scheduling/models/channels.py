"""Channels: accounts of models, and how they are reached."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from library.models import Creator, Rating
from promura_site.ids import new_id


class ChannelQuerySet(models.QuerySet["Channel"]):
    """Reads of channels."""

    def usable(self) -> "ChannelQuerySet":
        """Keep active channels of active models."""
        return self.filter(is_active=True, creator__is_active=True)


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
    # Ciphertext; scheduling/credentials.py reads and writes it.
    credentials = models.TextField(blank=True, editable=False)
    health = models.CharField(
        max_length=15, choices=Health.choices, default=Health.UNKNOWN, editable=False
    )
    health_detail = models.CharField(max_length=300, blank=True, editable=False)
    verified_at = models.DateTimeField(null=True, editable=False)
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
            )
        ]

    def __str__(self) -> str:
        return f"{self.handle} on {self.platform}"
