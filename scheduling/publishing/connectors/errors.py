"""What a connector may raise."""

NEEDS_SIGN_IN = "needs_sign_in"
OUTAGE_CODES = frozenset({"unreachable", "unavailable", "server_error", "reply_lost"})


class PublishError(Exception):
    """A send that is known not to have been accepted.

    ``permanent`` means that sending the same again cannot help. ``retry_after`` is
    the platform's wish in seconds. The message is fit to be shown to people and never
    holds a secret. Codes that are not a platform's own: ``over_limits``,
    ``media_missing``, ``media_changed``, ``media_unreadable``, ``media_unfit``,
    ``target_refused``, ``unreachable``, ``redirected``, ``needs_sign_in``,
    ``rate_limited``, ``unavailable``, ``too_large``, ``gone``, ``refused``,
    ``not_offered``, ``outbox_unwritable``.
    ``reply`` is what the other side answered, in short, if it did.
    After ``needs_sign_in`` the post waits until the account is signed in again; the
    ones in ``OUTAGE_CODES`` say that nobody gets through at the moment.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        retry_after: float | None = None,
        code: str,
        reply: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.retry_after = retry_after
        self.code = code
        self.reply = reply


class OutcomeUnknown(PublishError):
    """A send of which nobody knows whether it was accepted.

    The one PublishError that must not simply be followed by another send: what may
    follow is the connector's recovery. ``code``: ``reply_lost``, ``server_error`` or
    ``in_progress``.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        retry_after: float | None = None,
        reply: str = "",
    ) -> None:
        super().__init__(
            message, permanent=False, retry_after=retry_after, code=code, reply=reply
        )


class CredentialsInvalid(ValueError):
    """Credentials that cannot work: ``errors`` maps each field to sentences."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("These credentials cannot be used.")
        self.errors = errors
