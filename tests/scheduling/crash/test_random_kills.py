"""A publisher killed again and again at any moment repeats and loses nothing."""

import random
import time

from tests.scheduling.crash.stage import (
    GRACE_SECONDS,
    HASTY,
    HASTY_LEASE,
    SEED,
    Stage,
    Watch,
    size,
)
from tests.scheduling.crash.verdict import check
from tests.scheduling.publisher_process import PublisherProcess

POSTS_A_KIND = size(30, 334)
KILLS = size(3, 100)
# Posts between two kills, so that there is something left for the last publisher.
MOST_BETWEEN = 2 * 3 * POSTS_A_KIND // (KILLS + 2)
# At least so many are open at each kill.
FEW = 30
LONGEST_LIFE = 5.0


def wait_for_the_moment(
    draw: random.Random, process: PublisherProcess, stage: Stage
) -> None:
    """Wait until somewhere in the process's life, mostly while it works."""
    start = time.monotonic()
    if draw.random() < 0.2:
        time.sleep(draw.uniform(0, 2.5))
        return
    wanted = stage.platform.posted() + draw.randint(1, MOST_BETWEEN)
    while stage.platform.posted() < wanted and process.runs():
        if time.monotonic() > start + LONGEST_LIFE:
            break
        time.sleep(0.001)
    time.sleep(draw.uniform(0, 0.03))


def test_killed_at_any_moment_it_repeats_and_loses_nothing(stage: Stage) -> None:
    stage.environment |= HASTY
    draw = random.Random(SEED)
    stage.plan(POSTS_A_KIND)
    with Watch(stage) as watch:
        for _ in range(KILLS):
            if stage.unsettled().count() < FEW:
                stage.plan(FEW)
            with stage.publisher() as process:
                wait_for_the_moment(draw, process, stage)
                stage.kill(process)
        stage.finish()
    check(stage, "killed at random moments", longest=watch.longest)
    assert watch.longest < HASTY_LEASE + GRACE_SECONDS
