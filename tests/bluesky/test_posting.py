"""What arrives on Bluesky's own server, read back past the connector."""

import hashlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from scheduling.publishing.connectors.base import (
    Connector,
    OutcomeUnknown,
    PublishError,
    PublishRequest,
)
from scheduling.publishing.connectors.bluesky import BlueskyConnector
from scheduling.publishing.connectors.bluesky.sessions import SESSIONS, Session
from tests.bluesky.network import Network, Person, Relay
from tests.media_files import jpeg_bytes, mp4_bytes
from tests.scheduling.publications import a_media_file, a_request

Connect = Callable[..., Connector]


def a_post(**changes: Any) -> PublishRequest:
    values = {
        "platform": "bluesky",
        "record_key": BlueskyConnector.new_record_key(),
        "media": (),
    }
    return a_request(**{**values, **changes})


def a_picture(number: int) -> Any:
    data = jpeg_bytes(60 + number, 40, seed=number + 1)
    return a_media_file(
        data,
        f"{number}.jpg",
        alt_text=f"Picture {number} 🌊",
        width=60 + number,
        height=40,
    )


def test_a_post_stands_under_its_own_key(
    network: Network, person: Person, connect: Connect
) -> None:
    request = a_post(content="Guten Morgen", language="de")
    receipt = connect(person).publish(request)
    key = request.record_key
    assert receipt.external_id == f"at://{person.did}/app.bsky.feed.post/{key}"
    assert receipt.url == f"https://bsky.app/profile/{person.handle}/post/{key}"
    assert network.posts(person) == {
        key: {
            "$type": "app.bsky.feed.post",
            "text": "Guten Morgen",
            "createdAt": "2026-03-01T18:05:01Z",
            "langs": ["de"],
        }
    }


def test_links_mentions_and_tags_are_marked_by_bytes(
    network: Network, person: Person, connect: Connect
) -> None:
    friend = network.person()
    text = (
        f"Grüße 👩‍👩‍👧 an @{friend.handle} und @nobody.test: "
        "https://example.com/süß?a=1, #Frühling"
    )
    connect(person).publish(a_post(content=text))
    (record,) = network.posts(person).values()
    data = text.encode()
    marked = {
        data[one["index"]["byteStart"] : one["index"]["byteEnd"]].decode(): one[
            "features"
        ]
        for one in record["facets"]
    }
    richtext = "app.bsky.richtext.facet"
    assert marked == {
        f"@{friend.handle}": [{"$type": f"{richtext}#mention", "did": friend.did}],
        "https://example.com/süß?a=1": [
            {"$type": f"{richtext}#link", "uri": "https://example.com/süß?a=1"}
        ],
        "#Frühling": [{"$type": f"{richtext}#tag", "tag": "Frühling"}],
    }
    assert record["text"] == text


@pytest.mark.parametrize("count", [1, 4])
def test_pictures_arrive_whole_with_their_descriptions(
    count: int, network: Network, person: Person, connect: Connect
) -> None:
    pictures = [a_picture(number) for number in range(count)]
    connect(person).publish(a_post(media=tuple(pictures)))
    (record,) = network.posts(person).values()
    assert record["embed"]["$type"] == "app.bsky.embed.images"
    assert len(record["embed"]["images"]) == count
    for sent, image in zip(pictures, record["embed"]["images"], strict=True):
        assert image["alt"] == sent.alt_text
        shape = image["aspectRatio"]
        assert (shape["width"], shape["height"]) == (sent.width, sent.height)
        assert image["image"]["mimeType"] == "image/jpeg"
        data = blob(network, person, image["image"])
        assert hashlib.sha256(data).hexdigest() == sent.sha256


def test_a_clip_arrives_whole(
    network: Network, person: Person, connect: Connect
) -> None:
    data = mp4_bytes()
    clip = a_media_file(data, "clip.mp4", content_type="video/mp4", alt_text="Waves")
    connect(person).publish(a_post(media=(clip,)))
    (record,) = network.posts(person).values()
    assert record["embed"]["$type"] == "app.bsky.embed.video"
    assert record["embed"]["alt"] == "Waves"
    assert blob(network, person, record["embed"]["video"]) == data


def blob(network: Network, person: Person, reference: dict[str, Any]) -> bytes:
    answer = httpx.get(
        f"{network.service}/xrpc/com.atproto.sync.getBlob",
        params={"did": person.did, "cid": reference["ref"]["$link"]},
    )
    return answer.raise_for_status().content


def test_300_characters_arrive_and_301_are_not_sent(
    network: Network, person: Person, relay: Relay, connect: Connect
) -> None:
    connector = connect(person, service=relay.service)
    with pytest.raises(PublishError) as refused:
        connector.publish(a_post(content="é" * 301))
    assert (refused.value.code, refused.value.permanent) == ("over_limits", True)
    assert relay.calls == []
    whole = "👩🏽‍🚀" * 200 + "e\u0301" * 100
    with pytest.raises(PublishError, match="3000"):
        connector.publish(a_post(content=whole))
    assert relay.calls == []
    connector.publish(a_post(content="e\u0301" * 300))
    assert len(network.posts(person)) == 1


def test_a_wrong_password_needs_a_new_sign_in(
    network: Network, person: Person, connect: Connect
) -> None:
    connector = connect(person, password="xxxx-xxxx-xxxx-xxxx")
    for call in (connector.verify, lambda: connector.publish(a_post())):
        with pytest.raises(PublishError) as refused:
            call()
        assert refused.value.code == "needs_sign_in"
        assert "xxxx" not in refused.value.message
    assert network.posts(person) == {}


def test_an_account_that_is_shut_out_can_still_be_asked(
    person: Person, connect: Connect
) -> None:
    request = a_post()
    receipt = connect(person).publish(request)
    shut_out = connect(person, password="xxxx-xxxx-xxxx-xxxx")
    assert shut_out.lookup(request) == receipt
    assert shut_out.lookup(a_post()) is None


def test_verify_says_whose_account_answers(
    network: Network, person: Person, connect: Connect
) -> None:
    network.write(person, "app.bsky.actor.profile", "self", displayName="Lea")
    network.catch_up()
    account = connect(person).verify()
    assert (account.external_id, account.handle) == (person.did, person.handle)
    assert account.name == "Lea"


def test_one_sign_in_serves_many_posts(
    network: Network, person: Person, relay: Relay, connect: Connect
) -> None:
    for _ in range(3):
        connect(person, service=relay.service).publish(a_post())
    assert relay.calls.count("com.atproto.server.createSession") == 1
    assert len(network.posts(person)) == 3


def test_a_session_that_has_run_out_is_renewed(
    network: Network, person: Person, relay: Relay, connect: Connect
) -> None:
    connector = connect(person, service=relay.service)
    connector.publish(a_post())
    place = SESSIONS.place_of(connector._credentials)
    good = place.session
    assert good is not None
    place.session = Session(good.did, good.handle, good.refresh, good.refresh)
    connector.publish(a_post())
    place.session = Session(good.did, good.handle, "no.token.atall", "neither.is.this")
    connector.publish(a_post())
    assert relay.calls.count("com.atproto.server.refreshSession") == 2
    assert relay.calls.count("com.atproto.server.createSession") == 2
    assert len(network.posts(person)) == 3


def test_a_lost_answer_is_looked_up(
    network: Network, person: Person, relay: Relay, connect: Connect
) -> None:
    connector = connect(person, service=relay.service)
    relay.lose["com.atproto.repo.createRecord"] = 1
    request = a_post()
    assert connector.lookup(request) is None
    with pytest.raises(OutcomeUnknown):
        connector.publish(request)
    receipt = connector.lookup(request)
    assert receipt is not None
    assert receipt.external_id.endswith(request.record_key)
    assert list(network.posts(person)) == [request.record_key]


def test_the_same_key_never_makes_a_second_post(
    network: Network, person: Person, connect: Connect
) -> None:
    connector, request = connect(person), a_post()
    connector.publish(request)
    before = network.posts(person)
    with pytest.raises(OutcomeUnknown):
        connector.publish(request)
    assert network.posts(person) == before


def test_another_post_under_the_key_is_not_taken_for_ours(
    person: Person, connect: Connect
) -> None:
    connector, request = connect(person), a_post(content="ours")
    connector.publish(a_post(content="theirs", record_key=request.record_key))
    with pytest.raises(PublishError, match="something else"):
        connector.lookup(request)


def test_a_post_is_deleted_once_and_again(
    network: Network, person: Person, connect: Connect
) -> None:
    connector = connect(person)
    receipt = connector.publish(a_post())
    kept = connector.publish(a_post())
    connector.delete(receipt.external_id)
    connector.delete(receipt.external_id)
    assert list(network.posts(person)) == [kept.external_id.rpartition("/")[2]]


def test_posts_of_others_are_not_deleted(
    network: Network, person: Person, connect: Connect
) -> None:
    other = network.person()
    receipt = connect(other).publish(a_post())
    with pytest.raises(PublishError):
        connect(person).delete(receipt.external_id)
    assert len(network.posts(other)) == 1
