"""`manage.py clear_demo`: take the demo agency away and nothing else."""

from typing import Any

from django.core.management.base import BaseCommand

from scheduling.demo import marker
from scheduling.demo.clear import clear


class Command(BaseCommand):
    """Remove every demo row and file."""

    help = "Remove the demo agency; what people made themselves stays."

    def handle(self, *args: Any, **options: Any) -> None:
        """Clear and say what went."""
        cleared = clear()
        marker.note_cleared()
        self.stdout.write(
            f"Removed {cleared.posts} posts, {cleared.templates} templates, "
            f"{cleared.media} pictures, {cleared.creators} models and "
            f"{cleared.people} people."
        )
        if cleared.kept_media:
            self.stdout.write(
                f"Kept {cleared.kept_media} pictures that posts of yours use."
            )
