"""`manage.py welcome`: say where the pages are, and how the first person gets in."""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from promura_site.models import User
from promura_site.pages import setup_token


class Command(BaseCommand):
    """Print the address; without people, also the link that sets up the owner."""

    help = "Print the address, and the owner's one-time link if there is nobody yet."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what a person needs to begin."""
        host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
        shown = "localhost" if host in {"127.0.0.1", "0.0.0.0", "::"} else host
        address = f"http://{shown}:{port}"
        self.stdout.write(f"\nPROMURA {settings.VERSION} on {address}")
        if not User.objects.exists():
            link = reverse("setup", args=[setup_token()])
            self.stdout.write(f"Set up the owner (once, within a day): {address}{link}")
        self.stdout.write("Ctrl-C stops everything.\n")
