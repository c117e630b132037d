"""A repeated request under one Idempotency-Key."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from promura_site import idempotency
from promura_site.errors import DomainError
from promura_site.models import IdempotencyRecord, User
from promura_site.retention import KEEP_IDEMPOTENCY

pytestmark = pytest.mark.django_db


def _answers(user: User, *bodies: Any, key: str = "k") -> list[Any]:
    """Return the answer to each request; the work answers how often it was done."""
    done: list[Any] = []

    def work() -> Response:
        done.append(None)
        return Response({"times": len(done)}, status=201)

    answers = []
    for body in bodies:
        plain = APIRequestFactory().post(
            "/api/posts", body, format="json", headers={idempotency.HEADER: key}
        )
        request = Request(plain)
        request._full_data = body
        request.user = user
        answers.append(idempotency.once(request, work).data)
    return answers


def test_the_same_request_is_done_once(editor: User) -> None:
    assert _answers(editor, {"a": 1}, {"a": 1}) == [{"times": 1}] * 2


def test_another_request_under_the_key_is_a_409(editor: User) -> None:
    with pytest.raises(DomainError) as refusal:
        _answers(editor, {"a": 1}, {"a": 2})
    assert refusal.value.status == 409


def test_a_key_is_free_again_after_a_day(editor: User) -> None:
    _answers(editor, {"a": 1})
    IdempotencyRecord.objects.update(
        created_at=timezone.now() - KEEP_IDEMPOTENCY - timedelta(seconds=1)
    )
    assert _answers(editor, {"a": 2}, {"a": 2}) == [{"times": 1}] * 2
    assert IdempotencyRecord.objects.count() == 1
