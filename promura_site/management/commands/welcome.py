"""`manage.py welcome`: say where the pages are, and how the first person gets in."""

import os
import socket
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from promura_site.models import User
from promura_site.pages import setup_token


class Command(BaseCommand):
    """Print the address; without people, also the link that sets up the owner."""

    help = "Print the address, and the owner's one-time link if there is nobody yet."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what a person needs to begin; refuse a port that is taken."""
        host = os.environ.get("HOST", "127.0.0.1")
        port = os.environ.get("PORT", "8000")
        if not port.isdecimal() or not 0 < int(port) < 65_536:
            raise CommandError(f"PORT={port} is no port.")
        _refuse_taken(host, int(port))
        shown = "localhost" if host in {"127.0.0.1", "0.0.0.0", "::"} else host
        address = f"http://{shown}:{port}"
        self.stdout.write(f"\nPROMURA {settings.VERSION} on {address}")
        if not User.objects.exists():
            link = reverse("setup", args=[setup_token()])
            self.stdout.write(f"Set up the owner (once, within a day): {address}{link}")
        self.stdout.write("Ctrl-C stops everything.\n")


def _refuse_taken(host: str, port: int) -> None:
    """Raise CommandError if something listens already.

    The web server shares its port, so a second one would silently get half of the
    first one's visitors.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host}:{port} ({error.strerror}). "
                "Choose another: PORT=8001 make run"
            ) from error
