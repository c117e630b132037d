"""Levels are groups with permissions, and one table says who may what."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client

from promura_site import levels
from promura_site.models import User

pytestmark = pytest.mark.django_db


def _permissions(level: str) -> set[str]:
    group = Group.objects.get(name=level)
    return {
        f"{p.content_type.app_label}.{p.codename}"
        for p in group.permissions.select_related("content_type")
    }


def test_each_level_holds_what_the_one_below_holds() -> None:
    view, edit, admin = map(_permissions, levels.LEVELS)
    assert view < edit < admin


def test_the_view_level_can_change_nothing() -> None:
    writes = ("add_", "change_", "delete_", "purge_")
    assert not {
        name for name in _permissions("view") if name.split(".")[1].startswith(writes)
    }


def test_syncing_again_repairs_a_group_and_keeps_foreign_permissions() -> None:
    group = Group.objects.get(name="view")
    before = _permissions("view")
    group.permissions.clear()
    call_command("migrate", verbosity=0)
    assert _permissions("view") == before


def test_admin_implies_staff_and_falling_back_takes_it_away(
    person: Callable[..., User],
) -> None:
    user = person("admin")
    assert user.is_staff
    levels.set_level(user, "edit")
    user.refresh_from_db()
    assert not user.is_staff
    assert levels.level_of(user) == "edit"


def test_a_superuser_is_admin_and_an_inactive_person_nothing(
    person: Callable[..., User],
) -> None:
    assert levels.level_of(person(None, is_superuser=True)) == "admin"
    assert levels.level_of(person("admin", is_active=False)) is None


def test_an_admin_cannot_make_a_superuser_in_the_admin(
    admin: User, viewer: User, browse: Callable[[User], Client]
) -> None:
    page = f"/admin/promura_site/user/{viewer.pk}/change/"
    client = browse(admin)
    assert client.get(page).status_code == 200
    client.post(
        page,
        {
            "username": "viewer",
            "timezone": "Europe/Berlin",
            "language": "en",
            "is_active": "on",
            "is_superuser": "on",
            "is_staff": "on",
        },
    )
    viewer.refresh_from_db()
    assert not viewer.is_superuser
    assert not viewer.is_staff


def test_an_admin_does_not_see_superusers_in_the_admin(
    admin: User, person: Callable[..., User], browse: Callable[[User], Client]
) -> None:
    owner = person("admin", is_superuser=True)
    page = browse(admin).get(f"/admin/promura_site/user/{owner.pk}/change/")
    assert page.status_code == 302
