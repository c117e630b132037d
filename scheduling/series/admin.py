"""Series in Django's admin: looked at there, ended through the service."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from library.admin.refusals import actor_of
from scheduling.models import Series, SeriesModel
from scheduling.series import services
from scheduling.series.recipe import rule_of
from scheduling.series.shapes import has_posts_to_come, status_of
from scheduling.series.words import end_in_words, in_words
from scheduling.service_admin import ReadOnlyInline, ServiceAdmin


class SeriesModelInline(ReadOnlyInline):
    """The models of a series."""

    model = SeriesModel
    fields = ("creator", "timezone")
    readonly_fields = fields
    show_change_link = False


@admin.register(Series)
class SeriesAdmin(ServiceAdmin):
    """Series: begun on their page, or by the API."""

    list_display = ("name", "words", "status", "problem", "author", "created_at")
    list_filter = ("exhausted", "is_demo")
    list_select_related = ("author",)
    search_fields = ("name", "content")
    list_per_page = 50
    fields = (
        "name",
        "template",
        "content",
        "words",
        "ends",
        "rule",
        "start",
        "timezone",
        "made_until",
        "status",
        "problem",
        "cleared_by",
        "cleared_at",
        "cleared_because",
        "author",
        "created_at",
        "ended_by",
        "ended_at",
    )
    readonly_fields = fields
    inlines = (SeriesModelInline,)
    actions = ("end", "reopen")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Series]:
        """Add whether there are posts still to come, which the status tells."""
        return super().get_queryset(request).annotate(is_coming=has_posts_to_come())

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave beginning to the page: a series is made of a template."""
        return False

    @admin.display(description="how it comes round")
    def words(self, row: Series) -> str:
        """Say it in words, as the page does."""
        return in_words(row, rule_of(row))

    @admin.display(description="how long")
    def ends(self, row: Series) -> str:
        """Say it in words, as the page does."""
        return end_in_words(rule_of(row))

    @admin.display
    def status(self, row: Series) -> str:
        """Say how it stands."""
        coming = getattr(row, "is_coming", False)
        return status_of(row, has_posts_to_come=coming).replace("_", " ")

    @admin.action(description="End, and cancel what is planned", permissions=["change"])
    def end(self, request: HttpRequest, queryset: QuerySet[Series]) -> None:
        """Let no further posts come."""
        actor, now = actor_of(request), timezone.now()
        self._each(
            request,
            queryset,
            lambda row: services.end_series(row.pk, actor=actor, now=now),
        )

    @admin.action(description="Let it go on again", permissions=["change"])
    def reopen(self, request: HttpRequest, queryset: QuerySet[Series]) -> None:
        """Take the end back."""
        actor, now = actor_of(request), timezone.now()
        self._each(
            request,
            queryset,
            lambda row: services.reopen_series(row.pk, actor=actor, now=now),
        )
