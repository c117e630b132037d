"""Ask for a forecast on a thread as small as a web server's; run as a program.

`python -m tests.scheduling.small_stack [USED]` gives USED slots of the week data.
"""

import sys
import threading
from datetime import UTC, datetime

import django
import numpy as np

STACK_BYTES = 512 * 1024


def forecast(used: int) -> None:
    """Print a number that only a finished forecast has."""
    from scheduling.suggestions import forecast as fc
    from scheduling.suggestions.evidence import Evidence, Rung

    random = np.random.default_rng(used)
    n = np.zeros(fc.SLOTS)
    n[random.choice(fc.SLOTS, used, replace=False)] = random.uniform(1, 30, used)
    s = n * random.normal(0, 0.3, fc.SLOTS)
    nothing = np.zeros(fc.SLOTS)
    evidence = Evidence(
        n, s, n * 0.5, n, n, n, nothing, fc.Baseline(total=5.0, weight=1.0)
    )
    rung = Rung("model", evidence, 5.0, datetime(2026, 6, 1, tzinfo=UTC))
    print(f"{used} slots, {rung.effects.confidence.sum():.3f}")


def main() -> None:
    """Set Django up with room, then forecast without."""
    django.setup()
    used = int(sys.argv[1])
    threading.stack_size(STACK_BYTES)
    thread = threading.Thread(target=forecast, args=(used,))
    thread.start()
    thread.join()


if __name__ == "__main__":
    main()
