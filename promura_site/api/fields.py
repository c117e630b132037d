"""Text as it was sent."""

import re
from typing import Any

from rest_framework import serializers

# Controls, line ends, and marks that make a name read other than it is.
_DECEIVING = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def deceives(text: str) -> bool:
    """Tell whether a name would break a line or be read in another direction."""
    return _DECEIVING.search(text) is not None


class TextField(serializers.CharField):
    """Text that was sent as text: a number or a truth value is refused."""

    def to_internal_value(self, data: Any) -> str:
        """Refuse what DRF would turn into text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class NameField(TextField):
    """Text of one line that reads as it is written."""

    default_error_messages = {
        "deceiving": "Must be one line, without control or direction characters."
    }

    def to_internal_value(self, data: Any) -> str:
        """Refuse line ends, controls and direction marks."""
        text = super().to_internal_value(data)
        if deceives(text):
            self.fail("deceiving")
        return text
