"""A note that the demo was cleared, so that the next start does not bring it back."""

from pathlib import Path

from django.conf import settings


def _path() -> Path:
    return settings.DATA_DIR / "demo-cleared"


def was_cleared() -> bool:
    """Tell whether somebody has taken the demo away here."""
    return _path().exists()


def note_cleared() -> None:
    """Remember that the demo is not wanted any more."""
    _path().touch()
