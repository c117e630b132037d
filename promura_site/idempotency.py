"""Answer a repeated POST with the answer its first attempt was given."""

import hashlib
import json
from collections.abc import Callable
from typing import cast

from django.db import transaction
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from promura_site.errors import DomainError
from promura_site.models import IdempotencyRecord, User
from promura_site.retention import KEEP_IDEMPOTENCY

HEADER = "Idempotency-Key"
MAX_KEY = 200


def once(request: Request, work: Callable[[], Response]) -> Response:
    """Do `work` once for the request's Idempotency-Key; without a key, just do it.

    The record and the work share one transaction: either both exist or neither. A
    second request under the same key waits for the first at the unique constraint.
    Raise DomainError 409 when the key has been used with another body.
    """
    key = request.headers.get(HEADER, "").strip()
    if not key:
        return work()
    if len(key) > MAX_KEY or not key.isascii() or not key.isprintable():
        raise DomainError(
            "invalid_idempotency_key",
            f"{HEADER} takes up to {MAX_KEY} printable ASCII characters.",
        )
    wanted, user = _hash(request), cast(User, request.user)
    with transaction.atomic():
        mine = IdempotencyRecord.objects.filter(user=user, key=key)
        mine.filter(created_at__lt=timezone.now() - KEEP_IDEMPOTENCY).delete()
        record, created = mine.get_or_create(
            user=user, key=key, defaults={"request_hash": wanted}
        )
        if created:
            response = work()
            record.status = response.status_code
            record.body = json.loads(JSONRenderer().render(response.data))
            record.save(update_fields=["status", "body"])
            return response
    if record.request_hash != wanted:
        raise DomainError(
            "idempotency_key_reused",
            f"This {HEADER} was used for another request; take a new one.",
            status=409,
        )
    return Response(
        record.body, status=record.status, headers={"Idempotent-Replayed": "true"}
    )


def _hash(request: Request) -> str:
    body = json.dumps(request.data, sort_keys=True, default=str)
    return hashlib.sha256(
        f"{request.method} {request.path} {body}".encode()
    ).hexdigest()
