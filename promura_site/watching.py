"""Keep an eye on things from a process whose main work is something else."""

import logging
import threading
from types import TracebackType
from typing import Self

from django.db import (
    DatabaseError,
    InterfaceError,
    close_old_connections,
    connection,
)
from django.utils import timezone

from promura_site import periodic

logger = logging.getLogger(__name__)

EVERY_SECONDS = 10.0
# Longer than one message may take on its way; what is cut off is sent again.
STOP_SECONDS = 15.0


class Watch:
    """A thread that runs recurring work of the `anywhere` kind; a context manager.

    That somebody has to be told of a silent publisher cannot be the publisher's work.
    """

    def __init__(self, every: float = EVERY_SECONDS) -> None:
        self._every = every
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            close_old_connections()
            try:
                periodic.run_due(timezone.now(), only_anywhere=True)
            except (DatabaseError, InterfaceError) as error:
                logger.warning("The database does not answer: %s", error)
            except Exception:
                logger.exception("A look of the watch failed")
            self._stopping.wait(self._every)
        connection.close()
