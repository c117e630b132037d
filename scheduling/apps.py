"""App configuration of scheduling."""

from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    """See the map of the code in README.md."""

    name = "scheduling"
    verbose_name = "Scheduling"

    def ready(self) -> None:
        from promura_site import levels

        levels.grant(self.label)
