"""Tie series to the rest of the house; called when the app is ready."""

from library import holds
from promura_site import levels, periodic
from scheduling.series import holding, making, zones


def connect() -> None:
    """Register recurring work, levels and held media; follow the zones of models."""
    levels.grant(
        "scheduling", view=["view_series"], edit=["add_series", "change_series"]
    )
    periodic.register(
        "make occurrences of series",
        every=making.EVERY,
        run=making.make_occurrences,
        anywhere=True,
    )
    holds.register("series", blocking=holding.blocking, usage=holding.usage)
    zones.connect()
