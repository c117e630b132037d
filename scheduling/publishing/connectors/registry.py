"""Which connectors there are, and which one a platform is reached by."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from scheduling.publishing.connectors.base import Connector, ConnectorOptions
from scheduling.publishing.connectors.bluesky import BlueskyConnector
from scheduling.publishing.connectors.handover import HandoverConnector
from scheduling.publishing.connectors.mastodon import MastodonConnector
from scheduling.publishing.connectors.outbox import OutboxConnector
from scheduling.publishing.connectors.telegram import TelegramConnector
from scheduling.publishing.connectors.webhook import WebhookConnector

CONNECTORS: dict[str, type[Connector]] = {
    "bluesky": BlueskyConnector,
    "handover": HandoverConnector,
    "mastodon": MastodonConnector,
    "outbox": OutboxConnector,
    "telegram": TelegramConnector,
    "webhook": WebhookConnector,
}

# Where a program may not post, a person does. The outbox can be chosen for any.
PLATFORMS: dict[str, str] = {
    "outbox": "outbox",
    "webhook": "webhook",
    "bluesky": "bluesky",
    "facebook": "handover",
    "instagram": "handover",
    "linkedin": "handover",
    "mastodon": "mastodon",
    "pinterest": "handover",
    "reddit": "handover",
    "snapchat": "handover",
    "telegram": "telegram",
    "threads": "handover",
    "tiktok": "handover",
    "tumblr": "handover",
    "vk": "handover",
    "weibo": "handover",
    "x": "handover",
    "youtube": "handover",
}


class UnknownConnector(LookupError):
    """No connector has this name."""


class UnknownPlatform(LookupError):
    """No connector reaches this platform."""


def connectors() -> dict[str, type[Connector]]:
    """Return every connector by name: ours, and those the deployment adds.

    ``settings.PROMURA_CONNECTORS`` maps names to dotted paths; a name of ours there
    replaces ours.
    """
    added = {
        name: import_string(path) for name, path in settings.PROMURA_CONNECTORS.items()
    }
    return {**CONNECTORS, **added}


def platforms() -> dict[str, str]:
    """Return every platform with the name of its default connector."""
    added = {
        import_string(path).platform: name
        for name, path in settings.PROMURA_CONNECTORS.items()
    }
    return {**PLATFORMS, **added}


def by_hand() -> frozenset[str]:
    """Return the names of the connectors whose posts a person hands over."""
    return frozenset(name for name, one in connectors().items() if one.by_hand)


def default_connector(platform: str) -> str:
    """Return the name of the connector for a platform. Raises UnknownPlatform."""
    try:
        return platforms()[platform]
    except KeyError:
        raise UnknownPlatform(platform) from None


def connector_class(name: str) -> type[Connector]:
    """Return a connector's class. Raises UnknownConnector."""
    try:
        return connectors()[name]
    except KeyError:
        raise UnknownConnector(name) from None


def get_connector(name: str, credentials: Mapping[str, Any]) -> Connector:
    """Return a connector for one account. Raises UnknownConnector."""
    return connector_class(name)(credentials, _options())


def validate_credentials(name: str, credentials: object) -> dict[str, Any]:
    """Return credentials as they are to be stored.

    Raises UnknownConnector or CredentialsInvalid.
    """
    return connector_class(name).validate_credentials(credentials, _options())


def _options() -> ConnectorOptions:
    return ConnectorOptions(
        outbox_dir=settings.OUTBOX_DIR,
        allow_private_targets=settings.ALLOW_PRIVATE_TARGETS,
    )
