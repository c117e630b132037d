"""`manage.py publisher`: publish what is due, for ever."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from scheduling.publishing.publisher import SENDERS, Publisher


class Command(BaseCommand):
    """Publish what is due and run recurring work; any number may run."""

    help = "Publish what is due and run recurring work, until stopped."
    # They would load every page and form; this process serves none.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare how often to look, and whether only once."""
        parser.add_argument(
            "--once", action="store_true", help="publish what is due now and end"
        )
        parser.add_argument(
            "--interval", type=float, default=1.0, help="seconds between two looks"
        )
        parser.add_argument(
            "--senders", type=int, default=SENDERS, help="how many send side by side"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT, which let the present sends finish."""
        if options["interval"] <= 0 or options["senders"] < 1:
            raise CommandError("--interval and --senders must be above zero.")
        publisher = Publisher(interval=options["interval"], senders=options["senders"])
        if options["once"]:
            done = publisher.run_once()
            self.stdout.write(f"{done} taken in hand.")
            return

        def stop(*_: object) -> None:
            # In a thread of its own: this one may hold the locks that stop() takes.
            threading.Thread(target=publisher.stop).start()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        publisher.run()
