"""Lists: limit, a cursor on (key, id), offset for the near pages, and a count."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from rest_framework import exceptions
from rest_framework.request import Request

from promura_site.api.parsers import has_unstorable

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
MAX_OFFSET = 10_000


@dataclass(frozen=True)
class Page:
    """One page of a list; `count` is None when the client left it out."""

    items: list[Any]
    count: int | None
    next: str | None
    previous: str | None

    def payload(self, key: str, shown: Sequence[Any]) -> dict[str, Any]:
        """Return the envelope's fields, with `shown` standing under `key`."""
        body: dict[str, Any] = {key: shown}
        if self.count is not None:
            body["count"] = self.count
        return body | {"next": self.next, "previous": self.previous}


def bounded_int(request: Request, name: str, default: int, low: int, high: int) -> int:
    """Read a whole number from the query; raise naming the field otherwise."""
    raw = request.query_params.get(name)
    if raw is None or raw == "":
        return default
    if not raw.isascii() or not raw.isdecimal() or len(raw) > 9:
        number = -1
    else:
        number = int(raw)
    if not low <= number <= high:
        raise exceptions.ValidationError(
            {name: [f"Must be a whole number from {low} to {high}."]}
        )
    return number


def boolean(request: Request, name: str, default: bool) -> bool:
    """Read true or false from the query; raise naming the field otherwise."""
    raw = request.query_params.get(name, "").lower()
    if raw in {"", "true", "1", "false", "0"}:
        return default if raw == "" else raw in {"true", "1"}
    raise exceptions.ValidationError({name: ["Must be true or false."]})


def chosen_ordering(
    request: Request, orderings: dict[str, tuple[str, ...]], default: str
) -> tuple[str, ...]:
    """Return the model ordering behind `?ordering=`; unknown names are a 400.

    `orderings` maps a public name to model fields; `-name` is the reverse unless
    it is declared on its own. The id is added last, so that the order is total.
    """
    name = request.query_params.get("ordering") or default
    fields = orderings.get(name)
    if fields is None:
        bare = name.removeprefix("-")
        opposite = orderings.get(bare if name != bare else f"-{bare}")
        if opposite is None:
            known = ", ".join(sorted(orderings))
            raise exceptions.ValidationError({"ordering": [f"Choose one of: {known}."]})
        fields = _reversed(opposite)
    last = "-id" if fields[-1].startswith("-") else "id"
    return (*fields, last)


def paginate(
    request: Request,
    rows: QuerySet[Any],
    ordering: tuple[str, ...],
    *,
    limit: int = DEFAULT_LIMIT,
    most: int = MAX_LIMIT,
) -> Page:
    """Return the page of `rows` that the query asks for, in a total `ordering`."""
    limit = bounded_int(request, "limit", limit, 1, most)
    offset = bounded_int(request, "offset", 0, 0, MAX_OFFSET)
    count = rows.count() if boolean(request, "count", True) else None
    token = request.query_params.get("cursor")
    backwards = False
    if token:
        backwards, values = _decode(token, rows, ordering)
        effective = _reversed(ordering) if backwards else ordering
        found = rows.filter(_after(effective, values)).order_by(*effective)
        items = list(found[: limit + 1])
    else:
        items = list(rows.order_by(*ordering)[offset : offset + limit + 1])
    more = len(items) > limit
    items = items[:limit]
    if backwards:
        items.reverse()
    has_next = bool(items) and (more or backwards)
    has_previous = bool(items) and (more if backwards else bool(token) or offset > 0)
    return Page(
        items,
        count,
        _link(request, ordering, items[-1], backwards=False) if has_next else None,
        _link(request, ordering, items[0], backwards=True) if has_previous else None,
    )


def _reversed(ordering: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name[1:] if name.startswith("-") else f"-{name}" for name in ordering)


def _after(ordering: tuple[str, ...], values: list[Any]) -> Q:
    """Return the condition for rows behind `values` in `ordering`.

    The first key stands alone as well (a <= x), since that is what an index on it
    can use: the OR of the full condition would scan.
    """
    condition = Q()
    for depth in range(len(ordering) - 1, -1, -1):
        name = ordering[depth].lstrip("-")
        step = "lt" if ordering[depth].startswith("-") else "gt"
        ahead = Q(**{f"{name}__{step}": values[depth]})
        if depth == len(ordering) - 1:
            condition = ahead
        else:
            condition = ahead | (Q(**{name: values[depth]}) & condition)
    first, step = ordering[0].lstrip("-"), "gte"
    if ordering[0].startswith("-"):
        step = "lte"
    return Q(**{f"{first}__{step}": values[0]}) & condition


def _link(
    request: Request, ordering: tuple[str, ...], row: Model, *, backwards: bool
) -> str:
    values = [_plain(getattr(row, name.lstrip("-"))) for name in ordering]
    raw = json.dumps(
        [int(backwards), ",".join(ordering), *values], separators=(",", ":")
    )
    token = base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")
    query = {
        name: value
        for name, value in request.query_params.items()
        if name not in {"cursor", "offset"}
    }
    return request.build_absolute_uri(
        f"{request.path}?{urlencode(query | {'cursor': token})}"
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _decode(
    token: str, rows: QuerySet[Any], ordering: tuple[str, ...]
) -> tuple[bool, list[Any]]:
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        backwards, order, *plain = json.loads(base64.urlsafe_b64decode(padded))
        if order != ",".join(ordering) or None in plain:
            raise ValueError
        values = [
            _python_value(rows, name.lstrip("-"), value)
            for name, value in zip(ordering, plain, strict=True)
        ]
    except (ValueError, TypeError, OverflowError, ValidationError, RecursionError):
        raise exceptions.ValidationError(
            {"cursor": ["This cursor belongs to no list in this order."]}
        ) from None
    return bool(backwards), values


def _python_value(rows: QuerySet[Any], name: str, value: Any) -> Any:
    annotation = rows.query.annotations.get(name)
    if annotation is not None:
        field = annotation.output_field
    else:
        field = rows.model._meta.get_field(name)
    found = field.to_python(value)
    if isinstance(found, datetime):
        # Raises where no database could go: an offset before the year 1.
        return found.astimezone(UTC)
    too_large = isinstance(found, int) and not -(2**63) <= found < 2**63
    if too_large or (isinstance(found, str) and has_unstorable(found)):
        raise ValueError
    return found
