"""A platform that is unwell for a while: all is published once it is well again."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from scheduling.models import Publication, PublishAttempt
from scheduling.publishing.connectors.base import Recovery
from tests.scheduling.crash.platform_server import Rule
from tests.scheduling.crash.stage import FOLDERS, HASTY, KINDS, Stage, size
from tests.scheduling.crash.verdict import check

FIRST_WAIT = int(HASTY["PROMURA_PUBLISH_FIRST_WAIT"])
LEAST_JITTER = 0.8
TIMES = size(2, 4)
POSTS_A_KIND = size(12, 40)
RETRY_AFTER = size(4, 10)
# What another sender was putting on record when it was noted.
ALREADY_BEGUN = timedelta(seconds=1)

# One on each channel of a kind.
ILLNESSES = (
    Rule("answer", status=500),
    Rule("answer", status=502),
    Rule("answer", status=503, headers={"Retry-After": "2"}),
    Rule("hang"),
)


def test_what_a_sick_platform_refused_is_published_later(stage: Stage) -> None:
    stage.environment |= HASTY
    stage.platform.rule(
        *(
            replace(rule, path=f"{FOLDERS[kind]}/{number}", method="POST", times=TIMES)
            for kind in KINDS
            for number, rule in enumerate(ILLNESSES)
        )
    )
    stage.plan(POSTS_A_KIND)
    stage.finish()
    wrong = [one["did"] for one in stage.platform.seen() if one["did"] != "well"]
    assert len(wrong) == TIMES * len(KINDS) * len(ILLNESSES)
    check(stage, "500, 502, 503, no answer")


def test_a_platform_that_died_and_came_back_gets_everything_once(stage: Stage) -> None:
    stage.environment |= HASTY
    stage.platform.delay(0.1)
    stage.plan(POSTS_A_KIND)
    with stage.publishers({}) as (publisher,):
        stage.wait_until(lambda: stage.platform.posted() >= POSTS_A_KIND, publisher)
        stage.platform.kill()
        refused = Publication.objects.filter(error_code="unreachable")
        stage.wait_until(refused.exists, publisher)
        stage.platform.start()
        stage.wait_until_settled(publisher)
    check(stage, "the platform dies and comes back")


def test_nothing_is_sent_to_a_channel_before_it_said(stage: Stage) -> None:
    stage.environment |= HASTY | {"CRASH_REQUEST_SECONDS": "30"}
    wish = {"Retry-After": str(RETRY_AFTER)}
    stage.platform.rule(
        *(
            Rule("answer", f"{FOLDERS[kind]}/0", "POST", 429, wish, times=1)
            for kind in KINDS
        )
    )
    # Slow enough that most are still waiting when the platform says it.
    stage.platform.delay(0.3)
    stage.plan(size(12, 30), channels=1)
    stage.finish()
    tally = check(stage, "the platform answers 429")
    assert tally.published == tally.posts
    for kind in KINDS:
        attempts = PublishAttempt.objects.filter(
            publication__channel=stage.channels[kind][0]
        )
        heard = attempts.get(error_code="rate_limited").finished_at
        assert heard is not None
        silent = (heard + ALREADY_BEGUN, heard + timedelta(seconds=RETRY_AFTER))
        assert not attempts.filter(started_at__range=silent).exists(), attempts.values()


def test_it_waits_longer_after_every_failure(stage: Stage) -> None:
    stage.environment |= HASTY
    (publication,) = stage.plan(1, Recovery.LOOKUP)
    busy = Rule("answer", method="POST", status=429, times=TIMES + 1)
    stage.platform.rule(busy)
    stage.finish()
    started = publication.attempts.order_by("number").values_list("started_at")
    waits = [(then - now).total_seconds() for (now,), (then,) in pairwise(started)]
    assert len(waits) == TIMES + 1
    for number, wait in enumerate(waits):
        assert wait >= LEAST_JITTER * FIRST_WAIT * 2**number, waits
    check(stage, "the platform is busy, again and again")
