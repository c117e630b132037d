"""What times are told by: a zone, or each model's own clocks."""

from django.core.exceptions import ValidationError

from promura_site.zones import zone_names

# In the place of a zone: the same wall-clock time in each model's own.
EACH_MODELS_OWN = "model"
# Of a wall-clock time such as 2026-11-02T09:00, which sorts as it reads.
WALL_LENGTH = 16


def validate_clocks(name: str) -> None:
    """Raise ValidationError unless `name` is an IANA zone, or “model”."""
    if name != EACH_MODELS_OWN and name not in zone_names():
        raise ValidationError(
            f"“{name}” is no IANA time zone, nor “model”.", code="zone"
        )
