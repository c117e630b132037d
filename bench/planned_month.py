"""Print what the calendar of one model costs, by how much is planned in its month.

    python bench/planned_month.py [--posts 100 1000 5000] [--requests 60]

Each number of posts gets a fresh SQLite database and a process of its own, served as
`make run` serves it. Every post has a text, a picture and two channels. Asked for are
the six weeks that a month's page shows, and the week of all models.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from scheduling.models import Channel, Post, Publication

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.run import Call, fill, free_port, serve, timed  # noqa: E402

MOST = 1_000.0
WEEKS = 6


def plan(posts: int) -> tuple[str, str]:
    """Plan so many posts of one model evenly over a month; return its two ends."""
    from django.db import transaction
    from django.utils import timezone

    from library.models import Creator, MediaItem
    from scheduling.models import Channel, Post, PostMedia, Publication

    creator = Creator.objects.get(slug="model1")
    channels = list(Channel.objects.filter(creator=creator))
    second = Channel(creator=creator, platform="tiktok", connector="outbox")
    second.handle = "@second"
    picture = MediaItem.objects.filter(creators=creator)[0]
    first = timezone.now().replace(minute=0) + timedelta(days=30)
    step = timedelta(days=30) / max(posts, 1)
    rows = [
        Post(
            content=f"Good morning number {n}, " * 20,
            publish_at=first + n * step,
            timezone="UTC",
            state=Post.State.SCHEDULED,
        )
        for n in range(posts)
    ]
    with transaction.atomic():
        second.save()
        Post.objects.bulk_create(rows)
        PostMedia.objects.bulk_create(
            PostMedia(post=post, media=picture, position=0) for post in rows
        )
        Publication.objects.bulk_create(
            part for post in rows for part in parts_of(post, [*channels, second])
        )
    begin = first.date() - timedelta(days=2)
    return begin.isoformat(), (begin + timedelta(weeks=WEEKS)).isoformat()


def parts_of(post: "Post", channels: "list[Channel]") -> "list[Publication]":
    """Return a post's publications, as planning it would make them."""
    from scheduling.services.texts import Going
    from scheduling.services.writing import new_publications

    places = [Going(one, post.content, post.publish_at) for one in channels]
    return new_publications(post, places, draft=False)


def measure(posts: int, requests: int) -> dict[str, float]:
    """Return the p50 of each call in milliseconds, and the posts it counted."""
    from bench.seed import PASSWORD

    begin, end = plan(posts)
    port = free_port()
    server = serve(port)
    try:
        body = {"username": "bench", "password": PASSWORD}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            token = client.post("/api/auth/token", json=body).json()["access"]
            client.headers["Authorization"] = f"Bearer {token}"
            month = {"model": "model1", "from": begin, "to": end}
            all_of_it = month | {"per_day": 500}
            calls: dict[str, Call] = {
                "month": lambda one: one.get("/api/calendar", params=month),
                "all": lambda one: one.get("/api/calendar", params=all_of_it),
                "week": lambda one: one.get(
                    "/api/calendar/week", params={"start": begin}
                ),
            }
            counted = client.get("/api/calendar", params=month).json()["count"]
            found = {
                name: statistics.median(timed(call, client) for _ in range(requests))
                for name, call in calls.items()
            }
            return found | {"counted": counted}
    finally:
        server.terminate()
        server.wait(15)


def one(posts: int, requests: int) -> None:
    """Fill a database, measure, and print the figures as JSON."""
    with tempfile.TemporaryDirectory(prefix="promura-bench-") as data:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "promura_site.settings",
            "PROMURA_DATA_DIR": data,
            "DATABASE_URL": "",
            "CACHE_URL": "",
        }
        fill(media=20, templates=1, posts=1_000, creators=20)
        print(json.dumps(measure(posts, requests)))


def main() -> None:
    """Measure each number of posts in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, nargs="+", default=[100, 1_000, 5_000])
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(options.one, options.requests)
        return
    print("the calendar of a model with so many posts in a month; p50 in milliseconds")
    print(f"{'posts':>8}{'30 a day listed':>18}{'all listed':>13}{'week of 20':>13}")
    slowest = 0.0
    for posts in options.posts:
        asked = ("--one", str(posts), "--requests", str(options.requests))
        command = [sys.executable, __file__, *asked]
        said = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
        found = json.loads(said.stdout.splitlines()[-1])
        if found["counted"] != posts:
            raise SystemExit(f"the calendar counts {found['counted']} of {posts} posts")
        slowest = max(slowest, found["month"], found["all"])
        shown = f"{found['month']:18.1f}{found['all']:13.1f}{found['week']:13.1f}"
        print(f"{posts:8,}{shown}", flush=True)
    print(f"slowest: {slowest:.0f} ms (at most {MOST:.0f})")


if __name__ == "__main__":
    main()
