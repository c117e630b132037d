"""`manage.py load_demo`: a believable agency to look around in."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from library.models import Creator, MediaItem
from promura_site.models import User
from scheduling.demo import marker
from scheduling.demo.load import load
from scheduling.models import Post
from templates_app.models import PostTemplate


class Command(BaseCommand):
    """Make the demo agency and print how its people sign in."""

    help = "Make a demo agency on an empty database; clear_demo takes it away."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what a start-up script needs."""
        parser.add_argument(
            "--if-empty",
            action="store_true",
            help="do nothing when people or content exist or the demo was cleared",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, unless there is something that the demo would mix with."""
        content = (Creator, MediaItem, PostTemplate, Post)
        filled = any(model.objects.exists() for model in content)
        if options["if_empty"]:
            if filled or User.objects.exists() or marker.was_cleared():
                return
        elif filled:
            raise CommandError("The database is not empty; the demo would mix with it.")
        self.stdout.write("Making the demo agency (pictures take a moment) …")
        began = time.monotonic()
        loaded = load(timezone.now())
        self.stdout.write(
            f"{loaded.posts} posts, {loaded.media} pictures and {loaded.templates} "
            f"templates in {time.monotonic() - began:.0f} s. The demo's people:"
        )
        for username, level, password in loaded.people:
            self.stdout.write(f"  {username:<6} {level:<6} {password}")
        self.stdout.write(
            "These passwords are shown once. Remove: manage.py clear_demo"
        )
