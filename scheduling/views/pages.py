"""How a page of a list looks in the description of the API."""

from typing import Any

from rest_framework import serializers

from library.serializers import envelope


def page_of(name: str, **things: Any) -> Any:
    """Return the shape of a list's answer, with `things` under their key."""
    return envelope(
        name,
        **things,
        count=serializers.IntegerField(required=False),
        next=serializers.URLField(allow_null=True),
        previous=serializers.URLField(allow_null=True),
    )
