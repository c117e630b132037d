"""Telegram's Bot API as far as posting goes: one bot, one chat, no keys."""

import json
from collections import Counter
from typing import Any

from tests.loopback import Behaviour, Delivery
from tests.platforms.forms import parts_of
from tests.platforms.platform import Platform, saying

TOKEN = "123456789:AAF-telegram_bot_token_0123456789x"
CHAT_ID = "-1001234567890"


class TelegramServer(Platform):
    """``messages`` are what the chat shows; ``old`` the ids nobody may delete."""

    def __init__(self, *, kind: str = "channel", place: str = "administrator") -> None:
        super().__init__()
        self.kind = kind
        self.place = place
        self.chat = {"id": int(CHAT_ID), "title": "Lea's own", "username": "lea_own"}
        self.messages: dict[int, dict[str, Any]] = {}
        self.old: set[int] = set()
        self._last_id = 40

    @property
    def texts(self) -> Counter[str]:
        """How often each text or caption stands there."""
        return Counter(one["text"] for one in self.messages.values() if one["text"])

    def respond(self, delivery: Delivery) -> Behaviour:
        prefix = f"/bot{TOKEN}/"
        if not delivery.path.startswith(prefix):
            return _no(401, "Unauthorized")
        method = delivery.path.removeprefix(prefix)
        if method.startswith("send"):
            return self._send(method, delivery)
        said = delivery.json
        if method == "getMe":
            return _yes({"id": 123456789, "is_bot": True, "username": "agency_bot"})
        if str(said["chat_id"]) not in {CHAT_ID, "@lea_own"}:
            return _no(400, "Bad Request: chat not found")
        if method == "getChat":
            return _yes({**self.chat, "type": self.kind})
        if method == "getChatMember":
            return _yes({"status": self.place, "user": {"id": int(said["user_id"])}})
        if method == "deleteMessage":
            return self._delete([said["message_id"]], strict=True)
        if method == "deleteMessages":
            return self._delete(said["message_ids"], strict=False)
        return _no(404, "Not Found")

    def _send(self, method: str, delivery: Delivery) -> Behaviour:
        parts = {part.name: part for part in parts_of(delivery)}
        fields = {
            name: part.data.decode()
            for name, part in parts.items()
            if not part.file_name
        }
        if fields["chat_id"] not in {CHAT_ID, "@lea_own"}:
            return _no(400, "Bad Request: chat not found")
        if self.place in {"left", "kicked"}:
            return _no(403, "Forbidden: bot was kicked from the channel chat")
        if method == "sendMediaGroup":
            album = json.loads(fields["media"])
            if not 2 <= len(album) <= 10:
                return _no(400, "Bad Request: an album has 2 to 10 entries")
            entries = [
                self._entry(
                    one.get("caption", ""),
                    one["type"],
                    parts[one["media"].removeprefix("attach://")].data,
                )
                for one in album
            ]
            return _yes(entries)
        kind = method.removeprefix("send").lower()
        if kind == "message":
            return _yes(self._entry(fields["text"], "text"))
        return _yes(self._entry(fields["caption"], kind, parts[kind].data))

    def _entry(self, text: str, kind: str, data: bytes = b"") -> dict[str, Any]:
        self._last_id += 1
        self.messages[self._last_id] = {"text": text, "kind": kind, "data": data}
        return {"message_id": self._last_id, "chat": {**self.chat, "type": self.kind}}

    def _delete(self, ids: list[int], *, strict: bool) -> Behaviour:
        if self.old.intersection(ids):
            return _no(400, "Bad Request: message can't be deleted for everyone")
        if strict and ids[0] not in self.messages:
            return _no(400, "Bad Request: message to delete not found")
        for one in ids:
            self.messages.pop(one, None)
        return _yes(True)


def refusing(status: int, description: str, **parameters: Any) -> Behaviour:
    """Answer as the Bot API does when it says no."""
    said = {"ok": False, "error_code": status, "description": description}
    return saying({**said, "parameters": parameters} if parameters else said, status)


def _yes(result: Any) -> Behaviour:
    return saying({"ok": True, "result": result})


_no = refusing
