"""`manage.py rotate_credentials`: seal every channel's sign-in under the newest key."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from promura_site import secrets
from scheduling.services.rotation import Resealed, reseal_all


class Command(BaseCommand):
    """Seal all credentials anew; on an embedded installation also under a new key."""

    help = "Encrypt the sign-ins of all channels again under the first key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare whether a key is to be made first."""
        parser.add_argument(
            "--new-key",
            action="store_true",
            help="make a new key first and forget the earlier ones at the end; only "
            "where the key lies in the data directory",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Seal them; say how many, and whose nobody can open any more."""
        file: Path | None = settings.CREDENTIALS_KEY_FILE
        if not options["new_key"]:
            self._report(reseal_all())
            return
        if file is None:
            raise CommandError(
                "The key comes from the environment. Put a new one into "
                "PROMURA_CREDENTIALS_KEY, the present one into "
                "PROMURA_CREDENTIALS_KEY_FALLBACKS, restart everything, and run this "
                "command without --new-key. Then the fallback may go."
            )
        secrets.put_key_in_front(file)
        reseal_all()
        # Once more: what was being saved just then came under the former key.
        done = reseal_all()
        if not done.unreadable:
            secrets.keep_newest_key(file)
        self._report(done)

    def _report(self, done: Resealed) -> None:
        for name in done.unreadable:
            self.stderr.write(f"No key opens the sign-in of {name}; sign it in again.")
        self.stdout.write(f"Sign-ins sealed anew: {done.count}.")
        if done.unreadable:
            raise CommandError(
                f"{len(done.unreadable)} could not be opened; no key was forgotten."
            )
