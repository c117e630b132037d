"""A Telegram channel or group, through a bot that may post there.

The Bot API knows no key and cannot be asked what a chat holds: where the answer to a
send is lost, a person has to look. The bot's token is part of every address, so that
no address is ever shown. What people read under a picture is a caption there, shorter
than a text; Telegram has no field for alt texts.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from scheduling.publishing.connectors.answers import (
    QUICK,
    Budget,
    ask,
    reason_in,
    seconds_with,
    server_origin,
    server_problem,
    short_text,
)
from scheduling.publishing.connectors.base import (
    Account,
    Connector,
    ConnectorOptions,
    CredentialsInvalid,
    Limits,
    MediaFile,
    OutcomeUnknown,
    PublishError,
    PublishRequest,
    Receipt,
    Recovery,
    refuse_unknown_fields,
)
from scheduling.publishing.connectors.multipart import Multipart
from scheduling.publishing.outbound import MAX_RETRY_AFTER, Reply

FIELDS = frozenset({"bot_token", "chat_id", "server"})
SERVER = "https://api.telegram.org"
MAX_REPLY_BYTES = 1_000_000
# Of a picture: width and height together, and the longer side over the shorter.
MOST_PIXELS = 10_000
MOST_RATIO = 20
_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{20,100}")
_CHAT = re.compile(r"-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,63}")
_USER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{3,63}")
_MANY = "sendMediaGroup"
_GIF = "image/gif"

# Answers that say "bad request" about the bot's place in the chat, not about the post.
_NO_PLACE = (
    "chat not found",
    "not enough rights",
    "need administrator rights",
    "chat_admin_required",
    "chat_write_forbidden",
    "have no rights to send",
    "upgraded to a supergroup",
)
_GONE = "message to delete not found"


class TelegramConnector(Connector):
    """Post to one chat; the credentials are ``bot_token``, ``chat_id``, ``server``.

    ``server`` is for a Bot API server of one's own and may be left out.
    """

    name: ClassVar[str] = "telegram"
    platform: ClassVar[str] = "telegram"
    account_fields: ClassVar[frozenset[str]] = frozenset({"server", "chat_id"})
    limits: ClassVar[Limits] = Limits(
        characters=4_096,
        caption_characters=1_024,
        media_count=10,
        media_types=frozenset(
            {"image/jpeg", "image/png", "image/webp", _GIF, "video/mp4"}
        ),
        image_bytes=10_000_000,
        # Whatever the shape, both sides together stay below what is taken.
        image_edge=MOST_PIXELS // 2,
        video_bytes=50_000_000,
    )
    # Room for ten files on a slow line.
    timeout: ClassVar[float] = 180.0
    deletes: ClassVar[bool] = True

    @property
    def recovery(self) -> Recovery:
        """There is no key, and no way to ask."""
        return Recovery.MANUAL

    def seconds_for(self, request: PublishRequest) -> float:
        """Allow for the files' way there, and for the work on them."""
        return seconds_with(request.media, self.timeout)

    @classmethod
    def validate_credentials(
        cls, credentials: object, options: ConnectorOptions
    ) -> dict[str, Any]:
        """Take a token as BotFather gives it, and a chat's id or public name."""
        given = refuse_unknown_fields(credentials, FIELDS)
        errors: dict[str, list[str]] = {}
        token, chat = given.get("bot_token"), given.get("chat_id")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token.strip()):
            errors["bot_token"] = ["A bot's token is needed, such as 123456:ABC-DEF…"]
        if isinstance(chat, bool) or not _CHAT.fullmatch(str(chat or "").strip()):
            errors["chat_id"] = ["A chat's id or @name is needed, such as -1001234."]
        server = given.get("server") or SERVER
        if server != SERVER and (problem := server_problem(server, options)):
            errors["server"] = [problem]
        if errors:
            raise CredentialsInvalid(errors)
        stored = {"bot_token": str(token).strip(), "chat_id": str(chat).strip()}
        if server == SERVER:
            return stored
        return {**stored, "server": server_origin(server)}

    @classmethod
    def text_length(cls, text: str) -> int:
        """Count UTF-16 code units, as Telegram does."""
        return len(text.encode("utf-16-le", "surrogatepass")) // 2

    def verify(self) -> Account:
        """Ask who the bot is, which chat that is, and whether the bot belongs there."""
        budget = Budget(QUICK)
        bot = self._ask(budget, "getMe", {})
        chat = self._ask(budget, "getChat", {"chat_id": self._chat})
        bot_id = short_text(_of(bot, "id"))
        place = self._ask(
            budget, "getChatMember", {"chat_id": self._chat, "user_id": bot_id}
        )
        self._refuse_without_place(_of(chat, "type"), _of(place, "status"))
        chat_id, name = short_text(_of(chat, "id")), short_text(_of(chat, "username"))
        title = short_text(_of(chat, "title")) or short_text(_of(chat, "first_name"))
        if not chat_id:
            raise _unreadable()
        return Account(
            external_id=chat_id, handle=f"@{name}" if name else title, name=title
        )

    def publish(self, request: PublishRequest) -> Receipt:
        """Send a message, a picture or clip with a caption, or an album."""
        self.refuse_over_limits(request)
        _refuse_odd_media(request.media)
        method, fields, files = _message(request)
        form = Multipart({"chat_id": self._chat, **fields}, files)
        reply = self._call(
            Budget(self.seconds_for(request)),
            method,
            headers=form.headers(),
            content=form,
        )
        if reply.status >= 500:
            raise OutcomeUnknown(self._sentence(reply), code="server_error")
        self._raise_for_status(reply)
        return _receipt(reply.json_object().get("result"))

    def delete(self, external_id: str) -> None:
        """Delete a message, or all messages of an album.

        A bot may not delete everything everywhere: that is refused for good.
        """
        chat, _, ids = external_id.rpartition("/")
        numbers = [int(one) for one in ids.split(",") if one.isdigit()]
        if not chat or not numbers:
            message = "This is not a message of Telegram's."
            raise PublishError(message, permanent=True, code="refused")
        method = "deleteMessage" if len(numbers) == 1 else "deleteMessages"
        fields = (
            {"message_id": numbers[0]}
            if len(numbers) == 1
            else {"message_ids": numbers}
        )
        try:
            self._ask(Budget(QUICK), method, {"chat_id": chat, **fields})
        except PublishError as error:
            if _GONE not in error.message.lower():
                raise

    @property
    def _chat(self) -> str:
        return str(self._credentials["chat_id"])

    def _ask(self, budget: Budget, method: str, fields: Mapping[str, Any]) -> Any:
        """Ask what may be asked again; return the result. Raises PublishError."""
        try:
            reply = self._call(
                budget,
                method,
                headers={"Content-Type": "application/json"},
                content=json.dumps(fields).encode(),
            )
        except OutcomeUnknown as error:
            raise PublishError(
                error.message, permanent=False, code=error.code
            ) from error
        self._raise_for_status(reply)
        answer = reply.json_object()
        if answer.get("ok") is not True:
            raise _unreadable()
        return answer.get("result")

    def _call(
        self,
        budget: Budget,
        method: str,
        *,
        headers: Mapping[str, str],
        content: bytes | Iterable[bytes],
    ) -> Reply:
        server = self._credentials.get("server") or SERVER
        return ask(
            budget.client(self._options, max_reply_bytes=MAX_REPLY_BYTES),
            "POST",
            f"{server}/bot{self._credentials['bot_token']}/{method}",
            headers=headers,
            content=content,
        )

    def _raise_for_status(self, reply: Reply) -> None:
        status, message = reply.status, self._sentence(reply)
        if 200 <= status < 300:
            return
        if status < 400:
            message = f"Telegram's server redirects ({status}). Correct its address."
            raise PublishError(message, permanent=True, code="redirected")
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            wish = _wish(reply)
            raise PublishError(
                message, permanent=False, retry_after=wish, code="rate_limited"
            )
        if status >= 500 or status == HTTPStatus.REQUEST_TIMEOUT:
            raise PublishError(message, permanent=False, code="unavailable")
        raise PublishError(message, permanent=True, code=_refusal(status, message))

    def _sentence(self, reply: Reply) -> str:
        token = self._credentials["bot_token"]
        private = [token, token.partition(":")[2]]
        said = reason_in(reply.json_object(), ("description",), private)
        return f"Telegram answered {reply.status}{said}."

    def _refuse_without_place(self, kind: object, status: object) -> None:
        if kind == "private":
            return
        outside = status in ("left", "kicked")
        if outside or (
            kind == "channel" and status not in ("administrator", "creator")
        ):
            message = (
                "The bot may not post there. Make it an administrator of the chat."
            )
            raise PublishError(message, permanent=True, code="needs_sign_in")


def _message(
    request: PublishRequest,
) -> tuple[str, dict[str, str], dict[str, MediaFile]]:
    """Return the method, its fields and its files."""
    media, text = request.media, request.content
    if not media:
        return "sendMessage", {"text": text}, {}
    if len(media) == 1:
        method, field = _alone(media[0])
        return method, {"caption": text}, {field: media[0]}
    album = [
        {
            "type": "video" if item.is_video else "photo",
            "media": f"attach://file{number}",
            # An album shows the caption of its first entry as its own.
            **({"caption": text} if number == 1 and text else {}),
        }
        for number, item in enumerate(media, start=1)
    ]
    files = {f"file{number}": item for number, item in enumerate(media, start=1)}
    return _MANY, {"media": json.dumps(album)}, files


def _alone(item: MediaFile) -> tuple[str, str]:
    if item.content_type == _GIF:
        return "sendAnimation", "animation"
    return ("sendVideo", "video") if item.is_video else ("sendPhoto", "photo")


def _refuse_odd_media(media: Sequence[MediaFile]) -> None:
    """Refuse what Telegram would: see MOST_PIXELS and MOST_RATIO."""
    problems = []
    if len(media) > 1 and any(item.content_type == _GIF for item in media):
        problems.append("A GIF goes alone on Telegram, not in an album.")
    for item in media:
        width, height = item.width or 0, item.height or 0
        if item.is_video or not width or not height:
            continue
        if width + height > MOST_PIXELS:
            problems.append(f"{item.name} has too many pixels for Telegram.")
        if max(width, height) > MOST_RATIO * min(width, height):
            problems.append(f"{item.name} is too narrow for Telegram.")
    if problems:
        raise PublishError(" ".join(problems), permanent=True, code="over_limits")


def _receipt(result: object) -> Receipt:
    """Return what was posted; an album is several messages in one chat."""
    messages = result if isinstance(result, list) else [result]
    chat = _of(messages[0], "chat") if messages else None
    chat_id, name = short_text(_of(chat, "id")), short_text(_of(chat, "username"))
    ids = [short_text(_of(message, "message_id")) for message in messages]
    if not chat_id or not all(ids):
        message = "Telegram took the post, but its answer could not be read."
        raise OutcomeUnknown(message, code="reply_lost")
    public = _USER_NAME.fullmatch(name)
    return Receipt(
        external_id=f"{chat_id}/{','.join(ids)}",
        url=f"https://t.me/{name}/{ids[0]}" if public else "",
    )


def _refusal(status: int, message: str) -> str:
    """Return the code of a refusal; an unknown token is a 401 or a 404."""
    signed_out = (
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
    )
    if status in signed_out or any(one in message.lower() for one in _NO_PLACE):
        return "needs_sign_in"
    too_large = status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return "too_large" if too_large else "refused"


def _wish(reply: Reply) -> float | None:
    seconds = _of(reply.json_object().get("parameters"), "retry_after")
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        return None
    return min(max(float(seconds), 0.0), MAX_RETRY_AFTER)


def _of(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, Mapping) else None


def _unreadable() -> PublishError:
    message = "Telegram's answer could not be read."
    return PublishError(message, permanent=False, code="unavailable")
