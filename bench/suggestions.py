"""Print what a suggestion costs after few posts and after many.

    python bench/suggestions.py [--posts 10000 1000000] [--creators 200]

Each number of posts gets a fresh SQLite database and a process of its own, served as
`make run` serves it. The endpoint is asked for one model after the other, one request
at a time; then the same is worked out in a process without HTTP, warm. A million posts
take some twenty minutes to make and 3 GB of disk.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.run import fill, free_port, serve, timed  # noqa: E402

MOST_GROWTH = 1.3
MOST_WARM = 10.0


def over_http(creators: int, requests: int) -> float:
    """Return the endpoint's p50 in milliseconds, over all models in turn."""
    from bench.seed import PASSWORD

    port = free_port()
    server = serve(port)
    try:
        body = {"username": "bench", "password": PASSWORD}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            token = client.post("/api/auth/token", json=body).json()["access"]
            client.headers["Authorization"] = f"Bearer {token}"
            models = cycle(range(1, creators + 1))

            def call(one: httpx.Client) -> httpx.Response:
                asked = {"count": 5, "model": f"model{next(models)}"}
                return one.get("/api/scheduling/suggestions", params=asked)

            for _ in range(10):
                timed(call, client)
            return statistics.median(timed(call, client) for _ in range(requests))
    finally:
        server.terminate()
        server.wait(15)


def in_process(creators: int, rounds: int) -> tuple[float, float]:
    """Return the p50 of working suggestions out, warm, and the CPU time of one.

    In milliseconds; the CPU time tells the same on a busy machine.
    """
    from library.models import Creator
    from scheduling.suggestions.advice import suggest

    models = cycle(Creator.objects.order_by("pk")[:creators])
    taken = []
    used = time.process_time()
    for _ in range(rounds):
        creator = next(models)
        began = time.perf_counter()
        suggest(creator, 5, now=datetime.now(UTC), zone="UTC")
        taken.append((time.perf_counter() - began) * 1000)
    used = (time.process_time() - used) * 1000 / rounds
    return statistics.median(taken[10:]), used


def one(posts: int, creators: int, requests: int) -> None:
    """Fill a database, measure, and print the figures as JSON."""
    with tempfile.TemporaryDirectory(prefix="promura-bench-") as data:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "promura_site.settings",
            "PROMURA_DATA_DIR": data,
            "DATABASE_URL": "",
            "CACHE_URL": "",
        }
        fill(media=50, templates=1, posts=posts, creators=creators)
        http = over_http(creators, requests)
        warm, cpu = in_process(creators, requests)
        print(json.dumps({"http": http, "warm": warm, "cpu": cpu}))


def main() -> None:
    """Measure each number of posts in a process of its own, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--creators", type=int, default=200)
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(options.one, options.creators, options.requests)
        return
    print(f"suggestions of one of {options.creators} models; p50 in milliseconds")
    print(f"{'posts':>12}{'over HTTP':>12}{'in process':>12}{'its CPU':>10}")
    found = []
    for posts in options.posts:
        sizes = (
            "--creators",
            str(options.creators),
            "--requests",
            str(options.requests),
        )
        command = [sys.executable, __file__, "--one", str(posts), *sizes]
        said = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
        figures = json.loads(said.stdout.splitlines()[-1])
        found.append(figures)
        shown = f"{figures['http']:12.1f}{figures['warm']:12.1f}{figures['cpu']:10.1f}"
        print(f"{posts:12,}{shown}", flush=True)
    growth = found[-1]["http"] / found[0]["http"]
    print(f"most posts against fewest: {growth:.2f} times (at most {MOST_GROWTH})")
    print(f"warm in the process: {found[-1]['warm']:.1f} ms (at most {MOST_WARM:.0f})")


if __name__ == "__main__":
    main()
