"""Reading JSON strictly, so that nothing unstorable gets past the door."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import JSONParser

from promura_site.api.errors import PayloadTooLarge

# PostgreSQL stores neither NUL nor half of a surrogate pair.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def has_unstorable(text: str) -> bool:
    """Tell whether a database would refuse `text`."""
    return _UNSTORABLE.search(text) is not None


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits} is too large for a number")
    return number


class StrictJSONParser(JSONParser):
    """JSON in UTF-8: limited in size, finite numbers, storable strings only."""

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the decoded body; raise ParseError, 413 or a named field's error."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise PayloadTooLarge(f"A JSON body may have {limit // 1024} KiB at most.")
        try:
            data = json.loads(
                raw.decode("utf-8"),
                parse_constant=_refuse_constant,
                parse_float=_finite,
            )
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        except ValueError as error:
            raise ParseError(f"The body is no valid JSON: {error}.") from None
        for path, text in _strings(data):
            if has_unstorable(text):
                raise ValidationError(
                    {path or "body": ["NUL and lone surrogate characters are refused."]}
                )
        return data


def _strings(data: Any) -> Iterator[tuple[str, str]]:
    """Yield (top-level field, string) for every string and key in `data`."""
    stack: list[tuple[str, Any]] = [("", data)]
    while stack:
        field, value = stack.pop()
        if isinstance(value, str):
            yield field, value
        elif isinstance(value, list):
            stack.extend((field, one) for one in value)
        elif isinstance(value, dict):
            for key, inner in value.items():
                yield field, key
                stack.append((field or key, inner))
