"""The envelope of every answer."""

from typing import Any

from rest_framework.response import Response


def success(status: int = 200, /, **payload: Any) -> Response:
    """Wrap `payload` in the success envelope."""
    return Response({"success": True, **payload}, status=status)


def failure_body(
    message: str,
    code: str,
    errors: dict[str, list[str]] | None = None,
    **payload: Any,
) -> dict[str, Any]:
    """Return the failure envelope's body."""
    return {
        "success": False,
        "message": message,
        "code": code,
        "errors": errors or {},
        **payload,
    }
