"""How the filters of lists look in the description of the API."""

from typing import Any

import django_filters
from drf_spectacular.utils import OpenApiParameter

from library.filters import InstantFilter, TrueOrFalseFilter
from scheduling.filters import WordsFilter


def filter_parameters(
    filterset: type[django_filters.FilterSet],
) -> list[OpenApiParameter]:
    """Return the query parameters that a filterset reads, for `extend_schema`."""
    return [
        OpenApiParameter(name, _shape_of(one), description=str(one.label or ""))
        for name, one in filterset.base_filters.items()
    ]


def _shape_of(one: django_filters.Filter) -> dict[str, Any]:
    if isinstance(one, django_filters.UUIDFilter):
        return {"type": "string", "format": "uuid"}
    if isinstance(one, InstantFilter):
        return {"type": "string", "format": "date-time"}
    if isinstance(one, TrueOrFalseFilter):
        return {"type": "boolean"}
    if isinstance(one, django_filters.ChoiceFilter):
        words = [str(value) for value, _ in one.extra["choices"]]
        return {"type": "string", "enum": words}
    if isinstance(one, WordsFilter):
        word = f"({'|'.join(one.extra['choices'])})"
        return {"type": "string", "pattern": f"^{word}(,{word})*$"}
    return {"type": "string", "maxLength": one.extra.get("max_length", 1000)}
