"""PostgreSQL goes down in the middle: publishers go on by themselves."""

from collections.abc import Iterator

import pytest
from django.db import connection, connections

from tests.scheduling.crash.cluster import Cluster, tools
from tests.scheduling.crash.stage import (
    GRACE_SECONDS,
    HASTY,
    HASTY_LEASE,
    Stage,
    Watch,
    size,
)
from tests.scheduling.crash.verdict import check
from tests.scheduling.publisher_process import database_url

pytestmark = [
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no server"),
    pytest.mark.skipif(tools() is None, reason="no programs of a server are here"),
]

POSTS_A_KIND = size(25, 334)
RESTARTS = size(1, 5)


@pytest.fixture
def cluster(transactional_db: None) -> Iterator[Cluster]:
    """Put a server of its own in the place of the one that all tests share."""
    shared = connections["default"]
    with Cluster() as cluster:
        cluster.copy(database_url(), "promura")
        own = shared.copy()
        own.settings_dict = shared.settings_dict | {
            "USER": "postgres",
            "PASSWORD": "",
            "HOST": "127.0.0.1",
            "PORT": str(cluster.port),
            "NAME": "promura",
        }
        connections.databases["default"] = own.settings_dict
        connections["default"] = own
        try:
            yield cluster
        finally:
            own.close()
            connections.databases["default"] = shared.settings_dict
            connections["default"] = shared


def test_after_a_restart_all_resume_by_themselves(
    cluster: Cluster, stage: Stage
) -> None:
    stage.environment |= HASTY
    stage.platform.delay(0.1)
    with Watch(stage) as watch, stage.publishers({}, {}) as publishers:
        stage.plan(POSTS_A_KIND)
        most = 3 * POSTS_A_KIND
        for number in range(RESTARTS):
            wanted = most * (number + 1) // (RESTARTS + 2)
            stage.wait_until(
                lambda wanted=wanted: stage.platform.posted() >= wanted, *publishers
            )
            cluster.crash_and_restart()
            connection.close()
        stage.wait_until_settled(*publishers)
    check(
        stage,
        "PostgreSQL restarted in the middle",
        restarts=RESTARTS,
        longest=watch.longest,
    )
    assert watch.longest < HASTY_LEASE + GRACE_SECONDS
