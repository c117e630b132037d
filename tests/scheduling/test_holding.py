"""Posts hold their media until they are out."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from library import holds
from library.models import MediaItem
from scheduling.models import Publication
from tests.factories import MediaItemFactory
from tests.scheduling.planning import a_channel, a_post, a_publication, put

pytestmark = pytest.mark.django_db

P = Publication.State


def blocked() -> dict:
    return holds.blocking(MediaItem.objects.all())


@pytest.mark.parametrize("state", sorted(Publication.State.values))
def test_media_is_held_until_its_publication_is_over(state: str) -> None:
    item = MediaItemFactory()
    publication = a_publication(media_ids=[item.pk])
    put(publication, state=state)
    assert bool(blocked()) == (state in Publication.HOLDING_STATES)


def test_the_reason_says_when_it_is_needed() -> None:
    soon = (timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    item, drafted, free = MediaItemFactory.create_batch(3)
    a_post(a_channel(), media_ids=[item.pk], schedule_time=soon)
    a_post(a_channel(), media_ids=[drafted.pk], draft=True)
    held = blocked()
    assert held == {
        item.pk: f"A post planned for {soon:%Y-%m-%d %H:%M} UTC uses it.",
        drafted.pk: "A draft post uses it.",
    }
    assert free.pk not in held


def test_planned_posts_are_counted_once_each() -> None:
    item, other = MediaItemFactory.create_batch(2)
    a_post(a_channel(), a_channel(), media_ids=[item.pk])
    a_post(a_channel(), media_ids=[item.pk])
    assert dict(holds.planned_counts([item.pk, other.pk])) == {item.pk: 2}


def test_usage_shows_past_and_planned_posts() -> None:
    item = MediaItemFactory()
    past = a_publication(media_ids=[item.pk], content="Past")
    put(past, state=P.PUBLISHED)
    a_publication(media_ids=[item.pk], content="Planned")
    uses = {use.title: use.holds for use in holds.usage(item) if use.kind == "post"}
    assert uses == {"Past": False, "Planned": True}


def test_bulk_delete_refuses_what_a_post_needs(as_editor: APIClient) -> None:
    item, free = MediaItemFactory.create_batch(2)
    a_post(a_channel(), media_ids=[item.pk])
    response = as_editor.post(
        "/api/library/bulk-delete", {"media_ids": [str(item.pk), str(free.pk)]}
    )
    assert response.json()["deleted_count"] == 1
    assert response.json()["failed_ids"] == [str(item.pk)]
    assert "planned for" in response.json()["failures"][0]["reason"]
