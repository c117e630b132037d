"""Shapes of the metrics API."""

from rest_framework import serializers

from metrics.models import AuditEvent


class AuditEventSerializer(serializers.ModelSerializer):
    """One action: who did what to which things, from where."""

    actor = serializers.CharField(source="actor_name", read_only=True)

    class Meta:
        model = AuditEvent
        fields = (
            "id",
            "at",
            "actor",
            "action",
            "outcome",
            "message",
            "kind",
            "ids",
            "count",
            "via",
            "address",
            "request_id",
            "data",
        )
        read_only_fields = fields


class WorkerSerializer(serializers.Serializer):
    """The publisher: whether it beats, and how long the first due post waits."""

    online = serializers.BooleanField()
    last_heartbeat = serializers.DateTimeField(allow_null=True)
    lag_seconds = serializers.IntegerField()


class SystemSerializer(serializers.Serializer):
    """The installation."""

    online = serializers.BooleanField()
    status = serializers.ChoiceField(choices=["online", "degraded"])
    uptime_seconds = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    version = serializers.CharField()
    database = serializers.CharField()
    worker = WorkerSerializer()


class ApiFiguresSerializer(serializers.Serializer):
    """Requests under /api/: all since the beginning, the rest of the last 24 hours."""

    total_requests = serializers.IntegerField()
    success_rate = serializers.FloatField(help_text="Share of answers below 400.")
    avg_response_time = serializers.FloatField(help_text="Milliseconds.")
    p50 = serializers.FloatField()
    p95 = serializers.FloatField()
    p99 = serializers.FloatField()
    requests_per_minute = serializers.FloatField(help_text="Of the last 5 minutes.")


class PostFiguresSerializer(serializers.Serializer):
    """Posts by what became of them."""

    total = serializers.IntegerField()
    successful = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="Failed, wholly or in part.")
    pending = serializers.IntegerField(help_text="Drafts, planned, being published.")
    due = serializers.IntegerField(help_text="With a publication due now.")
    unknown = serializers.IntegerField()


class ActivitySerializer(serializers.Serializer):
    """Something that was done."""

    timestamp = serializers.DateTimeField()
    message = serializers.CharField()
    actor = serializers.CharField()
    action = serializers.CharField()


class ErrorSerializer(serializers.Serializer):
    """Errors of one type and place within the last 24 hours."""

    timestamp = serializers.DateTimeField()
    type = serializers.CharField()
    message = serializers.CharField()
    count = serializers.IntegerField()


class OverviewSerializer(serializers.Serializer):
    """All figures at a glance."""

    success = serializers.BooleanField()
    system = SystemSerializer()
    api = ApiFiguresSerializer()
    posts = PostFiguresSerializer()
    recent_activity = ActivitySerializer(many=True)
    # DRF takes declared fields off the class, so the property of this name stays.
    errors = ErrorSerializer(many=True)  # type: ignore[assignment]
    generated_at = serializers.DateTimeField()


class PointSerializer(serializers.Serializer):
    """One step of a chart; durations in milliseconds."""

    at = serializers.DateTimeField()
    requests = serializers.IntegerField()
    errors = serializers.IntegerField(  # type: ignore[assignment]
        help_text="Answers of 500 and above."
    )
    avg = serializers.FloatField()
    p50 = serializers.FloatField()
    p95 = serializers.FloatField()
    p99 = serializers.FloatField()


class TimeseriesSerializer(serializers.Serializer):
    """Points of a chart, oldest first."""

    success = serializers.BooleanField()
    range = serializers.ChoiceField(choices=["1h", "24h", "7d", "30d"])
    step_seconds = serializers.IntegerField()
    points = PointSerializer(many=True)
    generated_at = serializers.DateTimeField()
