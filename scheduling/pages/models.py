"""The models page: who the agency works with, and the accounts it reaches."""

from typing import Any, cast

from django.db.models import OuterRef, Prefetch, Subquery
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from library.models import Creator, Rating
from promura_site.models import User
from promura_site.pages import Page
from promura_site.zones import zone_names
from scheduling.channel_shapes import CreatorSerializer
from scheduling.models import Channel, PanicStop, Publication
from scheduling.platform_names import platform_name
from scheduling.publishing.connectors import registry


@method_decorator(never_cache, "dispatch")
class ModelsPage(Page):
    """Models and their channels; an owner connects the first account here."""

    template_name = "scheduling/models.html"
    permission_required = "library.view_creator"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the models, what can be connected, and what the person may do."""
        person = cast(User, self.request.user)
        can = {
            "manage": person.has_perm("library.change_creator"),
            "connect": person.has_perm("scheduling.add_channel"),
            "sign_in": person.has_perm("scheduling.change_channel"),
            "stop": person.has_perm("scheduling.add_panicstop"),
        }
        return super().get_context_data(
            can=can,
            ratings=Rating.labels,
            zones=sorted(zone_names()) if can["manage"] else [],
            page_data={"can": can, "stopped": _stopped(), **_models(), **_ways()},
            **kwargs,
        )


def _stopped() -> list[str]:
    """Return the models of whom nothing is published until somebody lets it go on."""
    stops = PanicStop.objects.filter(creator__isnull=False)
    return list(stops.values_list("creator__slug", flat=True))


def _models() -> dict[str, Any]:
    """Return every model with her channels, and when each channel last published."""
    latest = (
        Publication.objects.filter(channel=OuterRef("pk"), published_at__isnull=False)
        .order_by("-published_at")
        .values("published_at")[:1]
    )
    channels = (
        Channel.objects.to_show()
        .annotate(last_published=Subquery(latest))
        .order_by("platform", "handle", "pk")
    )
    creators = list(Creator.objects.prefetch_related(Prefetch("channels", channels)))
    last = {
        str(channel.pk): channel.last_published  # type: ignore[attr-defined]
        for creator in creators
        for channel in creator.channels.all()
    }
    return {"models": CreatorSerializer(creators, many=True).data, "last": last}


def _ways() -> dict[str, Any]:
    """Return the platforms with their usual connector, and all connectors."""
    return {
        "platforms": [
            {"id": platform, "name": platform_name(platform), "connector": connector}
            for platform, connector in sorted(registry.platforms().items())
        ],
        "connectors": sorted(registry.connectors()),
    }
