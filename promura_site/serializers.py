"""Shapes of the ground floor's API."""

from rest_framework import serializers

from promura_site.models import Job


class CredentialsSerializer(serializers.Serializer):
    """A name and a password."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(
        max_length=1000, trim_whitespace=False, style={"input_type": "password"}
    )


class RefreshSerializer(serializers.Serializer):
    """A refresh token."""

    refresh = serializers.CharField(max_length=4000)


class JobSerializer(serializers.ModelSerializer):
    """A job's progress."""

    class Meta:
        model = Job
        fields = (
            "id",
            "kind",
            "state",
            "done",
            "total",
            "result",
            "error",
            "created_at",
            "finished_at",
        )
        read_only_fields = fields
