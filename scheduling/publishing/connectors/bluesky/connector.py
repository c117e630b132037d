"""Bluesky, by the AT Protocol: each post is a record whose key is chosen beforehand.

A server holds one record under a key, and createRecord refuses a second one. Whatever
becomes of a send, getRecord therefore tells, at any time, whether the post is there.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar

import regex

from scheduling.publishing.connectors.answers import (
    QUICK,
    Budget,
    seconds_with,
    short_text,
    web_link,
)
from scheduling.publishing.connectors.base import (
    NEEDS_SIGN_IN,
    Account,
    Connector,
    ConnectorOptions,
    Engagement,
    Limits,
    MediaFile,
    OutcomeUnknown,
    PublishError,
    PublishRequest,
    Receipt,
    Recovery,
)
from scheduling.publishing.connectors.bluesky.credentials import checked
from scheduling.publishing.connectors.bluesky.sessions import Session, SignedIn
from scheduling.publishing.connectors.bluesky.tid import next_tid
from scheduling.publishing.connectors.bluesky.xrpc import (
    COLLECTION,
    Call,
    Refused,
    Server,
    strings,
)

MAX_BYTES = 3000
# 25 are allowed, but the address of such a call would be longer than any we send to.
POSTS_PER_CALL = 20
# Kept of the time of a send, for the record itself.
WRITE_SECONDS = 25.0
RESOLVE_SECONDS = 8.0
UPLOAD_SECONDS = 60.0
_POST_URI = re.compile(rf"at://(did:[a-z]+:[\w.:%-]+)/{re.escape(COLLECTION)}/([\w-]+)")
_GRAPHEME = regex.compile(r"\X")


class BlueskyConnector(Connector):
    """Post as one account; credentials: ``service``, ``identifier``, ``password``."""

    name: ClassVar[str] = "bluesky"
    platform: ClassVar[str] = "bluesky"
    account_fields: ClassVar[frozenset[str]] = frozenset({"service", "identifier"})
    # The lexicon that servers run today takes pictures of 1,000,000 bytes; newer ones
    # allow more. Clips may have 100 MB, which do not go up within a send's time.
    limits: ClassVar[Limits] = Limits(
        characters=300,
        media_count=4,
        media_types=frozenset({"image/jpeg", "image/png", "image/webp", "video/mp4"}),
        image_bytes=1_000_000,
        image_edge=2000,
        video_bytes=50_000_000,
        video_count=1,
        video_seconds=180,
    )
    timeout: ClassVar[float] = 90.0
    reads_engagement: ClassVar[bool] = True
    deletes: ClassVar[bool] = True

    @property
    def recovery(self) -> Recovery:
        """The record's key was chosen before sending."""
        return Recovery.LOOKUP

    def seconds_for(self, request: PublishRequest) -> float:
        """Allow for the files."""
        return seconds_with(request.media, self.timeout)

    @classmethod
    def validate_credentials(
        cls, credentials: object, options: ConnectorOptions
    ) -> dict[str, Any]:
        """Check the server's address, and that there is an account and a password."""
        return checked(credentials, options)

    @classmethod
    def new_record_key(cls) -> str:
        """Return a TID, which the record will be stored under."""
        return next_tid()

    @classmethod
    def text_length(cls, text: str) -> int:
        """Count graphemes: what people take for one character."""
        return sum(1 for _ in _GRAPHEME.finditer(text))

    def refuse_over_limits(self, request: PublishRequest) -> None:
        """Refuse, beside what Limits knows, too many bytes and pictures with clips."""
        problems = self.limits.check(request, self.text_length)
        size = len(request.content.encode())
        if size > MAX_BYTES:
            problems.append(f"The text is {size} bytes long; at most {MAX_BYTES} fit.")
        kinds = {item.is_video for item in request.media}
        if len(kinds) > 1:
            problems.append("Pictures or a clip can be posted, but not both together.")
        if problems:
            raise PublishError(" ".join(problems), permanent=True, code="over_limits")

    def verify(self) -> Account:
        """Sign in with the password and say whose account it is."""
        account = SignedIn(self._server(), self._credentials)
        session = account.anew()
        name, avatar = _profile(account, session)
        return Account(
            external_id=session.did,
            handle=session.handle,
            name=short_text(name),
            avatar_url=web_link(avatar),
        )

    def publish(self, request: PublishRequest) -> Receipt:
        """Upload the media, then create the record under its key."""
        self.refuse_over_limits(request)
        _require_key(request)
        # Late, and only here: it takes long to import and every process has us.
        from scheduling.publishing.connectors.bluesky.record import create_call_body

        server = self._server(self.seconds_for(request))
        account = SignedIn(server, self._credentials)
        session = account.session()
        blobs = [_upload(account, item) for item in request.media]
        body = create_call_body(request, session.did, blobs, partial(_resolve, server))
        try:
            account.call(
                Call(
                    "com.atproto.repo.createRecord",
                    content=body,
                    writes=True,
                    at_most=WRITE_SECONDS,
                )
            )
        except Refused as error:
            return self._there_after_all(request, server, error)
        return _receipt(session.did, session.name, request.record_key)

    def lookup(self, request: PublishRequest) -> Receipt | None:
        """Ask for the record; without signing in if the account is shut out."""
        _require_key(request)
        return self._found(request, self._server())

    def engagement(self, external_ids: Sequence[str]) -> dict[str, Engagement]:
        """Read likes, replies, and reposts with quotes as shares."""
        account = SignedIn(self._server(self.timeout), self._credentials)
        found: dict[str, Engagement] = {}
        for start in range(0, len(external_ids), POSTS_PER_CALL):
            uris = list(external_ids[start : start + POSTS_PER_CALL])
            answer = account.call(Call("app.bsky.feed.getPosts", params={"uris": uris}))
            found |= _engagements(answer)
        return found

    def delete(self, external_id: str) -> None:
        """Delete the record; the server does not mind if there is none."""
        account = SignedIn(self._server(), self._credentials)
        parts = _POST_URI.fullmatch(external_id)
        if parts is None or parts[1] != account.session().did:
            message = "This is no post of the account that is signed in."
            raise PublishError(message, permanent=True, code="refused")
        body = {"repo": parts[1], "collection": COLLECTION, "rkey": parts[2]}
        content = json.dumps(body).encode()
        account.call(Call("com.atproto.repo.deleteRecord", content=content))

    def _server(self, seconds: float = QUICK) -> Server:
        return Server(
            service=self._credentials["service"],
            allow_private=self._options.allow_private_targets,
            budget=Budget(seconds),
            private=(self._credentials["password"],),
        )

    def _found(self, request: PublishRequest, server: Server) -> Receipt | None:
        account = SignedIn(server, self._credentials)
        try:
            session = account.session()
            return _look(account.call, session.did, session.name, request)
        except PublishError as error:
            public = self._credentials["identifier"]
            if error.code != NEEDS_SIGN_IN or "@" in public:
                raise
        return _look(server.call, public, public, request)

    def _there_after_all(
        self, request: PublishRequest, server: Server, error: Refused
    ) -> Receipt:
        """Return the receipt of a post that was refused because it is there already.

        Only a repeated attempt can find one; the first one's refusal is the truth.
        """
        if request.attempt_number == 1 or error.code != "refused":
            raise error
        try:
            receipt = self._found(request, server)
        except PublishError as unknown:
            raise OutcomeUnknown(error.message, code="in_progress") from unknown
        if receipt is None:
            raise error
        return receipt


def _require_key(request: PublishRequest) -> None:
    if not request.record_key:
        message = "This post was made ready for another connector. Plan it anew."
        raise PublishError(message, permanent=True, code="refused")


def _upload(account: SignedIn, item: MediaFile) -> dict[str, Any]:
    answer = account.call(
        Call(
            "com.atproto.repo.uploadBlob",
            content=b"".join(item.chunks()),
            content_type=item.content_type,
            at_most=UPLOAD_SECONDS,
            keep=WRITE_SECONDS,
        )
    )
    blob = answer.get("blob")
    if not isinstance(blob, dict):
        message = f"The server did not say where it keeps {item.name}."
        raise PublishError(message, permanent=False, code="unavailable")
    return blob


def _resolve(server: Server, handle: str) -> str | None:
    """Return whose handle it is. Whom the server cannot find is not mentioned."""
    call = Call(
        "com.atproto.identity.resolveHandle",
        params={"handle": handle},
        at_most=RESOLVE_SECONDS,
        keep=WRITE_SECONDS,
    )
    try:
        did = server.call(call).get("did")
    except PublishError as error:
        unknown = isinstance(error, Refused) and error.code != "rate_limited"
        if unknown or error.code == "reply_lost":
            return None
        raise
    return did if isinstance(did, str) else None


def _get_record(repo: str, key: str, collection: str = COLLECTION) -> Call:
    names = {"repo": repo, "collection": collection, "rkey": key}
    return Call("com.atproto.repo.getRecord", params=names)


def _look(
    call: Callable[[Call], dict[str, Any]],
    repo: str,
    name: str,
    request: PublishRequest,
) -> Receipt | None:
    try:
        answer = call(_get_record(repo, request.record_key))
    except Refused as error:
        if error.name == "RecordNotFound":
            return None
        raise
    value = answer.get("value")
    text = value.get("text") if isinstance(value, dict) else None
    parts = _POST_URI.fullmatch(strings(answer, ["uri"])[0])
    if parts is None or text != request.content:
        message = "Under this post's key there is something else on Bluesky."
        raise PublishError(message, permanent=True, code="refused")
    return _receipt(parts[1], name, request.record_key)


def _receipt(did: str, name: str, key: str) -> Receipt:
    return Receipt(
        external_id=f"at://{did}/{COLLECTION}/{key}",
        url=f"https://bsky.app/profile/{name}/post/{key}",
    )


def _profile(account: SignedIn, session: Session) -> tuple[str, str]:
    """Return name and avatar; a server without an AppView knows the name alone."""
    call = Call("app.bsky.actor.getProfile", params={"actor": session.did})
    with suppress(PublishError):
        name, avatar = strings(account.call(call), ("displayName", "avatar"))
        return name, avatar
    with suppress(PublishError):
        record = account.call(
            _get_record(session.did, "self", "app.bsky.actor.profile")
        )
        value = record.get("value")
        if isinstance(value, dict):
            return strings(value, ["displayName"])[0], ""
    return "", ""


def _engagements(answer: Mapping[str, Any]) -> dict[str, Engagement]:
    posts = answer.get("posts")
    found = {}
    for post in posts if isinstance(posts, list) else []:
        if isinstance(post, dict) and isinstance(post.get("uri"), str):
            shares = [_count(post, "repostCount"), _count(post, "quoteCount")]
            told = [one for one in shares if one is not None]
            found[post["uri"]] = Engagement(
                likes=_count(post, "likeCount"),
                comments=_count(post, "replyCount"),
                shares=sum(told) if told else None,
            )
    return found


def _count(post: Mapping[str, Any], field: str) -> int | None:
    value = post.get(field)
    return value if isinstance(value, int) and value >= 0 else None
