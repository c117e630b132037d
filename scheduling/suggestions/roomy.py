"""Linear algebra on a thread with room.

A web server's threads may have no more than 2 MiB of stack. The kernels that OpenBLAS
takes for small matrices want more of it on some processors, and a thread that runs out
of stack takes the whole process down. So numpy's algebra runs on one thread of our own.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

T = TypeVar("T")

STACK_BYTES = 16 * 1024 * 1024
# A forecast takes milliseconds; only a machine on its knees is as slow as this.
PATIENCE_SECONDS = 20


def with_room(work: Callable[[], T]) -> T:
    """Run a pure computation where the stack is large enough, and wait for it."""
    return _thread().submit(work).result(PATIENCE_SECONDS)


@cache
def _thread() -> ThreadPoolExecutor:
    """Start the thread; made on first use, so that each process has its own."""
    before = threading.stack_size(STACK_BYTES)
    try:
        pool = ThreadPoolExecutor(1, thread_name_prefix="algebra")
        pool.submit(threading.get_ident).result(PATIENCE_SECONDS)
    finally:
        threading.stack_size(before)
    return pool
