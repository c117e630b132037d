"""`manage.py rebuild_slot_statistics`: sum up afresh what posts have taught."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from library.models import Creator
from scheduling.suggestions import slots

TOLERANCE = 1e-9


class Command(BaseCommand):
    """Rebuild the statistics of one model or of all and say what that changed."""

    help = (
        "Sum the stored terms of posts afresh, report the difference, and enter posts "
        "that are missing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare whose statistics to rebuild."""
        parser.add_argument("--model", metavar="ID", help="only this model's")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild, a model a transaction; report each that was off."""
        creators = Creator.objects.order_by("slug")
        if options["model"]:
            creators = creators.filter(slug=options["model"])
            if not creators.exists():
                raise CommandError(f"There is no model {options['model']}.")
        entries, largest, miscounted, missed = 0, 0.0, 0, 0
        for creator in creators:
            found = slots.rebuild(creator)
            entries += found.entries
            largest = max(largest, found.relative)
            miscounted += found.miscounted
            missed += slots.catch_up(creator, timezone.now())
            if found.relative > TOLERANCE or found.miscounted:
                self.stderr.write(
                    f"{creator.slug} was off by {found.relative:.1e} of the sum of "
                    f"absolute terms and by {found.miscounted} in its counts."
                )
        self.stdout.write(
            f"Rebuilt {len(creators)} models from {entries} publications. Largest "
            f"difference: {largest:.1e} of the sum of absolute terms; counts: "
            f"{miscounted}. Entered since they were missing or different: {missed}."
        )
