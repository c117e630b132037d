"""Sets one process's clock wrong by CRASH_CLOCK_SHIFT seconds; Python imports it.

The wall clock alone: the monotonic one of a machine is never set.
"""

import datetime
import os
import time

_SHIFT = float(os.environ["CRASH_CLOCK_SHIFT"])
_true_time = time.time
_datetime = datetime.datetime


class _Kind(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, _datetime)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, _datetime)


class _Shifted(_datetime, metaclass=_Kind):
    """What gives plain datetimes, its own idea of now excepted."""

    def __new__(cls, *args, **fields):
        return _datetime(*args, **fields)

    @classmethod
    def now(cls, tz=None):
        return _datetime.fromtimestamp(time.time(), tz)

    @classmethod
    def utcnow(cls):
        return cls.now(datetime.UTC).replace(tzinfo=None)

    @classmethod
    def today(cls):
        return cls.now()


time.time = lambda: _true_time() + _SHIFT
datetime.datetime = _Shifted
