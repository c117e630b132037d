"""How many posts a second one publisher sends to a platform answering in 20 ms."""

from scheduling.publishing.connectors.base import Recovery
from tests.scheduling.crash.stage import Stage, size
from tests.scheduling.crash.verdict import check

POSTS = size(80, 2000)


def posts_a_second(stage: Stage) -> float:
    """Return the pace from the first request to the last, without the start."""
    moments = [one["at"] for one in stage.platform.seen() if one["method"] == "POST"]
    return (len(moments) - 1) / (max(moments) - min(moments))


def test_one_publisher_sends_all_at_its_own_pace(stage: Stage) -> None:
    with stage.publishers({}) as (publisher,):
        stage.plan(POSTS, Recovery.IDEMPOTENT)
        stage.wait_until_settled(publisher)
    pace = posts_a_second(stage)
    print(f"{pace:.1f} posts/s")
    tally = check(stage, "one publisher, undisturbed", posts_a_second=pace)
    assert tally.published == tally.posts == stage.platform.posted()
