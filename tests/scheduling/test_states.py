"""A post's state follows from its publications."""

import pytest

from scheduling.states import derive


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], "draft"),
        (["draft"], "draft"),
        (["draft", "cancelled"], "draft"),
        (["scheduled", "scheduled"], "scheduled"),
        (["scheduled", "draft"], "scheduled"),
        (["ready"], "scheduled"),
        (["leased", "scheduled"], "publishing"),
        (["sending"], "publishing"),
        (["retry"], "publishing"),
        (["published", "scheduled"], "publishing"),
        (["failed", "scheduled"], "publishing"),
        (["published", "published"], "completed"),
        (["published", "cancelled"], "completed"),
        (["published", "failed"], "partial"),
        (["published", "missed"], "partial"),
        (["failed", "failed"], "failed"),
        (["failed", "missed"], "failed"),
        (["failed", "cancelled"], "failed"),
        (["missed"], "missed"),
        (["missed", "skipped"], "missed"),
        (["cancelled", "skipped"], "cancelled"),
        (["unknown", "published", "sending"], "unknown"),
        (["unknown", "failed"], "unknown"),
    ],
)
def test_the_state_of_a_post(states: list[str], expected: str) -> None:
    assert derive(states) == expected
