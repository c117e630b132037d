"""The one handler that turns every exception into the failure envelope."""

import logging
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import OperationalError
from django.http import Http404, HttpRequest, JsonResponse, UnreadablePostError
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.serializer_helpers import ReturnDict

from promura_site import events, origin
from promura_site.api.responses import failure_body
from promura_site.errors import DomainError

logger = logging.getLogger(__name__)

_WORDS = {
    "not_authenticated": "Sign in first, or send a Bearer token.",
    "permission_denied": "Your level does not allow this.",
    "not_found": "There is nothing at this address.",
}


# How the framework counts what came in: what is too much, and where it is set.
_TOO_MANY = {
    TooManyFieldsSent: ("fields", "DATA_UPLOAD_MAX_NUMBER_FIELDS"),
    TooManyFilesSent: ("files", "DATA_UPLOAD_MAX_NUMBER_FILES"),
}


class PayloadTooLarge(exceptions.APIException):
    """The body is larger than this endpoint takes."""

    status_code = 413
    default_code = "too_large"
    default_detail = "The request body is too large."


def handle(exc: Exception, context: dict[str, Any]) -> Response:
    """Answer `exc` with the envelope; DRF calls this for every view.

    Refusals and faults are recorded here: the service's transaction has been
    rolled back by now, so the record survives it.
    """
    request: Request = context["request"]
    if isinstance(exc, DomainError):
        body = failure_body(exc.message, exc.code, exc.errors, **exc.payload)
        response = Response(body, status=exc.status)
        if exc.retry_after is not None:
            response["Retry-After"] = str(exc.retry_after)
    else:
        response = _answer_framework_error(_as_api_exception(exc), exc)
    if response.status_code == 401:
        response.headers.setdefault("WWW-Authenticate", 'Bearer realm="api"')
    if response.status_code == 403:
        # Only here: asking for the person authenticates, which may raise again.
        events.refuse(
            "call.refused",
            actor=request.user,
            message=f"was refused {request.method} {request.path}"[:300],
            data={"code": response.data["code"]},
        )
    return response


def _as_api_exception(exc: Exception) -> exceptions.APIException | None:
    if isinstance(exc, exceptions.APIException):
        return exc
    if isinstance(exc, Http404):
        return exceptions.NotFound()
    if isinstance(exc, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(exc, RequestDataTooBig):
        return PayloadTooLarge()
    if isinstance(exc, TooManyFieldsSent | TooManyFilesSent):
        things, setting = _TOO_MANY[type(exc)]
        most = getattr(settings, setting)
        return PayloadTooLarge(f"At most {most:,} {things} in one request.")
    if isinstance(exc, SuspiciousOperation | UnreadablePostError):
        return exceptions.ParseError("The request could not be read.")
    return None


def _answer_framework_error(
    known: exceptions.APIException | None, exc: Exception
) -> Response:
    if known is None:
        if isinstance(exc, OperationalError):
            return _answer_busy_database(exc)
        return Response(fault_body(exc), status=500)
    headers = {}
    if header := getattr(known, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(known, "wait", None):
        headers["Retry-After"] = str(int(wait))
    detail = known.detail
    if isinstance(known, exceptions.ValidationError):
        errors = flatten(detail)
        body = failure_body(first_sentence(errors), "invalid", errors)
    else:
        code = _code_of(known)
        body = failure_body(_WORDS.get(code) or _sentence(detail), code)
    if serializer := getattr(detail, "serializer", None):
        body = ReturnDict(body, serializer=serializer)
    return Response(body, status=known.status_code, headers=headers)


def _answer_busy_database(exc: Exception) -> Response:
    # In the log alone: a record would wait for the same database once more.
    logger.error("The database did not answer in time", exc_info=exc)
    body = failure_body("The database is busy; try again in a moment.", "busy")
    return Response(body, status=503, headers={"Retry-After": "1"})


def fault_body(exc: BaseException) -> dict[str, Any]:
    """Log and record an unexpected fault; return its envelope with an id to quote."""
    fault_id = origin.current().request_id
    logger.error("Unexpected fault %s", fault_id, exc_info=exc)
    message = f"{str(exc)[:250]} [{fault_id}]"
    events.fault(type(exc).__name__, message, where=_place(exc))
    return failure_body(
        f"Something went wrong on our side. Quote {fault_id} when you ask for help.",
        "server_error",
        id=fault_id,
    )


def _place(exc: BaseException) -> str:
    """Return the last function of ours that `exc` passed, so that repeats add up."""
    place, step = "", exc.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        path = Path(code.co_filename)
        if path.is_relative_to(settings.BASE_DIR) and "site-packages" not in path.parts:
            place = f"{path.relative_to(settings.BASE_DIR)} {code.co_qualname}"
        step = step.tb_next
    return place


def _code_of(exc: exceptions.APIException) -> str:
    if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return "not_authenticated"
    return exc.default_code


def _sentence(detail: Any) -> str:
    if isinstance(detail, dict):
        return str(detail.get("detail", "The request was refused."))
    if isinstance(detail, list):
        return str(detail[0])
    return str(detail)


def flatten(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    """Turn DRF's nested errors into `{"field.0.inner": ["sentence", …]}`."""
    if isinstance(detail, dict):
        items = [(str(key), value) for key, value in detail.items()]
    elif isinstance(detail, list) and any(
        isinstance(one, dict | list) for one in detail
    ):
        items = [(str(index), value) for index, value in enumerate(detail) if value]
    else:
        sentences = detail if isinstance(detail, list) else [detail]
        return {prefix or "non_field_errors": [str(one) for one in sentences]}
    flat: dict[str, list[str]] = {}
    for key, value in items:
        flat.update(flatten(value, f"{prefix}.{key}" if prefix else key))
    return flat


def first_sentence(errors: dict[str, list[str]]) -> str:
    """Return one sentence that names the first field and what is wrong with it."""
    for field, sentences in errors.items():
        if sentences:
            known = field == "non_field_errors"
            return sentences[0] if known else f"{field}: {sentences[0]}"
    return "The request is not valid."


def json_failure(
    request: HttpRequest, status: int, message: str, code: str
) -> JsonResponse:
    """Answer outside DRF, for faults that never reached a view."""
    return JsonResponse(failure_body(message, code), status=status)
