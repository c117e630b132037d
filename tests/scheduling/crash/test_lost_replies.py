"""One reply in ten gets lost: nothing is sent twice to find out."""

from tests.scheduling.crash.platform_server import Rule
from tests.scheduling.crash.stage import HASTY, SEED, Stage, size
from tests.scheduling.crash.verdict import check

POSTS_A_KIND = size(30, 334)


def test_where_replies_get_lost_each_post_appears_once(stage: Stage) -> None:
    stage.environment |= HASTY
    stage.platform.rule(Rule("hang_up", share=0.1, seed=SEED))
    stage.plan(POSTS_A_KIND)
    stage.finish()
    lost = sum(entry["did"] == "hang_up" for entry in stage.platform.seen())
    assert lost, f"seed {SEED} lost no reply"
    check(stage, "replies lost for 10 %", replies_lost=lost)
