"""What OPTIONS answers."""

from typing import TYPE_CHECKING, Any

from rest_framework.metadata import SimpleMetadata
from rest_framework.request import Request

if TYPE_CHECKING:
    from rest_framework.views import APIView


class EnvelopedMetadata(SimpleMetadata):
    """DRF's description of an endpoint, in the envelope."""

    def determine_metadata(self, request: Request, view: "APIView") -> dict[str, Any]:
        """Return name, description and media types."""
        return {"success": True, **super().determine_metadata(request, view)}
