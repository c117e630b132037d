"""Tables of scheduling: channels, posts, publications and slot statistics."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower, Now

from library.models import Creator, MediaItem, Rating, Tag
from promura_site.ids import new_id
from promura_site.models import DemoQuerySet
from promura_site.zones import validate_zone
from templates_app.models import PostTemplate


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
    # None while a draft has no time yet.
    publish_at = models.DateTimeField(null=True, blank=True)
    timezone = models.CharField(max_length=64, validators=[validate_zone])
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
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = PostQuerySet.as_manager()

    class Meta:
        ordering = ["-publish_at", "-id"]
        indexes = [
            models.Index(fields=["publish_at", "id"], name="post_by_time"),
            models.Index(fields=["state", "publish_at", "id"], name="post_by_state"),
            models.Index(fields=["-created_at", "-id"], name="post_latest"),
        ]

    def __str__(self) -> str:
        return self.content[:60] or str(self.id)


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
        ]

    def __str__(self) -> str:
        return f"{self.post_id} on {self.channel_id}: {self.state}"


class PublishAttempt(models.Model):
    """One try to send a publication; the row exists before the network call."""

    class Outcome(models.TextChoices):
        OPEN = "open"
        ACCEPTED = "accepted"
        REFUSED = "refused"
        DEFERRED = "deferred"
        UNKNOWN = "unknown"

    publication = models.ForeignKey(
        Publication, on_delete=models.CASCADE, related_name="attempts"
    )
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

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["publication", "fence"], name="attempt_once_a_fence"
            )
        ]

    def __str__(self) -> str:
        return f"{self.publication_id} #{self.number} {self.outcome}"


class SlotStatistic(models.Model):
    """Sufficient statistics of one creator's weekday-hour; see suggestions/slots.py.

    `n`, `s` and `q` are decayed to a fixed reference time, `posts` and `engagement`
    are plain sums over the same posts. `succeeded` and `failed` count publications,
    also those of which no engagement is known.
    """

    creator = models.ForeignKey(
        Creator, on_delete=models.CASCADE, related_name="slot_statistics"
    )
    slot = models.PositiveSmallIntegerField()
    n = models.FloatField(default=0)
    s = models.FloatField(default=0)
    q = models.FloatField(default=0)
    posts = models.PositiveIntegerField(default=0)
    engagement = models.FloatField(default=0)
    succeeded = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        ordering = ["creator", "slot"]
        constraints = [
            models.UniqueConstraint(fields=["creator", "slot"], name="slot_once"),
            models.CheckConstraint(
                condition=Q(slot__gte=0, slot__lte=167), name="slot_of_a_week"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.creator_id} {self.slot}"


class SlotEntry(models.Model):
    """How one publication stands in the statistics, to take it out again exactly.

    `y` and `baseline` are None while its engagement is unknown or too young.
    """

    publication = models.OneToOneField(
        Publication, on_delete=models.CASCADE, related_name="slot_entry"
    )
    creator = models.ForeignKey(Creator, on_delete=models.CASCADE, related_name="+")
    slot = models.PositiveSmallIntegerField()
    t = models.DateTimeField()
    succeeded = models.BooleanField(default=True)
    y = models.FloatField(null=True)
    baseline = models.FloatField(null=True)
    engagement = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(y=None, baseline=None)
                | Q(y__isnull=False, baseline__isnull=False, engagement__isnull=False),
                name="entry_terms_together",
            )
        ]
        indexes = [
            models.Index(fields=["creator", "slot"], name="entry_of_slot"),
            models.Index(
                fields=["t"],
                name="entry_waiting",
                condition=Q(y=None, engagement__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.publication_id} in {self.slot}"


class ChannelBaseline(models.Model):
    """The exponentially weighted mean of a channel's log engagement, as two sums."""

    channel = models.OneToOneField(
        Channel, on_delete=models.CASCADE, related_name="baseline"
    )
    total = models.FloatField(default=0)
    weight = models.FloatField(default=0)

    def __str__(self) -> str:
        return str(self.channel_id)
