"""Calendar feeds: a model's plan under a secret address."""

from django.conf import settings
from django.db import models

from library.models import Creator
from promura_site.ids import new_id


class CalendarFeed(models.Model):
    """A model's plan, for calendar programs, behind an address that is its secret.

    The address is derived from `id` and `version` with the site's key; a higher
    version makes a new address and voids the old one.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    creator = models.OneToOneField(
        Creator, on_delete=models.CASCADE, related_name="calendar_feed"
    )
    version = models.PositiveIntegerField(default=1)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.creator_id)
