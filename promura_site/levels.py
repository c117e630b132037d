"""The three levels: Django groups view ⊂ edit ⊂ admin that carry permissions.

Each app says in `AppConfig.ready()` which of its permissions a level adds; the
groups follow after every migrate, so that the API, the pages and Django's admin ask
one and the same thing: `user.has_perm`.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.db import transaction

from promura_site import events

if TYPE_CHECKING:
    from promura_site.models import User

VIEW, EDIT, ADMIN = "view", "edit", "admin"
LEVELS = (VIEW, EDIT, ADMIN)

_grants: dict[str, dict[str, set[str]]] = defaultdict(
    lambda: {level: set() for level in LEVELS}
)


def grant(
    app_label: str,
    *,
    view: Iterable[str] = (),
    edit: Iterable[str] = (),
    admin: Iterable[str] = (),
) -> None:
    """Declare which permission codenames each level adds to the one below it."""
    granted = _grants[app_label]
    granted[VIEW].update(view)
    granted[EDIT].update(view, edit)
    granted[ADMIN].update(view, edit, admin)


def sync_after_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Bring the groups' permissions for one app in line with what it declared."""
    if sender.label not in _grants:
        return
    # Django makes them in a receiver of its own, which may come after this one.
    create_permissions(sender, using=using, verbosity=0)
    for level, codenames in _grants[sender.label].items():
        group, _ = Group.objects.using(using).get_or_create(name=level)
        wanted = Permission.objects.using(using).filter(
            content_type__app_label=sender.label, codename__in=codenames
        )
        held = group.permissions.filter(content_type__app_label=sender.label)
        stale = set(held) - set(wanted)
        if stale:
            group.permissions.remove(*stale)
        group.permissions.add(*wanted)


def level_of(user: "User | AnonymousUser") -> str | None:
    """Return the highest level of a person; superusers are admin."""
    if not user.is_authenticated or not user.is_active:
        return None
    if user.is_superuser:
        return ADMIN
    known: str | None = getattr(user, "_promura_level", "")
    if known == "":
        names = set(user.groups.values_list("name", flat=True))
        known = next((one for one in reversed(LEVELS) if one in names), None)
        user._promura_level = known  # type: ignore[attr-defined]
    return known


@transaction.atomic
def set_level(user: "User", level: str, *, actor: "User | None" = None) -> None:
    """Put a person on exactly one level; the admin level implies staff."""
    groups = Group.objects.filter(name__in=LEVELS)
    user.groups.remove(*groups)
    user.groups.add(Group.objects.get_or_create(name=level)[0])
    user.is_staff = level == ADMIN or user.is_superuser
    user.save(update_fields=["is_staff"])
    user.__dict__.pop("_promura_level", None)
    events.emit(
        "person.level_set",
        actor=actor,
        kind="user",
        ids=[user.pk],
        message=f"gave {user.username} the {level} level",
        data={"level": level},
    )
