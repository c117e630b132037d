"""App configuration of templates_app."""

from datetime import timedelta

from django.apps import AppConfig


class TemplatesAppConfig(AppConfig):
    """See the map of the code in README.md."""

    name = "templates_app"
    verbose_name = "Templates"

    def ready(self) -> None:
        from library import holds
        from promura_site import levels, periodic
        from templates_app import references, services

        levels.grant(
            self.label,
            view=["view_posttemplate", "use_posttemplate"],
            edit=["add_posttemplate", "change_posttemplate"],
            admin=["delete_posttemplate", "restore_posttemplate"],
        )
        holds.register("templates", usage=references.uses_of)
        periodic.register(
            "templates.purge", every=timedelta(days=1), run=services.purge_deleted
        )
