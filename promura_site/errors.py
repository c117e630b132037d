"""The one kind of error that a service raises on purpose."""

from typing import Any


class DomainError(Exception):
    """A rule of the house said no.

    `code` is a word for programs, `message` one sentence a person can act on,
    `errors` names fields, `retry_after` is in seconds, `payload` is merged into the
    answer.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        errors: dict[str, list[str]] | None = None,
        retry_after: int | None = None,
        **payload: Any,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.errors = errors or {}
        self.retry_after = retry_after
        self.payload = payload
