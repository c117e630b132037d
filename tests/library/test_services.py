"""Creators and tags."""

import pytest
from django.utils import timezone

from library import services
from library.models import Creator, MediaItem, Tag
from promura_site.errors import DomainError
from promura_site.events import Event
from promura_site.models import User
from tests.factories import CreatorFactory, MediaItemFactory

pytestmark = pytest.mark.django_db


def test_a_creator_is_added_changed_and_let_go(
    admin: User, happened: list[Event]
) -> None:
    creator = services.create_creator(
        actor=admin, slug="mia", name=" Mia ", timezone="Asia/Kathmandu", language="de"
    )
    assert (creator.name, creator.timezone, creator.is_active) == (
        "Mia",
        "Asia/Kathmandu",
        True,
    )
    services.update_creator(creator, actor=admin, name="Mia K.")
    services.update_creator(creator, actor=admin, name="Mia K.")
    services.set_creator_active(creator, False, actor=admin)
    services.set_creator_active(creator, False, actor=admin)
    creator.refresh_from_db()
    assert (creator.name, creator.is_active) == ("Mia K.", False)
    assert [event.action for event in happened] == [
        "creator.added",
        "creator.changed",
        "creator.deactivated",
    ]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"slug": "Not A Slug", "name": "x"}, "id"),
        ({"slug": "", "name": "x"}, "id"),
        ({"slug": "x" * 61, "name": "x"}, "id"),
        ({"slug": "all", "name": "x"}, "id"),
        ({"slug": "import", "name": "x"}, "id"),
        ({"slug": "fine", "name": " "}, "name"),
        ({"slug": "fine", "name": "x", "timezone": "Mars/Base"}, "timezone"),
        ({"slug": "fine", "name": "x", "language": "x" * 17}, "language"),
    ],
)
def test_a_creator_that_cannot_be_names_the_field(
    fields: dict[str, str], field: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        services.create_creator(actor=None, **fields)
    assert refusal.value.status == 400
    assert list(refusal.value.errors) == [field]
    assert not Creator.objects.exists()


def test_a_slug_is_taken_once() -> None:
    CreatorFactory(slug="mia")
    with pytest.raises(DomainError) as refusal:
        services.create_creator(actor=None, slug="mia", name="Another")
    assert (refusal.value.status, refusal.value.code) == (409, "slug_taken")


def test_creators_come_in_the_order_asked_for() -> None:
    first, second = CreatorFactory(slug="b"), CreatorFactory(slug="a")
    assert services.creators_by_slug(["b", "a", "b"]) == [first, second]


def test_every_unknown_creator_is_named() -> None:
    CreatorFactory(slug="gone", is_active=False)
    with pytest.raises(DomainError) as refusal:
        services.creators_by_slug(["x", "gone", "y"], active_only=True)
    assert refusal.value.errors == {"models": ["There is no model “x”, “gone”, “y”."]}


def test_tags_come_back_in_order_and_are_made_once() -> None:
    first = services.get_tags(["Sea", "beach"])
    second = services.get_tags(["BEACH", "sea", "new"])
    assert [tag.name for tag in second] == ["beach", "Sea", "new"]
    assert {*first} < {*second}
    assert Tag.objects.count() == 3


def test_uses_of_many_are_counted_at_once(django_assert_num_queries: object) -> None:
    items, now = MediaItemFactory.create_batch(3), timezone.now()
    with django_assert_num_queries(1):  # type: ignore[operator]
        services.count_uses([item.pk for item in items], now=now)
    assert {(one.used_count, one.last_used) for one in MediaItem.objects.all()} == {
        (1, now)
    }
