"""Signing in, as seldom as can be: servers count sign-ins and allow 30 in 5 minutes.

Sessions live in this process's memory alone, one for each set of credentials.
"""

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scheduling.publishing.connectors.base import NEEDS_SIGN_IN, PublishError
from scheduling.publishing.connectors.bluesky.xrpc import (
    Call,
    Refused,
    Server,
    TokenRefused,
    strings,
)

MAX_SESSIONS = 1000
SECONDS = 15.0
INVALID_HANDLE = "handle.invalid"


@dataclass(frozen=True)
class Session:
    """A signed-in account."""

    did: str
    handle: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)

    @property
    def name(self) -> str:
        """Return what the account's public pages are found by."""
        known = self.handle and self.handle != INVALID_HANDLE
        return self.handle if known else self.did


class _Place:
    """Where the session of one set of credentials is kept."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.session: Session | None = None


class _Sessions:
    """The sessions of this process; the least recently used one goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._places: OrderedDict[str, _Place] = OrderedDict()

    def place_of(self, credentials: Mapping[str, Any]) -> _Place:
        key = json.dumps(sorted(credentials.items())).encode()
        name = hashlib.sha256(key).hexdigest()
        with self._lock:
            place = self._places.setdefault(name, _Place())
            self._places.move_to_end(name)
            while len(self._places) > self._most:
                self._places.popitem(last=False)
        return place

    def forget(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._places.clear()


SESSIONS = _Sessions(MAX_SESSIONS)


class SignedIn:
    """An account on its server; signs in when it has to."""

    def __init__(self, server: Server, credentials: Mapping[str, Any]) -> None:
        self._server = server
        self._credentials = credentials
        self._place = SESSIONS.place_of(credentials)

    def session(self) -> Session:
        """Return the session there is, or a new one. Raises PublishError."""
        return self._place.session or self._replaced(None)

    def anew(self) -> Session:
        """Sign in with the password, whatever session there is."""
        return self._replaced(self._place.session, refresh=False)

    def call(self, call: Call) -> dict[str, Any]:
        """Make a call as this account; once more if its token has run out."""
        session = self.session()
        try:
            return self._server.call(call, session.access)
        except TokenRefused:
            session = self._replaced(session)
        return self._server.call(call, session.access)

    def _replaced(self, old: Session | None, *, refresh: bool = True) -> Session:
        # One thread signs in; those that waited for it find what it brought.
        if not self._place.lock.acquire(timeout=max(self._server.budget.left(), 0)):
            message = f"Signing in to {self._server.host} took too long."
            raise PublishError(message, permanent=False, code="unavailable")
        try:
            found = self._place.session
            if found is not None and found is not old:
                return found
            self._place.session = None
            renewed = self._refreshed(old) if old and refresh else None
            self._place.session = renewed or self._created()
            return self._place.session
        finally:
            self._place.lock.release()

    def _refreshed(self, old: Session) -> Session | None:
        """Return a session by the refresh token; None if that has run out too."""
        call = Call("com.atproto.server.refreshSession", content=b"", at_most=SECONDS)
        try:
            return self._opened(self._server.call(call, old.refresh))
        except Refused as error:
            if error.permanent:
                return None
            raise

    def _created(self) -> Session:
        body = {name: self._credentials[name] for name in ("identifier", "password")}
        content = json.dumps(body).encode()
        call = Call(
            "com.atproto.server.createSession", content=content, at_most=SECONDS
        )
        try:
            return self._opened(self._server.call(call))
        except Refused as error:
            if error.name == "AuthFactorTokenRequired":
                message = (
                    "This password needs a code from an e-mail as well. "
                    "Make an app password and enter that."
                )
            elif error.code in (NEEDS_SIGN_IN, "refused"):
                message = error.message
            else:
                raise
            raise PublishError(message, permanent=True, code=NEEDS_SIGN_IN) from error

    def _opened(self, answer: Mapping[str, Any]) -> Session:
        did, handle, access, refresh = strings(
            answer, ("did", "handle", "accessJwt", "refreshJwt")
        )
        if not (did and access and refresh):
            message = f"{self._server.host} answered the sign-in with no session."
            raise PublishError(message, permanent=False, code="unavailable")
        return Session(did, handle, access, refresh)
