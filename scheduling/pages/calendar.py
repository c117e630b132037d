"""The calendar pages: the week of all models, and one model's month, week and list."""

from typing import Any, cast

from csp.constants import NONCE
from csp.decorators import csp_update
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from library.models import Creator
from promura_site.models import User
from promura_site.pages import Page

VIEWS = ("month", "week", "list")


class _Calendar(Page):
    """What both pages know: whom they may show, and what the person may do."""

    permission_required = "scheduling.view_post"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the models and the rights."""
        person = cast(User, self.request.user)
        can = {
            "plan": person.has_perm("scheduling.add_post"),
            "change": person.has_perm("scheduling.change_post"),
        }
        models = Creator.objects.filter(is_active=True).order_by("name", "pk")
        known = list(models.values("slug", "name", "timezone"))
        page_data = {"can": can, "models": known, **kwargs.pop("page_data", {})}
        return super().get_context_data(
            can=can, models=known, page_data=page_data, **kwargs
        )


@method_decorator(never_cache, "dispatch")
class WeekPage(_Calendar):
    """The team's week: models by days, and a tray to fill it from."""

    template_name = "scheduling/calendar.html"


# FullCalendar writes its rules, an icon font among them, into a style element of its
# own: by nonce, and here only.
_OF_FULLCALENDAR = {"style-src": [NONCE], "font-src": ["data:"]}


@method_decorator([never_cache, csp_update(_OF_FULLCALENDAR)], "dispatch")
class ModelPage(_Calendar):
    """The calendar of one model."""

    template_name = "scheduling/calendar_model.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whose calendar it is and how it is looked at."""
        asked = self.request.GET
        creator = get_object_or_404(Creator, slug=asked.get("model", ""))
        view = asked.get("view", "")
        view = view if view in VIEWS else VIEWS[0]
        own = {"slug": creator.slug, "name": creator.name, "timezone": creator.timezone}
        return super().get_context_data(
            model=own, view=view, page_data={"model": own, "view": view}, **kwargs
        )


def calendar_page(request: HttpRequest) -> HttpResponseBase:
    """Show one model's calendar if one is named, else everybody's week."""
    page = ModelPage if request.GET.get("model") else WeekPage
    return page.as_view()(request)
