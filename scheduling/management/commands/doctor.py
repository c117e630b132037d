"""`manage.py doctor`: what holds posts up, on the terminal."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from promura_site.models import Heartbeat
from scheduling.cause_shapes import shown_causes
from scheduling.causes import causes
from scheduling.models import PanicStop
from scheduling.reasons import HEARTBEAT_KIND, SILENT, WAIT, publishing_works

# What to do about each action, for somebody at a terminal.
ADVICE = {
    "retry": "Try again or skip on the queue page.",
    "edit": "Edit the posts; the same again would fail again.",
    "settle": "Look on the platform, then settle it on the queue page.",
    "activate": "Take the account into use again on the models page, or cancel.",
    "start_publisher": "Start a publisher: manage.py publisher",
    "hand_over": "Somebody posts it on the hand-over page.",
    "resume": "An admin lets publishing go on, on the queue page.",
    "sign_in": "Sign the account in again on the models page.",
    "release": "Look at what was sent, then release the channel on the queue page.",
    WAIT: "Nothing; it goes on by itself.",
}


class Command(BaseCommand):
    """Say how publishing is; exit with 1 while something wants a person."""

    help = "Print who publishes and what holds posts up, with the one safe thing to do."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print publishers, stops and causes."""
        now = timezone.now()
        self._publishers(now)
        self._stops()
        found = shown_causes(causes(now))
        for cause in found:
            self.stdout.write(f"\n{cause['text']}")
            if cause["oldest"]:
                self.stdout.write(f"  since {cause['oldest']}")
            self.stdout.write(f"  {ADVICE[cause['action']]}")
        health = publishing_works(now)
        if not found:
            self.stdout.write("\nNothing is held up.")
        if not health.ok or any(cause["action"] != WAIT for cause in found):
            raise SystemExit(1)

    def _publishers(self, now: datetime) -> None:
        beats = Heartbeat.objects.filter(kind=HEARTBEAT_KIND).order_by("-beaten_at")
        alive = [one for one in beats if one.beaten_at > now - SILENT]
        for one in alive:
            age = (now - one.beaten_at).total_seconds()
            self.stdout.write(f"Publisher {one.name}: alive {age:.0f} s ago")
        if not alive:
            self.stdout.write("No publisher is running.")

    def _stops(self) -> None:
        for stop in PanicStop.objects.select_related("creator", "stopped_by"):
            who = stop.creator.name if stop.creator else "all models"
            by = stop.stopped_by.get_username() if stop.stopped_by else "somebody"
            why = f": {stop.reason}" if stop.reason else ""
            at = f"{stop.stopped_at:%Y-%m-%d %H:%M} UTC"
            self.stdout.write(f"Publishing is stopped for {who} by {by}, {at}{why}")
