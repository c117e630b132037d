"""A Mastodon server as far as posting goes, with its keys, its media and its limits."""

import time
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.loopback import Behaviour, Delivery
from tests.platforms.forms import parts_of
from tests.platforms.platform import Platform, saying

TOKEN = "masto-token-ZekvrTtoken0123456789"


class MastodonServer(Platform):
    """One account. ``clock`` is the server's; ``polls`` how long media take."""

    def __init__(self, *, polls: int = 0, batches: bool = True) -> None:
        super().__init__()
        self.polls = polls
        self.batches = batches
        self.clock = time.monotonic
        self.statuses: dict[str, dict[str, Any]] = {}
        self.media: dict[str, dict[str, Any]] = {}
        self._keys: dict[str, tuple[float, str]] = {}

    @property
    def texts(self) -> Counter[str]:
        """How often each text stands there."""
        return Counter(one["status"] for one in self.statuses.values())

    def respond(self, delivery: Delivery) -> Behaviour:
        if delivery.headers.get("Authorization") != f"Bearer {TOKEN}":
            return saying({"error": "The access token is invalid"}, 401)
        url = urlsplit(delivery.path)
        match (delivery.method, *url.path.strip("/").split("/")):
            case ("GET", "api", "v1", "accounts", "verify_credentials"):
                return saying(
                    {
                        "id": "23634",
                        "acct": "lea",
                        "display_name": "Lea",
                        "avatar": "https://files.example/lea.png",
                    }
                )
            case ("POST", "api", "v2", "media"):
                return self._upload(delivery)
            case ("GET", "api", "v1", "media", media_id):
                return self._media(media_id)
            case ("POST", "api", "v1", "statuses"):
                return self._post(delivery)
            case ("GET", "api", "v1", "statuses") if self.batches:
                ids = parse_qs(url.query).get("id[]", [])
                known = [self.statuses[one] for one in ids if one in self.statuses]
                return saying(known) if len(ids) <= 20 else saying([], 422)
            case ("GET", "api", "v1", "statuses", status_id):
                known_one = self.statuses.get(status_id)
                return saying(known_one) if known_one else _not_found()
            case ("DELETE", "api", "v1", "statuses", status_id):
                gone = self.statuses.pop(status_id, None)
                return saying(gone) if gone else _not_found()
        return _not_found()

    def _upload(self, delivery: Delivery) -> Behaviour:
        fields = {part.name: part for part in parts_of(delivery)}
        description = fields.get("description")
        media_id = str(len(self.media) + 1)
        self.media[media_id] = {
            "data": fields["file"].data,
            "type": fields["file"].content_type,
            "description": description.data.decode() if description else None,
            "polls": self.polls,
        }
        return saying({"id": media_id, "url": None}, 202 if self.polls else 200)

    def _media(self, media_id: str) -> Behaviour:
        if media_id not in self.media:
            return _not_found()
        self.media[media_id]["polls"] -= 1
        busy = self.media[media_id]["polls"] > 0
        return saying({"id": media_id}, 206 if busy else 200)

    def _post(self, delivery: Delivery) -> Behaviour:
        key, now = delivery.headers["Idempotency-Key"], self.clock()
        if key in self._keys and now - self._keys[key][0] < 3600:
            return saying(self.statuses[self._keys[key][1]])
        said = delivery.json
        media = [self.media[one] for one in said["media_ids"]]
        if len(said["status"]) > 500 or not (said["status"] or media):
            return saying({"error": "Validation failed: Text is not fit"}, 422)
        if any(item["polls"] > 0 for item in media):
            return saying({"error": "Cannot attach files still processing"}, 422)
        status_id = str(1_000 + len(self._keys))
        self.statuses[status_id] = {
            **said,
            "id": status_id,
            "url": f"https://social.example/@lea/{status_id}",
            "favourites_count": 3,
            "replies_count": 2,
            "reblogs_count": 1,
        }
        self._keys[key] = (now, status_id)
        return saying(self.statuses[status_id])


def _not_found() -> Behaviour:
    return saying({"error": "Record not found"}, 404)
