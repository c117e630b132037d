"""Notices: what somebody has to be told, who is told it, and by what means."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from promura_site.ids import new_id
from scheduling.models.channels import Channel


class Happening(models.Model):
    """Something that befell a publication and is not part of a notice yet.

    Written in the transaction of the deed: one row, so that telling people never
    makes publishers wait for each other.
    """

    kind = models.CharField(max_length=10)
    # No foreign key: nothing may depend on this row.
    publication_id = models.UUIDField()
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.publication_id} {self.kind}"


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Reads of notices."""

    def open(self) -> "NoticeQuerySet":
        """Keep what still goes on."""
        return self.filter(resolved_at=None)


class Notice(models.Model):
    """All that happened of one cause: more of the same only raises the count."""

    class Kind(models.TextChoices):
        SILENT = "silent"
        SIGN_IN = "sign_in"
        FAILED = "failed"
        UNKNOWN = "unknown"
        MISSED = "missed"
        HANDOVER = "handover"
        BURST = "burst"
        PANIC = "panic"
        SERIES = "series"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    # The kind, with the channel or the model where it is about one.
    key = models.CharField(max_length=60)
    channel = models.ForeignKey(
        Channel, null=True, on_delete=models.CASCADE, related_name="+"
    )
    # What it is about, in words: an account, a model, everyone.
    subject = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=300)
    text = models.CharField(max_length=600, blank=True)
    count = models.PositiveIntegerField(default=1)
    # The cause that all of it has in common; empty if there are several.
    code = models.CharField(max_length=60, blank=True)
    link = models.CharField(max_length=300, blank=True)
    urgent = models.BooleanField(default=False)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    # The latest time of what it counts, where each has one: later ones are news.
    covers_until = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-last_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(resolved_at__isnull=True),
                name="notice_open_once_a_cause",
            )
        ]
        indexes = [
            models.Index(fields=["-last_at", "-id"], name="notice_latest"),
            models.Index(fields=["key", "-last_at"], name="notice_of_cause"),
        ]

    def __str__(self) -> str:
        return self.title


class NoticeReceipt(models.Model):
    """A notice in somebody's list; what came after `read_at` makes it new again."""

    notice = models.ForeignKey(
        Notice, on_delete=models.CASCADE, related_name="receipts"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices"
    )
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "notice"], name="receipt_once_a_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} for {self.user_id}"

    @staticmethod
    def unread() -> Q:
        """Return the condition for receipts of which something is unread."""
        return Q(read_at=None) | Q(read_at__lt=F("notice__last_at"))


class NoticeDelivery(models.Model):
    """Telling one person of one notice by mail or Telegram, first and again.

    `due_at` is None while there is nothing to say. Who sends takes a lease; what is
    sent together shares a `batch`, which is kept until it is out: after a crash the
    same goes out again under the same name, and a mail server can tell.
    """

    class Medium(models.TextChoices):
        MAIL = "mail"
        TELEGRAM = "telegram"

    class Told(models.TextChoices):
        NOTHING = ""
        PROBLEM = "problem"
        CLEAR = "clear"

    notice = models.ForeignKey(
        Notice, on_delete=models.CASCADE, related_name="deliveries"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    medium = models.CharField(max_length=8, choices=Medium.choices)
    due_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    batch = models.UUIDField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True)
    told = models.CharField(max_length=7, choices=Told.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "user", "medium"], name="delivery_once_a_medium"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(due_at__isnull=False),
                name="delivery_due",
            ),
            models.Index(fields=["user", "medium"], name="delivery_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} to {self.user_id} by {self.medium}"


class NoticePreference(models.Model):
    """How somebody wants to be told; without a row the defaults hold."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="notice_preference",
        primary_key=True,
    )
    mail = models.BooleanField(default=True)
    telegram = models.BooleanField(default=False)
    telegram_chat_id = models.CharField(max_length=64, blank=True)
    # In the person's own zone; both or none, and over midnight when from is later.
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    # Kinds that are not wanted; None: as is usual for the person's level.
    muted = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_have_two_ends",
            )
        ]

    def __str__(self) -> str:
        return str(self.user_id)


class OnCall(models.Model):
    """Somebody who is told what is urgent at any hour."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="on_call",
        primary_key=True,
    )
    since = models.DateTimeField()

    class Meta:
        ordering = ["since"]
        verbose_name = "person on call"
        verbose_name_plural = "people on call"

    def __str__(self) -> str:
        return str(self.user)
