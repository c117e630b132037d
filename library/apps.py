"""App configuration of library."""

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """See the map of the code in README.md."""

    name = "library"
    verbose_name = "Library"

    def ready(self) -> None:
        """Say who may do what, and what runs in the background."""
        from library import tasks
        from promura_site import levels

        levels.grant(
            self.label,
            view=["view_mediaitem", "view_creator", "view_tag"],
            edit=[
                "add_mediaitem",
                "change_mediaitem",
                "delete_mediaitem",
                "use_mediaitem",
                "add_tag",
                "change_tag",
                "delete_tag",
                "view_bulkoperation",
            ],
            admin=["purge_mediaitem", "add_creator", "change_creator"],
        )
        tasks.register()
