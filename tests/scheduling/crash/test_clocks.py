"""Publishers whose clocks are wrong: due is what the database's clock says."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from scheduling.models import PublishAttempt
from tests.scheduling.crash.stage import Stage, size
from tests.scheduling.crash.verdict import check

# One claim takes 66: enough that nobody gets them all.
POSTS_A_KIND = size(90, 167)
# What a wrong clock would send too early; planned before it is due, however busy.
SOON_A_KIND = size(8, 60)
IN_A_WHILE = timedelta(seconds=size(10, 90))
MINUTES = 5


def wrong_by(minutes: int) -> dict[str, str]:
    return {
        "PYTHONPATH": str(Path(__file__).parent / "clock"),
        "CRASH_CLOCK_SHIFT": str(60 * minutes),
    }


def test_a_clock_that_is_wrong_makes_nothing_early_or_twice(stage: Stage) -> None:
    stage.platform.delay(0.1)
    clocks = ({}, wrong_by(MINUTES), wrong_by(-MINUTES))
    with stage.publishers(*clocks, arguments=("--senders", "2")) as publishers:
        due = timezone.now() + IN_A_WHILE
        soon = {one.content for one in stage.plan(SOON_A_KIND, due=due)}
        stage.plan(POSTS_A_KIND)
        stage.wait_until_settled(*publishers)
    sent = [entry for entry in stage.platform.seen() if entry["text"] in soon]
    first = min(datetime.fromtimestamp(entry["at"], due.tzinfo) for entry in sent)
    early = max((due - first).total_seconds(), 0)
    tally = check(stage, f"clocks {MINUTES} minutes fast and slow", early=early)
    assert tally.published == tally.posts
    assert early == 0
    shares = Counter(PublishAttempt.objects.values_list("publisher", flat=True))
    assert len(shares) == len(publishers), shares
