"""Whose account answers is shown, and no two models share one."""

import json
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from rest_framework.test import APIClient

from scheduling import credentials
from scheduling.models import Channel, ChannelFace
from scheduling.publishing.connectors.base import (
    Account,
    Connector,
    ConnectorOptions,
    PublishError,
    PublishRequest,
    Receipt,
    Recovery,
)
from scheduling.publishing.outbound import OutboundClient
from tests.factories import ChannelFactory, CreatorFactory
from tests.loopback import Behaviour, Delivery, Receiver
from tests.media_files import jpeg_bytes

pytestmark = pytest.mark.django_db


class AskingConnector(Connector):
    """A deployment's platform: the token is the path at which it says who one is."""

    name: ClassVar[str] = "asking"
    platform: ClassVar[str] = "asking"

    @property
    def recovery(self) -> Recovery:
        return Recovery.MANUAL

    @classmethod
    def validate_credentials(
        cls, credentials: object, options: ConnectorOptions
    ) -> dict[str, Any]:
        assert isinstance(credentials, dict)
        return credentials

    def verify(self) -> Account:
        reply = OutboundClient(allow_private=True).send("GET", self._credentials["at"])
        if reply.status != 200:
            message = "The platform refuses this sign-in."
            raise PublishError(message, permanent=True, code="needs_sign_in")
        return Account(**reply.json_object())

    def publish(self, request: PublishRequest) -> Receipt:
        return Receipt(external_id="1")


def answer(delivery: Delivery, number: int) -> Behaviour:
    """Answer /id/<who> with an account, /face with its picture, else 401."""
    if delivery.path == "/face":
        return Behaviour(body=jpeg_bytes(), headers={"Content-Type": "image/jpeg"})
    _, kind, who = (*delivery.path.split("/"), "", "")[:3]
    if kind != "id":
        return Behaviour(status=401)
    face = f"http://{delivery.headers['Host']}/face" if who == "lea" else ""
    said = {
        "external_id": f"did:{who}",
        "handle": f"@{who}.social",
        "name": who.title(),
        "avatar_url": face,
    }
    return Behaviour(body=json.dumps(said).encode())


@pytest.fixture(autouse=True)
def platform(settings: Any) -> Iterator[Receiver]:
    settings.PROMURA_CONNECTORS = {"asking": f"{__name__}.AskingConnector"}
    with Receiver(behave=answer) as receiver:
        yield receiver


def an_account(platform: Receiver, who: str, **fields: Any) -> Channel:
    sealed = credentials.encrypt({"at": f"{platform.origin}/id/{who}"})
    return ChannelFactory(
        platform="asking", connector="asking", credentials=sealed, **fields
    )


def verify(client: APIClient, channel: Channel) -> Any:
    return client.post(f"/api/channels/{channel.pk}/verify")


def test_the_account_that_answers_is_shown_with_its_picture(
    as_editor: APIClient, platform: Receiver
) -> None:
    channel = an_account(platform, "lea")
    answered = verify(as_editor, channel).json()["channel"]
    face = f"/api/channels/{channel.pk}/avatar"
    assert answered["account"] == {
        "external_id": "did:lea",
        "handle": "@lea.social",
        "name": "Lea",
        "avatar_url": face,
    }
    assert answered["health"] == "good"
    picture = as_editor.get(face)
    assert picture.status_code == 200
    assert picture["Content-Type"].startswith("image/")
    assert picture.content == bytes(ChannelFace.objects.get().picture)
    listed = as_editor.get("/api/channels").json()["channels"]
    assert listed[0]["account"]["avatar_url"] == face


def test_an_account_without_a_picture_has_none(
    as_editor: APIClient, platform: Receiver
) -> None:
    channel = an_account(platform, "mia")
    assert verify(as_editor, channel).json()["channel"]["account"]["avatar_url"] is None
    assert as_editor.get(f"/api/channels/{channel.pk}/avatar").status_code == 404


def test_an_account_of_another_model_is_refused_by_name(
    as_editor: APIClient, platform: Receiver
) -> None:
    first = an_account(platform, "lea", creator=CreatorFactory(slug="lea", name="Lea"))
    second = an_account(platform, "lea")
    assert verify(as_editor, first).status_code == 200
    refused = verify(as_editor, second)
    assert refused.status_code == 409
    assert refused.json()["code"] == "account_taken"
    assert "connected to Lea already" in refused.json()["message"]
    second.refresh_from_db()
    assert second.health == Channel.Health.NEEDS_SIGN_IN
    assert second.account_id == ""


def test_an_account_out_of_use_is_free_again(
    as_admin: APIClient, platform: Receiver
) -> None:
    first, second = an_account(platform, "lea"), an_account(platform, "lea")
    verify(as_admin, first)
    Channel.objects.filter(pk=first.pk).update(is_active=False)
    assert verify(as_admin, second).status_code == 200
    back = as_admin.patch(f"/api/channels/{first.pk}", {"is_active": True})
    assert back.status_code == 409
    assert back.json()["code"] in {"account_taken", "channel_taken"}


def test_signing_in_again_takes_the_same_account_only(
    as_editor: APIClient, platform: Receiver
) -> None:
    channel = an_account(platform, "lea")
    verify(as_editor, channel)
    address = f"/api/channels/{channel.pk}"
    other = {"credentials": {"at": f"{platform.origin}/id/mia"}}
    refused = as_editor.patch(address, other)
    assert (refused.status_code, refused.json()["code"]) == (409, "another_account")
    bad = {"credentials": {"at": f"{platform.origin}/nobody"}}
    assert as_editor.patch(address, bad).json()["code"] == "needs_sign_in"
    channel.refresh_from_db()
    kept = credentials.decrypt(channel.credentials)
    assert kept == {"at": f"{platform.origin}/id/lea"}
    same = {"credentials": {"at": f"{platform.origin}/id/lea?again"}}
    platform.script(
        Behaviour(body=json.dumps({"external_id": "did:lea"}).encode()),
    )
    assert as_editor.patch(address, same).status_code == 200


def test_a_sign_in_that_reaches_another_account_is_not_used(
    as_editor: APIClient, platform: Receiver
) -> None:
    channel = an_account(platform, "lea")
    verify(as_editor, channel)
    sealed = credentials.encrypt({"at": f"{platform.origin}/id/mia"})
    Channel.objects.filter(pk=channel.pk).update(credentials=sealed)
    refused = verify(as_editor, channel)
    assert refused.json()["code"] == "another_account"
    channel.refresh_from_db()
    assert channel.health == Channel.Health.NEEDS_SIGN_IN
    assert channel.account_id == "did:lea"
