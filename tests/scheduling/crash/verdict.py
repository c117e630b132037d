"""What became of every post: counted where it was sent to, and in our own rows."""

import json
import os
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from scheduling import states
from scheduling.models import Post, Publication, PublishAttempt
from scheduling.publishing.connectors.base import Recovery
from tests.scheduling.crash.stage import SEED, Stage

P = Publication.State


@dataclass(frozen=True)
class Tally:
    """How many; `duplicates` are effects beyond a post's first."""

    posts: int
    published: int
    unknown: int
    duplicates: int
    lost: int


def check(stage: Stage, scenario: str, **figures: float) -> Tally:
    """Count, keep the figures for the report, and fail if a promise was broken."""
    seen = stage.platform.seen()
    effects = Counter(entry["text"] for entry in seen if entry["effect"])
    rows = list(Publication.objects.prefetch_related("attempts").order_by("pk"))
    problems = [
        f"{problem}\n{_story(row, seen)}"
        for row in rows
        if (problem := _problem(row, stage.kind_of[row.channel_id], effects))
    ]
    problems += _loose_ends(effects - Counter(row.content for row in rows))
    tally = Tally(
        posts=len(rows),
        published=sum(row.state == P.PUBLISHED for row in rows),
        unknown=sum(row.state == P.UNKNOWN for row in rows),
        duplicates=sum(count - 1 for count in effects.values()),
        lost=sum(_is_lost(row, effects) for row in rows),
    )
    keep(
        scenario,
        kills=stage.kills,
        **asdict(tally),
        **figures,
        problems=problems[:10],
    )
    assert not problems, f"seed {SEED}, {tally}\n" + "\n".join(problems[:10])
    return tally


def keep(scenario: str, **figures: object) -> None:
    """Add a line to the file that `make crash` makes its table of, if it wants one."""
    if file := os.environ.get("CRASH_FIGURES"):
        line = {"database": connection.vendor, "scenario": scenario, **figures}
        with Path(file).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(line) + "\n")


def _problem(row: Publication, kind: Recovery, effects: Counter[str]) -> str:
    times = effects[row.content]
    if times > 1:
        return f"{row.content!r} was published {times} times"
    if row.state == P.PUBLISHED:
        return "" if times else f"{row.content!r} counts as published and is not there"
    if kind != Recovery.MANUAL or row.state != P.UNKNOWN:
        return f"{row.content!r} on {kind} ended as {row.state}"
    # The word of a publisher that was too slow may have come after its lease.
    last = row.attempts.last()
    doubtful = last and (last.outcome == "unknown" or last.fence < row.fence)
    if not (row.in_doubt and row.next_attempt_at is None and doubtful):
        return f"{row.content!r} is unknown without a reason"
    return ""


def _is_lost(row: Publication, effects: Counter[str]) -> bool:
    if row.state == P.PUBLISHED:
        return not effects[row.content]
    return row.state != P.UNKNOWN


def _loose_ends(unplanned: Counter[str]) -> list[str]:
    """Return what does not belong to one publication's end."""
    found = [] if set(unplanned) <= {""} else [f"nobody planned {unplanned}"]
    if open_ones := PublishAttempt.objects.filter(outcome="open").count():
        found.append(f"{open_ones} attempts were left open")
    for post in Post.objects.prefetch_related("publications"):
        right = states.derive([one.state for one in post.publications.all()])
        if post.state != right:
            found.append(f"post {post.pk} says {post.state}, and it is {right}")
    return found


def _story(row: Publication, seen: list[dict[str, Any]]) -> str:
    """Return a publication's row, attempts and requests, to understand it by."""
    names = ("pk", "state", "fence", "in_doubt", "error_code", "lease_until")
    lines = [", ".join(f"{name}={getattr(row, name)}" for name in names)]
    for one in row.attempts.all():
        lines.append(
            f"attempt {one.number} fence {one.fence} by {one.publisher}: "
            f"{one.started_at} to {one.finished_at} {one.outcome} {one.error_code}"
        )
    record_key = (row.payload or {}).get("record_key") or "-"
    lines += [
        f"request {entry}"
        for entry in seen
        if entry["text"] == row.content
        or entry["key"] in (record_key, row.idempotency_key)
    ]
    return "\n  ".join(lines)
