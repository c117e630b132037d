"""Print what a suggestion costs after few posts and after many.

    python bench/suggestions.py [--posts 10000 1000000] [--creators 200] [--keep DIR]

Each number of posts gets a SQLite database and a server, as `make run` serves it. The
servers are asked in turn, one request at a time, for one model after the other: so
whatever else the machine does slows all of them alike, and their ratio holds. Then the
same is worked out in a process without HTTP, warm. A million posts take some twenty
minutes to make and 3 GB of disk; with `--keep` they stay there for the next run.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

import django
import httpx

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.run import fill, free_port, serve, sign_in, timed  # noqa: E402

MOST_GROWTH = 1.3
MOST_WARM = 10.0
WARMING = 10
SIGNED_IN_FOR = 50  # requests


def use(data: Path) -> None:
    """Let this process and what it starts work in the given directory."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "promura_site.settings",
        "PROMURA_DATA_DIR": str(data),
        "DATABASE_URL": "",
        "CACHE_URL": "",
    }


@contextmanager
def asking(data: Path) -> Iterator[httpx.Client]:
    """Serve a database and give a client of it."""
    use(data)
    port = free_port()
    server = serve(port)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield client
    finally:
        server.terminate()
        server.wait(15)


def over_http(places: list[Path], creators: int, requests: int) -> list[float]:
    """Return each database's p50 in milliseconds, over all models in turn."""
    use(places[0])
    django.setup()
    took: list[list[float]] = [[] for _ in places]
    with ExitStack() as stack:
        clients = [stack.enter_context(asking(data)) for data in places]
        for turn in range(WARMING + requests):
            asked = {"count": 5, "model": f"model{turn % creators + 1}"}

            def call(
                one: httpx.Client, asked: dict[str, int | str] = asked
            ) -> httpx.Response:
                return one.get("/api/scheduling/suggestions", params=asked)

            for times, client in zip(took, clients, strict=True):
                if turn % SIGNED_IN_FOR == 0:
                    sign_in(client)
                times.append(timed(call, client))
    return [statistics.median(times[WARMING:]) for times in took]


def in_process(creators: int, rounds: int) -> tuple[float, float]:
    """Return the p50 of working suggestions out, warm, and the CPU time of one.

    In milliseconds; the CPU time tells the same on a busy machine.
    """
    django.setup()
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
    return statistics.median(taken[WARMING:]), used


def apart(task: str, data: Path, options: argparse.Namespace, posts: int) -> str:
    """Run a part of this script in a process of its own and return what it says."""
    sizes = {"creators": options.creators, "requests": options.requests}
    more = [word for name, size in sizes.items() for word in (f"--{name}", str(size))]
    command = [sys.executable, __file__, "--task", task, "--keep", str(data), *more]
    command += ["--posts", str(posts)]
    said = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return said.stdout.decode()


def do(options: argparse.Namespace) -> None:
    """Fill one database, or work suggestions out of it and print what they took."""
    use(options.keep)
    if options.task == "fill":
        fill(media=50, templates=1, posts=options.posts[0], creators=options.creators)
    else:
        print(json.dumps(in_process(options.creators, options.requests)))


def compare(place: Path, options: argparse.Namespace) -> None:
    """Fill what is not there yet, measure all, and print."""
    places = [place / str(posts) for posts in options.posts]
    for data, posts in zip(places, options.posts, strict=True):
        filled = data / "filled"
        if not filled.exists():
            data.mkdir(parents=True, exist_ok=True)
            apart("fill", data, options, posts)
            filled.touch()
    http = over_http(places, options.creators, options.requests)
    print(f"suggestions of one of {options.creators} models; p50 in milliseconds")
    print(f"{'posts':>12}{'over HTTP':>12}{'in process':>12}{'its CPU':>10}")
    warm = cpu = 0.0
    for data, posts, p50 in zip(places, options.posts, http, strict=True):
        warm, cpu = json.loads(apart("measure", data, options, posts).splitlines()[-1])
        print(f"{posts:12,}{p50:12.1f}{warm:12.1f}{cpu:10.1f}", flush=True)
    growth = http[-1] / http[0]
    print(f"most posts against fewest: {growth:.2f} times (at most {MOST_GROWTH})")
    print(f"warm in the process: {warm:.1f} ms (at most {MOST_WARM:.0f})")


def main() -> None:
    """Measure in a directory that is kept, or in one that goes again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--creators", type=int, default=200)
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--keep", type=Path, help="where the databases stay")
    parser.add_argument("--task", choices=("fill", "measure"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        do(options)
    elif options.keep:
        compare(options.keep.resolve(), options)
    else:
        with tempfile.TemporaryDirectory(prefix="promura-bench-") as data:
            compare(Path(data), options)


if __name__ == "__main__":
    main()
