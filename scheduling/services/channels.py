"""What a person can do about channels."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from library.models import Creator
from promura_site import events
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling import credentials
from scheduling.models import Channel
from scheduling.publishing import channel_health
from scheduling.publishing.connectors import registry
from scheduling.publishing.connectors.base import CredentialsInvalid
from scheduling.services.identity import refuse_other_sign_in

CHANGEABLE = frozenset(
    {"language", "max_rating", "posts_per_week", "is_active", "handle"}
)


def add_channel(
    *,
    actor: User,
    creator: Creator,
    platform: str,
    handle: str,
    connector: str = "",
    sign_in: object = None,
    **fields: Any,
) -> Channel:
    """Connect an account to a model; `sign_in` are its credentials in the clear.

    Raise DomainError 400 for an unknown platform or connector and for credentials
    that cannot work, 409 for an account that is connected already.
    """
    signed = first_sign_in(platform, connector, sign_in)
    return add_signed(
        signed, actor=actor, creator=creator, platform=platform, handle=handle, **fields
    )


def first_sign_in(
    platform: str, connector: str, sign_in: object, *, later: bool = False
) -> dict[str, Any]:
    """Return a new channel's connector, and its sign-in as it is to be stored.

    With `later` an account that needs credentials may come without, and waits for
    them. Servers' names are looked up, so call it outside of a transaction. Raise
    DomainError 400 as add_channel does.
    """
    default = _default_connector(platform)
    connector = connector or default
    if later and sign_in is None and _needs_credentials(connector):
        return {
            "connector": connector,
            "health": Channel.Health.NEEDS_SIGN_IN,
            "health_detail": "It has not been signed in yet.",
        }
    secret = _checked_credentials(connector, {} if sign_in is None else sign_in)
    return {"connector": connector, "credentials": credentials.encrypt(secret)}


def add_signed(
    signed: Mapping[str, Any],
    *,
    actor: User,
    creator: Creator,
    platform: str,
    handle: str,
    **fields: Any,
) -> Channel:
    """Connect an account with what first_sign_in has returned; see add_channel."""
    if not creator.is_active:
        raise _invalid("model", f"{creator.name} is not active.")
    channel = Channel(
        creator=creator, platform=platform, handle=handle, **fields, **signed
    )
    with transaction.atomic():
        _save_as_the_only_one(channel)
        events.emit(
            "channel.added",
            actor=actor,
            kind="channel",
            ids=[channel.pk],
            message=f"connected {channel} to {creator.name}",
        )
    return channel


def update_channel(
    channel: Channel, *, actor: User, sign_in: object = None, **changes: Any
) -> Channel:
    """Change a channel; with `sign_in` the same account is signed in again.

    An account that its platform has told is asked for once more: raise DomainError
    409 when the new sign-in reaches another one, or none. What lets more out, or an
    account in or out of use, is an admin's: raise DomainError 403.
    """
    unknown = changes.keys() - CHANGEABLE
    if unknown:
        raise TypeError(f"A channel's {sorted(unknown)} cannot be changed")
    _refuse_more(channel, changes, actor)
    if sign_in is not None:
        secret = _checked_credentials(channel.connector, sign_in)
        refuse_other_sign_in(channel, secret, actor=actor)
        changes |= {
            "credentials": credentials.encrypt(secret),
            "health": Channel.Health.UNKNOWN,
            "health_detail": "",
            "verified_at": None,
        }
    for name, value in changes.items():
        setattr(channel, name, value)
    with transaction.atomic():
        if sign_in is not None:
            channel_health.note_sign_in(channel)
        _save_as_the_only_one(channel, update_fields=list(changes))
        events.emit(
            "channel.signed_in" if sign_in is not None else "channel.changed",
            actor=actor,
            kind="channel",
            ids=[channel.pk],
            message=f"changed {channel}",
            data={"fields": sorted(changes)},
        )
    return channel


def _refuse_more(channel: Channel, changes: Mapping[str, Any], actor: User) -> None:
    """Raise DomainError 403 for a change that only who may add a channel may make."""
    if actor.has_perm("scheduling.add_channel"):
        return
    if changes.get("max_rating", channel.max_rating) > channel.max_rating:
        what = "let an account take more revealing media"
    elif changes.get("is_active", channel.is_active) != channel.is_active:
        what = "take an account out of use, or into use again"
    else:
        return
    raise DomainError("permission_denied", f"Only an admin may {what}.", status=403)


def deactivate_channel(channel: Channel, *, actor: User) -> Channel:
    """Take a channel out of use; what it has published stays readable."""
    return update_channel(channel, actor=actor, is_active=False)


def _save_as_the_only_one(channel: Channel, **kwargs: Any) -> None:
    """Save, unless another active channel is the same account."""
    if channel.is_active:
        _refuse_second(channel)
    try:
        with transaction.atomic():
            channel.save(**kwargs)
    except IntegrityError:
        # Somebody else was quicker; anything else is a fault of ours.
        _refuse_second(channel)
        raise


def _refuse_second(channel: Channel) -> None:
    same = Q(handle__iexact=channel.handle)
    if channel.account_id:
        same |= Q(account_id=channel.account_id)
    held = (
        Channel.objects.filter(same, platform=channel.platform, is_active=True)
        .exclude(pk=channel.pk)
        .select_related("creator")
        .first()
    )
    if held is not None:
        raise DomainError(
            "channel_taken",
            f"{held} is connected to {held.creator.name} already.",
            status=409,
            errors={"handle": ["This account is connected already."]},
            model=held.creator.slug,
        )


def _default_connector(platform: str) -> str:
    try:
        return registry.default_connector(platform)
    except registry.UnknownPlatform:
        known = ", ".join(sorted(registry.platforms()))
        raise _invalid("platform", f"Choose one of: {known}.") from None


def _checked_credentials(connector: str, given: object) -> dict[str, Any]:
    try:
        return registry.validate_credentials(connector, given)
    except registry.UnknownConnector:
        known = ", ".join(sorted(registry.connectors()))
        raise _invalid("connector", f"Choose one of: {known}.") from None
    except CredentialsInvalid as error:
        errors = {
            name if name == "credentials" else f"credentials.{name}": texts
            for name, texts in error.errors.items()
        }
        first = next(iter(errors.items()))
        message = f"{first[0]}: {first[1][0]}"
        raise DomainError("invalid", message, errors=errors) from None


def _needs_credentials(connector: str) -> bool:
    try:
        registry.validate_credentials(connector, {})
    except CredentialsInvalid:
        return True
    except registry.UnknownConnector:
        return False
    return False


def _invalid(field: str, sentence: str) -> DomainError:
    return DomainError("invalid", f"{field}: {sentence}", errors={field: [sentence]})
