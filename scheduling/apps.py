"""App configuration of scheduling."""

from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    """See the map of the code in README.md."""

    name = "scheduling"
    verbose_name = "Scheduling"

    def ready(self) -> None:
        from library import holds, renditions
        from promura_site import health, levels, periodic
        from scheduling import holding, reasons
        from scheduling.history import wiring as history
        from scheduling.notices import wiring as notices
        from scheduling.publishing import (
            fitting,
            handed_files,
            preparing,
            takedowns,
        )
        from scheduling.readings import reading
        from scheduling.series import wiring as series
        from scheduling.suggestions import wiring

        levels.grant(
            self.label,
            view=[
                "view_channel",
                "view_post",
                "view_publication",
                "view_panicstop",
                "view_publishingpace",
                "hand_over_publication",
                "view_notice",
                "view_calendarfeed",
            ],
            edit=[
                "change_channel",
                "add_post",
                "change_post",
                "change_publication",
                "settle_publication",
                "retry_publication",
                "add_calendarfeed",
                "delete_calendarfeed",
            ],
            admin=[
                "add_channel",
                "delete_channel",
                "view_publishattempt",
                "add_panicstop",
                "delete_panicstop",
                "change_publishingpace",
                "override_clearance",
                "view_oncall",
                "change_oncall",
            ],
        )
        periodic.register(
            "prepare hand-overs",
            every=handed_files.EVERY,
            run=handed_files.prepare,
        )
        periodic.register(
            "take posts down",
            every=takedowns.EVERY,
            run=takedowns.run,
            lease=takedowns.RUN,
        )
        health.register("publisher", reasons.publishing_works, health.PUBLISHING)
        holds.register(
            "posts",
            blocking=holding.blocking,
            usage=holding.usage,
            planned_counts=holding.planned_counts,
        )
        renditions.register_holder("publications", fitting.named_files)
        periodic.register(
            "prepare media", every=preparing.EVERY, run=preparing.prepare_soon
        )
        periodic.register("read engagement", every=reading.EVERY, run=reading.read_due)
        wiring.connect()
        history.connect()
        notices.connect()
        series.connect()
