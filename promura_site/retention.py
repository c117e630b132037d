"""How long the ground floor keeps what it no longer needs."""

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from promura_site import periodic
from promura_site.models import Heartbeat, IdempotencyRecord, Job

KEEP_IDEMPOTENCY = timedelta(hours=24)
KEEP_JOBS = timedelta(days=30)
KEEP_HEARTBEATS = timedelta(days=2)


def prune(now: datetime) -> None:
    """Delete expired sessions, tokens, answers under a key, jobs and heartbeats."""
    Session.objects.filter(expire_date__lt=now).delete()
    OutstandingToken.objects.filter(expires_at__lt=now).delete()
    IdempotencyRecord.objects.filter(created_at__lt=now - KEEP_IDEMPOTENCY).delete()
    Job.objects.filter(finished_at__lt=now - KEEP_JOBS).delete()
    Heartbeat.objects.filter(beaten_at__lt=now - KEEP_HEARTBEATS).delete()


def register_pruning() -> None:
    """Let the publisher loop prune once an hour."""
    periodic.register("ground.prune", every=timedelta(hours=1), run=prune)
