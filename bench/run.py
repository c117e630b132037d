"""Print how fast the main calls are, over HTTP, on a database of a given size.

    python bench/run.py [--rows 10000] [--requests 100]

A fresh SQLite database is filled and served by granian as `make run` serves it. Each
call is measured alone (concurrency 1), then by eight clients at once.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
Call = Callable[[httpx.Client], httpx.Response]
CLIENTS = 8


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fill(**rows: int) -> None:
    """Migrate and seed the database of this process's environment."""
    import django

    django.setup()
    from django.core.management import call_command

    from bench.seed import seed

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    seed(**rows)


def serve(port: int) -> subprocess.Popen[bytes]:
    """Start the web process and wait until it answers."""
    command = [
        str(Path(sys.executable).with_name("granian")),
        *("--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", "1", "--blocking-threads", "8", "--no-ws"),
        *("--log-level", "warning", "promura_site.wsgi:application"),
    ]
    server = subprocess.Popen(command, cwd=ROOT)
    for _ in range(100):
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=1)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return server
    raise SystemExit("the web process did not start")


def sign_in(client: httpx.Client) -> None:
    """Let a client be the bench's person; on a busy machine tokens run out."""
    from bench.seed import PASSWORD

    body = {"username": "bench", "password": PASSWORD}
    token = client.post("/api/auth/token", json=body).json()["access"]
    client.headers["Authorization"] = f"Bearer {token}"


def calls(client: httpx.Client) -> dict[str, Call]:
    """Return what is measured, by name."""
    ids = []
    page = client.get("/api/library?limit=1000").json()
    ids = [item["id"] for item in page["media"]]
    template = client.get("/api/templates?limit=1").json()["templates"][0]["id"]
    turn = iter(range(10_000_000))

    def tag(one: httpx.Client) -> httpx.Response:
        n = next(turn)
        body = {"media_ids": ids, "tags": [f"a{n % 7}", f"b{n % 5}"], "action": "add"}
        return one.post("/api/library/bulk-tag", json=body)

    return {
        "media list, first page": lambda one: one.get("/api/library"),
        "template list, first page": lambda one: one.get("/api/templates"),
        "post list, first page": lambda one: one.get("/api/posts"),
        "template use": lambda one: one.post(f"/api/templates/{template}/use"),
        f"bulk-tag of {len(ids)} ids": tag,
        "suggestions": lambda one: one.get("/api/scheduling/suggestions?count=5"),
        "suggestions of a model": lambda one: one.get(
            "/api/scheduling/suggestions?count=5&model=model1"
        ),
        "metrics": lambda one: one.get("/api/metrics"),
    }


def timed(call: Call, client: httpx.Client) -> float:
    """Make one call and return its milliseconds; anything but success ends the run."""
    began = time.perf_counter()
    response = call(client)
    took = (time.perf_counter() - began) * 1000
    if response.status_code >= 300:
        raise SystemExit(f"{response.status_code}: {response.text[:300]}")
    return took


def measure(
    connect: Callable[[], httpx.Client], call: Call, requests: int
) -> list[float]:
    """Return [p50, p95] alone and [p50, p95] with eight clients, in milliseconds."""
    with connect() as client:
        timed(call, client)
        alone = [timed(call, client) for _ in range(requests)]

    def crowd(_: int) -> list[float]:
        with connect() as client:
            return [timed(call, client) for _ in range(max(requests // CLIENTS, 4))]

    with ThreadPoolExecutor(CLIENTS) as pool:
        together = [ms for some in pool.map(crowd, range(CLIENTS)) for ms in some]
    return [*_percentiles(alone), *_percentiles(together)]


def _percentiles(times: list[float]) -> list[float]:
    cuts = statistics.quantiles(times, n=20)
    return [statistics.median(times), cuts[18]]


def main() -> None:
    """Fill, serve, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=100)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory(prefix="promura-bench-") as data:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "promura_site.settings",
            "PROMURA_DATA_DIR": data,
            "DATABASE_URL": "",
            "CACHE_URL": "",
        }
        fill(media=options.rows, templates=options.rows, posts=options.rows)
        port = free_port()
        server = serve(port)
        try:
            _report(f"http://127.0.0.1:{port}", options.requests, options.rows)
        finally:
            server.terminate()
            server.wait(15)


def _report(address: str, requests: int, rows: int) -> None:
    from bench.seed import PASSWORD

    body = {"username": "bench", "password": PASSWORD}

    def connect() -> httpx.Client:
        answer = httpx.post(f"{address}/api/auth/token", json=body, timeout=30)
        bearer = {"Authorization": f"Bearer {answer.json()['access']}"}
        return httpx.Client(base_url=address, headers=bearer, timeout=60)

    print(f"{rows} media, templates and posts each; milliseconds")
    print(f"{'':28}{'alone':>16}{f'{CLIENTS} clients':>18}")
    print(f"{'':28}{'p50':>8}{'p95':>8}{'p50':>10}{'p95':>8}")
    with connect() as client:
        measured = calls(client)
    for name, call in measured.items():
        a, b, c, d = measure(connect, call, requests)
        print(f"{name:28}{a:8.1f}{b:8.1f}{c:10.1f}{d:8.1f}", flush=True)


if __name__ == "__main__":
    main()
