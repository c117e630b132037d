"""One leased publication on its way: sent, or found out about, never in a transaction.

What follows an unknown outcome is the connector's recovery: sending again under the
same key while the platform still knows it, asking the platform, or a person.
"""

import logging
import time
from collections.abc import Callable
from functools import partial

from django.db import DatabaseError, InterfaceError, close_old_connections

from scheduling import credentials
from scheduling.models import Channel
from scheduling.publishing import fitting, ledger
from scheduling.publishing.connectors import registry
from scheduling.publishing.connectors.base import (
    Connector,
    OutcomeUnknown,
    PublishError,
    Recovery,
)
from scheduling.publishing.lease import Lease

logger = logging.getLogger(__name__)

# What a send came to is worth waiting for a database that is away.
INSIST_SECONDS = 60.0
_LONGEST_PAUSE = 5.0


def deliver(lease: Lease, publisher: str, write: ledger.Write = ledger.write) -> None:
    """Do what a lease is for, and write down what came of it.

    `write` puts sends and receipts on record.
    """
    try:
        connector = connected(lease.publication.channel)
    except PublishError as error:
        ledger.record_failure(lease, error)
        return
    if not lease.in_doubt:
        _send(lease, connector, publisher, write)
    elif not _can_be_found_out(lease, connector):
        ledger.leave_to_person(lease)
    elif connector.recovery == Recovery.LOOKUP:
        _look_up(lease, connector, write)
    else:
        _send(lease, connector, publisher, write)


def connected(channel: Channel) -> Connector:
    """Return the connector of a channel; raise PublishError if there can be none."""
    try:
        opened = credentials.decrypt(channel.credentials)
        return registry.get_connector(channel.connector, opened)
    except credentials.CredentialsUnreadable as error:
        message = "The stored sign-in cannot be read any more; sign in again."
        raise PublishError(message, permanent=True, code="needs_sign_in") from error
    except registry.UnknownConnector as error:
        message = f"This installation has no connector named {channel.connector}."
        raise PublishError(message, permanent=True, code="unknown_connector") from error


def _send(
    lease: Lease, connector: Connector, publisher: str, write: ledger.Write
) -> None:
    try:
        fitted = fitting.fit(lease)
    except PublishError as error:
        _insist(partial(ledger.record_failure, lease, error))
        return
    if not fitted:
        return
    seconds = connector.seconds_for(lease.request())
    request = ledger.begin(lease, publisher, seconds, write)
    if request is None:
        return
    ledger.reached("attempted")
    try:
        receipt = connector.publish(request)
    except PublishError as error:
        failure = error
    except Exception:
        logger.exception("%s broke while sending", connector.name)
        message = "The connector broke while sending."
        failure = OutcomeUnknown(message, code="connector_fault")
    else:
        ledger.reached("sent")
        _insist(lambda: ledger.record_receipt(lease, receipt, write))
        ledger.reached("stored")
        return
    recoverable = _can_be_found_out(lease, connector)
    _insist(lambda: ledger.record_failure(lease, failure, recoverable=recoverable))


def _look_up(lease: Lease, connector: Connector, write: ledger.Write) -> None:
    if not ledger.renew(lease, connector.timeout):
        return
    try:
        receipt = connector.lookup(lease.request())
    except PublishError as error:
        _insist(partial(ledger.record_failure, lease, error))
        return
    except Exception:
        logger.exception("%s broke while looking up", connector.name)
        message = "The connector broke while looking it up."
        fault = PublishError(message, permanent=False, code="connector_fault")
        _insist(partial(ledger.record_failure, lease, fault))
        return
    ledger.reached("looked_up")
    if receipt is None:
        ledger.record_absence(lease)
    else:
        _insist(lambda: ledger.record_receipt(lease, receipt, write))


def _can_be_found_out(lease: Lease, connector: Connector) -> bool:
    """Tell whether the connector's recovery still holds for this publication.

    The window counts from the first attempt under the key, by the database's clock.
    Nothing is sent again to an account that has been taken out of use.
    """
    channel = lease.publication.channel
    if connector.recovery == Recovery.MANUAL:
        return False
    in_use = channel.is_active and channel.creator.is_active
    if connector.recovery == Recovery.IDEMPOTENT and not in_use:
        return False
    window, first = connector.recovery_window, lease.publication.first_attempt_at
    return window is None or first is None or lease.claimed_at - first < window


def _insist(write: Callable[[], object]) -> None:
    """Write down an outcome, waiting for a database that is away for a moment.

    Should it stay away, the lease ends and the outcome is found out like any other.
    """
    deadline, pause = time.monotonic() + INSIST_SECONDS, 0.2
    while True:
        try:
            write()
        except (DatabaseError, InterfaceError):
            if time.monotonic() + pause > deadline:
                raise
            logger.warning("The outcome could not be stored; trying again")
        else:
            return
        time.sleep(pause)
        close_old_connections()
        pause = min(pause * 2, _LONGEST_PAUSE)
