"""A person as the way to a platform: nothing is sent, somebody posts it by hand.

The platform stays the channel's own (instagram, tiktok, …), and with it its limits and
its statistics. A publication on such a channel is made ready, taken in hand and
reported back by `scheduling/services/handing.py`.
"""

from typing import Any, ClassVar

from scheduling.publishing.connectors.base import (
    Account,
    Connector,
    ConnectorOptions,
    PublishError,
    PublishRequest,
    Receipt,
    Recovery,
    refuse_unknown_fields,
)


class HandoverConnector(Connector):
    """Leave posting to a person."""

    name: ClassVar[str] = "handover"
    platform: ClassVar[str] = "handover"
    by_hand: ClassVar[bool] = True

    @property
    def recovery(self) -> Recovery:
        """Nobody can say but the person who did it."""
        return Recovery.MANUAL

    @classmethod
    def validate_credentials(
        cls, credentials: object, options: ConnectorOptions
    ) -> dict[str, Any]:
        """Accept an empty object only: whoever posts is signed in on their phone."""
        return dict(refuse_unknown_fields(credentials, frozenset()))

    def verify(self) -> Account:
        """Find nothing in the way: there is nothing to ask."""
        return Account()

    def publish(self, request: PublishRequest) -> Receipt:
        """Refuse: the publisher never takes what is handed over by hand."""
        raise PublishError(
            "This account is posted to by hand.", permanent=True, code="by_hand"
        )
