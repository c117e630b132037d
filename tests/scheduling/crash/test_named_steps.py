"""A publisher killed at each named step repeats nothing and loses nothing."""

import pytest

from scheduling.models import Publication
from scheduling.publishing.connectors.base import Recovery
from tests.scheduling.crash.stage import (
    FULL,
    GRACE_SECONDS,
    HASTY,
    HASTY_LEASE,
    KINDS,
    Stage,
    Watch,
    size,
)
from tests.scheduling.crash.verdict import check

P = Publication.State
STATE_AT = {
    "leased": P.LEASED,
    "attempted": P.SENDING,
    "sent": P.SENDING,
    "stored": P.PUBLISHED,
}
IN_A_ROW = size(1, 4)


def kill_at(step: str, publication: Publication, stage: Stage) -> None:
    """Kill publishers at a step until one had this publication in hand.

    An earlier victim's lease may run out meanwhile, and be taken first.
    """
    fence = publication.fence
    while True:
        with stage.publisher("--senders", "1", stop_at=step) as process:
            process.wait_until_stopped(step)
            stage.kill(process)
        publication.refresh_from_db()
        if publication.state == STATE_AT[step] and publication.fence > fence:
            return


@pytest.mark.parametrize("step", STATE_AT)
def test_killed_at_a_step_it_goes_on_from_there(step: str, stage: Stage) -> None:
    stage.environment |= HASTY
    with Watch(stage) as watch:
        for kind in KINDS:
            (publication,) = stage.plan(1, kind)
            kill_at(step, publication, stage)
        stage.finish()
    tally = check(stage, f"killed at {step}", longest=watch.longest)
    assert tally.unknown == (1 if step in ("attempted", "sent") else 0)
    assert watch.longest < HASTY_LEASE + GRACE_SECONDS


@pytest.mark.skipif(not FULL, reason="`make crash` takes the time for it")
@pytest.mark.parametrize("step", ["leased", "attempted", "sent"])
def test_killed_again_and_again_at_a_step_it_still_goes_on(
    step: str, stage: Stage
) -> None:
    stage.environment |= HASTY
    (publication,) = stage.plan(1, Recovery.IDEMPOTENT)
    for _ in range(IN_A_ROW):
        kill_at(step, publication, stage)
    stage.finish()
    check(stage, f"killed at {step}, again and again")


def test_killed_after_looking_up_it_looks_up_again(stage: Stage) -> None:
    stage.environment |= HASTY
    (publication,) = stage.plan(1, Recovery.LOOKUP)
    kill_at("sent", publication, stage)
    for _ in range(IN_A_ROW):
        with stage.publisher(stop_at="looked_up") as process:
            process.wait_until_stopped("looked_up")
            stage.kill(process)
    stage.finish()
    check(stage, "killed at looked_up")
    asked = [one for one in stage.platform.seen() if one["method"] == "GET"]
    assert len(asked) == IN_A_ROW + 1
