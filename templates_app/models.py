"""Tables of the templates: recipes for posts that come again."""

from datetime import UTC, datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce

from library.models import Tag
from promura_site.ids import new_id
from promura_site.models import DemoQuerySet
from templates_app.variables import unknown_in

RECENTLY = timedelta(days=7)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class PostTemplateQuerySet(DemoQuerySet):
    """Reads of templates."""

    def present(self) -> Self:
        """Keep what has not been deleted."""
        return self.filter(deleted_at=None)

    def with_last_use(self) -> Self:
        """Add `last_used_or_never`, which can be ordered by: never is long ago."""
        never = models.Value(_NEVER, output_field=models.DateTimeField())
        return self.annotate(last_used_or_never=Coalesce("last_used", never))

    def most_used(self) -> Self:
        """Keep what figures are made of, the most used first, then the latest."""
        rows = self.present().counting()
        return rows.order_by("-usage_count", "-created_at", "-id")

    def last_used(self) -> Self:
        """Keep what figures are made of and has been used, the latest use first."""
        rows = self.present().counting().filter(last_used__isnull=False)
        return rows.order_by("-last_used", "-id")

    def figures(self, now: datetime) -> dict[str, int]:
        """Count templates, uses, and templates used in the last seven days."""
        lately = models.Q(last_used__gte=now - RECENTLY)
        return (
            self.present()
            .counting()
            .aggregate(
                total_templates=models.Count("pk"),
                total_uses=Coalesce(models.Sum("usage_count"), 0),
                recently_used=models.Count("pk", filter=lately),
            )
        )


class PostTemplate(models.Model):
    """A recipe. It keeps references to models and media that may not exist (yet)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    content = models.TextField(blank=True, max_length=20_000)
    schedule_pattern = models.CharField(max_length=500, blank=True)
    # The values of its own variables: {name: {model's id: value}}.
    variables = models.JSONField(default=dict, blank=True)
    # Names in braces of which somebody has said that they are no variables.
    plain_braces = models.JSONField(default=list, blank=True, editable=False)
    tags = models.ManyToManyField(Tag, blank=True, related_name="templates")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="post_templates",
        editable=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    usage_count = models.PositiveIntegerField(default=0, editable=False)
    last_used = models.DateTimeField(null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = PostTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["-usage_count", "-created_at", "-id"]
        permissions = [
            ("use_posttemplate", "Can use a template"),
            ("restore_posttemplate", "Can restore a deleted template"),
        ]
        indexes = [
            models.Index(
                fields=["deleted_at", "-usage_count", "-created_at", "-id"],
                name="template_most_used",
            ),
            models.Index(
                fields=["deleted_at", "-created_at", "-id"], name="template_latest"
            ),
            models.Index(fields=["deleted_at", "name", "id"], name="template_by_name"),
            models.Index(
                fields=["deleted_at", "-last_used"], name="template_last_used"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def unknown(self) -> list[str]:
        """Return what stands in braces in its text and nobody has spoken for."""
        return unknown_in(self.content, self.variables, self.plain_braces)


class TemplateModel(models.Model):
    """A model's slug in a template, in the order given."""

    template = models.ForeignKey(
        PostTemplate, on_delete=models.CASCADE, related_name="model_refs"
    )
    position = models.PositiveSmallIntegerField()
    slug = models.CharField(max_length=60, db_index=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["template", "slug"], name="template_model_once"
            )
        ]

    def __str__(self) -> str:
        return self.slug


class TemplateMedia(models.Model):
    """A media id in a template, in the order given, whether or not it exists."""

    template = models.ForeignKey(
        PostTemplate, on_delete=models.CASCADE, related_name="media_refs"
    )
    position = models.PositiveSmallIntegerField()
    media_ref = models.CharField(max_length=100, db_index=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["template", "media_ref"], name="template_media_once"
            )
        ]

    def __str__(self) -> str:
        return self.media_ref
