"""Past posts that were brought in from elsewhere: learned from, never sent."""

from django.conf import settings
from django.db import models

from promura_site.ids import new_id
from scheduling.models.channels import Channel


class HistoryImport(models.Model):
    """One file of past posts, kept so that it can be taken out again as a whole."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        UNDOING = "undoing"
        UNDONE = "undone"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    name = models.CharField(max_length=200)
    state = models.CharField(
        max_length=7, choices=State.choices, default=State.RUNNING, editable=False
    )
    # The job that carries it out, or takes it out again.
    job = models.ForeignKey(
        "promura_site.Job", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Where the checked rows lie until they are in.
    file = models.CharField(max_length=200, blank=True, editable=False)
    added = models.PositiveIntegerField(default=0, editable=False)
    duplicates = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"


class ImportedPost(models.Model):
    """A post that somebody made without us: when, where, and how people reacted."""

    source = models.ForeignKey(
        HistoryImport, on_delete=models.CASCADE, related_name="posts"
    )
    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, related_name="imported_posts"
    )
    published_at = models.DateTimeField()
    # Its address, else the platform's id of it.
    reference = models.CharField(max_length=500, blank=True)
    likes = models.PositiveIntegerField(null=True)
    comments = models.PositiveIntegerField(null=True)
    shares = models.PositiveIntegerField(null=True)
    views = models.PositiveIntegerField(null=True)
    clicks = models.PositiveIntegerField(null=True)
    engagement = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "published_at", "reference"],
                name="imported_post_once",
            )
        ]

    def __str__(self) -> str:
        return self.reference or f"{self.channel_id} {self.published_at:%Y-%m-%d %H:%M}"
