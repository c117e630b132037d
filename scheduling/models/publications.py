"""Publications: a post on one channel, and every try to send it."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from promura_site.ids import new_id
from scheduling.models.channels import Channel
from scheduling.models.posts import Post


class PublicationQuerySet(models.QuerySet["Publication"]):
    """Reads of publications; every transition is in publishing/ledger.py."""

    def due(self, now: datetime | Now) -> "PublicationQuerySet":
        """Keep what should go out now."""
        return self.filter(
            state__in=(Publication.State.SCHEDULED, Publication.State.RETRY),
            next_attempt_at__lte=now,
        )

    def sendable(self) -> "PublicationQuerySet":
        """Keep those whose channel and model are active; the others wait."""
        return self.filter(
            Exists(Channel.objects.usable().filter(pk=OuterRef("channel_id")))
        )

    def counting(self) -> "PublicationQuerySet":
        """Keep what figures are made of: see DemoQuerySet.counting."""
        own = self.filter(post__is_demo=False)
        return own if own.exists() else self


class Publication(models.Model):
    """A post on one channel: the unit that is published exactly once."""

    class State(models.TextChoices):
        DRAFT = "draft"
        SCHEDULED = "scheduled"
        LEASED = "leased"
        SENDING = "sending"
        RETRY = "retry"
        READY = "ready"
        CLAIMED = "claimed"
        PUBLISHED = "published"
        FAILED = "failed"
        UNKNOWN = "unknown"
        MISSED = "missed"
        SKIPPED = "skipped"
        CANCELLED = "cancelled"

    # Nothing more happens to these by itself.
    FINAL_STATES = (
        State.PUBLISHED,
        State.FAILED,
        State.MISSED,
        State.SKIPPED,
        State.CANCELLED,
    )
    # Media of these must stay where it is.
    HOLDING_STATES = (
        State.DRAFT,
        State.SCHEDULED,
        State.LEASED,
        State.SENDING,
        State.RETRY,
        State.READY,
        State.CLAIMED,
        State.UNKNOWN,
    )

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    post = models.ForeignKey(
        Post, on_delete=models.CASCADE, related_name="publications"
    )
    channel = models.ForeignKey(
        Channel, on_delete=models.PROTECT, related_name="publications"
    )
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.DRAFT, editable=False
    )
    content = models.TextField(blank=True)
    # What is sent, frozen when the lease is taken; every re-send uses it.
    payload = models.JSONField(null=True, editable=False)
    publish_at = models.DateTimeField(null=True)
    late_after = models.DateTimeField(null=True, editable=False)
    next_attempt_at = models.DateTimeField(null=True, editable=False)
    attempts_made = models.PositiveSmallIntegerField(default=0, editable=False)
    first_attempt_at = models.DateTimeField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    fence = models.PositiveIntegerField(default=0, editable=False)
    # An attempt may have been accepted without our hearing of it. Until that is
    # settled, no later refusal can prove that nothing was published.
    in_doubt = models.BooleanField(default=False, editable=False)
    idempotency_key = models.CharField(max_length=80, editable=False)
    external_id = models.CharField(max_length=300, blank=True, editable=False)
    url = models.CharField(max_length=1000, blank=True)
    error_code = models.CharField(max_length=60, blank=True, editable=False)
    error = models.CharField(max_length=500, blank=True, editable=False)
    published_at = models.DateTimeField(null=True, editable=False)
    # Who hands it over by hand, and for how long nobody else may.
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    claimed_until = models.DateTimeField(null=True, editable=False)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    likes = models.PositiveIntegerField(null=True)
    comments = models.PositiveIntegerField(null=True)
    shares = models.PositiveIntegerField(null=True)
    views = models.PositiveIntegerField(null=True)
    clicks = models.PositiveIntegerField(null=True)
    # The weighted sum of the five; scheduling/engagement.py defines it.
    engagement = models.FloatField(null=True, editable=False)
    engagement_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        ordering = ["publish_at", "id"]
        permissions = [
            ("settle_publication", "Can settle an unknown publication"),
            ("retry_publication", "Can retry a failed publication"),
            ("hand_over_publication", "Can hand a publication over by hand"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["post", "channel"], name="publication_once_a_channel"
            ),
            models.UniqueConstraint(
                fields=["idempotency_key"], name="publication_key_once"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("scheduled", "retry"))
                | Q(next_attempt_at__isnull=False, late_after__isnull=False),
                name="publication_waits_for_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["state", "next_attempt_at", "id"], name="publication_due"
            ),
            models.Index(fields=["state", "lease_until"], name="publication_lease"),
            models.Index(fields=["state", "publish_at"], name="publication_state"),
            models.Index(
                fields=["channel", "-published_at"],
                name="publication_of_channel",
            ),
            models.Index(fields=["channel", "publish_at"], name="publication_plan"),
            # What one cause holds up on one channel.
            models.Index(
                fields=["state", "error_code", "channel"], name="publication_cause"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.content[:60] or self.id} ({self.state})"


class PublishAttempt(models.Model):
    """One try to send a publication; the row exists before the network call.

    Append-only: once it is finished nobody changes it, and nobody deletes it.
    """

    class Outcome(models.TextChoices):
        OPEN = "open"
        ACCEPTED = "accepted"
        REFUSED = "refused"
        DEFERRED = "deferred"
        UNKNOWN = "unknown"

    class Kind(models.TextChoices):
        SEND = "send"
        REPLAY = "replay"

    publication = models.ForeignKey(
        Publication, on_delete=models.CASCADE, related_name="attempts"
    )
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.SEND)
    number = models.PositiveSmallIntegerField()
    fence = models.PositiveIntegerField()
    publisher = models.CharField(max_length=120)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(
        max_length=10, choices=Outcome.choices, default=Outcome.OPEN
    )
    error_code = models.CharField(max_length=60, blank=True)
    error = models.CharField(max_length=500, blank=True)
    # What the other side answered, in short: status and first words.
    reply = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["publication", "fence"],
                condition=Q(kind="send"),
                name="attempt_once_a_fence",
            )
        ]

    def __str__(self) -> str:
        return f"{self.publication_id} #{self.number} {self.outcome}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store a new attempt, or how an open one ended."""
        finished = PublishAttempt.objects.filter(pk=self.pk, finished_at__isnull=False)
        if not self._state.adding and finished.exists():
            raise TypeError("A finished attempt stays as it is")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse: what was tried stays on record as long as its publication."""
        raise TypeError("An attempt is not deleted")


class Takedown(models.Model):
    """Taking a published publication off its platform: by its API, or by a person."""

    class State(models.TextChoices):
        WAITING = "waiting"
        BY_HAND = "by_hand"
        DONE = "done"
        FAILED = "failed"

    publication = models.OneToOneField(
        Publication, on_delete=models.CASCADE, related_name="takedown", primary_key=True
    )
    state = models.CharField(
        max_length=8, choices=State.choices, default=State.WAITING, editable=False
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_at = models.DateTimeField()
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    done_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "next_attempt_at"], name="takedown_due")
        ]

    def __str__(self) -> str:
        return f"{self.publication_id} {self.state}"


class EngagementReading(models.Model):
    """One look at how people react, so many hours after publishing."""

    publication = models.ForeignKey(
        Publication, on_delete=models.CASCADE, related_name="readings"
    )
    # Of the publication, so that one account's are read together.
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    hours = models.PositiveSmallIntegerField()
    # None once it has been made, or given up.
    due_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    read_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["publication", "hours"]
        constraints = [
            models.UniqueConstraint(
                fields=["publication", "hours"], name="reading_once_an_age"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at", "channel"],
                condition=Q(due_at__isnull=False),
                name="reading_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.publication_id} after {self.hours} h"
