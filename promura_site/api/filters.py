"""Filters that lists share: what they read, and how the API's description shows it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiParameter

MAX_WORDS_IN_COMMAS = 50


class TrueOrFalseField(forms.Field):
    """true or false (1 or 0); anything else is an error rather than nothing."""

    def to_python(self, value: Any) -> bool | None:
        """Return the truth value, None where there is none."""
        text = "" if value is None else str(value).lower()
        if text in {"", "true", "1", "false", "0"}:
            return None if text == "" else text in {"true", "1"}
        raise forms.ValidationError("Must be true or false.")


class InstantField(forms.CharField):
    """An ISO 8601 date or time; without an offset it is UTC."""

    def clean(self, value: Any) -> datetime | None:
        """Return the instant in UTC."""
        text = super().clean(value)
        if not text:
            return None
        try:
            # A plus sign that the client left unquoted arrives as a space.
            parsed = parse_datetime(text.replace(" ", "+") if "T" in text else text)
            if parsed is None:
                raise ValueError
            if parsed.tzinfo is None:
                return parsed.replace(tzinfo=UTC)
            return parsed.astimezone(UTC)
        except (ValueError, OverflowError):
            raise forms.ValidationError(
                "Must be a time such as 2026-06-01T12:00:00Z."
            ) from None


class TrueOrFalseFilter(django_filters.Filter):
    """A filter over `TrueOrFalseField`."""

    field_class = TrueOrFalseField


class InstantFilter(django_filters.Filter):
    """A filter over `InstantField`."""

    field_class = InstantField


class CommaField(forms.CharField):
    """Words between commas."""

    def clean(self, value: Any) -> list[str]:
        """Return the words, trimmed, without blanks."""
        words = [word.strip() for word in (super().clean(value) or "").split(",")]
        words = list(dict.fromkeys(word for word in words if word))
        if len(words) > MAX_WORDS_IN_COMMAS:
            raise forms.ValidationError(f"Give {MAX_WORDS_IN_COMMAS} at most.")
        return words


class CommaFilter(django_filters.Filter):
    """A filter over `CommaField`."""

    field_class = CommaField


class WordsField(forms.CharField):
    """Words between commas, each one of those that are known."""

    def __init__(self, *args: Any, choices: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = list(choices)

    def clean(self, value: Any) -> list[str]:
        """Return the words; raise for an unknown one."""
        text = super().clean(value) or ""
        words = [word.strip() for word in text.split(",") if word.strip()]
        if any(word not in self.choices for word in words):
            raise forms.ValidationError(f"Choose from: {', '.join(self.choices)}.")
        return words


class WordsFilter(django_filters.Filter):
    """A filter over `WordsField`."""

    field_class = WordsField


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
