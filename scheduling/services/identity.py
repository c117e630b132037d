"""Whose account a channel's sign-in reaches: asked, shown, and held against others'."""

import io
import logging
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from library.files import FileRefused
from library.services import small_picture
from promura_site import events
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling import credentials
from scheduling.models import Channel, ChannelFace
from scheduling.publishing import channel_health
from scheduling.publishing.connectors import registry
from scheduling.publishing.connectors.base import NEEDS_SIGN_IN, Account, PublishError
from scheduling.publishing.delivery import connected
from scheduling.publishing.outbound import (
    NotSent,
    OutboundClient,
    ReplyLost,
    TargetRefused,
    TimeLimits,
)

logger = logging.getLogger(__name__)

_PICTURE_LIMITS = TimeLimits(total=10.0)
_MAX_PICTURE_BYTES = 3_000_000


def verify_channel(channel: Channel, *, actor: User) -> Account:
    """Ask the platform whose account this is and whether it can be used; keep both.

    Raise DomainError 409, with the reason, when it cannot be used, is connected to
    another model already, or is another account than the one this channel has been.
    """
    try:
        account = connected(channel).verify()
        _refuse_other_account(channel, account)
        _refuse_taken(channel, account)
    except PublishError as error:
        _note(channel, _health_after(error.code), error.message, actor=actor)
        raise DomainError(error.code, error.message, status=409) from error
    except DomainError as error:
        _note(channel, Channel.Health.NEEDS_SIGN_IN, error.message, actor=actor)
        raise
    channel.account_id = account.external_id[:300]
    channel.account_handle = account.handle[:300]
    channel.account_name = account.name[:300]
    picture = _fetched(account.avatar_url)
    try:
        _note(channel, Channel.Health.GOOD, "", actor=actor, picture=picture)
    except IntegrityError:
        # Somebody else has verified the same account at the same moment.
        _refuse_taken(channel, account)
        raise
    return account


def refuse_other_sign_in(
    channel: Channel, sign_in: Mapping[str, Any], *, actor: User
) -> None:
    """Raise DomainError 409 unless credentials reach the account that was verified.

    Where no platform has told whose it is, an admin may enter any; others only what
    names the same account as before: raise DomainError 403.
    """
    if not channel.account_id:
        known = _names_the_same(channel, sign_in)
        if not (known or actor.has_perm("scheduling.add_channel")):
            raise DomainError(
                "permission_denied",
                "Only an admin may point this account somewhere else.",
                status=403,
            )
        return
    try:
        account = registry.get_connector(channel.connector, sign_in).verify()
    except PublishError as error:
        raise DomainError(error.code, error.message, status=409) from error
    _refuse_other_account(channel, account)


def _names_the_same(channel: Channel, sign_in: Mapping[str, Any]) -> bool:
    fields = registry.connector_class(channel.connector).account_fields
    try:
        before = credentials.decrypt(channel.credentials)
    except credentials.CredentialsUnreadable:
        return False
    return bool(fields and before) and all(
        before.get(name) == sign_in.get(name) for name in fields
    )


def _refuse_other_account(channel: Channel, account: Account) -> None:
    if channel.account_id and account.external_id != channel.account_id:
        raise DomainError(
            "another_account",
            f"This is the sign-in of {_said(account)}, not of "
            f"{channel.account_handle or channel.handle}. Connect it as an account of "
            "its own.",
            status=409,
        )


def _refuse_taken(channel: Channel, account: Account) -> None:
    held = (
        Channel.objects.filter(
            platform=channel.platform, account_id=account.external_id, is_active=True
        )
        .exclude(pk=channel.pk)
        .select_related("creator")
        .first()
    )
    if account.external_id and held is not None:
        raise DomainError(
            "account_taken",
            f"This is the account of {_said(account)}, which is connected to "
            f"{held.creator.name} already.",
            status=409,
            model=held.creator.slug,
        )


def _said(account: Account) -> str:
    return account.handle or account.name or account.external_id


def _health_after(code: str) -> Channel.Health:
    """Return what a failed call says about its channel."""
    if code == NEEDS_SIGN_IN:
        return Channel.Health.NEEDS_SIGN_IN
    return Channel.Health.DEGRADED


def _note(
    channel: Channel,
    health: Channel.Health,
    detail: str,
    *,
    actor: User,
    picture: tuple[bytes, str] | None = None,
) -> None:
    channel.health = health
    channel.health_detail = detail[:300]
    channel.verified_at = timezone.now()
    told = ["account_id", "account_handle", "account_name"]
    with transaction.atomic():
        if health == Channel.Health.GOOD:
            channel_health.note_sign_in(channel)
        channel.save(update_fields=["health", "health_detail", "verified_at", *told])
        if picture:
            ChannelFace.objects.update_or_create(
                channel=channel,
                defaults={"picture": picture[0], "content_type": picture[1]},
            )
        events.emit(
            "channel.verified",
            actor=actor,
            kind="channel",
            ids=[channel.pk],
            message=f"checked {channel}: {health.value.replace('_', ' ')}",
        )


def _fetched(address: str) -> tuple[bytes, str] | None:
    """Return an account's picture, made small; None if there is none to be had."""
    if not address:
        return None
    client = OutboundClient(
        allow_private=settings.ALLOW_PRIVATE_TARGETS,
        limits=_PICTURE_LIMITS,
        max_reply_bytes=_MAX_PICTURE_BYTES,
    )
    try:
        reply = client.send("GET", address)
        if reply.status != 200 or not reply.complete:
            return None
        return small_picture(io.BytesIO(reply.body), name="account")
    except (TargetRefused, NotSent, ReplyLost, FileRefused, DomainError) as error:
        logger.info("An account's picture could not be fetched: %s", error)
        return None
