"""Channels, posts and publications in Django's admin, through the services."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Exists, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from library.admin.refusals import actor_of
from promura_site.errors import DomainError
from promura_site.models import User
from scheduling import brakes_admin  # noqa: F401 - registers its own
from scheduling.models import Channel, Post, Publication, PublishAttempt
from scheduling.notices import admin as notices_admin  # noqa: F401 - registers its own
from scheduling.publishing.connectors import registry
from scheduling.reasons import Reason, beats, reason_for
from scheduling.series import admin as series_admin  # noqa: F401 - registers its own
from scheduling.service_admin import ReadOnlyInline, ServiceAdmin
from scheduling.services import channels, posts, publications
from scheduling.services.identity import verify_channel
from scheduling.services.replay import replay_publication

# Each is waited for while the page loads.
MOST_REPLAYS = 5


class UnrepeatedTextarea(UnfoldAdminTextareaWidget):
    """A text field that is empty in every answer, as those for passwords are."""

    def format_value(self, value: Any) -> str:
        """Show nothing of what was typed."""
        return ""


class ChannelForm(forms.ModelForm):
    """An account; its credentials go in and are never shown."""

    sign_in = forms.JSONField(
        label="Credentials",
        required=False,
        widget=UnrepeatedTextarea({"rows": 3, "autocomplete": "off"}),
        help_text='A JSON object such as {"url": "…", "secret": "…"}. They are stored '
        "encrypted and never shown; leave this empty to keep them.",
    )

    class Meta:
        model = Channel
        fields = (
            "creator",
            "platform",
            "connector",
            "handle",
            "language",
            "max_rating",
            "posts_per_week",
            "is_active",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, known in (
            ("platform", sorted(registry.platforms())),
            ("connector", sorted(registry.connectors())),
        ):
            if name in self.fields:
                first = [("", "The platform's own")] if name == "connector" else []
                self.fields[name] = forms.ChoiceField(
                    choices=first + [(one, one) for one in known],
                    required=name == "platform",
                    widget=UnfoldAdminSelectWidget,
                )


@admin.register(Channel)
class ChannelAdmin(ServiceAdmin):
    """The models' accounts."""

    form = ChannelForm
    list_display = (
        "handle",
        "platform",
        "creator",
        "connector",
        "health",
        "verified_at",
        "is_active",
    )
    list_filter = ("is_active", "health", "platform", "connector")
    list_select_related = ("creator",)
    search_fields = ("handle", "creator__name", "creator__slug")
    actions = ("verify", "deactivate")
    readonly_fields = ("health", "health_detail", "verified_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep whose account it is, and where."""
        fixed = ("creator", "platform", "connector") if obj else ()
        return (*fixed, *self.readonly_fields)

    def get_actions(self, request: HttpRequest) -> Any:
        """Leave out Django's own deletion."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def save_model(
        self, request: HttpRequest, obj: Channel, form: Any, change: bool
    ) -> None:
        """Add or change the channel as the API would."""
        actor, data = actor_of(request), form.cleaned_data
        sign_in = data["sign_in"]
        own = ("handle", "language", "max_rating", "posts_per_week")
        said = {name: data[name] for name in own}
        if change:
            kept = Channel.objects.select_related("creator").get(pk=obj.pk)
            said["is_active"] = data["is_active"]
            channels.update_channel(kept, actor=actor, sign_in=sign_in, **said)
            return
        added = channels.add_channel(
            actor=actor,
            creator=data["creator"],
            platform=data["platform"],
            connector=data["connector"],
            sign_in=sign_in,
            **said,
        )
        obj.pk = added.pk

    @admin.action(description="Ask whether the account works", permissions=["change"])
    def verify(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        """Verify the channels with their platforms."""
        actor, rows = actor_of(request), queryset.select_related("creator")
        self._each(request, rows, lambda row: verify_channel(row, actor=actor))

    @admin.action(description="Take out of use", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        """Deactivate the channels."""
        actor, rows = actor_of(request), queryset.select_related("creator")
        self._each(
            request, rows, lambda row: channels.deactivate_channel(row, actor=actor)
        )


class PublicationInline(ReadOnlyInline):
    """A post's publications."""

    model = Publication
    fields = ("channel", "state", "publish_at", "attempts_made", "url", "error")
    readonly_fields = fields


class AttemptInline(ReadOnlyInline):
    """Every try to send a publication."""

    model = PublishAttempt
    fields = (
        "number",
        "kind",
        "publisher",
        "started_at",
        "finished_at",
        "outcome",
        "error_code",
        "error",
        "reply",
    )
    readonly_fields = fields
    show_change_link = False


class PlannedAdmin(ServiceAdmin):
    """Posts and publications: planned on the compose page, looked after here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave planning to the compose page."""
        return False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the form without the buttons: there is nothing in it to save."""
        context |= {"show_save": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Tell whether the person may try again."""
        return request.user.has_perm("scheduling.retry_publication")

    def has_settle_permission(self, request: HttpRequest) -> bool:
        """Tell whether the person may settle an unknown outcome."""
        return request.user.has_perm("scheduling.settle_publication")


@admin.register(Post)
class PostAdmin(PlannedAdmin):
    """Posts with what became of them."""

    list_display = ("__str__", "state", "publish_at", "author", "created_at")
    list_filter = ("state", "is_demo")
    list_select_related = ("author",)
    search_fields = ("content",)
    date_hierarchy = "publish_at"
    list_per_page = 50
    show_full_result_count = False
    fields = (
        "content",
        "state",
        "publish_at",
        "timezone",
        "template",
        "series",
        "occurrence",
        "author",
        "cleared_by",
        "cleared_at",
        "cleared_because",
        "version",
        "created_at",
        "updated_at",
    )
    readonly_fields = fields
    inlines = (PublicationInline,)
    actions = ("retry", "cancel", "duplicate")

    @admin.action(description="Try again what failed", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Post]) -> None:
        """Send failed and missed publications again, now."""
        actor, now = actor_of(request), timezone.now()
        self._each(
            request,
            queryset,
            lambda row: posts.retry_post(row.pk, actor=actor, now=now),
        )

    @admin.action(description="Cancel", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Post]) -> None:
        """Cancel what has not gone out."""
        actor = actor_of(request)
        self._each(
            request, queryset, lambda row: posts.cancel_post(row.pk, actor=actor)
        )

    @admin.action(description="Duplicate as a draft", permissions=["change"])
    def duplicate(self, request: HttpRequest, queryset: QuerySet[Post]) -> None:
        """Make drafts like these."""
        actor = actor_of(request)
        self._each(
            request, queryset, lambda row: posts.duplicate_post(row, actor=actor)
        )


@admin.register(Publication)
class PublicationAdmin(PlannedAdmin):
    """Posts channel by channel, with every attempt to send them."""

    list_display = (
        "post",
        "channel",
        "state",
        "publish_at",
        "attempts_made",
        "why",
        "published_at",
    )
    list_filter = ("state", "channel__platform", "post__is_demo")
    list_select_related = ("post", "channel__creator", "claimed_by")
    search_fields = ("content", "channel__handle")
    list_per_page = 50
    show_full_result_count = False
    fields = (
        "post",
        "channel",
        "state",
        "content",
        "publish_at",
        "next_attempt_at",
        "late_after",
        "attempts_made",
        "in_doubt",
        "idempotency_key",
        "external_id",
        "url",
        "why",
        "what_helps",
        "error_code",
        "error",
        "published_at",
        "settled_by",
        "engagement",
    )
    readonly_fields = fields
    inlines = (AttemptInline,)
    actions = ("retry", "cancel", "settle_published", "settle_not_published", "replay")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Publication]:
        """Let each row know whether anybody publishes."""
        rows: QuerySet[Publication] = super().get_queryset(request)
        return rows.annotate(beating=Exists(beats(timezone.now())))

    @admin.display(description="why it waits or failed")
    def why(self, row: Publication) -> str:
        """Say it in words, as the queue does."""
        reason = _reason(row)
        return reason.text if reason else ""

    @admin.display(description="what helps")
    def what_helps(self, row: Publication) -> str:
        """Name the one safe thing to do."""
        reason = _reason(row)
        return reason.action.replace("_", " ") if reason else ""

    @admin.action(description="Try again", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Publication]) -> None:
        """Send failed and missed publications again, now."""
        actor, now = actor_of(request), timezone.now()
        self._each(
            request,
            queryset,
            lambda row: publications.retry_publication(row.pk, actor=actor, now=now),
        )

    @admin.action(description="Cancel", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Publication]) -> None:
        """Take these channels out of their posts."""
        actor = actor_of(request)
        self._each(
            request,
            queryset,
            lambda row: publications.cancel_publication(row.pk, actor=actor),
        )

    @admin.action(description="Settle: it was published", permissions=["settle"])
    def settle_published(
        self, request: HttpRequest, queryset: QuerySet[Publication]
    ) -> None:
        """Write down that the posts are there."""
        self._settle(request, queryset, publications.PUBLISHED)

    @admin.action(description="Settle: it was not published", permissions=["settle"])
    def settle_not_published(
        self, request: HttpRequest, queryset: QuerySet[Publication]
    ) -> None:
        """Write down that the posts are not there."""
        self._settle(request, queryset, publications.NOT_PUBLISHED)

    @admin.action(description="Send again (replay)", permissions=["retry"])
    def replay(self, request: HttpRequest, queryset: QuerySet[Publication]) -> None:
        """Send what webhooks' receivers have lost once more, a few at a time."""
        if len(queryset) > MOST_REPLAYS:
            message = f"Choose at most {MOST_REPLAYS} to send again at once."
            self.message_user(request, message, messages.WARNING)
            return
        actor = actor_of(request)
        self._each(request, queryset, lambda row: _replayed(row, actor))

    def _settle(
        self, request: HttpRequest, queryset: QuerySet[Publication], outcome: str
    ) -> None:
        actor, now = actor_of(request), timezone.now()
        self._each(
            request,
            queryset,
            lambda row: publications.settle_publication(
                row.pk, actor=actor, now=now, outcome=outcome
            ),
        )


def _replayed(row: Publication, actor: User) -> None:
    attempt = replay_publication(row.pk, actor=actor)
    if attempt.error:
        raise DomainError(attempt.error_code, attempt.error)


def _reason(row: Publication) -> Reason | None:
    beating: bool = row.beating  # type: ignore[attr-defined]
    return reason_for(row, timezone.now(), beating=beating)
