"""`manage.py add_member`: make or change a person, for scripts."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from promura_site import levels, services


class Command(BaseCommand):
    """Make a person or change their password and level."""

    help = "Make a person, or change the password and level of one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare name, level and where the password comes from."""
        parser.add_argument("name")
        parser.add_argument("--level", choices=levels.LEVELS, required=True)
        parser.add_argument("--full-name", default="")
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            required=True,
            help="read the password from standard input, so no process list shows it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the password and make the person."""
        password = sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise CommandError("Standard input held no password.")
        try:
            validate_password(password)
            user = services.add_member(
                options["name"],
                level=options["level"],
                password=password,
                full_name=options["full_name"],
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"{user.username} has the {options['level']} level.")
