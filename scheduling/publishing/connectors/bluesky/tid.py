"""Record keys as the AT Protocol makes them: timestamp identifiers (TIDs)."""

import secrets
import threading
import time

ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
CLOCK_BITS = 10

_lock = threading.Lock()
_last_moment = 0


def next_tid() -> str:
    """Return a TID greater than every earlier one of this process.

    Its clock id is drawn anew each time, so that forked processes share none.
    """
    global _last_moment
    with _lock:
        _last_moment = max(time.time_ns() // 1000, _last_moment + 1)
        moment = _last_moment
    return encode(moment, secrets.randbelow(1 << CLOCK_BITS))


def encode(microseconds: int, clock_id: int) -> str:
    """Return the TID of a moment since 1970 and a clock id below 1024."""
    value = (microseconds << CLOCK_BITS | clock_id) & (1 << 63) - 1
    return "".join(ALPHABET[value >> shift & 31] for shift in range(60, -1, -5))
