"""What follows from a publication's outcome; call it in the transaction that notes it."""

from django.utils import timezone

from scheduling.models import Publication
from scheduling.suggestions import slots


def publication_finished(publication: Publication) -> None:
    """Let the statistics know that a publication was published or failed for good."""
    slots.enter(publication, timezone.now())


def engagement_recorded(publication: Publication) -> None:
    """Let the statistics know what a publication's engagement is by now."""
    slots.enter(publication, timezone.now())
