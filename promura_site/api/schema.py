"""What the OpenAPI description says about every endpoint."""

from typing import Any

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme

_FAILURE = {
    "type": "object",
    "required": ["success", "message", "code", "errors"],
    "properties": {
        "success": {"type": "boolean", "const": False},
        "message": {"type": "string", "description": "A sentence to act on."},
        "code": {"type": "string", "description": "A word for programs."},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}


class EpochJWTScheme(SimpleJWTScheme):
    """Bearer tokens, as the description shows them."""

    target_class = "promura_site.api.authentication.EpochJWTAuthentication"


def add_failures(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Give every operation the failure envelope as its default answer."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["Failure"] = _FAILURE
    answer = {
        "description": "The failure envelope",
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}
        },
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"].setdefault("default", answer)
    return result
