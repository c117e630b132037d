"""App configurations of the ground floor."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class PromuraSiteConfig(AppConfig):
    """The ground: people, levels, jobs, events and the page shell."""

    name = "promura_site"
    verbose_name = "People and background work"

    def ready(self) -> None:
        from promura_site import checks, jobs, levels, periodic, retention
        from promura_site.api import schema  # noqa: F401 - registers its extension

        checks.register_checks()
        jobs.register_sweeper()
        retention.register_pruning()
        periodic.connect()
        levels.grant(
            self.label,
            view=["view_job"],
            edit=["view_job", "change_job"],
            admin=[
                "view_user",
                "add_user",
                "change_user",
                "view_heartbeat",
                "view_periodic",
            ],
        )
        post_migrate.connect(
            levels.sync_after_migrate, dispatch_uid="promura_site.levels"
        )


class PromuraAdminConfig(AdminConfig):
    """Django's admin, signed in to through the product's own sign-in page."""

    default_site = "promura_site.admin_site.PromuraAdminSite"
