"""Planning the looks at how people react: rows made together with the receipt."""

from datetime import timedelta

from scheduling.models import EngagementReading, Publication
from scheduling.publishing.connectors import registry

# Hours after a publication came out.
AGES = (1, 24, 72, 168)


def plan_readings(publication: Publication) -> None:
    """Plan the looks at a publication that has just come out, if it can be asked for.

    Call it in the transaction that stores the receipt.
    """
    channel = publication.channel
    try:
        connector = registry.connector_class(channel.connector)
    except registry.UnknownConnector:
        return
    if not connector.reads_engagement:
        return
    out = Publication.objects.values_list("published_at", "external_id").get(
        pk=publication.pk
    )
    published_at, external_id = out
    if not external_id or published_at is None:
        return
    EngagementReading.objects.bulk_create(
        [
            EngagementReading(
                publication=publication,
                channel=channel,
                hours=hours,
                due_at=published_at + timedelta(hours=hours),
            )
            for hours in AGES
        ],
        ignore_conflicts=True,
    )
