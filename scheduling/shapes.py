"""Shapes of scheduling's API: what is shown."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from promura_site.models import User
from scheduling.cautious_shapes import VariantShape
from scheduling.engagement import COUNTS
from scheduling.models import (
    Channel,
    Post,
    PostMedia,
    Publication,
    PublishAttempt,
    Takedown,
)
from scheduling.publishing.connectors import registry
from scheduling.reasons import publisher_beats, reason_for
from templates_app.serializers import VariablesField

_NULLABLE_TEXT = {"type": ["string", "null"]}
_MOMENT = serializers.DateTimeField()
# What the ledger keeps for itself; reading times takes longer than one would think.
_NOT_SHOWN = (
    "payload",
    "idempotency_key",
    "first_attempt_at",
    "lease_until",
    "fence",
    "in_doubt",
    "settled_by",
    "created_at",
)


class ReachedChannelSerializer(serializers.Serializer):
    """The channel of a publication, in short."""

    id = serializers.UUIDField()
    model = serializers.CharField(source="creator.slug")
    platform = serializers.CharField()
    connector = serializers.CharField()
    handle = serializers.CharField()
    is_active = serializers.BooleanField()
    timezone = serializers.CharField(
        source="creator.timezone", help_text="The model's own."
    )


class ReasonSerializer(serializers.Serializer):
    """Why something has not gone out, and the one safe thing to do."""

    code = serializers.CharField()
    text = serializers.CharField()
    action = serializers.CharField()


class CountsSerializer(serializers.Serializer):
    """Engagement: five counts as far as they are known, and their weighted sum."""

    likes = serializers.IntegerField(allow_null=True)
    comments = serializers.IntegerField(allow_null=True)
    shares = serializers.IntegerField(allow_null=True)
    views = serializers.IntegerField(allow_null=True)
    clicks = serializers.IntegerField(allow_null=True)
    total = serializers.FloatField(allow_null=True)
    recorded_at = serializers.DateTimeField(allow_null=True)


class TakedownSerializer(serializers.ModelSerializer):
    """How far taking a post off its platform has come."""

    class Meta:
        model = Takedown
        fields = ("state", "requested_at", "done_at", "error")
        read_only_fields = fields


class PublicationSerializer(serializers.ModelSerializer):
    """A post on one channel; the context brings `now`, `beating` and `by_hand`."""

    post = serializers.UUIDField(source="post_id")
    channel = ReachedChannelSerializer()
    status = serializers.CharField(source="state")
    schedule_time = serializers.DateTimeField(source="publish_at", allow_null=True)
    attempts = serializers.IntegerField(source="attempts_made")
    by_hand = serializers.SerializerMethodField(
        help_text="Whether a person posts it: see claim and complete."
    )
    claimed_by = serializers.SerializerMethodField(
        help_text="Who has it in hand, or has posted or skipped it by hand."
    )
    takedown = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()
    engagement = serializers.SerializerMethodField()

    class Meta:
        model = Publication
        fields = (
            "id",
            "post",
            "channel",
            "status",
            "content",
            "schedule_time",
            "next_attempt_at",
            "attempts",
            "by_hand",
            "claimed_by",
            "claimed_until",
            "published_at",
            "external_id",
            "url",
            "error_code",
            "error",
            "reason",
            "engagement",
            "takedown",
        )
        read_only_fields = fields

    def get_by_hand(self, publication: Publication) -> bool:
        return publication.channel.connector in self.context["by_hand"]

    @extend_schema_field(_NULLABLE_TEXT)
    def get_claimed_by(self, publication: Publication) -> str | None:
        # Whose claim has run out has it in hand no more.
        if publication.state == Publication.State.READY:
            return None
        person = publication.claimed_by
        return person.get_username() if person else None

    @extend_schema_field(TakedownSerializer(allow_null=True))
    def get_takedown(self, publication: Publication) -> dict[str, Any] | None:
        found = getattr(publication, "takedown", None)
        return dict(TakedownSerializer(found).data) if found else None

    @extend_schema_field(ReasonSerializer(allow_null=True))
    def get_reason(self, publication: Publication) -> dict[str, str] | None:
        reason = reason_for(
            publication, self.context["now"], beating=self.context["beating"]
        )
        if reason is None:
            return None
        return {"code": reason.code, "text": reason.text, "action": reason.action}

    @extend_schema_field(CountsSerializer(allow_null=True))
    def get_engagement(self, publication: Publication) -> dict[str, Any] | None:
        if publication.engagement_at is None:
            return None
        # By hand: a serializer made for every row would cost half of a list's time.
        return {
            **{name: getattr(publication, name) for name in COUNTS},
            "total": publication.engagement,
            "recorded_at": _MOMENT.to_representation(publication.engagement_at),
        }


class AttemptSerializer(serializers.ModelSerializer):
    """One try to send a publication."""

    class Meta:
        model = PublishAttempt
        exclude = ("id", "publication", "fence")


class PostMediaSerializer(serializers.Serializer):
    """A media item of a post, in short."""

    id = serializers.UUIDField(source="media.pk")
    name = serializers.CharField(source="media.name")
    type = serializers.CharField(source="media.kind")
    alt_text = serializers.CharField(source="media.alt_text")
    thumbnail_url = serializers.SerializerMethodField()

    def get_thumbnail_url(self, entry: PostMedia) -> str:
        return reverse("media-thumbnail", args=[entry.media_id])


class PostSerializer(serializers.ModelSerializer):
    """A post and what became of it on each channel."""

    status = serializers.ChoiceField(source="state", choices=Post.State.choices)
    models = serializers.SerializerMethodField()
    variants = VariantShape(many=True)
    variables = VariablesField(
        allow_null=True, help_text="Null: every text goes out as it is written."
    )
    media_ids = serializers.SerializerMethodField()
    media = PostMediaSerializer(source="media_entries", many=True)
    tags = serializers.SerializerMethodField()
    template = serializers.UUIDField(source="template_id", allow_null=True)
    series = serializers.UUIDField(source="series_id", allow_null=True)
    schedule_time = serializers.DateTimeField(source="publish_at", allow_null=True)
    author = serializers.SerializerMethodField()
    cleared = serializers.SerializerMethodField(
        help_text="Why an owner let out media that is not cleared; else null."
    )
    publications = PublicationSerializer(many=True)

    class Meta:
        model = Post
        fields = (
            "id",
            "content",
            "variants",
            "status",
            "models",
            "media_ids",
            "media",
            "tags",
            "template",
            "series",
            "occurrence",
            "variables",
            "schedule_time",
            "timezone",
            "author",
            "version",
            "suggestion_taken",
            "cleared",
            "created_at",
            "updated_at",
            "publications",
        )
        read_only_fields = fields

    def get_models(self, post: Post) -> list[str]:
        slugs = (one.channel.creator.slug for one in post.publications.all())
        return list(dict.fromkeys(slugs))

    def get_media_ids(self, post: Post) -> list[str]:
        return [str(entry.media_id) for entry in post.media_entries.all()]

    def get_tags(self, post: Post) -> list[str]:
        return [tag.name for tag in post.tags.all()]

    @extend_schema_field(_NULLABLE_TEXT)
    def get_cleared(self, post: Post) -> str | None:
        return post.cleared_because or None

    @extend_schema_field(_NULLABLE_TEXT)
    def get_author(self, post: Post) -> str | None:
        return post.author.get_username() if post.author else None


def posts_to_show() -> QuerySet[Post]:
    """Return posts with all that their shape needs, in a fixed number of queries."""
    publications = publications_to_show().order_by("channel__creator__name", "pk")
    return Post.objects.prefetch_related(
        Prefetch("author", User.objects.only("username")),
        Prefetch("publications", publications),
        Prefetch("media_entries", _entries_to_show()),
        "variants",
        "tags",
    )


def publications_to_show() -> QuerySet[Publication]:
    """Return publications with all that their shape needs; what is sent stays out.

    The few channels of a page are read once each, not again with every row.
    """
    channels = Channel.objects.select_related("creator").defer("credentials")
    rows = Publication.objects.select_related("takedown").defer(*_NOT_SHOWN)
    return rows.prefetch_related(
        Prefetch("channel", channels),
        Prefetch("claimed_by", User.objects.only("username")),
    )


def _entries_to_show() -> QuerySet[PostMedia]:
    shown = ("post", "position", "media__name", "media__kind", "media__alt_text")
    return PostMedia.objects.select_related("media").only(*shown)


def _context(now: datetime) -> dict[str, Any]:
    return {
        "now": now,
        "beating": publisher_beats(now),
        "by_hand": registry.by_hand(),
    }


def shown_posts(posts: Sequence[Post], now: datetime) -> list[dict[str, Any]]:
    """Return posts as the API shows them."""
    context = _context(now)
    return list(PostSerializer(posts, many=True, context=context).data)


def shown_publications(
    publications: Sequence[Publication], now: datetime
) -> list[dict[str, Any]]:
    """Return publications as the API shows them."""
    context = _context(now)
    return list(PublicationSerializer(publications, many=True, context=context).data)
