"""The bluesky connector against a server that fails in every way there is."""

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from scheduling.publishing.connectors.base import (
    ConnectorOptions,
    CredentialsInvalid,
    OutcomeUnknown,
    PublishError,
    PublishRequest,
    Recovery,
)
from scheduling.publishing.connectors.bluesky import BlueskyConnector
from scheduling.publishing.connectors.bluesky.sessions import SESSIONS, _Sessions
from tests.loopback import Behaviour, Receiver
from tests.platforms.bluesky import DID, HANDLE, PASSWORD, Pds, refusal
from tests.platforms.platform import saying
from tests.scheduling.publications import a_media_file, a_request

CREATE, UPLOAD = "repo.createRecord", "repo.uploadBlob"
SIGN_IN, LOOK = "server.createSession", "repo.getRecord"


@pytest.fixture(autouse=True)
def signed_out() -> None:
    SESSIONS.forget()


@pytest.fixture
def pds() -> Iterator[Pds]:
    with Pds() as running:
        yield running


def options(**changes: Any) -> ConnectorOptions:
    values = {"outbox_dir": Path("/nonexistent"), "allow_private_targets": True}
    return ConnectorOptions(**{**values, **changes})


def given(**changes: Any) -> dict[str, Any]:
    sign_in = {"identifier": HANDLE, "password": PASSWORD}
    return {**sign_in, "service": "https://pds.example.com", **changes}


def bluesky(server: Receiver, **changes: Any) -> BlueskyConnector:
    return BlueskyConnector(given(service=server.origin, **changes), options())


def a_post(**changes: Any) -> PublishRequest:
    key = BlueskyConnector.new_record_key()
    return a_request(**{"media": (), "record_key": key, **changes})


def failure(connector: BlueskyConnector, **changes: Any) -> PublishError:
    with pytest.raises(PublishError) as caught:
        connector.publish(a_post(**changes))
    return caught.value


def test_a_doubt_is_cleared_by_asking_at_any_time(pds: Pds) -> None:
    connector = bluesky(pds)
    assert connector.recovery == Recovery.LOOKUP
    assert connector.recovery_window is None


def test_a_post_is_one_call_after_signing_in(pds: Pds) -> None:
    request = a_post(content="Hello @friend.example.com and @nobody.example.com")
    receipt = bluesky(pds).publish(request)
    assert receipt.external_id == f"at://{DID}/app.bsky.feed.post/{request.record_key}"
    assert receipt.url == f"https://bsky.app/profile/{HANDLE}/post/{request.record_key}"
    (facet,) = pds.records[request.record_key]["facets"]
    assert facet["index"]["byteEnd"] == len("Hello @friend.example.com")
    assert pds.calls() == {"createSession": 1, "resolveHandle": 2, "createRecord": 1}


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (Behaviour(status=500), None),
        (Behaviour(drop="before"), None),
        (refusal("RateLimitExceeded", "Slow", 429), "rate_limited"),
    ],
)
def test_whom_the_server_cannot_find_is_not_mentioned(
    behaviour: Behaviour, code: str | None, pds: Pds
) -> None:
    pds.fail("identity.resolveHandle", behaviour)
    request = a_post(content="Hello @friend.example.com")
    if code:
        with pytest.raises(PublishError) as refused:
            bluesky(pds).publish(request)
        assert refused.value.code == code
        return
    bluesky(pds).publish(request)
    assert "facets" not in pds.records[request.record_key]


@pytest.mark.parametrize(
    ("route", "behaviour", "code", "permanent"),
    [
        (SIGN_IN, Behaviour(status=502), "unavailable", False),
        (SIGN_IN, Behaviour(status=500), "server_error", False),
        (SIGN_IN, Behaviour(drop="before"), "reply_lost", False),
        (SIGN_IN, refusal("InvalidRequest", "Bad input"), "needs_sign_in", True),
        (SIGN_IN, refusal("AccountTakedown", "Gone", 401), "needs_sign_in", True),
        (SIGN_IN, saying({"did": DID}), "unavailable", False),
        (SIGN_IN, saying(["what"]), "unavailable", False),
        (UPLOAD, Behaviour(status=500), "server_error", False),
        (UPLOAD, Behaviour(status=503), "unavailable", False),
        (UPLOAD, Behaviour(status=413), "too_large", True),
        (UPLOAD, Behaviour(drop="after"), "reply_lost", False),
        (UPLOAD, saying({}), "unavailable", False),
        (CREATE, refusal("InvalidRequest", "Bad"), "refused", True),
        (CREATE, refusal("AccountDeactivated", "Off", 403), "needs_sign_in", True),
        (CREATE, refusal("RepoTakendown", "Gone"), "needs_sign_in", True),
        (CREATE, Behaviour(status=301), "redirected", True),
        (CREATE, Behaviour(status=425), "unavailable", False),
        (CREATE, refusal("RateLimitExceeded", "Slow", 429), "rate_limited", False),
    ],
)
def test_what_was_not_accepted_is_known_not_to_be(
    route: str, behaviour: Behaviour, code: str, permanent: bool, pds: Pds
) -> None:
    pds.fail(route, behaviour)
    error = failure(bluesky(pds), media=(a_media_file(),))
    assert not isinstance(error, OutcomeUnknown)
    assert (error.code, error.permanent) == (code, permanent), error.message
    assert pds.records == {}


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(drop="after"),
        Behaviour(status=500, accepts=True),
        Behaviour(status=502, accepts=True),
        Behaviour(status=503, accepts=True),
        Behaviour(status=504, accepts=True),
    ],
)
def test_a_record_that_may_be_there_is_looked_up(
    behaviour: Behaviour, pds: Pds
) -> None:
    connector, request = bluesky(pds), a_post()
    pds.fail(CREATE, behaviour)
    with pytest.raises(OutcomeUnknown) as caught:
        connector.publish(request)
    assert caught.value.code in ("reply_lost", "server_error")
    receipt = connector.lookup(request)
    assert receipt is not None
    assert receipt.external_id.endswith(f"/{request.record_key}")
    assert list(pds.records) == [request.record_key]


def test_a_record_that_is_not_there_is_not_found(pds: Pds) -> None:
    connector, request = bluesky(pds), a_post()
    pds.fail(CREATE, Behaviour(drop="before"))
    with pytest.raises(OutcomeUnknown):
        connector.publish(request)
    assert connector.lookup(request) is None


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(status=500),
        Behaviour(drop="after"),
        refusal("InvalidRequest", "Could not locate record"),
        saying({}),
        saying({"uri": f"at://{DID}/app.bsky.feed.like/x", "value": {"text": "a"}}),
    ],
)
def test_no_clear_answer_is_no_answer(behaviour: Behaviour, pds: Pds) -> None:
    pds.fail(LOOK, behaviour)
    with pytest.raises(PublishError):
        bluesky(pds).lookup(a_post())


def test_a_repeated_send_refused_since_it_is_there_is_found(pds: Pds) -> None:
    connector, request = bluesky(pds), a_post()
    first = connector.publish(request)
    pds.fail(CREATE, refusal("RecordAlreadyExists", "There is one"))
    again = a_post(record_key=request.record_key, attempt_number=2)
    assert connector.publish(again) == first
    pds.fail(CREATE, refusal("InvalidRequest", "Bad record"))
    assert failure(connector, attempt_number=2).code == "refused"
    pds.fail(CREATE, refusal("InvalidRequest", "Bad record"))
    pds.fail(LOOK, Behaviour(status=500))
    assert isinstance(failure(connector, attempt_number=2), OutcomeUnknown)


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"Retry-After": "7"}, 7, 7),
        ({"RateLimit-Reset": str(int(time.time()) + 3600)}, 3000, 3600),
        ({"RateLimit-Reset": str(int(time.time()) - 5)}, 0, 0),
        ({"RateLimit-Reset": "9" * 5000}, 86_400, 86_400),
    ],
)
def test_a_limit_says_when_it_ends(
    headers: dict[str, str], least: float, most: float, pds: Pds
) -> None:
    pds.fail(CREATE, refusal("RateLimitExceeded", "Rate Limit", 429, **headers))
    error = failure(bluesky(pds))
    assert error.code == "rate_limited"
    assert error.retry_after is not None
    assert least <= error.retry_after <= most


def test_a_limit_without_an_end_leaves_the_wait_to_us(pds: Pds) -> None:
    reset = {"RateLimit-Reset": "soon"}
    pds.fail(CREATE, refusal("RateLimitExceeded", "Rate Limit", 429, **reset))
    assert failure(bluesky(pds)).retry_after is None


def test_a_server_that_is_away_was_sent_nothing() -> None:
    with Pds() as gone:
        connector = bluesky(gone)
    assert failure(connector).code == "unreachable"


def test_nothing_is_sent_inwards(pds: Pds) -> None:
    connector = BlueskyConnector(
        given(service=pds.origin), options(allow_private_targets=False)
    )
    error = failure(connector)
    assert (error.code, error.permanent) == ("target_refused", True)
    assert pds.connections == 0


def test_a_redirect_is_not_followed(pds: Pds) -> None:
    with Receiver() as elsewhere:
        moved = Behaviour(status=307, headers={"Location": elsewhere.url})
        pds.fail(SIGN_IN, moved)
        assert failure(bluesky(pds)).code == "redirected"
        assert elsewhere.connections == 0


def test_what_does_not_fit_is_not_sent(pds: Pds) -> None:
    picture, clip = a_media_file(), a_media_file(content_type="video/mp4")
    for changes in (
        {"content": "ü" * 301},
        {"content": "👨‍👩‍👧‍👦" * 140},
        {"media": (picture,) * 5},
        {"media": (clip, clip)},
        {"media": (picture, clip)},
        {"media": (a_media_file(content_type="image/gif"),)},
        {"media": (a_media_file(size_bytes=1_000_001),)},
    ):
        error = failure(bluesky(pds), **changes)
        assert (error.code, error.permanent) == ("over_limits", True)
    assert pds.connections == 0


def test_a_post_without_a_key_is_not_sent(pds: Pds) -> None:
    assert failure(bluesky(pds), record_key="").permanent
    assert pds.connections == 0


def test_a_changed_file_is_not_posted(pds: Pds) -> None:
    changed = a_media_file(sha256="0" * 64)
    assert failure(bluesky(pds), media=(changed,)).code == "media_changed"
    assert pds.records == {}


def test_one_session_serves_until_it_runs_out(pds: Pds) -> None:
    for _ in range(3):
        bluesky(pds).publish(a_post())
    assert pds.calls()["createSession"] == 1
    pds.good_token = "another"
    bluesky(pds).publish(a_post())
    assert (pds.calls()["createSession"], pds.calls()["refreshSession"]) == (1, 1)
    pds.good_token, pds.refresh_works = "another", False
    bluesky(pds).publish(a_post())
    assert (pds.calls()["createSession"], pds.calls()["refreshSession"]) == (2, 2)
    assert len(pds.records) == 5


def test_many_threads_sign_in_once(pds: Pds) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: bluesky(pds).publish(a_post()), range(16)))
    assert pds.calls()["createSession"] == 1
    pds.good_token = "another"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: bluesky(pds).publish(a_post()), range(16)))
    assert pds.calls()["createSession"] == 1
    assert pds.calls()["refreshSession"] == 1
    assert len(pds.records) == 32


def test_a_refresh_that_fails_for_a_while_asks_for_no_password(pds: Pds) -> None:
    connector = bluesky(pds)
    connector.publish(a_post())
    pds.good_token = "another"
    pds.fail("server.refreshSession", Behaviour(status=503))
    assert failure(connector).code == "unavailable"
    assert pds.calls()["createSession"] == 1


def test_the_least_used_sessions_are_forgotten() -> None:
    sessions = _Sessions(2)
    first = sessions.place_of({"password": "1"})
    sessions.place_of({"password": "2"})
    assert sessions.place_of({"password": "1"}) is first
    second = sessions.place_of({"password": "2"})
    sessions.place_of({"password": "3"})
    assert sessions.place_of({"password": "2"}) is second
    assert sessions.place_of({"password": "1"}) is not first


def test_verify_signs_in_each_time(pds: Pds) -> None:
    connector = bluesky(pds)
    connector.publish(a_post())
    account = connector.verify()
    assert (account.external_id, account.handle, account.name) == (DID, HANDLE, "Lea")
    assert account.avatar_url == "https://cdn.example/avatar.jpg"
    assert pds.calls()["createSession"] == 2
    pds.records["self"] = {"displayName": "Lea of the record"}
    pds.fail("actor.getProfile", Behaviour(status=502))
    assert connector.verify().name == "Lea of the record"


def test_a_password_that_wants_a_code_is_explained(pds: Pds) -> None:
    pds.fail(SIGN_IN, refusal("AuthFactorTokenRequired", "A code was sent", 401))
    error = failure(bluesky(pds))
    assert error.code == "needs_sign_in"
    assert "app password" in error.message


def test_no_secret_is_told(pds: Pds, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = "wrong-wrong-wrong"
    error = failure(bluesky(pds, password=wrong))
    connector = bluesky(pds)
    connector.publish(a_post())
    pds.fail(CREATE, refusal("InvalidRequest", f"No: {pds.good_token}"))
    leaky = failure(connector)
    told = f"{error.message} {error.reply} {leaky.message} {leaky.reply} {caplog.text}"
    for secret in (wrong, PASSWORD, "access-1", "refresh-1"):
        assert secret not in told
    place = SESSIONS.place_of(connector._credentials)
    assert "access-1" not in repr(place.session)


@pytest.mark.parametrize(
    "behaviour",
    [
        refusal("MethodNotImplemented", "Method Not Implemented", 501),
        refusal("XRPCNotSupported", "XRPCNotSupported", 404),
        refusal("InvalidRequest", "No service configured for app.bsky.feed.getPosts"),
    ],
)
def test_a_server_without_an_appview_tells_no_reactions(
    behaviour: Behaviour, pds: Pds
) -> None:
    pds.fail("feed.getPosts", behaviour)
    with pytest.raises(PublishError) as refused:
        bluesky(pds).engagement([f"at://{DID}/app.bsky.feed.post/3mqlbj6j2222z"])
    assert (refused.value.code, refused.value.permanent) == ("not_offered", True)


def test_odd_reactions_are_left_out(pds: Pds) -> None:
    posts = [{"uri": "at://a", "likeCount": "many"}, {"likeCount": 3}, "what"]
    pds.fail("feed.getPosts", saying({"posts": posts}), saying({"posts": None}))
    (odd,) = bluesky(pds).engagement(["at://a"]).values()
    assert (odd.likes, odd.comments, odd.shares) == (None, None, None)
    assert bluesky(pds).engagement(["at://a"]) == {}


@pytest.mark.parametrize(
    "external_id",
    ["", "17", f"at://{DID}/app.bsky.graph.follow/3k", "at://did:plc:other/a.b.c/3k"],
)
def test_only_own_posts_are_deleted(external_id: str, pds: Pds) -> None:
    with pytest.raises(PublishError):
        bluesky(pds).delete(external_id)
    assert pds.calls()["deleteRecord"] == 0


@pytest.mark.parametrize("behaviour", [Behaviour(status=500), Behaviour(drop="after")])
def test_a_delete_in_doubt_may_be_tried_again(behaviour: Behaviour, pds: Pds) -> None:
    connector = bluesky(pds)
    receipt = connector.publish(a_post())
    pds.fail("repo.deleteRecord", behaviour)
    with pytest.raises(PublishError) as failed:
        connector.delete(receipt.external_id)
    assert not failed.value.permanent
    connector.delete(receipt.external_id)
    assert pds.records == {}


def test_credentials_are_stored_in_one_form() -> None:
    stored = BlueskyConnector.validate_credentials(
        {"identifier": " @lea.bsky.social ", "password": f" {PASSWORD} "}, options()
    )
    assert stored == {
        "service": "https://bsky.social",
        "identifier": "lea.bsky.social",
        "password": PASSWORD,
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"service": "http://pds.example.com"}, "service"),
        ({"service": "https://pds.example.com/xrpc"}, "service"),
        ({"service": "https://127.0.0.1"}, "service"),
        ({"service": 7}, "service"),
        ({"identifier": ""}, "identifier"),
        ({"identifier": None}, "identifier"),
        ({"identifier": "lea müller"}, "identifier"),
        ({"identifier": "l" * 513}, "identifier"),
        ({"password": ""}, "password"),
        ({"password": "p" * 513}, "password"),
        ({"password": "main password", "service": ""}, "password"),
        ({"token": "what"}, "token"),
    ],
)
def test_credentials_that_cannot_work_are_refused(
    changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(CredentialsInvalid) as refused:
        BlueskyConnector.validate_credentials(
            given(**changes), options(allow_private_targets=False)
        )
    assert list(refused.value.errors) == [field]
