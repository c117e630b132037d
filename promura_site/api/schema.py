"""What the OpenAPI description says about every endpoint."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema_serializer,
    inline_serializer,
)
from rest_framework import serializers

from promura_site.api.pagination import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET

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


class PageScheme(SessionScheme):
    """The session cookie, as the description shows it."""

    target_class = "promura_site.api.authentication.PageAuthentication"


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


def envelope(name: str, **fields: Any) -> Any:
    """Return the shape of a success answer with these fields, for `extend_schema`."""
    shape = inline_serializer(name, {"success": serializers.BooleanField(), **fields})
    # The answer of an action called list is one envelope too, and not a list of them.
    extend_schema_serializer(many=False)(type(shape))
    return shape


def page_of(name: str, **things: Any) -> Any:
    """Return the shape of a list's answer, with `things` under their key."""
    return envelope(
        name,
        **things,
        count=serializers.IntegerField(required=False),
        next=serializers.URLField(allow_null=True),
        previous=serializers.URLField(allow_null=True),
    )


def list_parameters(orderings: Iterable[str], default: str) -> list[OpenApiParameter]:
    """Return the query parameters that every list takes, for `extend_schema`."""
    bare = {name.removeprefix("-") for name in orderings}
    names = sorted(bare | {f"-{name}" for name in bare})
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}
    offset = {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET}
    return [
        OpenApiParameter("limit", limit | {"default": DEFAULT_LIMIT}),
        OpenApiParameter("offset", offset, description="For the near pages only."),
        OpenApiParameter(
            "cursor", str, description="As `next` and `previous` have it."
        ),
        OpenApiParameter("count", bool, description="False leaves the count out."),
        OpenApiParameter("ordering", str, enum=names, default=default),
    ]
