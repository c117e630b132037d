"""The ways out: mail by Django's backend, Telegram by its Bot API."""

import json
import smtplib
from datetime import UTC, datetime
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage

from scheduling.models import NoticeDelivery
from scheduling.notices.messages import Message
from scheduling.notices.people import Person
from scheduling.publishing.outbound import (
    MAX_RETRY_AFTER,
    NotSent,
    OutboundClient,
    ReplyLost,
    TargetRefused,
    TimeLimits,
)

PUBLIC_API = "https://api.telegram.org"
# Telegram takes 4,096 characters.
MOST_CHARACTERS = 4000


class Undelivered(Exception):
    """A message that did not go out. The text is fit to be shown and has no secret.

    `permanent`: the same again cannot help until somebody changes something.
    """

    def __init__(
        self, message: str, *, permanent: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after


def send(medium: str, person: Person, message: Message) -> None:
    """Send one message to one person; raise Undelivered."""
    if medium == NoticeDelivery.Medium.MAIL:
        _send_mail(person.user.email, message)
    else:
        _send_telegram(person.preference.telegram_chat_id, message)


def _send_mail(to: str, message: Message) -> None:
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "promura"
    mail = EmailMessage(
        " ".join(message.subject.split())[:150],
        message.body,
        to=[to],
        headers={
            # The same when it is sent again, so that a mail server can tell.
            "Message-ID": f"<{message.key}@{host}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        refused = all(500 <= code < 600 for code in codes)
        words = (
            "refuses this address"
            if refused
            else ("takes nothing for this address now")
        )
        raise Undelivered(f"The mail server {words}.", permanent=refused) from error
    except smtplib.SMTPAuthenticationError as error:
        raise Undelivered("The mail server does not take our sign-in.") from error
    except (smtplib.SMTPException, OSError) as error:
        kind = type(error).__name__
        raise Undelivered(f"The mail server could not be used ({kind}).") from error
    except ValueError as error:
        raise Undelivered(
            "The mail could not be written: this address or the sender's is no address."
        ) from error


def _send_telegram(chat: str, message: Message) -> None:
    base = settings.TELEGRAM_API_URL.rstrip("/")
    # A server of one's own stands where the operator says, also inside.
    inside = base != PUBLIC_API or settings.ALLOW_PRIVATE_TARGETS
    client = OutboundClient(allow_private=inside, limits=TimeLimits(total=20.0))
    text = f"{message.subject}\n\n{message.body}"[:MOST_CHARACTERS]
    try:
        reply = client.send(
            "POST",
            f"{base}/bot{settings.TELEGRAM_BOT_TOKEN}/sendMessage",
            headers={"Content-Type": "application/json"},
            content=json.dumps(
                {
                    "chat_id": chat,
                    "text": text,
                    "link_preview_options": {"is_disabled": True},
                }
            ).encode(),
        )
    except (NotSent, ReplyLost, TargetRefused) as error:
        # Not its own words: they may be about an address, and that holds the token.
        raise Undelivered("Telegram could not be reached.") from error
    answer = reply.json_object()
    if reply.status == 200 and answer.get("ok") is True:
        return
    raise _refusal(reply.status, answer, reply.retry_after(datetime.now(UTC)))


def _refusal(
    status: int, answer: dict[str, object], asked: float | None
) -> Undelivered:
    words = str(answer.get("description") or f"status {status}")
    words = " ".join(words.replace(settings.TELEGRAM_BOT_TOKEN, "…").split())[:200]
    if status == 429:
        parameters = answer.get("parameters")
        wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
        seconds = min(wait, MAX_RETRY_AFTER) if isinstance(wait, int | float) else asked
        return Undelivered("Telegram asks for a pause.", retry_after=seconds)
    # 400 and 403: no such chat, or the person has not started the bot or blocked it.
    permanent = status in (400, 403)
    return Undelivered(f"Telegram says: {words}", permanent=permanent)
