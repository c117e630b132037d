"""Mail is set up here; pytest-django keeps it in memory."""

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _mail(settings: Any) -> None:
    settings.MAIL_READY = True
    settings.SITE_URL = "https://room.example.com"
