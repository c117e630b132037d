"""App configuration of library."""

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """See the map of the code in README.md."""

    name = "library"
    verbose_name = "Library"

    def ready(self) -> None:
        from promura_site import levels

        levels.grant(self.label)
