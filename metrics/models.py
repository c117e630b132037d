"""Tables of the metrics: what was done, what went wrong, how requests fared."""

from django.conf import settings
from django.db import models

from promura_site.ids import new_id


class AuditEvent(models.Model):
    """One action of one person, written in the action's own transaction."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="audit_events",
    )
    # The name as it was then: it outlives the person's row.
    actor_name = models.CharField(max_length=150, blank=True)
    action = models.CharField(max_length=60)
    outcome = models.CharField(max_length=10, default="done")
    message = models.CharField(max_length=300)
    kind = models.CharField(max_length=30, blank=True)
    ids = models.JSONField(default=list)
    count = models.PositiveIntegerField(default=0)
    via = models.CharField(max_length=10)
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=12, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_latest"),
            models.Index(fields=["action", "-at"], name="audit_by_action"),
            models.Index(fields=["actor_name", "-at"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.message}"


class ErrorEvent(models.Model):
    """Errors of one type and place within one hour, counted."""

    type = models.CharField(max_length=80)
    where = models.CharField(max_length=80, blank=True)
    hour = models.DateTimeField()
    message = models.CharField(max_length=300)
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-last_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["type", "where", "hour"], name="error_once_an_hour"
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} × {self.count}"


class RequestCounts(models.Model):
    """How many answers, how long in all, and how many within each duration.

    The buckets' upper bounds in milliseconds are fixed for ever, so that percentiles
    can be read from any sum of rows.
    """

    count = models.PositiveBigIntegerField(default=0)
    total_ms = models.FloatField(default=0)
    le_5 = models.PositiveBigIntegerField(default=0)
    le_10 = models.PositiveBigIntegerField(default=0)
    le_25 = models.PositiveBigIntegerField(default=0)
    le_50 = models.PositiveBigIntegerField(default=0)
    le_100 = models.PositiveBigIntegerField(default=0)
    le_250 = models.PositiveBigIntegerField(default=0)
    le_500 = models.PositiveBigIntegerField(default=0)
    le_1000 = models.PositiveBigIntegerField(default=0)
    le_2500 = models.PositiveBigIntegerField(default=0)
    le_10000 = models.PositiveBigIntegerField(default=0)
    above = models.PositiveBigIntegerField(default=0)

    class Meta:
        abstract = True


class RequestMinute(RequestCounts):
    """Requests that one process answered in one minute, for one route and class.

    Rows older than a day are rolled up: one row an hour for all processes.
    """

    minute = models.DateTimeField()
    route = models.CharField(max_length=120)
    status_class = models.PositiveSmallIntegerField()
    process = models.CharField(max_length=60)

    class Meta:
        ordering = ["-minute"]
        constraints = [
            models.UniqueConstraint(
                fields=["minute", "route", "status_class", "process"],
                name="request_minute_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.minute:%H:%M} {self.route} {self.status_class}xx"


class RequestTotal(RequestCounts):
    """All requests of one route and class since the installation began."""

    route = models.CharField(max_length=120)
    status_class = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["route", "status_class"]
        constraints = [
            models.UniqueConstraint(
                fields=["route", "status_class"], name="request_total_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.status_class}xx × {self.count}"


class Snapshot(models.Model):
    """The last computed figures and the lease of whoever computes the next."""

    name = models.CharField(max_length=40, primary_key=True)
    body = models.JSONField(default=dict)
    computed_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
