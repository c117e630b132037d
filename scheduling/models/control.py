"""How fast and whether at all may be published: the agency's own brakes."""

from django.conf import settings
from django.db import models

from library.models import Creator


class PublishingPace(models.Model):
    """A model's own spacing and daily cap; without a row the settings' hold.

    The spacing is between two posts on one channel; the cap counts posts in a day of
    the model's zone. None: as the settings say; 0: none.
    """

    creator = models.OneToOneField(
        Creator, on_delete=models.CASCADE, related_name="pace", primary_key=True
    )
    min_spacing_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    daily_cap = models.PositiveSmallIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.creator_id)


class PanicStop(models.Model):
    """Nothing is published while this row is there: of one model, or of all."""

    EVERYONE = "all"

    # EVERYONE, or the model's id, so that each is stopped once.
    key = models.CharField(max_length=36, primary_key=True)
    creator = models.OneToOneField(
        Creator, null=True, on_delete=models.CASCADE, related_name="panic_stop"
    )
    reason = models.CharField(max_length=300, blank=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    stopped_at = models.DateTimeField()
    # One pressed once more while it is being lifted stays.
    presses = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.key
