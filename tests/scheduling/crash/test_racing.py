"""Several publishers on the same posts: each post once, and each of them helps."""

from collections import Counter

from scheduling.models import PublishAttempt
from tests.scheduling.crash.stage import Stage, size
from tests.scheduling.crash.verdict import check

# One claim takes 66: enough that nobody gets them all.
POSTS_A_KIND = size(120, 334)
PUBLISHERS = 4


def test_four_publishers_send_each_post_once(stage: Stage) -> None:
    # So slow that none of them is done before the others have looked.
    stage.platform.delay(0.1)
    with stage.publishers(*[{}] * PUBLISHERS, arguments=("--senders", "2")) as racing:
        stage.plan(POSTS_A_KIND)
        stage.wait_until_settled(*racing)
    tally = check(stage, f"{PUBLISHERS} publishers racing")
    assert tally.published == tally.posts == stage.platform.posted()
    shares = Counter(PublishAttempt.objects.values_list("publisher", flat=True))
    assert len(shares) == PUBLISHERS, shares
