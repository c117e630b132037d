"""A receiver that speaks a platform's own language, and fails where it is told to."""

import json
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from scheduling.publishing.connectors.base import PublishError
from tests.loopback import Behaviour, Delivery, Receiver


def saying(value: Any, status: int = 200, **headers: str) -> Behaviour:
    """Answer with JSON."""
    return Behaviour(status=status, body=json.dumps(value).encode(), headers=headers)


class Platform(Receiver):
    """Answers by `respond`; a fault set for a route comes first.

    A fault with an effect (``drop="after"``, or ``accepts=True``) lets the platform do
    its work before it fails; any other keeps it from doing anything.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(behave=self._behave, **options)
        self._faults: deque[tuple[str, Behaviour]] = deque()

    def respond(self, delivery: Delivery) -> Behaviour:
        """Do what a request asks for and return the answer."""
        raise NotImplementedError

    def fail(self, route: str, *behaviours: Behaviour) -> None:
        """Set what happens to the next requests that name this route."""
        self._faults.extend((route, behaviour) for behaviour in behaviours)

    def asked(self, route: str) -> list[Delivery]:
        """Return the requests that named a route, e.g. ``POST /api/v1/statuses``."""
        return [one for one in self.deliveries if route in _route(one)]

    def _behave(self, delivery: Delivery, number: int) -> Behaviour:
        for entry in self._faults:
            if entry[0] in _route(delivery):
                self._faults.remove(entry)
                return self._failing(delivery, entry[1])
        return self.respond(delivery)

    def _failing(self, delivery: Delivery, fault: Behaviour) -> Behaviour:
        if fault.takes_effect:
            self.respond(delivery)
        return replace(fault, body=fault.body or b"")


def told(call: Callable[[], object]) -> None:
    """Make a call and log whatever it raises, as the publisher would a fault of ours.

    Raises what the call raised.
    """
    try:
        call()
    except PublishError as error:
        said = (error.message, error.reply, error.code)
        logging.getLogger("here").exception("It failed: %r %s", error, said)
        raise


def _route(delivery: Delivery) -> str:
    return f"{delivery.method} {delivery.path}"
