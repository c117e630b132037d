"""Tables of the ground floor: people and what background work remembers."""

from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from promura_site.ids import new_id
from promura_site.zones import agency_zone, validate_zone


class DemoQuerySet(models.QuerySet):
    """Rows that the demo may have made."""

    def counting(self) -> Self:
        """Keep the rows that figures are made of.

        Demo rows count only while there is nothing else, so that a real agency's
        statistics never contain them.
        """
        own = self.filter(is_demo=False)
        return own if own.exists() else self


class UserManager(DjangoUserManager["User"]):
    """Django's manager; names are unique whatever their case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username__iexact=username)


class User(AbstractUser):
    """A person or a program that signs in."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    timezone = models.CharField(
        max_length=64, default=agency_zone, validators=[validate_zone]
    )
    language = models.CharField(max_length=16, default="en")
    token_epoch = models.PositiveIntegerField(default=0, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(Lower("username"), name="user_name_ignoring_case")
        ]

    def get_session_auth_hash(self) -> str:
        """Bind sessions to password and epoch: raising the epoch ends them all."""
        return salted_hmac(
            "promura_site.User.session",
            f"{self.password}:{self.token_epoch}",
            algorithm="sha256",
        ).hexdigest()


class Job(models.Model):
    """Long work that one request is too short for; its state survives a crash."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=60)
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.QUEUED, db_index=True
    )
    actor = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="jobs"
    )
    params = models.JSONField(default=dict)
    cursor = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.done}/{self.total} {self.state}"


class Periodic(models.Model):
    """When a piece of recurring work is due next; claimed by a conditional UPDATE."""

    name = models.CharField(max_length=80, primary_key=True)
    next_at = models.DateTimeField(db_index=True)
    lease_until = models.DateTimeField(null=True)
    last_started_at = models.DateTimeField(null=True)
    last_finished_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "periodic work"

    def __str__(self) -> str:
        return self.name


class Heartbeat(models.Model):
    """A sign of life of a long-running process."""

    name = models.CharField(max_length=120, primary_key=True)
    kind = models.CharField(max_length=30)
    started_at = models.DateTimeField()
    beaten_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["kind", "-beaten_at"], name="heartbeat_latest")]

    def __str__(self) -> str:
        return f"{self.name} {self.beaten_at:%H:%M:%S}"


class IdempotencyRecord(models.Model):
    """The answer once given under an Idempotency-Key; kept for 24 hours."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict
    )
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "key"], name="idempotency_key_once_a_person"
            )
        ]

    def __str__(self) -> str:
        return self.key
