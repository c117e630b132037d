"""Tables of the library: creators, media, tags, and what bulk calls changed."""

import unicodedata
from collections.abc import Iterable

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from promura_site.ids import new_id
from promura_site.models import DemoQuerySet
from promura_site.zones import agency_zone, validate_zone

SLUG = RegexValidator(
    r"^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$",
    "Use lower-case letters, digits and hyphens, 60 characters at most.",
)


class CreatorQuerySet(DemoQuerySet):
    """Reads of creators."""

    def active(self) -> "CreatorQuerySet":
        """Keep those whom the agency works with now."""
        return self.filter(is_active=True)


class Creator(models.Model):
    """A model of the agency. Never deleted, only deactivated; the slug is for ever."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.CharField(max_length=60, unique=True, validators=[SLUG])
    name = models.CharField(max_length=120)
    timezone = models.CharField(
        max_length=64, default=agency_zone, validators=[validate_zone]
    )
    language = models.CharField(max_length=16, default="en")
    is_active = models.BooleanField(default=True, db_index=True)
    avatar = models.CharField(max_length=200, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = CreatorQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = "model"
        indexes = [models.Index(fields=["name", "id"], name="creator_by_name")]

    def __str__(self) -> str:
        return self.name


def tag_key(name: str) -> str:
    """Return what two spellings of one tag have in common: NFC and casefold."""
    return unicodedata.normalize("NFC", name).casefold()


class Tag(models.Model):
    """A word that media, templates and posts are found by."""

    MAX_LENGTH = 50

    name = models.CharField(max_length=MAX_LENGTH)
    key = models.CharField(max_length=2 * MAX_LENGTH, unique=True, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.name


class Rating(models.IntegerChoices):
    """How revealing media is; a channel takes media up to its own rating."""

    GENERAL = 0, "general"
    SUGGESTIVE = 1, "suggestive"
    EXPLICIT = 2, "explicit"


class MediaQuerySet(DemoQuerySet):
    """Reads of media."""

    def present(self) -> "MediaQuerySet":
        """Keep what is neither in the trash nor purged."""
        return self.filter(trashed_at=None, purged_at=None)

    def trashed(self) -> "MediaQuerySet":
        """Keep what lies in the trash and can still be restored."""
        return self.filter(trashed_at__isnull=False, purged_at=None)

    def complete(self) -> "MediaQuerySet":
        """Fetch along what an item is shown with."""
        return self.select_related("uploaded_by").prefetch_related("tags", "creators")

    def tagged_any(self, keys: Iterable[str]) -> "MediaQuerySet":
        """Keep media with at least one of the tags."""
        held = MediaTag.objects.filter(media=models.OuterRef("pk"), tag__key__in=keys)
        return self.filter(models.Exists(held))


class MediaItem(models.Model):
    """A picture or a clip. A purge frees the bytes and leaves the row."""

    class Kind(models.TextChoices):
        IMAGE = "image"
        VIDEO = "video"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=5, choices=Kind.choices)
    content_type = models.CharField(max_length=100)
    file = models.CharField(max_length=200, blank=True, editable=False)
    thumbnail = models.CharField(max_length=200, blank=True, editable=False)
    preview = models.CharField(max_length=200, blank=True, editable=False)
    colour = models.CharField(max_length=7, default="#211b24", editable=False)
    size_bytes = models.BigIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    duration_seconds = models.FloatField(null=True, blank=True)
    # Of the bytes received, so that the same upload is recognised; and of the bytes
    # stored, so that damage is.
    sha256 = models.CharField(max_length=64, editable=False)
    stored_sha256 = models.CharField(max_length=64, editable=False)
    description = models.TextField(blank=True, max_length=5000)
    alt_text = models.TextField(blank=True, max_length=1500)
    rating = models.PositiveSmallIntegerField(
        choices=Rating.choices, default=Rating.GENERAL
    )
    not_before = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)
    used_count = models.PositiveIntegerField(default=0, editable=False)
    last_used = models.DateTimeField(null=True, blank=True, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="uploads",
        editable=False,
    )
    uploaded_at = models.DateTimeField(auto_now_add=True)
    trashed_at = models.DateTimeField(null=True, editable=False)
    purged_at = models.DateTimeField(null=True, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)

    tags = models.ManyToManyField(Tag, through="MediaTag", related_name="media")
    creators = models.ManyToManyField(
        Creator, blank=True, related_name="media", verbose_name="models"
    )

    objects = MediaQuerySet.as_manager()

    class Meta:
        ordering = ["-uploaded_at", "-id"]
        verbose_name_plural = "media"
        permissions = [
            ("purge_mediaitem", "Can delete media for good"),
            ("use_mediaitem", "Can note that media was used"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["sha256"], condition=Q(purged_at=None), name="media_bytes_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["trashed_at", "-uploaded_at", "-id"], name="media_latest"
            ),
            models.Index(
                fields=["trashed_at", "-used_count", "-id"], name="media_most_used"
            ),
            models.Index(fields=["trashed_at", "name", "id"], name="media_by_name"),
            models.Index(
                fields=["trashed_at", "size_bytes", "id"], name="media_by_size"
            ),
            models.Index(
                fields=["trashed_at", "kind", "-uploaded_at"], name="media_by_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Rendition(models.Model):
    """An item's file as some platforms take it, made by us and without metadata.

    `key` stands for what was asked for: types, bytes, pixels, seconds.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    media = models.ForeignKey(
        MediaItem, on_delete=models.CASCADE, related_name="renditions"
    )
    key = models.CharField(max_length=64)
    file = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    content_type = models.CharField(max_length=100)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    last_used = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["media", "key"], name="rendition_once")
        ]

    def __str__(self) -> str:
        return f"{self.media_id} as {self.content_type}, {self.size_bytes} bytes"


class MediaTag(models.Model):
    """One tag on one item."""

    media = models.ForeignKey(MediaItem, on_delete=models.CASCADE)
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["media", "tag"], name="media_tag_once")
        ]

    def __str__(self) -> str:
        return f"{self.media_id} {self.tag_id}"


class BulkOperation(models.Model):
    """One bulk call, kept so that it can be undone."""

    class Kind(models.TextChoices):
        DELETE = "delete"
        TAG = "tag"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="bulk_operations",
    )
    done = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    job = models.ForeignKey(
        "promura_site.Job", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} of {self.done}"


class BulkChange(models.Model):
    """What a bulk call did to one item: trashed it, or added or removed a tag."""

    class Change(models.TextChoices):
        TRASHED = "trashed"
        ADDED = "added"
        REMOVED = "removed"

    operation = models.ForeignKey(
        BulkOperation, on_delete=models.CASCADE, related_name="changes"
    )
    media = models.ForeignKey(MediaItem, on_delete=models.CASCADE, related_name="+")
    change = models.CharField(max_length=8, choices=Change.choices)
    tag = models.ForeignKey(Tag, null=True, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.change} {self.media_id}"
