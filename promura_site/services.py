"""What a person can do about people and sessions."""

from typing import cast

from django.contrib.auth.models import update_last_login
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import RefreshToken

from promura_site import events, levels
from promura_site.api.authentication import EPOCH_CLAIM, issue_tokens
from promura_site.errors import DomainError
from promura_site.models import User


@transaction.atomic
def add_member(
    username: str,
    *,
    level: str,
    password: str,
    full_name: str = "",
    actor: User | None = None,
    **fields: str,
) -> User:
    """Make a person or change one: password, level, and name where given."""
    user = User.objects.filter(username__iexact=username).first()
    created = user is None
    if user is None:
        user = User(username=username, **fields)
    first, _, last = full_name.partition(" ")
    if full_name:
        user.first_name, user.last_name = first, last
    user.set_password(password)
    user.is_active = True
    user.full_clean(exclude=["password"])
    user.save()
    levels.set_level(user, level, actor=actor)
    events.emit(
        "person.added" if created else "person.changed",
        actor=actor,
        kind="user",
        ids=[user.pk],
        message=f"{'added' if created else 'changed'} {user.username}",
    )
    return user


@transaction.atomic
def set_up_owner(
    username: str, *, full_name: str, password: str, timezone: str
) -> User:
    """Make the first person of an empty installation: a superuser."""
    if User.objects.exists():
        raise DomainError("already_set_up", "This installation has its owner.", 409)
    user = add_member(
        username,
        level=levels.ADMIN,
        password=password,
        full_name=full_name,
        timezone=timezone,
    )
    user.is_superuser = True
    user.save(update_fields=["is_superuser"])
    return user


def sign_out_everywhere(user: User) -> None:
    """End every session and token of a person by raising the epoch."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(token_epoch=F("token_epoch") + 1)
        events.emit(
            "person.signed_out_everywhere",
            actor=user,
            kind="user",
            ids=[user.pk],
            message="signed out everywhere",
        )


@transaction.atomic
def grant_tokens(user: User) -> dict[str, str]:
    """Issue a token pair to somebody whose credentials have been checked."""
    tokens = issue_tokens(user)
    update_last_login(User, user)
    events.emit(
        "person.signed_in",
        actor=user,
        kind="user",
        ids=[user.pk],
        message="signed in with a token",
    )
    return tokens


def rotate_tokens(refresh: str) -> dict[str, str]:
    """Exchange a refresh token for a new pair; the old one works no more."""
    with transaction.atomic():
        return issue_tokens(_spend(refresh))


def revoke_tokens(refresh: str) -> None:
    """Make a refresh token worthless."""
    with transaction.atomic():
        _spend(refresh)


def _spend(refresh: str) -> User:
    """Blacklist a refresh token and return its person; raise 401 if it is spent."""
    try:
        token = RefreshToken(refresh)  # type: ignore[arg-type]
        user = User.objects.get(pk=token["user_id"], is_active=True)
        # The stubs promise a row; the library returns get_or_create's pair.
        _, spent_now = cast(tuple[object, bool], token.blacklist())
    except (TokenError, User.DoesNotExist, KeyError, ValidationError):
        raise _worthless() from None
    if not spent_now or token.get(EPOCH_CLAIM) != user.token_epoch:
        raise _worthless()
    return user


def _worthless() -> DomainError:
    return DomainError(
        "token_not_valid", "This token is not valid any more; sign in again.", 401
    )
