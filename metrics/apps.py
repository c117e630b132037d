"""App configuration of metrics."""

from django.apps import AppConfig


class MetricsConfig(AppConfig):
    """See the map of the code in README.md."""

    name = "metrics"
    verbose_name = "Metrics"

    def ready(self) -> None:
        from promura_site import levels

        levels.grant(self.label)
