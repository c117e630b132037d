"""Measure how many posts a second publishers send to a platform that takes its time.

    python bench/publishing.py [--posts 2000] [--publishers 1] [--delay 20] [--braked]

A fresh database is filled with due posts for webhooks: SQLite in a temporary folder,
or one beside that of DATABASE_URL, dropped afterwards. The platform is a process of
its own on loopback that answers after `--delay` milliseconds; each publisher is the
real `manage.py publisher`. Counted is from the first request to the last, without the
start, and in the end every post must be published and have arrived once.

Without `--braked` forty models share the posts, and spacing, cap, rate and breaker are
off; with it each post has a channel and a model of its own, and all of them are on.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
MODELS = 40
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BRAKES = ("MIN_SPACING_MINUTES", "DAILY_CAP", "CHANNEL_RATE", "BREAKER_POSTS")
_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
_KEY = re.compile(rb"idempotency-key:\s*(\S+)", re.IGNORECASE)


async def platform(port: int, delay: float) -> None:
    """Answer every POST after `delay` seconds; print all keys and times in the end."""
    seen: list[tuple[str, float]] = []
    told = asyncio.Event()

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length, key = _LENGTH.search(head), _KEY.search(head)
            if length:
                await reader.readexactly(int(length[1]))
            if key:
                seen.append((key[1].decode(), time.monotonic()))
            await asyncio.sleep(delay)
            reply = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
            writer.write(reply + b"{}")
            await writer.drain()
            writer.close()
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    server = await asyncio.start_server(answer, "127.0.0.1", port, backlog=1024)
    async with server:
        await told.wait()
    print(json.dumps(seen))


@contextmanager
def a_platform(delay: float) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run the platform in a process of its own; yield it and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, __file__, "--platform", str(port), "--delay", str(delay)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield process, port
    finally:
        process.kill()


@contextmanager
def a_database(folder: str) -> Iterator[None]:
    """Put the address of an empty database into the environment."""
    os.environ |= {
        "PROMURA_DATA_DIR": folder,
        "SECRET_KEY": "only-for-a-measurement-" + "x" * 40,
        "PROMURA_CREDENTIALS_KEY": "only-for-a-measurement-" + "y" * 40,
        "PROMURA_ALLOW_PRIVATE_TARGETS": "1",
        "LOG_LEVEL": "WARNING",
    }
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgres"):
        os.environ["DATABASE_URL"] = ""
        yield
        return
    import psycopg

    name = f"{urlsplit(given).path.lstrip('/')}_bench_{os.getpid()}"
    server = urlsplit(given)._replace(path="/postgres").geturl()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    os.environ["DATABASE_URL"] = urlsplit(given)._replace(path=f"/{name}").geturl()
    try:
        yield
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def plan(posts: int, port: int, *, braked: bool) -> None:
    """Make the database, and posts that are due on webhooks of the platform."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from library.models import Creator
    from promura_site.ids import new_id
    from scheduling import credentials
    from scheduling.models import Channel, Post, Publication

    call_command("migrate", verbosity=0)
    models = posts if braked else MODELS
    url = f"http://127.0.0.1:{port}/hook"
    sealed = credentials.encrypt({"url": url, "secret": SECRET, "idempotent": True})
    creators = Creator.objects.bulk_create(
        Creator(slug=f"model{n}", name=f"Model {n}") for n in range(models)
    )
    channels = Channel.objects.bulk_create(
        Channel(
            creator=one,
            platform="webhook",
            connector="webhook",
            handle=f"{one.slug}-site",
            credentials=sealed,
        )
        for one in creators
    )
    now = timezone.now()
    made = Post.objects.bulk_create(
        Post(content=f"Post {n}", publish_at=now, timezone="UTC", state="scheduled")
        for n in range(posts)
    )
    rows = []
    for number, post in enumerate(made):
        key = new_id()
        rows.append(
            Publication(
                id=key,
                post=post,
                channel=channels[number % models],
                state="scheduled",
                content=post.content,
                publish_at=now,
                next_attempt_at=now,
                late_after=now + timedelta(hours=1),
                idempotency_key=str(key),
            )
        )
    Publication.objects.bulk_create(rows, batch_size=500)


def publish(
    posts: int, publishers: int, seconds: float
) -> tuple[dict[str, int], float]:
    """Run publishers until nothing is left to do.

    Return how many posts are in each state, and the seconds of processor time taken.
    """
    from scheduling.models import Publication

    command = [sys.executable, "manage.py", "publisher"]
    running = [subprocess.Popen(command, cwd=ROOT) for _ in range(publishers)]
    deadline = time.monotonic() + seconds
    done = Publication.objects.filter(state__in=Publication.FINAL_STATES)
    try:
        while done.count() < posts and time.monotonic() < deadline:
            time.sleep(0.5)
    finally:
        for one in running:
            one.terminate()
        used = [os.wait4(one.pid, 0)[2] for one in running]
    states = Counter(Publication.objects.values_list("state", flat=True))
    return dict(states), sum(one.ru_utime + one.ru_stime for one in used)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one run."""
    with a_platform(options.delay) as (process, port):
        plan(options.posts, port, braked=options.braked)
        states, busy = publish(options.posts, options.publishers, options.seconds)
        process.terminate()
        seen = json.loads(process.communicate()[0])
    moments = [at for _, at in seen]
    arrived = Counter(key for key, _ in seen)
    took = max(moments) - min(moments)
    from django.db import connection

    return {
        "database": connection.vendor,
        "posts": options.posts,
        "publishers": options.publishers,
        "brakes": "on" if options.braked else "off",
        "platform_ms": options.delay,
        "seconds": round(took, 2),
        "posts_per_second": round((len(moments) - 1) / took, 1),
        # Starting included. What a busy machine leaves of a core decides the rest.
        "processor_ms_per_post": round(1000 * busy / options.posts, 2),
        "states": states,
        "arrived_more_than_once": sum(times > 1 for times in arrived.values()),
        "never_arrived": options.posts - len(arrived),
    }


def main() -> None:
    """Measure, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=2000)
    parser.add_argument("--publishers", type=int, default=1)
    parser.add_argument("--delay", type=float, default=20, help="milliseconds")
    parser.add_argument("--seconds", type=float, default=300, help="at most")
    parser.add_argument("--braked", action="store_true")
    parser.add_argument("--platform", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.platform:
        asyncio.run(platform(options.platform, options.delay / 1000))
        return
    if not options.braked:
        os.environ |= {f"PROMURA_{brake}": "0" for brake in BRAKES}
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "promura_site.settings"
    with tempfile.TemporaryDirectory() as folder, a_database(folder):
        print(json.dumps(measure(options), indent=2))


if __name__ == "__main__":
    main()
