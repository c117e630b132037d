"""The last look at the settings before a production installation starts."""

from django.core.exceptions import ImproperlyConfigured


def refuse_unsafe(faults: dict[str, bool]) -> None:
    """Raise ImproperlyConfigured with every sentence whose condition is true."""
    found = [sentence for sentence, is_wrong in faults.items() if is_wrong]
    if found:
        raise ImproperlyConfigured(
            "PROMURA_PRODUCTION is on, but these settings are not safe: "
            + "; ".join(found)
            + "."
        )
