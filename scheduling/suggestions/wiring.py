"""Tie suggestions to the rest of the house; called when the app is ready."""

from typing import Any

from library.models import Creator
from promura_site import events, levels, periodic
from promura_site.events import Event
from scheduling.suggestions import slots


def connect() -> None:
    """Register recurring work and levels, and follow the zones of models."""
    levels.grant("scheduling", view=["view_slotstatistic"])
    periodic.register(
        "enter ripe engagement", every=slots.RIPEN_EVERY, run=slots.enter_ripe
    )
    events.happened.connect(_follow_zone, dispatch_uid="scheduling.suggestions.zone")


def _follow_zone(event: Event, **kwargs: Any) -> None:
    """Sort a model's history anew when its zone has changed."""
    if event.action == "creator.changed" and "timezone" in event.data.get("fields", ()):
        for creator in Creator.objects.filter(pk__in=event.ids):
            slots.reslot(creator)
