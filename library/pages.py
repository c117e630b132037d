"""The library page. What it shows comes from the API; this is the frame around it."""

from typing import Any, cast

from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from library.models import Creator, Rating
from promura_site.models import User
from promura_site.pages import Page


# Going back to the page must not show what has been deleted since.
@method_decorator(never_cache, "dispatch")
class LibraryPage(Page):
    """Media to look through, find, upload, tag and delete."""

    template_name = "library/library.html"
    permission_required = "library.view_mediaitem"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what the filters and the forms offer, and what the person may do."""
        person = cast(User, self.request.user)
        creators = list(Creator.objects.order_by("-is_active", "name"))
        return super().get_context_data(
            can_edit=person.has_perm("library.change_mediaitem"),
            creators=creators,
            model_names={creator.slug: creator.name for creator in creators},
            ratings=Rating.choices,
            **kwargs,
        )
