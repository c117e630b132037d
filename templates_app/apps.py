"""App configuration of templates_app."""

from django.apps import AppConfig


class TemplatesAppConfig(AppConfig):
    """See the map of the code in README.md."""

    name = "templates_app"
    verbose_name = "Templates"

    def ready(self) -> None:
        from promura_site import levels

        levels.grant(self.label)
