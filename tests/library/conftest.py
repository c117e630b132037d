"""Fixtures of the library's tests."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from library import holds
from library.models import MediaItem
from promura_site import events
from promura_site.events import Event
from tests.media_files import jpeg_bytes


@pytest.fixture
def upload() -> Callable[..., Any]:
    """Upload real bytes; without any, a small JPEG that the seed tells apart."""

    def send(
        client: APIClient,
        *contents: bytes,
        seed: int = 1,
        names: tuple[str, ...] = (),
        **fields: Any,
    ) -> Any:
        given = contents or (jpeg_bytes(seed=seed),)
        names = names or tuple(f"picture-{n}.jpg" for n in range(len(given)))
        files = [
            SimpleUploadedFile(name, content)
            for name, content in zip(names, given, strict=True)
        ]
        return client.post(
            "/api/library/upload", {"file": files, **fields}, format="multipart"
        )

    return send


@pytest.fixture
def happened() -> Iterator[list[Event]]:
    """Collect the events that are sent."""
    seen: list[Event] = []

    def remember(event: Event, **kwargs: Any) -> None:
        seen.append(event)

    events.happened.connect(remember)
    yield seen
    events.happened.disconnect(remember)


@pytest.fixture
def hold() -> Iterator[Callable[..., None]]:
    """Let a test's own holder hold media, as planned posts do."""
    held: dict[UUID, str] = {}

    def blocking(media: Any) -> list[tuple[UUID, str]]:
        asked = set(media.values_list("pk", flat=True))
        return [(one, reason) for one, reason in held.items() if one in asked]

    def usage(media: MediaItem) -> list[holds.Use]:
        if media.pk not in held:
            return []
        return [holds.Use("post", media.pk, "Good morning", "scheduled", holds=True)]

    holds.register(
        "a test",
        blocking=blocking,
        usage=usage,
        planned_counts=lambda ids: {one: 1 for one in ids if one in held},
    )

    def hold(item: MediaItem, reason: str = "A planned post uses it.") -> None:
        held[item.pk] = reason

    yield hold
    holds._holders.pop("a test")
