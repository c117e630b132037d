"""The insights page: when to post, what following it gained, and what to learn from."""

from typing import Any, cast

from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from library.models import Creator
from promura_site.models import User
from promura_site.pages import Page
from scheduling.engagement import COUNTS


@method_decorator(never_cache, "dispatch")
class InsightsPage(Page):
    """The week of one model or of the agency, as a picture and as advice."""

    template_name = "scheduling/insights.html"
    permission_required = "scheduling.view_slotstatistic"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whose week may be asked for, and what the person may do."""
        person = cast(User, self.request.user)
        can = {
            "import": person.has_perm("scheduling.add_historyimport"),
            "record": person.has_perm("scheduling.change_publication"),
            "plan": person.has_perm("scheduling.add_post"),
        }
        models = Creator.objects.filter(is_active=True).order_by("name", "pk")
        return super().get_context_data(
            can=can,
            models=models.values("slug", "name"),
            counts=COUNTS,
            page_data={"can": can, "counts": COUNTS},
            **kwargs,
        )
