"""App configuration of metrics."""

from django.apps import AppConfig


class MetricsConfig(AppConfig):
    """See the map of the code in README.md."""

    name = "metrics"
    verbose_name = "Metrics"

    def ready(self) -> None:
        from metrics import audit, errors, retention
        from promura_site import levels

        audit.connect()
        errors.connect()
        retention.register_pruning()
        levels.grant(
            self.label,
            view=["view_snapshot"],
            admin=["view_auditevent", "view_errorevent", "view_requestminute"],
        )
