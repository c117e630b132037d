"""A real SMTP server on loopback that keeps what it is given."""

import threading
from collections.abc import Callable
from email import message_from_bytes
from email.message import Message
from email.policy import default
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller

from tests.ports import free_port


class MailServer:
    """A context manager; `answer` decides on each mail, `kept` are those it took.

    An answer of 250 is given after the mail is kept. `on_mail` runs before that, in
    the server's thread.
    """

    def __init__(self) -> None:
        self.kept: list[Message] = []
        self.answer: Callable[[list[str]], str] = lambda to: "250 OK"
        self.on_mail: Callable[[], None] | None = None
        self._changed = threading.Condition()
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._controller.stop()

    @property
    def port(self) -> int:
        return self._controller.port

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        answer = self.answer([address])
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = message_from_bytes(envelope.content, policy=default)
        with self._changed:
            self.kept.append(mail)
            self._changed.notify_all()
        if self.on_mail is not None:
            self.on_mail()
        return "250 OK"

    def wait_for(self, count: int, seconds: float = 60.0) -> bool:
        """Wait until this many mails are there; False if they did not come."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.kept) >= count, seconds)
