"""The compose page: the form. What it says is read and sent by its scripts."""

from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from library.models import Creator
from promura_site.models import User
from promura_site.pages import Page
from scheduling.models import Channel
from scheduling.platform_names import platform_name
from scheduling.platforms import longest_text
from scheduling.services.clearance import OVERRIDE


@dataclass(frozen=True)
class Account:
    """A channel as the form shows it."""

    channel: Channel
    platform: str
    limit: int | None
    caption_limit: int | None


@dataclass(frozen=True)
class Choice:
    """A model as the form shows her; `refused` says why she cannot be chosen."""

    creator: Creator
    city: str
    accounts: list[Account]
    refused: str

    @property
    def avatar_url(self) -> str:
        """Return where her picture is, empty without one."""
        if not self.creator.avatar:
            return ""
        return reverse("model-avatar", args=[self.creator.slug])


def city_of(zone: str) -> str:
    """Return the place that an IANA zone is named after."""
    return zone.rpartition("/")[2].replace("_", " ")


def choices() -> list[Choice]:
    """Return every model, those who can be posted for first, in two queries."""
    channels = Channel.objects.filter(is_active=True).defer("credentials")
    rows = Creator.objects.order_by("name", "pk").prefetch_related(
        Prefetch("channels", channels.order_by("platform", "handle", "pk"))
    )
    found = [_choice(creator) for creator in rows]
    return sorted(found, key=lambda one: bool(one.refused))


def _choice(creator: Creator) -> Choice:
    accounts = [
        Account(
            channel,
            platform_name(channel.platform),
            longest_text(channel, with_media=False),
            longest_text(channel, with_media=True),
        )
        for channel in creator.channels.all()
    ]
    refused = ""
    if not creator.is_active:
        refused = "Not active"
    elif not accounts:
        refused = "No account connected"
    return Choice(creator, city_of(creator.timezone), accounts, refused)


# Going back to the page must not show channels that are gone.
@method_decorator(never_cache, "dispatch")
class ComposePage(Page):
    """Write a post, choose for whom and when, and plan it."""

    template_name = "scheduling/compose.html"
    permission_required = "scheduling.view_post"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add who can be posted for, the zones, and what the person may do."""
        person = cast(User, self.request.user)
        models = choices()
        zones = sorted({one.creator.timezone for one in models if not one.refused})
        may_plan = person.has_perms(["scheduling.add_post", "scheduling.change_post"])
        return super().get_context_data(
            models=models,
            creators=[one.creator for one in models],
            zones=[(zone, city_of(zone)) for zone in zones if zone != person.timezone],
            own_city=city_of(person.timezone),
            may_plan=may_plan,
            may_override=person.has_perm(OVERRIDE),
            may_upload=person.has_perm("library.add_mediaitem"),
            page_data={"mayPlan": may_plan, "person": person.get_username()},
            **kwargs,
        )
