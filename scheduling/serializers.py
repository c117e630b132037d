"""Shapes of scheduling's API: what is read from a request."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.validators import RegexValidator
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from library.models import SLUG, Tag
from library.serializers import RatingField
from promura_site.api.fields import TextField
from promura_site.zones import validate_zone
from scheduling.engagement import COUNTS, MAX_COUNT
from scheduling.models import Post
from scheduling.publishing.connectors import registry
from scheduling.services.clearance import MAX_REASON
from scheduling.services.publications import SETTLEMENTS
from scheduling.services.timing import EACH_MODELS_OWN
from templates_app.serializers import VariablesField

MAX_MODELS = 200
MAX_CHANNELS = 1_000
MAX_MEDIA = 100
MAX_TAGS = 50
MAX_SUGGESTIONS = 50
MAX_VARIANTS = 200
MAX_POSTS_A_WEEK = 200

LANGUAGE = RegexValidator(
    r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", "Use a language tag such as en or pt-BR."
)


class StrictBooleanField(serializers.BooleanField):
    """true or false, and nothing that only looks like it."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class StrictIntegerField(serializers.IntegerField):
    """A whole number that was sent as one."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field(
    {
        "type": "string",
        "description": "ISO 8601 with an offset, or wall-clock time in `timezone`.",
    }
)
class ScheduleTimeField(serializers.Field):
    """A time with an offset (aware), or without one (naive: wall-clock time)."""

    def to_internal_value(self, data: Any) -> datetime:
        try:
            timed = isinstance(data, str) and ":" in data
            moment = parse_datetime(data) if timed else None
        except ValueError:
            moment = None
        if moment is None:
            raise serializers.ValidationError(
                "Must be a time such as 2026-06-01T18:00 or 2026-06-01T18:00:00Z."
            )
        return moment

    def to_representation(self, value: datetime) -> str:
        return value.isoformat()


class TimeZoneField(TextField):
    """An IANA zone, or the word for each model's own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=64, allow_blank=True, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if name and name != EACH_MODELS_OWN:
            validate_zone(name)
        return name


class OverrideField(TextField):
    """Why an owner lets out media that is not cleared."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            allow_blank=True,
            max_length=MAX_REASON,
            help_text="An owner's reason to let out media that is not cleared.",
            **kwargs,
        )


class KeepUnknownField(StrictBooleanField):
    """Whether what is no variable is to stay in its braces."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            help_text="What is no variable stays as written; this is asked once.",
            **kwargs,
        )


class VariantSerializer(serializers.Serializer):
    """Another text, for one channel or for all that speak a language."""

    language = TextField(
        max_length=16,
        validators=[LANGUAGE],
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="Such as de or pt-BR, which takes a text for pt as well.",
    )
    channel = serializers.UUIDField(required=False, allow_null=True)
    content = TextField(
        allow_blank=True,
        max_length=Post._meta.get_field("content").max_length,
        trim_whitespace=False,
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("language")) == bool(attrs.get("channel")):
            raise serializers.ValidationError("Name either a language or a channel.")
        return attrs


class PlanSerializer(serializers.Serializer):
    """A post as it is planned."""

    content = TextField(
        required=False,
        allow_blank=True,
        max_length=Post._meta.get_field("content").max_length,
        trim_whitespace=False,
    )
    models = serializers.ListField(
        child=TextField(max_length=60), allow_empty=False, max_length=MAX_MODELS
    )
    channels = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        allow_null=True,
        max_length=MAX_CHANNELS,
        help_text="Some of the models' active channels; all of them when left out.",
    )
    variants = serializers.ListField(
        child=VariantSerializer(),
        required=False,
        max_length=MAX_VARIANTS,
        help_text="Other texts, for a channel or a language; all of them each time.",
    )
    media_ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MAX_MEDIA
    )
    tags = serializers.ListField(
        child=TextField(max_length=Tag.MAX_LENGTH),
        required=False,
        max_length=MAX_TAGS,
    )
    template = serializers.UUIDField(required=False, allow_null=True)
    variables = VariablesField(
        required=False,
        allow_null=True,
        help_text="Values that come before the template's own; with a template, or "
        "with these, the texts' variables get their values.",
    )
    schedule_time = ScheduleTimeField(
        required=False, allow_null=True, help_text="None: now."
    )
    timezone = TimeZoneField(
        required=False,
        help_text="Of a schedule_time without an offset: an IANA zone, or “model” "
        "for each model's own; the person's own when left out.",
    )
    draft = StrictBooleanField(required=False)
    suggestions = serializers.ListField(
        child=serializers.DateTimeField(),
        required=False,
        max_length=MAX_SUGGESTIONS,
        help_text="The suggested times that were on offer, in UTC.",
    )
    override_clearance = OverrideField()
    refuse_duplicates = StrictBooleanField(
        required=False, help_text="Answer 409 instead of planning a near-duplicate."
    )
    keep_unknown = KeepUnknownField()


class EditSerializer(PlanSerializer):
    """What is to change of a post, and of which version of it."""

    models = serializers.ListField(
        child=TextField(max_length=60),
        required=False,
        allow_empty=False,
        max_length=MAX_MODELS,
    )
    suggestions = None  # type: ignore[assignment]
    refuse_duplicates = None  # type: ignore[assignment]
    version = StrictIntegerField(min_value=1, max_value=2**31 - 1)


class CheckSerializer(EditSerializer):
    """A plan that is looked at only; with a post: changes of that one."""

    version = keep_unknown = None  # type: ignore[assignment]
    post = serializers.UUIDField(
        required=False, help_text="The post that these would be changes of."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "post" not in attrs and "models" not in attrs:
            raise serializers.ValidationError({"models": ["This field is required."]})
        return attrs


class VersionSerializer(serializers.Serializer):
    """The version that the person has seen; left out: whichever it is."""

    version = StrictIntegerField(required=False, min_value=1, max_value=2**31 - 1)


class RescheduleSerializer(VersionSerializer):
    """Another time for a post; none means now."""

    schedule_time = ScheduleTimeField(required=False, allow_null=True)
    timezone = TimeZoneField(
        required=False, help_text="When left out, the one that the post has."
    )
    override_clearance = OverrideField()
    keep_unknown = KeepUnknownField()


class CompleteSerializer(serializers.Serializer):
    """Where what was posted by hand can be seen, if that is known."""

    url = serializers.URLField(required=False, allow_blank=True, max_length=1000)

    def validate_url(self, url: str) -> str:
        """Take what a browser opens; pages and letters show it as a link."""
        if url and not url.lower().startswith(("http://", "https://")):
            raise serializers.ValidationError("Must begin with http:// or https://.")
        return url


class SettleSerializer(CompleteSerializer):
    """What a person has found out about a publication."""

    outcome = serializers.ChoiceField(choices=SETTLEMENTS)


class ClaimSerializer(serializers.Serializer):
    """Taking a hand-over, or keeping it longer."""

    take_over = StrictBooleanField(
        required=False,
        help_text="From whoever has it in hand; needs the edit level.",
    )


class SkipSerializer(serializers.Serializer):
    """Why a hand-over is left out."""

    reason = TextField(required=False, allow_blank=True, max_length=300)


class EngagementSerializer(serializers.Serializer):
    """How people reacted; what is left out stays as it was."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {
            name: StrictIntegerField(required=False, min_value=0, max_value=MAX_COUNT)
            for name in COUNTS
        }

    def validate(self, attrs: dict[str, int]) -> dict[str, int]:
        if not attrs:
            known = ", ".join(COUNTS)
            raise serializers.ValidationError(f"Give at least one of: {known}.")
        return attrs


@extend_schema_field({"type": "object", "additionalProperties": True})
class SignInField(serializers.Field):
    """Credentials in the clear; whoever connects knows their shape."""

    def to_internal_value(self, data: Any) -> Mapping[str, Any]:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError("Must be an object.")
        return data


class CadenceField(StrictIntegerField):
    """How many posts a week are wanted on a channel."""

    def __init__(self, **kwargs: Any) -> None:
        words = f"Must be a whole number from 0 to {MAX_POSTS_A_WEEK}."
        wrong = ("invalid", "min_value", "max_value")
        super().__init__(
            required=False,
            allow_null=True,
            error_messages=dict.fromkeys(wrong, words),
            min_value=0,
            max_value=MAX_POSTS_A_WEEK,
            help_text="How many posts a week are wanted there; null: no matter.",
            **kwargs,
        )


class ChannelChangeSerializer(serializers.Serializer):
    """What may be changed of a channel; with credentials it is signed in again."""

    handle = TextField(max_length=120, required=False)
    language = TextField(max_length=16, validators=[LANGUAGE], required=False)
    max_rating = RatingField(required=False)
    posts_per_week = CadenceField()
    is_active = StrictBooleanField(required=False)
    credentials = SignInField(write_only=True, required=False)


class ChannelWriteSerializer(ChannelChangeSerializer):
    """An account to connect."""

    model = TextField(max_length=60, help_text="The model's id.")
    platform = serializers.ChoiceField(choices=[])
    connector = serializers.ChoiceField(choices=[], required=False)
    handle = TextField(max_length=120)
    is_active = None  # type: ignore[assignment]

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        fields["platform"] = serializers.ChoiceField(sorted(registry.platforms()))
        fields["connector"] = serializers.ChoiceField(
            sorted(registry.connectors()),
            required=False,
            help_text="How it is reached; the platform's own way when left out.",
        )
        return fields


class CreatorChangeSerializer(serializers.Serializer):
    """What may be changed of a model; its id is for ever."""

    name = TextField(max_length=120, required=False)
    timezone = TextField(max_length=64, validators=[validate_zone], required=False)
    language = TextField(max_length=16, validators=[LANGUAGE], required=False)
    active = StrictBooleanField(required=False)


class CreatorWriteSerializer(CreatorChangeSerializer):
    """A model new to the agency."""

    id = TextField(max_length=60, validators=[SLUG])
    name = TextField(max_length=120)
    active = None  # type: ignore[assignment]


class DryRunSerializer(serializers.Serializer):
    """Whether a table is only tried."""

    dry_run = serializers.ChoiceField(["true", "false"], default="false")


class RosterRowSerializer(serializers.Serializer):
    """A line of the table of models and channels; what is left out is usual."""

    model = TextField(max_length=60, validators=[SLUG])
    name = TextField(max_length=120, required=False)
    timezone = TextField(max_length=64, validators=[validate_zone], required=False)
    language = TextField(max_length=16, validators=[LANGUAGE], required=False)
    platform = TextField(max_length=30, required=False)
    connector = TextField(max_length=30, required=False)
    handle = TextField(max_length=120, required=False)
    channel_language = TextField(max_length=16, validators=[LANGUAGE], required=False)
    max_rating = RatingField(required=False)
    posts_per_week = serializers.IntegerField(
        required=False, min_value=0, max_value=MAX_POSTS_A_WEEK
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("platform") and not attrs.get("handle"):
            raise serializers.ValidationError({"handle": ["A channel needs a handle."]})
        if attrs.get("handle") and not attrs.get("platform"):
            raise serializers.ValidationError({"platform": ["Name the platform, too."]})
        return attrs
