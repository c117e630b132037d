"""Which connectors there are, and which platform is reached by which."""

from pathlib import Path
from typing import Any, ClassVar

import pytest

from scheduling.publishing.connectors import registry
from scheduling.publishing.connectors.base import CredentialsInvalid
from scheduling.publishing.connectors.bluesky import BlueskyConnector
from scheduling.publishing.connectors.handover import HandoverConnector
from scheduling.publishing.connectors.mastodon import MastodonConnector
from scheduling.publishing.connectors.outbox import OutboxConnector
from scheduling.publishing.connectors.telegram import TelegramConnector
from scheduling.publishing.connectors.webhook import WebhookConnector
from tests.loopback import Receiver
from tests.scheduling.publications import a_request

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class FaxConnector(OutboxConnector):
    name: ClassVar[str] = "fax"
    platform: ClassVar[str] = "fax"


@pytest.fixture
def with_fax(settings: Any) -> None:
    settings.PROMURA_CONNECTORS = {"fax": f"{__name__}.FaxConnector"}


def test_a_connector_is_built_with_the_settings_as_they_are(
    settings: Any, tmp_path: Path
) -> None:
    settings.OUTBOX_DIR = tmp_path
    registry.get_connector("outbox", {}).publish(a_request())
    assert len(list(tmp_path.rglob("post.json"))) == 1


def test_private_targets_are_allowed_by_the_setting_alone(settings: Any) -> None:
    with Receiver(secret=SECRET) as receiver:
        given = {"url": receiver.url, "secret": SECRET}
        settings.ALLOW_PRIVATE_TARGETS = False
        with pytest.raises(CredentialsInvalid):
            registry.validate_credentials("webhook", given)
        settings.ALLOW_PRIVATE_TARGETS = True
        stored = registry.validate_credentials("webhook", given)
        registry.get_connector("webhook", stored).verify()
    assert receiver.deliveries[0].verified


def test_each_connector_stands_under_its_own_name() -> None:
    assert registry.connectors() == {
        "bluesky": BlueskyConnector,
        "handover": HandoverConnector,
        "mastodon": MastodonConnector,
        "outbox": OutboxConnector,
        "telegram": TelegramConnector,
        "webhook": WebhookConnector,
    }
    for name, connector in registry.connectors().items():
        assert connector.name == name


def test_every_platform_has_a_connector() -> None:
    for platform in registry.platforms():
        name = registry.default_connector(platform)
        assert registry.connector_class(name).name == name


def test_where_no_program_may_post_a_person_does() -> None:
    assert registry.default_connector("instagram") == "handover"
    assert registry.default_connector("webhook") == "webhook"


@pytest.mark.parametrize("name", ["", "instagram", "Outbox", "../outbox"])
def test_an_unknown_connector_is_refused(name: str) -> None:
    with pytest.raises(registry.UnknownConnector):
        registry.get_connector(name, {})


@pytest.mark.parametrize("platform", ["", "instagrm", "X"])
def test_an_unknown_platform_is_refused(platform: str) -> None:
    with pytest.raises(registry.UnknownPlatform):
        registry.default_connector(platform)


@pytest.mark.usefixtures("with_fax")
def test_a_deployment_adds_its_own_connector() -> None:
    assert registry.default_connector("fax") == "fax"
    assert registry.connector_class("fax") is FaxConnector
    assert "outbox" in registry.connectors()
