"""The backtest finds a rhythm that is there, and none where there is none."""

import gzip
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from scheduling.models import HistoryImport, ImportedPost
from scheduling.suggestions import backtest as bt
from tests.scheduling.history import model_in

START = datetime(2025, 1, 6, tzinfo=UTC)
FEW = bt.Setup(resamples=200, stretch=70)


def posts(account: str, gain: float, count: int = 400) -> list[bt.PastPost]:
    """Return posts at random hours of which the evenings do better by `gain`."""
    rng = np.random.default_rng(len(account))
    made = []
    for hours in np.sort(rng.integers(0, 24 * 300, count)).tolist():
        evening = gain if 18 <= hours % 24 <= 21 else 0.0
        y = 4 + evening + rng.normal(0, 0.7)
        at = START + timedelta(hours=hours)
        made.append(bt.PastPost(account, at, "UTC", float(np.expm1(max(y, 0)))))
    return made


def judged(gain: float) -> dict[str, bt.Row]:
    accounts = bt.accounts_of(posts("a", gain) + posts("bb", gain) + posts("ccc", gain))
    return {row.size: row for row in bt.judge(accounts, FEW)}


def test_a_rhythm_is_found_and_chance_finds_none() -> None:
    rows = judged(1.0)
    assert list(rows) == ["30", "100", "300", "all"]
    ours, random = rows["all"].lifts["ours"], rows["all"].lifts["random"]
    assert ours.low > 0.5
    assert abs(random.mean) < 0.05
    assert ours.low <= ours.mean <= ours.high
    assert rows["all"].difference.mean == pytest.approx(
        ours.mean - rows["all"].lifts["raw mean"].mean
    )


def test_less_of_a_rhythm_gains_less() -> None:
    much, nothing = (judged(gain)["all"].lifts["ours"].mean for gain in (1.0, 0.0))
    assert nothing < much - 0.3


def test_the_same_draws_give_the_same_figures() -> None:
    assert judged(0.5) == judged(0.5)


def test_what_is_said_is_counted_over_all_hours() -> None:
    row = judged(1.0)["300"]
    said = sum(one.slots for one in row.calibration)
    gaps = sum(one.slots * abs(one.stated - one.seen) for one in row.calibration)
    assert row.errors["ours"] == pytest.approx(gaps / said)
    assert row.errors["ours"] < row.errors["raw mean"]


def steps(y: list[float]) -> bt.Account:
    """Return an account that posts hourly; what its posts came to is given."""
    times = [START + timedelta(hours=n) for n in range(len(y))]
    slots = np.array([n % 168 for n in range(len(y))])
    numbers = np.array(y)
    return bt.Account(times, ["UTC"] * len(y), np.exp(numbers), slots, numbers)


def test_ties_share_what_is_left_to_be_named() -> None:
    named = bt._named(np.array([3.0, 1.0, 2.0, 1.0, 1.0, 0.0]), 4)
    assert named.tolist() == pytest.approx([1, 2 / 3, 1, 2 / 3, 2 / 3, 0])
    assert bt._named(np.array([1.0, 2.0]), 5).tolist() == [1, 1]


def test_each_forecast_sees_the_posts_before_it_and_no_other() -> None:
    account = steps([float(n) for n in range(10)])
    seen = list(bt._views(account, [4, 6, 9], None))
    assert [int(view.counts.sum()) for view in seen] == [4, 6, 9]
    last = list(bt._views(account, [2, 4, 9], 3))
    assert [np.flatnonzero(view.counts).tolist() for view in last] == [
        [0, 1],
        [1, 2, 3],
        [6, 7, 8],
    ]
    # As if the account had begun with them: the first is its own baseline.
    assert last[1].sums.s[1] == 0
    assert last[1].sums.posts.sum() == 3


def test_lift_is_what_the_hours_named_for_a_stretch_came_to() -> None:
    # A week of history, then ten posts in the hours 0 to 9, of which the first five do
    # better than their mean by one deviation and the others worse by one.
    account = steps([0.0] * 168 + [2.0] * 5 + [0.0] * 5)
    setup = bt.Setup(train=168.5 / 178, k=5, stretch=10)
    random, raw, _ = bt._lifts(account, None, setup)
    assert (random, raw) == (0, 0)  # before, all hours did the same
    for hours, lift in ((range(5), 1), (range(5, 10), -1)):
        better = account.engagement + np.isin(account.slots, hours)
        known = account._replace(engagement=better)
        assert bt._lifts(known, None, setup)[1] == pytest.approx(lift)


def test_accounts_with_few_posts_say_nothing() -> None:
    assert bt.accounts_of(posts("a", 1.0, count=99)) == []
    assert len(bt.accounts_of(posts("a", 1.0, count=100))) == 1


def test_posts_that_all_do_the_same_break_nothing() -> None:
    same = [one._replace(engagement=7.0) for one in posts("a", 0.0, count=150)]
    for row in bt.judge(bt.accounts_of(same), FEW):
        assert row.lifts["ours"].mean == pytest.approx(0, abs=1e-9)


def test_it_runs_without_django() -> None:
    code = "import sys, scheduling.suggestions.backtest; print('django' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(bt.__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"


def write(path: Path, made: list[bt.PastPost], unpack: Any = Path.open) -> Path:
    lines = [f"{a},{tz},{at.isoformat()},{e}" for a, at, tz, e in made]
    with unpack(path, "wb") as file:
        text = "\n".join(("account,timezone,published_at,engagement", *lines))
        file.write(text.encode())
    return path


def run(*options: Any) -> str:
    said = StringIO()
    call_command("backtest_suggestions", *options, stdout=said)
    return said.getvalue()


def test_the_command_prints_the_table_of_a_file(tmp_path: Path) -> None:
    made = posts("a", 1.0) + posts("bb", 1.0)
    said = run(write(tmp_path / "posts.csv.gz", made, gzip.open))
    assert said.startswith("800 posts of 2 accounts; 65% history")
    for word in ("random", "raw mean", "ours less raw mean", "Calibration error"):
        assert word in said
    figures = json.loads(run(write(tmp_path / "posts.csv", made), "--json"))
    assert [row["n"] for row in figures] == ["30", "100", "300", "all"]
    assert figures[-1]["lift"]["ours"]["mean"] > 0.3
    once = run(tmp_path / "posts.csv", "--stretch", "0")
    assert "forecast for all at once" in once.splitlines()[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("account,timezone\na,UTC", "published_at, engagement"),
        ("a,UTC,2026-01-01T10:00:00,5", "no offset"),
        ("a,Mars/Base,2026-01-01T10:00:00Z,5", "no IANA time zone"),
        ("a,UTC,2026-01-01T10:00:00Z,-5", "0 or more"),
        ("a,UTC,2026-01-01T10:00:00Z,5", "100 posts"),
    ],
)
def test_a_file_that_cannot_be_judged_is_refused(
    tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "posts.csv"
    head = "" if "\n" in text else "account,timezone,published_at,engagement\n"
    path.write_text(head + text)
    with pytest.raises(CommandError, match=words):
        run(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        run(tmp_path / "none.csv")
    with pytest.raises(CommandError, match="--train"):
        run(tmp_path / "none.csv", "--train", "1.5")
    with pytest.raises(CommandError, match="--stretch"):
        run(tmp_path / "none.csv", "--stretch", "3")


@pytest.mark.django_db
def test_without_a_file_the_own_posts_are_judged() -> None:
    channel = model_in("Europe/Berlin")
    source = HistoryImport.objects.create(name="old.csv")
    ImportedPost.objects.bulk_create(
        ImportedPost(
            source=source,
            channel=channel,
            published_at=one.published_at + timedelta(seconds=n),
            engagement=one.engagement,
        )
        for n, one in enumerate(posts("a", 1.0, count=200))
    )
    assert run().startswith("200 posts of one account")
