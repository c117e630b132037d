"""As much of a Personal Data Server as it takes to fail on its behalf.

How a real one behaves is for `tests/bluesky`; this one is for what a real one does
seldom.
"""

import hashlib
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.loopback import Behaviour, Delivery
from tests.platforms.platform import Platform, saying

DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
HANDLE = "lea.example.com"
PASSWORD = "abcd-efgh-ijkl-mnop"
FRIEND = "did:plc:z72i7hdynmk6r22z27h6tvur"


def refusal(name: str, message: str, status: int = 400, **headers: str) -> Behaviour:
    """Answer with an error of the protocol."""
    return saying({"error": name, "message": message}, status, **headers)


class Pds(Platform):
    """One account. Tokens are counted: ``access-2`` comes from the second sign-in."""

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[str, dict[str, Any]] = {}
        self.sign_ins = 0
        self.good_token = ""
        self.refresh_works = True

    def calls(self) -> Counter[str]:
        """Return how often each method was called."""
        paths = (urlsplit(one.path).path for one in self.deliveries)
        return Counter(path.rpartition(".")[2] for path in paths)

    def respond(self, delivery: Delivery) -> Behaviour:
        url = urlsplit(delivery.path)
        method = url.path.rpartition(".")[2]
        params = {name: one[0] for name, one in parse_qs(url.query).items()}
        if method == "createSession":
            return self._create_session(delivery)
        token = delivery.headers.get("Authorization", "").removeprefix("Bearer ")
        if method == "refreshSession":
            return self._refresh_session()
        if method == "resolveHandle":
            known = params["handle"] == "friend.example.com"
            missing = refusal("InvalidRequest", "Unable to resolve handle")
            return saying({"did": FRIEND}) if known else missing
        if method != "getRecord" and token != self.good_token:
            return refusal("ExpiredToken", "Token has expired")
        return getattr(self, f"_{method}")(delivery, params)

    def _create_session(self, delivery: Delivery) -> Behaviour:
        given = delivery.json
        if (given["identifier"], given["password"]) != (HANDLE, PASSWORD):
            words = f"Invalid identifier or password {given['password']}"
            return refusal("AuthenticationRequired", words, 401)
        return self._session()

    def _refresh_session(self) -> Behaviour:
        if not self.refresh_works:
            return refusal("ExpiredToken", "Token has been revoked")
        return self._session()

    def _session(self) -> Behaviour:
        self.sign_ins += 1
        self.good_token = f"access-{self.sign_ins}"
        return saying(
            {
                "did": DID,
                "handle": HANDLE,
                "accessJwt": self.good_token,
                "refreshJwt": f"refresh-{self.sign_ins}",
            }
        )

    def _uploadBlob(self, delivery: Delivery, params: dict[str, str]) -> Behaviour:
        link = "bafkrei" + hashlib.sha256(delivery.body).hexdigest()[:52]
        blob = {
            "$type": "blob",
            "ref": {"$link": link},
            "mimeType": delivery.headers["Content-Type"],
            "size": len(delivery.body),
        }
        return saying({"blob": blob})

    def _createRecord(self, delivery: Delivery, params: dict[str, str]) -> Behaviour:
        given = delivery.json
        if given["rkey"] in self.records:
            return refusal("InternalServerError", "Internal Server Error", 500)
        self.records[given["rkey"]] = given["record"]
        uri = f"at://{DID}/{given['collection']}/{given['rkey']}"
        return saying({"uri": uri, "cid": "bafyreia"})

    def _getRecord(self, delivery: Delivery, params: dict[str, str]) -> Behaviour:
        record = self.records.get(params["rkey"])
        uri = f"at://{DID}/{params['collection']}/{params['rkey']}"
        if record is None:
            return refusal("RecordNotFound", f"Could not locate record: {uri}")
        return saying({"uri": uri, "cid": "bafyreia", "value": record})

    def _deleteRecord(self, delivery: Delivery, params: dict[str, str]) -> Behaviour:
        self.records.pop(delivery.json["rkey"], None)
        return saying({})

    def _getProfile(self, delivery: Delivery, params: dict[str, str]) -> Behaviour:
        avatar = "https://cdn.example/avatar.jpg"
        return saying({"did": DID, "displayName": "Lea", "avatar": avatar})

    def _getPosts(self, delivery: Delivery, params: dict[str, str]) -> Behaviour:
        return saying({"posts": []})
