"""Print how long past posts take to come in, from the upload until all have taught.

    python bench/history_import.py [--rows 100000] [--models 20]

A fresh SQLite database, served as `make run` serves it, with the worker beside it. The
file is shuffled, its times are written in three ways; it is checked in a dry run first.
At the end a model's suggestions are asked for, which say how many posts they are of.
"""

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.run import fill, free_port, serve, sign_in  # noqa: E402

MOST_SECONDS = 60
URL = "/api/scheduling/history/import"
WRITTEN = ("%Y-%m-%dT%H:%M:%SZ", "%d %b %Y %H:%M:%S", "%d.%m.%Y %I:%M:%S %p")


def table(rows: int, models: int) -> bytes:
    """Return a file of posts of all models over two years, in no order."""
    draw, now = random.Random(1), datetime.now(UTC)
    lines = ["model,platform,published_at,likes,comments,shares,views,url"]
    for n in range(rows):
        at = now - timedelta(seconds=draw.randrange(60, 730 * 86_400))
        counts = (draw.randrange(5_000), draw.randrange(90), draw.randrange(40))
        lines.append(
            f"model{n % models + 1},instagram,{at.strftime(WRITTEN[n % 3])},"
            f"{','.join(map(str, counts))},{counts[0] * 20},https://example.com/p/{n}"
        )
    body = lines[1:]
    draw.shuffle(body)
    return "\n".join((lines[0], *body)).encode()


def send(client: httpx.Client, file: bytes, **query: str) -> dict[str, object]:
    """Upload a file; anything but success ends the run."""
    sent = {"file": ("past-posts.csv", file, "text/csv")}
    answer = client.post(URL, params=query, files=sent)
    if answer.status_code >= 300:
        raise SystemExit(f"{answer.status_code}: {answer.text[:300]}")
    return answer.json()


def wait(client: httpx.Client, job: str, began: float) -> None:
    """Show how far the job is until it is done."""
    while True:
        answer = client.get(f"/api/jobs/{job}")
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            sign_in(client)
            continue
        found = answer.json()["job"]
        shown = f"{found['done']:,} of {found['total']:,}"
        if sys.stderr.isatty():
            print(f"\r{shown}, {time.perf_counter() - began:.0f} s", end="\r")
        if found["state"] == "done":
            return
        if found["state"] == "failed":
            raise SystemExit(found["error"])
        time.sleep(0.2)


def measure(client: httpx.Client, options: argparse.Namespace) -> None:
    """Check a file, bring it in, and print what each took."""
    file = table(options.rows, options.models)
    print(f"{options.rows:,} past posts of {options.models} models; seconds")
    began = time.perf_counter()
    send(client, file, dry_run="true")
    print(f"dry run          {time.perf_counter() - began:6.1f}")
    began = time.perf_counter()
    started = send(client, file)
    print(f"upload and check {time.perf_counter() - began:6.1f}")
    wait(client, started["job"]["id"], began)  # type: ignore[index]
    took = time.perf_counter() - began
    print(f"until all are in {took:6.1f} (at most {MOST_SECONDS})")
    asked = {"model": "model1", "count": 1}
    first = client.get("/api/scheduling/suggestions", params=asked).json()
    print(f"suggested then: {first['suggestions'][0]['reason']}")


def main() -> None:
    """Fill, serve, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--models", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="promura-bench-") as data:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "promura_site.settings",
            "PROMURA_DATA_DIR": data,
            "DATABASE_URL": "",
            "CACHE_URL": "",
        }
        fill(media=1, templates=1, posts=0, creators=options.models)
        port = free_port()
        worker = [sys.executable, "manage.py", "work_tasks"]
        quiet = {"cwd": ROOT, "stderr": subprocess.DEVNULL}
        running = [serve(port), subprocess.Popen(worker, **quiet)]
        try:
            where = f"http://127.0.0.1:{port}"
            with httpx.Client(base_url=where, timeout=300) as client:
                sign_in(client)
                measure(client, options)
        finally:
            for one in running:
                one.terminate()
                one.wait(60)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = used.ru_utime + used.ru_stime
        print(
            f"CPU of server and worker {seconds:.1f}: what a quiet machine comes near"
        )


if __name__ == "__main__":
    main()
