"""Statistics that suggestions are made of."""

from django.db import models
from django.db.models import Q

from library.models import Creator
from scheduling.models.channels import Channel
from scheduling.models.history import ImportedPost
from scheduling.models.publications import Publication


class SlotStatistic(models.Model):
    """Sufficient statistics of one creator's weekday-hour; see suggestions/slots.py.

    `n`, `s` and `q` are decayed to a fixed reference time, `posts` and `engagement`
    are plain sums over the same posts. `succeeded` and `failed` count publications,
    also those of which no engagement is known.
    """

    creator = models.ForeignKey(
        Creator, on_delete=models.CASCADE, related_name="slot_statistics"
    )
    slot = models.PositiveSmallIntegerField()
    n = models.FloatField(default=0)
    s = models.FloatField(default=0)
    q = models.FloatField(default=0)
    posts = models.PositiveIntegerField(default=0)
    engagement = models.FloatField(default=0)
    succeeded = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        ordering = ["creator", "slot"]
        constraints = [
            models.UniqueConstraint(fields=["creator", "slot"], name="slot_once"),
            models.CheckConstraint(
                condition=Q(slot__gte=0, slot__lte=167), name="slot_of_a_week"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.creator_id} {self.slot}"


class SlotEntry(models.Model):
    """How one post stands in the statistics, to take it out again exactly.

    It is a publication of ours or an imported post. `y` and `baseline` are None while
    its engagement is unknown or too young.
    """

    publication = models.OneToOneField(
        Publication, null=True, on_delete=models.CASCADE, related_name="slot_entry"
    )
    imported = models.OneToOneField(
        ImportedPost, null=True, on_delete=models.CASCADE, related_name="slot_entry"
    )
    creator = models.ForeignKey(Creator, on_delete=models.CASCADE, related_name="+")
    slot = models.PositiveSmallIntegerField()
    t = models.DateTimeField()
    succeeded = models.BooleanField(default=True)
    y = models.FloatField(null=True)
    baseline = models.FloatField(null=True)
    engagement = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(y=None, baseline=None)
                | Q(y__isnull=False, baseline__isnull=False, engagement__isnull=False),
                name="entry_terms_together",
            ),
            models.CheckConstraint(
                condition=Q(publication__isnull=False, imported=None)
                | Q(publication=None, imported__isnull=False),
                name="entry_of_one_post",
            ),
        ]
        indexes = [
            models.Index(fields=["creator", "slot"], name="entry_of_slot"),
            models.Index(
                fields=["t"],
                name="entry_waiting",
                condition=Q(y=None, engagement__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.publication_id or self.imported_id} in {self.slot}"


class ChannelBaseline(models.Model):
    """The exponentially weighted mean of a channel's log engagement, as two sums."""

    channel = models.OneToOneField(
        Channel, on_delete=models.CASCADE, related_name="baseline"
    )
    total = models.FloatField(default=0)
    weight = models.FloatField(default=0)

    def __str__(self) -> str:
        return str(self.channel_id)
